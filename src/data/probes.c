#include "data/probes.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "compute/random.h"

/* Places of the stream: what the draws are for; their index is the probe. */
enum { FLIPS, NOISE };

/* Reads "A-B" with A <= B < size at *text and moves past it; false where there is no such range. */
static bool read_span(const char **text, size_t size, size_t *first, size_t *last)
{
    char *end = NULL;
    if (!isdigit((unsigned char)**text))
        return false;
    *first = strtoul(*text, &end, 10);
    if (*end != '-' || !isdigit((unsigned char)end[1]))
        return false;
    *last = strtoul(end + 1, &end, 10);
    *text = end;
    return *first <= *last && *last < size;
}

static void mark_rectangle(const dam__state_shape *shape, const size_t rows[2],
                           const size_t columns[2], uint8_t *marks)
{
    size_t pixels = shape->height * shape->width;
    for (size_t y = rows[0]; y <= rows[1]; y++)
        for (size_t x = columns[0]; x <= columns[1]; x++)
            for (size_t c = 0; c < dam__channels(shape->pixels); c++)
                marks[dam__level_at(shape->pixels, pixels, y * shape->width + x, c)] = 1;
}

/* A half of an image by its name; false where it has none. */
static bool mark_half(const char *region, const dam__state_shape *shape, uint8_t *marks)
{
    size_t rows[2] = {0, shape->height - 1}, columns[2] = {0, shape->width - 1};
    if (strcmp(region, "top") == 0)
        rows[1] = (shape->height - 1) / 2;
    else if (strcmp(region, "bottom") == 0)
        rows[0] = shape->height / 2;
    else if (strcmp(region, "left") == 0)
        columns[1] = (shape->width - 1) / 2;
    else if (strcmp(region, "right") == 0)
        columns[0] = shape->width / 2;
    else
        return false;
    mark_rectangle(shape, rows, columns, marks);
    return true;
}

static dam_status mark_file(const char *path, const dam__state_shape *shape, uint8_t *marks)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    DAM_TRY_CLEANUP(dam__array_read(path, &array));
    if (dam__array_items(&array) != shape->dim)
        DAM_FAIL(DAM_INPUT, "the mask '%s' has %zu numbers; it must have %zu, one a neuron", path,
                 dam__array_items(&array), shape->dim);
    for (size_t i = 0; i < shape->dim; i++) {
        if (!isfinite(dam__array_at(&array, i)))
            DAM_FAIL(DAM_INPUT, "the mask '%s' holds %g at neuron %zu; take 0 and 1", path,
                     dam__array_at(&array, i), i);
        marks[i] = dam__array_at(&array, i) != 0;
    }
cleanup:
    dam__array_free(&array);
    return status;
}

dam_status dam__region_mark(const char *region, const dam__state_shape *shape, uint8_t *marks)
{
    bool image = shape->height > 0 && shape->width > 0;
    const char *at = region;
    size_t first[2], second[2];
    memset(marks, 0, shape->dim);
    if (image && mark_half(region, shape, marks))
        return DAM_OK;
    if (read_span(&at, shape->dim, &first[0], &first[1]) && *at == '\0') {
        memset(marks + first[0], 1, first[1] - first[0] + 1);
        return DAM_OK;
    }
    at = region;
    if (image && read_span(&at, shape->height, &first[0], &first[1]) && *at++ == ',' &&
        read_span(&at, shape->width, &second[0], &second[1]) && *at == '\0') {
        mark_rectangle(shape, first, second, marks);
        return DAM_OK;
    }
    char *file = NULL;
    const char *part = NULL;
    DAM_TRY(dam__location_split(region, &file, &part));
    bool is_file = part != NULL || dam__file_exists(file);
    free(file);
    if (is_file)
        return mark_file(region, shape, marks);
    return dam__fail(DAM_USAGE,
                     "'%s' is no region of %zu neurons%s, and no file: give FIRST-LAST, %sor a "
                     "file of a number a neuron",
                     region, shape->dim, image ? "" : " (which are no image)",
                     image ? "TOP-BOTTOM,LEFT-RIGHT, top, bottom, left, right, " : "");
}

dam_status dam__probe_flip(uint64_t seed, size_t probe, int flips, size_t dim, float *state)
{
    dam_status status = DAM_OK;
    uint32_t *places = NULL;
    if ((size_t)flips > dim)
        return dam__fail(DAM_USAGE, "%d flips are more than a state's %zu neurons", flips, dim);
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *places, &places));
    for (size_t i = 0; i < dim; i++)
        places[i] = (uint32_t)i;
    /* The beginning of a shuffle (Fisher & Yates). */
    for (size_t i = 0; i < (size_t)flips; i++) {
        uint32_t words[4];
        dam__random_words(seed, DAM__STREAM_PROBES, FLIPS, ((uint64_t)probe << 32) | i, words);
        size_t other = i + (size_t)((((uint64_t)words[0] << 32 | words[1]) >> 1) % (dim - i));
        uint32_t chosen = places[other];
        places[other] = places[i];
        state[chosen] = -state[chosen];
    }
cleanup:
    free(places);
    return status;
}

dam_status dam__probe_noise(uint64_t seed, size_t probe, double sigma, size_t dim, float *state)
{
    dam_status status = DAM_OK;
    double *noise = NULL;
    uint32_t words[4];
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *noise, &noise));
    /* A seed of its own for each probe: draws of a stream count from 0. */
    dam__random_words(seed, DAM__STREAM_PROBES, NOISE, probe, words);
    dam__normals((uint64_t)words[0] << 32 | words[1], DAM__STREAM_PROBES, NOISE + 1, dim, noise);
    for (size_t i = 0; i < dim; i++)
        state[i] = (double)state[i] + sigma * noise[i] >= 0 ? 1 : -1;
cleanup:
    free(noise);
    return status;
}

void dam__probe_forget(const uint8_t *marks, size_t dim, float *state)
{
    for (size_t i = 0; i < dim; i++)
        if (marks[i] != 0)
            state[i] = -1;
}

dam_status dam__states_of(const dam__dataset *set, float **states)
{
    size_t items = 0;
    float *out = NULL;
    DAM_TRY(dam__multiply(set->count, set->features, &items));
    DAM_TRY(dam__alloc(items, sizeof *out, &out));
    bool bytes = set->samples.element == DAM__U8;
    for (size_t i = 0; i < items; i++) {
        double value = dam__array_at(&set->samples, i);
        out[i] = !bytes ? (float)value : value > 0 ? 1 : -1;
    }
    *states = out;
    return DAM_OK;
}

dam_status dam__states_check(const char *where, const float *states, size_t count, size_t dim)
{
    for (size_t i = 0; i < count * dim; i++)
        if (states[i] != 1 && states[i] != -1)
            return dam__fail(DAM_INPUT,
                             "pattern %zu of '%s' holds %g at neuron %zu; patterns are stored as "
                             "+1 and -1: set data.threshold to \"mean\", \"median\" or a number",
                             i / dim, where, (double)states[i], i % dim);
    return DAM_OK;
}
