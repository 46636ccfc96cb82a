#include "data/patches.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t common_divisor(size_t a, size_t b)
{
    while (b != 0) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Near the golden ratio of count, and without a common divisor: i -> i * it runs through all. */
static uint32_t spreading_multiplier(size_t count)
{
    size_t multiplier = (size_t)(0.6180339887498949 * (double)count) + 1;
    while (common_divisor(multiplier, count) != 1)
        multiplier++;
    return (uint32_t)multiplier;
}

dam_status dam__dataset_cut(dam__dataset *set, size_t size, size_t stride)
{
    size_t height = set->height, width = set->width;
    if (height == 0)
        return dam__fail(DAM_INPUT, "'%s' holds no images to cut into patches; set data.patch = 0",
                         set->name);
    if (set->pixels != DAM__PIXELS_GREY)
        return dam__fail(DAM_INPUT,
                         "'%s' has pictures in colour, and patches are cut from grey ones; set "
                         "data.colour = \"grey\", or data.patch = 0",
                         set->name);
    if (size > height || size > width)
        return dam__fail(DAM_INPUT, "data.patch = %zu, but the images of '%s' are %zu x %zu", size,
                         set->name, height, width);
    size_t rows = (height - size) / stride + 1, columns = (width - size) / stride + 1;
    if (set->count > INT32_MAX / rows / columns)
        return dam__fail(DAM_INPUT,
                         "'%s' has %zu x %zu x %zu patches, more than 2^31; set data.samples, or a "
                         "larger data.patch_stride",
                         set->name, set->count, rows, columns);
    set->patches = (dam__patches){.size = size,
                                  .stride = stride,
                                  .images = set->count,
                                  .height = height,
                                  .width = width,
                                  .rows = rows,
                                  .columns = columns};
    set->count *= rows * columns;
    set->patches.multiplier = spreading_multiplier(set->count);
    set->features = size * size;
    set->height = set->width = size;
    set->classes = 0;
    free(set->labels);
    set->labels = NULL;
    return DAM_OK;
}

void dam__dataset_copy(const dam__dataset *set, size_t index, void *out)
{
    const dam__patches *patches = &set->patches;
    size_t item = dam__element_size(set->samples.element), line = patches->size * item;
    const char *data = set->samples.data;
    if (patches->size == 0) {
        memcpy(out, data + index * set->features * item, set->features * item);
        return;
    }
    size_t patch = (size_t)((uint64_t)index * patches->multiplier % set->count);
    size_t place = patch % (patches->rows * patches->columns);
    size_t image = patch / (patches->rows * patches->columns);
    size_t y = place / patches->columns * patches->stride;
    size_t x = place % patches->columns * patches->stride;
    for (size_t row = 0; row < patches->size; row++) {
        size_t at = (image * patches->height + y + row) * patches->width + x;
        memcpy((char *)out + row * line, data + at * item, line);
    }
}

bool dam__dataset_prepared(const dam__dataset *set, size_t index, double *out)
{
    size_t features = set->features;
    double mean = 0, squares = 0, largest = 0;
    /* Floats go to the end of `out`, where the doubles that they become do not overtake them. */
    size_t item = dam__element_size(set->samples.element);
    char *raw = (char *)out + features * (sizeof *out - item);
    dam__dataset_copy(set, index, raw);
    for (size_t j = 0; j < features; j++) {
        float value = 0;
        if (set->samples.element == DAM__U8)
            value = (float)*(const unsigned char *)(raw + j);
        else
            memcpy(&value, raw + j * item, sizeof value);
        out[j] = (double)value;
        mean += out[j] / (double)features;
        largest = fmax(largest, fabs(out[j]));
    }
    for (size_t j = 0; j < features; j++) {
        out[j] -= set->on_sphere ? 0 : mean;
        squares += out[j] * out[j];
    }
    /* Sums of constants leave a rest of rounding. */
    bool blank = squares <= 1e-24 * largest * largest * (double)features;
    for (size_t j = 0; j < features; j++)
        out[j] = blank ? 0 : out[j] / sqrt(squares);
    return !blank;
}
