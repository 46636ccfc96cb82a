#include "recall/denoise_recall.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/random.h"
#include "data/teacher.h"

/* --- probes --------------------------------------------------------------------------------------- */

void dam__denoise_probes_free(dam__denoise_probes *probes)
{
    free(probes->clean);
    free(probes->noisy);
    *probes = (dam__denoise_probes){0};
}

static dam_status load_set(const dam__run *run, dam__device *device, dam__dataset *set)
{
    const dam__experiment *experiment = &run->experiment;
    dam__data_config file = {.plaquette = 1,
                             .levels = true,
                             .invert = experiment->data.invert,
                             .transpose = experiment->data.transpose,
                             .colour = experiment->data.colour,
                             .scaling = experiment->data.scaling,
                             .missing = experiment->data.missing};
    memcpy(file.resize, experiment->data.resize, sizeof file.resize);
    dam__run_data(run, &file);
    if (experiment->recall.probes[0] == '\0') {
        DAM_TRY(dam__run_load(run, device, DAM__SPLIT_TEST, set));
    } else {
        (void)snprintf(file.images, sizeof file.images, "%s", experiment->recall.probes);
        DAM_TRY(dam__dataset_load(&file, DAM__SPLIT_TRAIN, set));
    }
    if (set->features != (size_t)run->dim)
        return dam__fail(DAM_INPUT, "'%s' has %zu features a sample, but '%s' was trained on %d",
                         set->name, set->features, run->folder, run->dim);
    return DAM_OK;
}

/* noisy = clean + sigma noise, in the scale of the samples that the run was trained on. */
static dam_status add_noise(const dam__run *run, const dam__array *standards,
                            dam__denoise_probes *probes)
{
    enum { DENOISE = 8 }; /* step of the stream: those of data/probes.c are smaller */
    dam_status status = DAM_OK;
    const dam__experiment *experiment = &run->experiment;
    double own = experiment->recall.noise;
    double sigma = own >= 0 ? own : experiment->model.denoise.noise, *noise = NULL;
    size_t dim = probes->dim;
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *noise, &noise));
    for (size_t a = 0; a < probes->count; a++) {
        uint32_t words[4];
        /* A seed of its own for each probe: draws of a stream count from 0. */
        dam__random_words((uint64_t)experiment->seed, DAM__STREAM_PROBES, DENOISE, a, words);
        dam__normals((uint64_t)words[0] << 32 | words[1], DAM__STREAM_PROBES, DENOISE + 1, dim,
                     noise);
        for (size_t j = 0; j < dim; j++)
            probes->noisy[a * dim + j] =
                probes->clean[a * dim + j] + sigma * noise[j] / dam__array_at(standards, dim + j);
    }
cleanup:
    free(noise);
    return status;
}

dam_status dam__denoise_probes_make(const dam__run *run, dam__device *device,
                                    dam__denoise_probes *out)
{
    dam_status status = DAM_OK;
    dam__denoise_probes probes = {0};
    dam__dataset set = {0};
    const dam__array *standards = NULL;
    size_t most = (size_t)run->experiment.recall.count, items = 0;
    *out = (dam__denoise_probes){0};
    DAM_TRY_CLEANUP(dam__denoise_standards(run, &standards));
    DAM_TRY_CLEANUP(load_set(run, device, &set));
    probes.count = most > 0 && most < set.count ? most : set.count;
    probes.dim = set.features;
    probes.height = set.height;
    probes.width = set.width;
    probes.pixels = set.pixels;
    DAM_TRY_CLEANUP(dam__multiply(probes.count, probes.dim, &items));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *probes.noisy, &probes.noisy));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *probes.clean, &probes.clean));
    bool bytes = set.samples.element == DAM__U8;
    for (size_t i = 0; i < items; i++)
        probes.clean[i] = dam__array_at(&set.samples, i) / (bytes ? 255 : 1);
    if (run->experiment.recall.probes[0] == '\0') {
        DAM_TRY_CLEANUP(add_noise(run, standards, &probes));
    } else {
        double *given = probes.clean;
        probes.clean = NULL;
        free(probes.noisy);
        probes.noisy = given;
    }
    *out = probes;
    probes = (dam__denoise_probes){0};
cleanup:
    dam__denoise_probes_free(&probes);
    dam__dataset_free(&set);
    return status;
}

/* Means over plaquettes of count images. */
static dam_status coarsen(const dam__denoise_probes *fine, size_t side, const double *images,
                          double **out)
{
    size_t height = fine->height / side, width = fine->width / side, dim = height * width;
    double share = 1 / (double)(side * side);
    if (images == NULL)
        return DAM_OK;
    DAM_TRY(dam__alloc(fine->count * dim, sizeof **out, out));
    for (size_t i = 0; i < fine->count * fine->dim; i++) {
        size_t image = i / fine->dim, y = i % fine->dim / fine->width, x = i % fine->width;
        (*out)[image * dim + y / side * width + x / side] += share * images[i];
    }
    return DAM_OK;
}

dam_status dam__denoise_probes_coarsen(const dam__denoise_probes *fine, size_t side,
                                       dam__denoise_probes *out)
{
    dam_status status = DAM_OK;
    *out = (dam__denoise_probes){0};
    if (side == 0 || fine->height == 0 || fine->height % side != 0 || fine->width % side != 0)
        return dam__fail(DAM_USAGE, "%zu x %zu pixels cannot be averaged over %zu x %zu of them",
                         fine->height, fine->width, side, side);
    dam__denoise_probes coarse = {.count = fine->count,
                                  .dim = fine->dim / (side * side),
                                  .height = fine->height / side,
                                  .width = fine->width / side};
    DAM_TRY_CLEANUP(coarsen(fine, side, fine->clean, &coarse.clean));
    DAM_TRY_CLEANUP(coarsen(fine, side, fine->noisy, &coarse.noisy));
    *out = coarse;
    coarse = (dam__denoise_probes){0};
cleanup:
    dam__denoise_probes_free(&coarse);
    return status;
}

dam_status dam__denoise_recall(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                               const dam__denoise_probes *probes,
                               const dam__recall_callbacks *callbacks, dam__denoised *out)
{
    dam_status status = DAM_OK;
    const dam__recall_keys *keys = &run->experiment.recall;
    const dam__relax_task task = {.noisy = probes->noisy,
                                  .count = probes->count,
                                  .dt = keys->dt,
                                  .steps = keys->steps,
                                  .clip = keys->clip,
                                  .once = true};
    dam__relaxer *relaxer = NULL;
    *out = (dam__denoised){0};
    if (probes->dim != (size_t)run->dim)
        DAM_FAIL(DAM_USAGE, "probes of %zu features do not fit '%s', which has %d", probes->dim,
                 run->folder, run->dim);
    DAM_TRY_CLEANUP(dam__relaxer_create(run, device, gemm, probes->count, keys->steps, &relaxer));
    DAM_TRY_CLEANUP(dam__relaxer_run(relaxer, &task, callbacks, out));
cleanup:
    dam__relaxer_destroy(relaxer);
    return status;
}

double dam__mean_squared(const double *a, const double *b, size_t items)
{
    double sum = 0;
    if (a == NULL || b == NULL || items == 0)
        return NAN;
    for (size_t i = 0; i < items; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]) / (double)items;
    return sum;
}
