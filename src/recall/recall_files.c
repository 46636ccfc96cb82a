#include "recall/recall_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "denseam/version.h"
#include "store/results.h"

static dam_status copy_item(const dam__recall_item *item, dam__array *out)
{
    dam_status status =
        dam__array_create(item->narrowed ? DAM__F32 : item->element, item->cols > 0 ? 2 : 1,
                          (const size_t[]){item->rows, item->cols}, out);
    if (status != DAM_OK)
        return status;
    size_t count = dam__array_items(out);
    if (!item->narrowed)
        memcpy(out->data, item->data, count * dam__element_size(item->element));
    else
        for (size_t i = 0; i < count; i++)
            ((float *)out->data)[i] = (float)((const double *)item->data)[i];
    return DAM_OK;
}

/* All that the files hold: texts and the items that there are. */
static dam_status collect(const char *kind, const dam__experiment *experiment,
                          const dam__recall_item *items, int count, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    dam__text preset = {0};
    dam__experiment_print(experiment, &preset);
    DAM_TRY_CLEANUP(dam__text_status(&preset));
    DAM_TRY_CLEANUP(dam__container_set_text(out, "format", kind));
    DAM_TRY_CLEANUP(dam__container_set_text(out, "version", DENSEAM_VERSION));
    DAM_TRY_CLEANUP(dam__container_set_text(out, "preset", preset.data));
    for (int i = 0; i < count; i++) {
        if (items[i].data == NULL)
            continue;
        DAM_TRY_CLEANUP(copy_item(&items[i], &array));
        DAM_TRY_CLEANUP(dam__container_add(out, items[i].name, &array));
    }
cleanup:
    dam__array_free(&array);
    dam__text_free(&preset);
    return status;
}

static dam_status write_npy(const char *folder, const char *name, const dam__array *array)
{
    dam_status status = DAM_OK;
    char *file = NULL, *path = NULL;
    DAM_TRY_CLEANUP(dam__format(&file, "%s.npy", name));
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, file));
    DAM_TRY_CLEANUP(dam__npy_write(path, array));
cleanup:
    free(file);
    free(path);
    return status;
}

dam_status dam__recall_files_write(const char *folder, const char *kind,
                                   const dam__experiment *experiment, dam__recall_format format,
                                   const dam__recall_item *items, int count)
{
    dam_status status = DAM_OK;
    dam__container all = {0};
    char *path = NULL;
    bool npz = format == DAM__RECALL_NPZ;
    DAM_TRY_CLEANUP(collect(kind, experiment, items, count, &all));
    if (format != DAM__RECALL_NPY) {
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, npz ? "recall.npz" : "recall.h5"));
        DAM_TRY_CLEANUP(dam__results_write(&all, npz ? DAM__RESULTS_NPZ : DAM__RESULTS_HDF5, path));
    }
    for (size_t i = 0; format == DAM__RECALL_NPY && i < all.array_count; i++)
        DAM_TRY_CLEANUP(write_npy(folder, all.arrays[i].name, &all.arrays[i].array));
cleanup:
    dam__container_free(&all);
    free(path);
    return status;
}
