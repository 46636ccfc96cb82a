#include "store/results.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "store/npy_write.h"

static const struct {
    const char *ending;
    dam_status (*write)(const dam__container *results, const char *path);
} formats[DAM__RESULTS_FORMATS] = {
    [DAM__RESULTS_HDF5] = {".h5", dam__container_write},
    [DAM__RESULTS_NPZ] = {".npz", dam__npz_write},
    [DAM__RESULTS_SAFETENSORS] = {".safetensors", dam__safetensors_write},
    [DAM__RESULTS_NPY] = {".npy", dam__table_write_npy},
    [DAM__RESULTS_CSV] = {".csv", dam__table_write_csv},
    [DAM__RESULTS_NUMBERS] = {".csv", dam__numbers_write_csv},
};

dam_status dam__results_format_of(const char *path, unsigned wanted, dam__results_format *out)
{
    dam__text endings = {0};
    size_t length = strlen(path);
    for (unsigned k = 0; k < DAM__RESULTS_FORMATS; k++) {
        const char *ending = formats[k].ending;
        if ((wanted & 1u << k) == 0)
            continue;
        if (length > strlen(ending) && strcasecmp(path + length - strlen(ending), ending) == 0) {
            *out = (dam__results_format)k;
            dam__text_free(&endings);
            return DAM_OK;
        }
        dam__text_append(&endings, "%s%s", endings.length > 0 ? ", " : "", ending);
    }
    dam_status status = dam__text_status(&endings);
    if (status == DAM_OK)
        status = dam__fail(DAM_USAGE, "'%s' does not say its format; let its name end in one of %s",
                           path, endings.data);
    dam__text_free(&endings);
    return status;
}

dam_status dam__results_write(const dam__container *results, dam__results_format format,
                              const char *path)
{
    return formats[format].write(results, path);
}
