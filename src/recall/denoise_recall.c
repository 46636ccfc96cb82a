#include "recall/denoise_recall.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "compute/random.h"
#include "data/teacher.h"
#include "model/denoise/denoise.h"

/* --- one model on the device ---------------------------------------------------------------------- */

/* A model with its states; those of one chunk of probes. */
struct bench {
    const dam__run *run;
    dam__device *device;
    dam__gemm_provider provider;
    dam__gemm *gemm;
    dam__model *model;
    dam__plan *plan;
    int chunk;
    dam__matrix states, energies; /* chunk x dim, 1 x chunk */
    dam__matrix trace;            /* (steps + 1) x chunk */
};

static void close_bench(struct bench *b)
{
    dam__buffer_destroy(b->states.buffer);
    dam__buffer_destroy(b->energies.buffer);
    dam__buffer_destroy(b->trace.buffer);
    dam__model_destroy(b->model);
    dam__gemm_destroy(b->gemm);
    dam__plan_destroy(b->plan);
    *b = (struct bench){.run = b->run, .device = b->device, .provider = b->provider};
}

static dam_status make_plan(void *user, int chunk, bool streams, const dam__plan **plan)
{
    dam_status status = DAM_OK;
    struct bench *b = user;
    const dam__experiment *experiment = &b->run->experiment;
    const dam__task task = {.dim = b->run->dim};
    (void)streams; /* probes come from the host anyway */
    close_bench(b);
    b->chunk = chunk;
    DAM_TRY(dam__plan_create(b->device, &b->plan));
    DAM_TRY(dam__gemm_create(b->device, b->provider, &b->gemm));
    DAM_TRY(dam__model_create(b->device, b->gemm, &experiment->model, &task, &b->model));
    DAM_TRY(b->model->ops->plan(b->model, b->plan, chunk));
    DAM_TRY(dam__plan_matrix(b->plan, "states", chunk, b->run->dim, 1, &b->states));
    DAM_TRY(dam__plan_matrix(b->plan, "energies", 1, chunk, 1, &b->energies));
    DAM_TRY(dam__plan_matrix(b->plan, "energies of all steps", experiment->recall.steps + 1, chunk,
                             1, &b->trace));
    DAM_TRY(dam__gemm_plan(b->gemm, b->plan));
    *plan = b->plan;
cleanup:
    return status;
}

static dam_status open_bench(struct bench *b, size_t count)
{
    enum { CHUNK = 512 };
    dam_status status = DAM_OK;
    DAM_TRY(dam__plan_fit(make_plan, b, count < CHUNK ? (int)count : CHUNK, true));
    DAM_TRY(dam__plan_allocate(b->plan));
    DAM_TRY(b->model->ops->prepare(b->model));
    DAM_TRY(dam__checkpoint_parameters(b->model, &b->run->container));
cleanup:
    return status;
}

/* --- probes --------------------------------------------------------------------------------------- */

/* What a run's samples lost, and what they were multiplied with, feature by feature. */
static dam_status find_standards(const dam__run *run, const dam__array **out)
{
    const dam__array *standards = dam__container_array(&run->container, "parameters/standards");
    if (standards == NULL || standards->rank != 2 || standards->shape[0] != 2 ||
        standards->shape[1] != (size_t)run->dim)
        return dam__fail(DAM_INPUT, "'%s' has no standards of its %d features; use another copy",
                         run->file, run->dim);
    for (size_t i = 0; i < dam__array_items(standards); i++) {
        double value = dam__array_at(standards, i);
        if (!isfinite(value) || (i >= (size_t)run->dim && !(value > 0)))
            return dam__fail(DAM_INPUT, "'%s' has a standard of %g; use another copy", run->file,
                             value);
    }
    *out = standards;
    return DAM_OK;
}

void dam__denoise_probes_free(dam__denoise_probes *probes)
{
    free(probes->clean);
    free(probes->noisy);
    *probes = (dam__denoise_probes){0};
}

static dam_status load_set(const dam__run *run, dam__device *device, dam__dataset *set)
{
    dam_status status = DAM_OK;
    const dam__experiment *experiment = &run->experiment;
    dam__data_config file = {.plaquette = 1};
    if (experiment->recall.probes[0] == '\0') {
        DAM_TRY(dam__dataset_load_on(device, &experiment->data, (uint64_t)experiment->seed,
                                     DAM__SPLIT_TEST, set));
    } else {
        (void)snprintf(file.images, sizeof file.images, "%s", experiment->recall.probes);
        DAM_TRY(dam__dataset_load(&file, DAM__SPLIT_TRAIN, set));
    }
    if (set->features != (size_t)run->dim)
        DAM_FAIL(DAM_INPUT, "'%s' has %zu features a sample, but '%s' was trained on %d", set->name,
                 set->features, run->folder, run->dim);
cleanup:
    return status;
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
    DAM_TRY(dam__alloc(dim, sizeof *noise, &noise));
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
    DAM_TRY(find_standards(run, &standards));
    DAM_TRY(load_set(run, device, &set));
    probes.count = most > 0 && most < set.count ? most : set.count;
    probes.dim = set.features;
    probes.height = set.height;
    probes.width = set.width;
    DAM_TRY(dam__multiply(probes.count, probes.dim, &items));
    DAM_TRY(dam__alloc(items, sizeof *probes.noisy, &probes.noisy));
    DAM_TRY(dam__alloc(items, sizeof *probes.clean, &probes.clean));
    bool bytes = set.samples.element == DAM__U8;
    for (size_t i = 0; i < items; i++)
        probes.clean[i] = dam__array_at(&set.samples, i) / (bytes ? 255 : 1);
    if (run->experiment.recall.probes[0] == '\0') {
        DAM_TRY(add_noise(run, standards, &probes));
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
    dam_status status = DAM_OK;
    size_t height = fine->height / side, width = fine->width / side, dim = height * width;
    double share = 1 / (double)(side * side);
    if (images == NULL)
        return DAM_OK;
    DAM_TRY(dam__alloc(fine->count * dim, sizeof **out, out));
    for (size_t i = 0; i < fine->count * fine->dim; i++) {
        size_t image = i / fine->dim, y = i % fine->dim / fine->width, x = i % fine->width;
        (*out)[image * dim + y / side * width + x / side] += share * images[i];
    }
cleanup:
    return status;
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
    DAM_TRY(coarsen(fine, side, fine->clean, &coarse.clean));
    DAM_TRY(coarsen(fine, side, fine->noisy, &coarse.noisy));
    *out = coarse;
    coarse = (dam__denoise_probes){0};
cleanup:
    dam__denoise_probes_free(&coarse);
    return status;
}

/* --- relaxation ----------------------------------------------------------------------------------- */

void dam__denoised_free(dam__denoised *denoised)
{
    free(denoised->states);
    free(denoised->once);
    free(denoised->energies);
    *denoised = (dam__denoised){0};
}

/* Energies of the present states to a row of the trace. */
static dam_status note_energies(const struct bench *b, int size, int row)
{
    dam_status status = DAM_OK;
    size_t real = dam__real_size(b->device);
    DAM_TRY(dam__denoise_energy(b->model, &b->states, size, &b->energies));
    DAM_TRY(dam__buffer_copy(b->energies.buffer, 0, b->trace.buffer,
                             (size_t)row * b->trace.ld * real, (size_t)size * real));
cleanup:
    return status;
}

/* What is told while a recall runs. */
struct teller {
    const dam__recall_hooks *hooks;
    size_t done, total; /* probes */
};

static dam_status relax(const struct bench *b, int size, const struct teller *teller)
{
    dam_status status = DAM_OK;
    const dam__recall_keys *keys = &b->run->experiment.recall;
    const dam__recall_hooks *hooks = teller->hooks;
    const dam__relaxation step = {.dt = keys->dt, .steps = 1, .clip = keys->clip};
    DAM_TRY(note_energies(b, size, 0));
    for (int i = 0; i < keys->steps; i++) {
        DAM_TRY(dam__denoise_relax(b->model, &b->states, size, &step));
        DAM_TRY(note_energies(b, size, i + 1));
        if (hooks->progress != NULL)
            hooks->progress(hooks->user, teller->done, teller->total, i + 1);
        if (hooks->stop != NULL && hooks->stop(hooks->user))
            DAM_FAIL(DAM_INTERRUPTED, "stopped after step %d of %d; nothing is written", i + 1,
                     keys->steps);
    }
cleanup:
    return status;
}

/* States of the device as their data has them. */
static dam_status read_states(const struct bench *b, const dam__array *standards, int size,
                              double *buffer, double *out)
{
    size_t dim = (size_t)b->run->dim, items = (size_t)size * dim;
    dam_status status = dam__matrix_read_doubles(&b->states, buffer, "states");
    for (size_t i = 0; status == DAM_OK && i < items; i++)
        out[i] =
            buffer[i] / dam__array_at(standards, dim + i % dim) + dam__array_at(standards, i % dim);
    return status;
}

/* clip: what is outside of +-clip is set to its edge; 0 leaves all as it is. */
static dam_status write_states(const struct bench *b, const dam__array *standards, int size,
                               const double *given, double clip, double *buffer)
{
    size_t dim = (size_t)b->run->dim, items = (size_t)size * dim;
    for (size_t i = 0; i < items; i++) {
        buffer[i] = (given[i] - dam__array_at(standards, i % dim)) *
                    dam__array_at(standards, dim + i % dim);
        if (clip > 0)
            buffer[i] = fmin(fmax(buffer[i], -clip), clip);
    }
    return dam__matrix_write_doubles(&b->states, buffer, "states");
}

/* Whether a probe's energy rose: sums of dim + memories terms are rounded. */
static bool rises(const double *energies, size_t steps, double size, double epsilon)
{
    const double roundings = 32;
    for (size_t s = 0; s < steps; s++)
        if (energies[s + 1] - energies[s] > roundings * epsilon * (fabs(energies[s]) + size))
            return true;
    return false;
}

static dam_status read_energies(const struct bench *b, size_t first, int size, dam__denoised *out)
{
    dam_status status = DAM_OK;
    double *trace = NULL, scale = b->run->dim + b->run->memories;
    size_t rows = out->steps + 1, width = (size_t)b->chunk;
    DAM_TRY(dam__alloc(rows * width, sizeof *trace, &trace));
    DAM_TRY(dam__matrix_read_doubles(&b->trace, trace, "energies"));
    for (size_t a = 0; a < (size_t)size; a++) {
        double *energies = out->energies + (first + a) * rows;
        for (size_t s = 0; s < rows; s++)
            energies[s] = trace[s * width + a];
        if (!isfinite(energies[out->steps]))
            out->lost++;
        out->rising += rises(energies, out->steps, scale, dam__real_epsilon(b->device));
    }
cleanup:
    free(trace);
    return status;
}

static dam_status run_chunk(const struct bench *b, const dam__denoise_probes *probes,
                            const dam__array *standards, const struct teller *teller,
                            double *buffer, dam__denoised *out)
{
    dam_status status = DAM_OK;
    size_t first = teller->done, left = probes->count - first, at = first * probes->dim;
    int size = left < (size_t)b->chunk ? (int)left : b->chunk;
    double clip = b->run->experiment.recall.clip;
    const dam__relaxation whole = {.dt = 1, .steps = 1, .clip = clip}; /* to f(x) at once */
    DAM_TRY(write_states(b, standards, size, probes->noisy + at, 0, buffer));
    DAM_TRY(dam__denoise_relax(b->model, &b->states, size, &whole));
    DAM_TRY(read_states(b, standards, size, buffer, out->once + at));
    /* From inside the clip no step leads up: E is |x|^2 / 2 less a convex function, so x + dt (f(x)
     * - x), put back to the edge, is no higher for dt up to 1. From outside the edge may be. */
    DAM_TRY(write_states(b, standards, size, probes->noisy + at, clip, buffer));
    double began = dam__seconds();
    DAM_TRY(relax(b, size, teller));
    DAM_TRY(dam__device_finish(b->device));
    out->seconds += dam__seconds() - began;
    DAM_TRY(read_states(b, standards, size, buffer, out->states + at));
    DAM_TRY(read_energies(b, first, size, out));
cleanup:
    return status;
}

dam_status dam__denoise_recall(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                               const dam__denoise_probes *probes, const dam__recall_hooks *hooks,
                               dam__denoised *out)
{
    dam_status status = DAM_OK;
    struct bench bench = {.run = run, .device = device, .provider = gemm};
    dam__denoised got = {
        .count = probes->count, .dim = probes->dim, .steps = (size_t)run->experiment.recall.steps};
    const dam__array *standards = NULL;
    double *buffer = NULL;
    size_t items = 0, energies = 0;
    *out = (dam__denoised){0};
    DAM_TRY(find_standards(run, &standards));
    if (probes->dim != (size_t)run->dim)
        DAM_FAIL(DAM_USAGE, "probes of %zu features do not fit '%s', which has %d", probes->dim,
                 run->folder, run->dim);
    DAM_TRY(dam__multiply(probes->count, probes->dim, &items));
    DAM_TRY(dam__multiply(probes->count, got.steps + 1, &energies));
    DAM_TRY(dam__alloc(items, sizeof *got.states, &got.states));
    DAM_TRY(dam__alloc(items, sizeof *got.once, &got.once));
    DAM_TRY(dam__alloc(energies, sizeof *got.energies, &got.energies));
    DAM_TRY(open_bench(&bench, probes->count));
    DAM_TRY(dam__alloc((size_t)bench.chunk * probes->dim, sizeof *buffer, &buffer));
    for (struct teller at = {hooks, 0, probes->count}; at.done < at.total;
         at.done += (size_t)bench.chunk)
        DAM_TRY(run_chunk(&bench, probes, standards, &at, buffer, &got));
    *out = got;
    got = (dam__denoised){0};
cleanup:
    free(buffer);
    close_bench(&bench);
    dam__denoised_free(&got);
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
