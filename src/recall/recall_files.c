#include "recall/recall_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "denseam/version.h"
#include "store/container.h"

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

static dam_status write_hdf5(const char *folder, const char *kind,
                             const dam__experiment *experiment, const dam__recall_item *items,
                             int count)
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    dam__array array = {0};
    dam__text preset = {0};
    char *path = NULL;
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, "recall.h5"));
    dam__experiment_print(experiment, &preset);
    DAM_TRY_CLEANUP(dam__text_status(&preset));
    DAM_TRY_CLEANUP(dam__container_set_text(&container, "format", kind));
    DAM_TRY_CLEANUP(dam__container_set_text(&container, "version", DENSEAM_VERSION));
    DAM_TRY_CLEANUP(dam__container_set_text(&container, "preset", preset.data));
    for (int i = 0; i < count; i++) {
        if (items[i].data == NULL)
            continue;
        DAM_TRY_CLEANUP(copy_item(&items[i], &array));
        DAM_TRY_CLEANUP(dam__container_add(&container, items[i].name, &array));
    }
    DAM_TRY_CLEANUP(dam__container_write(&container, path));
cleanup:
    dam__array_free(&array);
    dam__container_free(&container);
    dam__text_free(&preset);
    free(path);
    return status;
}

static dam_status write_npy(const char *folder, const dam__recall_item *item)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    char *name = NULL, *path = NULL;
    DAM_TRY_CLEANUP(dam__format(&name, "%s.npy", item->name));
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, name));
    DAM_TRY_CLEANUP(copy_item(item, &array));
    DAM_TRY_CLEANUP(dam__npy_write(path, &array));
cleanup:
    dam__array_free(&array);
    free(name);
    free(path);
    return status;
}

dam_status dam__recall_files_write(const char *folder, const char *kind,
                                   const dam__experiment *experiment, dam__recall_format format,
                                   const dam__recall_item *items, int count)
{
    if (format == DAM__RECALL_HDF5)
        return write_hdf5(folder, kind, experiment, items, count);
    dam_status status = DAM_OK;
    for (int i = 0; i < count && status == DAM_OK; i++)
        if (items[i].data != NULL)
            status = write_npy(folder, &items[i]);
    return status;
}
