#include "paper/paper_figure.h"

#include <stdlib.h>

#include "draw/mosaic.h"

static dam_status add_pictures(const dam__paper_result *result, dam__words *out)
{
    for (size_t i = 0;; i++) {
        char *path = NULL;
        DAM_TRY(dam__paper_result_picture(result, i, &path));
        if (path == NULL)
            return DAM_OK;
        dam_status status = dam__words_add(out, path);
        free(path);
        DAM_TRY(status);
    }
}

dam_status dam__paper_figure_draw(const dam__paper_result *result, const char *path, bool *drawn)
{
    dam_status status = DAM_OK;
    dam__words pictures = {0};
    dam__image image = {0};
    char *caption = NULL;
    *drawn = false;
    DAM_TRY_CLEANUP(add_pictures(result, &pictures));
    if (pictures.count == 0)
        goto cleanup;
    DAM_TRY_CLEANUP(dam__format(&caption, "figures %s: %s - scale %s", result->row->figures,
                                result->row->caption, dam__paper_scale_names[result->scale]));
    DAM_TRY_CLEANUP(
        dam__mosaic((const char *const *)pictures.items, pictures.count, caption, &image));
    DAM_TRY_CLEANUP(dam__image_write_png(&image, path));
    *drawn = true;
cleanup:
    dam__words_free(&pictures);
    dam__image_free(&image);
    free(caption);
    return status;
}
