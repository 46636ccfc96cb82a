#include "data/plaquettes.h"

/* Mean of the plaquette at (y, x) of an image that begins at `first`. */
static double mean_of(const dam__dataset *set, size_t first, size_t side, size_t y, size_t x)
{
    double sum = 0;
    for (size_t i = 0; i < side; i++)
        for (size_t j = 0; j < side; j++)
            sum += dam__array_at(&set->samples, first + (y * side + i) * set->width + x * side + j);
    return sum / (double)(side * side) / (set->samples.element == DAM__U8 ? 255 : 1);
}

dam_status dam__dataset_coarsen(dam__dataset *set, size_t side)
{
    dam_status status = DAM_OK;
    dam__array coarse = {0};
    if (set->height == 0)
        DAM_FAIL(DAM_INPUT, "'%s' has no images to average over plaquettes; set data.plaquette = 1",
                 set->name);
    if (set->pixels != DAM__PIXELS_GREY)
        DAM_FAIL(DAM_INPUT,
                 "'%s' has pictures in colour, and plaquettes are of grey ones; set data.colour = "
                 "\"grey\", or data.plaquette = 1",
                 set->name);
    if (set->height % side != 0 || set->width % side != 0)
        DAM_FAIL(DAM_INPUT,
                 "data.plaquette = %zu does not divide the images of '%s', %zu x %zu pixels", side,
                 set->name, set->height, set->width);
    size_t height = set->height / side, width = set->width / side, features = height * width;
    DAM_TRY_CLEANUP(
        dam__array_create(DAM__F32, 2, (const size_t[]){set->count, features}, &coarse));
    float *values = coarse.data;
    for (size_t image = 0; image < set->count; image++)
        for (size_t k = 0; k < features; k++)
            values[image * features + k] =
                (float)mean_of(set, image * set->features, side, k / width, k % width);
    dam__array_free(&set->samples);
    set->samples = coarse;
    coarse = (dam__array){0};
    set->features = features;
    set->height = height;
    set->width = width;
cleanup:
    dam__array_free(&coarse);
    return status;
}
