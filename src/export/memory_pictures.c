#include "export/memory_pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "draw/image.h"

static dam_status write_picture(const dam__run *run, const float *pixels, const char *path)
{
    dam_status status = DAM_OK;
    dam__image image = {0};
    const dam__map map = {.values = pixels,
                          .count = (size_t)run->dim,
                          .height = (size_t)run->height,
                          .width = (size_t)run->width,
                          .pixels = run->pixels};
    double largest = 0;
    for (size_t i = 0; i < map.count; i++)
        largest = fmax(largest, fabs((double)pixels[i]));
    DAM_TRY_CLEANUP(dam__image_create(run->width, run->height, (dam__colour){0}, &image));
    dam__image_map(&image, 0, 0, run->width, run->height, &map, DAM__GREY, largest);
    DAM_TRY_CLEANUP(dam__image_write_png(&image, path));
cleanup:
    dam__image_free(&image);
    return status;
}

dam_status dam__memory_pictures_write(const dam__run *run, const char *folder)
{
    dam_status status = DAM_OK;
    const dam__array *memories = dam__container_array(&run->container, "parameters/memories");
    size_t dim = (size_t)run->dim, count = memories->shape[0], neurons = memories->shape[1];
    float *pixels = NULL;
    char *name = NULL, *path = NULL;
    if (run->height == 0)
        return dam__fail(DAM_USAGE,
                         "the samples of '%s' are no images, so its memories have no pictures; "
                         "export it as .npz, .safetensors or .csv",
                         run->file);
    int digits = snprintf(NULL, 0, "%zu", count - 1);
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *pixels, &pixels));
    for (size_t mu = 0; mu < count; mu++) {
        /* Neurons of classes stand behind those of the picture. */
        for (size_t j = 0; j < dim; j++)
            pixels[j] = (float)dam__array_at(memories, mu * neurons + j);
        DAM_TRY_CLEANUP(dam__format(&name, "memory-%0*zu.png", digits, mu));
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, name));
        DAM_TRY_CLEANUP(write_picture(run, pixels, path));
        free(name);
        free(path);
        name = path = NULL;
    }
cleanup:
    free(pixels);
    free(name);
    free(path);
    return status;
}
