#include "data/gaussian.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/program.h"
#include "compute/random.h"

enum {
    PIECE_BYTES = 64 * 1024 * 1024, /* samples on the device at once */
    MOST_ITEMS = 1000000000         /* numbers of a set */
};

static const double EXPONENT = -0.4; /* of the anisotropic spectrum */

bool dam__gaussian_asked(const dam__data_config *config)
{
    return strcmp(config->name, "gaussian") == 0;
}

void dam__gaussian_variances(dam__spectrum spectrum, size_t dim, double *out)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) {
        out[i] = spectrum == DAM__SPECTRUM_ANISOTROPIC ? pow((double)i + 1, EXPONENT) : 1;
        sum += out[i];
    }
    for (size_t i = 0; i < dim; i++)
        out[i] *= (double)dim / sum;
}

/* A piece of samples on the device. */
struct source {
    dam__device *device;
    dam__matrix deviations, samples;
    dam__program *program;
    dam__kernel *draw;
};

static void close_source(struct source *source)
{
    dam__buffer_destroy(source->deviations.buffer);
    dam__buffer_destroy(source->samples.buffer);
    dam__program_destroy(source->program);
}

static dam_status open_source(struct source *source, const dam__data_config *config, int piece)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    double *deviations = NULL;
    size_t dim = (size_t)config->dim;
    DAM_TRY_CLEANUP(dam__plan_create(source->device, &plan));
    DAM_TRY_CLEANUP(
        dam__plan_matrix(plan, "gaussian: deviations", 1, config->dim, 1, &source->deviations));
    DAM_TRY_CLEANUP(
        dam__plan_matrix(plan, "gaussian: samples", piece, config->dim, 1, &source->samples));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *deviations, &deviations));
    dam__gaussian_variances((dam__spectrum)config->spectrum, dim, deviations);
    for (size_t i = 0; i < dim; i++)
        deviations[i] = sqrt(deviations[i]);
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&source->deviations, deviations, "made-up samples"));
    DAM_TRY_CLEANUP(dam__program_create(source->device, "gaussian", "", &source->program));
    DAM_TRY_CLEANUP(dam__program_kernel(source->program, "gaussian_samples", &source->draw));
cleanup:
    free(deviations);
    dam__plan_destroy(plan);
    return status;
}

/* Samples first ... first + count - 1 of a split, on the device. */
static dam_status draw_piece(const struct source *source, uint64_t seed, dam__split split,
                             size_t first, size_t count)
{
    const dam__matrix *samples = &source->samples;
    size_t vector_width = (size_t)dam__vector_width(source->device);
    double items = (double)count * samples->cols;
    return dam__launch(
        source->draw,
        dam__range_items(source->device, ((size_t)samples->cols + vector_width - 1) / vector_width,
                         count),
        (dam__work){.flops = 60 * items, .bytes = items * (double)dam__real_size(source->device)},
        DAM_ARGUMENTS(&source->deviations, samples, first, samples->cols, samples->ld, split,
                      DAM__STREAM_GAUSSIAN, dam__arg_seed(seed)));
}

static dam_status draw_samples(const struct source *source, uint64_t seed, dam__split split,
                               dam__dataset *set)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    size_t dim = set->features, piece = (size_t)source->samples.rows;
    DAM_TRY_CLEANUP(dam__alloc(piece * dim, sizeof *values, &values));
    for (size_t first = 0; first < set->count; first += piece) {
        size_t count = set->count - first < piece ? set->count - first : piece;
        DAM_TRY_CLEANUP(draw_piece(source, seed, split, first, count));
        DAM_TRY_CLEANUP(dam__matrix_read_doubles(&source->samples, values, "made-up samples"));
        float *samples = (float *)set->samples.data + first * dim;
        for (size_t i = 0; i < count * dim; i++)
            samples[i] = (float)values[i];
    }
cleanup:
    free(values);
    return status;
}

dam_status dam__gaussian_load(dam__device *device, const dam__data_config *config, uint64_t seed,
                              dam__split split, dam__dataset *out)
{
    dam_status status = DAM_OK;
    struct source source = {.device = device};
    size_t dim = (size_t)config->dim;
    dam__dataset set = {.features = dim,
                        .standard = true,
                        .held_out = split == DAM__SPLIT_TEST,
                        .count = config->samples > 0 ? (size_t)config->samples
                                                     : DAM__GAUSSIAN_RATIO * dim};
    (void)snprintf(set.name, sizeof set.name, "%s", config->name);
    if (set.count > MOST_ITEMS / dim)
        DAM_FAIL(DAM_INPUT, "data.samples = %zu vectors of data.dim = %zu are more than %d numbers",
                 set.count, dim, (int)MOST_ITEMS);
    size_t piece = PIECE_BYTES / sizeof(double) / dim;
    piece = piece < 1 ? 1 : piece < set.count ? piece : set.count;
    DAM_TRY_CLEANUP(dam__array_create(DAM__F32, 2, (const size_t[]){set.count, dim}, &set.samples));
    DAM_TRY_CLEANUP(open_source(&source, config, (int)piece));
    DAM_TRY_CLEANUP(draw_samples(&source, seed, split, &set));
    *out = set;
    set = (dam__dataset){0};
cleanup:
    close_source(&source);
    dam__dataset_free(&set);
    return status;
}
