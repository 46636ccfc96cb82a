#include "run/relax.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "model/denoise/denoise.h"

/* --- one model on the device ------------------------------------------------------------------ */

/* A model with its states; those of one chunk of samples. */
struct dam__relaxer {
    const dam__run *run;
    dam__device *device;
    const dam__array *standards;
    dam__gemm_provider provider;
    dam__gemm *gemm;
    dam__model *model;
    dam__plan *plan;
    int wanted;                   /* samples of a chunk, if memory allows */
    int chunk, steps;             /* that it is planned for */
    dam__matrix states, energies; /* chunk x dim, 1 x chunk */
    dam__matrix trace;            /* (steps + 1) x chunk */
};

static void forget_plan(dam__relaxer *r)
{
    dam__buffer_destroy(r->states.buffer);
    dam__buffer_destroy(r->energies.buffer);
    dam__buffer_destroy(r->trace.buffer);
    dam__model_destroy(r->model);
    dam__gemm_destroy(r->gemm);
    dam__plan_destroy(r->plan);
    r->states.buffer = r->energies.buffer = r->trace.buffer = NULL;
    r->model = NULL;
    r->gemm = NULL;
    r->plan = NULL;
}

void dam__relaxer_destroy(dam__relaxer *relaxer)
{
    if (relaxer == NULL)
        return;
    forget_plan(relaxer);
    free(relaxer);
}

static dam_status make_plan(void *user, int chunk, bool streams, const dam__plan **plan)
{
    dam__relaxer *r = user;
    const dam__task task = {.dim = r->run->dim};
    (void)streams; /* samples come from the host anyway */
    forget_plan(r);
    r->chunk = chunk;
    DAM_TRY(dam__plan_create(r->device, &r->plan));
    DAM_TRY(dam__gemm_create(r->device, r->provider, &r->gemm));
    DAM_TRY(dam__model_create(r->device, r->gemm, &r->run->experiment.model, &task, &r->model));
    DAM_TRY(r->model->ops->plan(r->model, r->plan, chunk));
    DAM_TRY(dam__plan_matrix(r->plan, "states", chunk, r->run->dim, 1, &r->states));
    DAM_TRY(dam__plan_matrix(r->plan, "energies", 1, chunk, 1, &r->energies));
    DAM_TRY(dam__plan_matrix(r->plan, "energies of all steps", r->steps + 1, chunk, 1, &r->trace));
    DAM_TRY(dam__gemm_plan(r->gemm, r->plan));
    *plan = r->plan;
    return DAM_OK;
}

enum { CHUNK = 512 };

static int wanted_chunk(size_t count)
{
    return count < CHUNK ? (int)count : CHUNK;
}

static dam_status open_model(dam__relaxer *r)
{
    DAM_TRY(dam__plan_fit(make_plan, r, r->wanted, true));
    DAM_TRY(dam__plan_allocate(r->plan));
    DAM_TRY(r->model->ops->prepare(r->model));
    return dam__checkpoint_parameters(r->model, &r->run->container);
}

dam_status dam__denoise_standards(const dam__run *run, const dam__array **out)
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

dam_status dam__relaxer_create(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                               size_t count, int steps, dam__relaxer **out)
{
    dam_status status = DAM_OK;
    dam__relaxer *relaxer = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *relaxer, &relaxer));
    *relaxer = (dam__relaxer){.run = run,
                              .device = device,
                              .provider = gemm,
                              .wanted = wanted_chunk(count),
                              .steps = steps};
    DAM_TRY_CLEANUP(dam__denoise_standards(run, &relaxer->standards));
    DAM_TRY_CLEANUP(open_model(relaxer));
    *out = relaxer;
    relaxer = NULL;
cleanup:
    dam__relaxer_destroy(relaxer);
    return status;
}

bool dam__relaxer_suits(const dam__relaxer *relaxer, size_t count, int steps)
{
    return relaxer->steps >= steps && relaxer->wanted >= wanted_chunk(count);
}

/* --- relaxation ------------------------------------------------------------------------------- */

void dam__denoised_free(dam__denoised *denoised)
{
    free(denoised->states);
    free(denoised->once);
    free(denoised->energies);
    *denoised = (dam__denoised){0};
}

/* Energies of the present states to a row of the trace. */
static dam_status note_energies(dam__relaxer *r, int size, int row)
{
    size_t real = dam__real_size(r->device);
    DAM_TRY(dam__denoise_energy(r->model, &r->states, size, &r->energies));
    return dam__buffer_copy(r->energies.buffer, 0, r->trace.buffer,
                            (size_t)row * r->trace.ld * real, (size_t)size * real);
}

/* A task at work. */
struct work {
    const dam__relax_task *task;
    const dam__recall_callbacks *callbacks;
    size_t done;    /* samples */
    double *buffer; /* chunk x dim */
};

static dam_status relax(dam__relaxer *r, int size, const struct work *work)
{
    const dam__relax_task *task = work->task;
    const dam__recall_callbacks *callbacks = work->callbacks;
    const dam__relaxation step = {.dt = task->dt, .steps = 1, .clip = task->clip};
    DAM_TRY(note_energies(r, size, 0));
    for (int i = 0; i < task->steps; i++) {
        DAM_TRY(dam__denoise_relax(r->model, &r->states, size, &step));
        DAM_TRY(note_energies(r, size, i + 1));
        if (callbacks->progress != NULL)
            callbacks->progress(callbacks->user, work->done, task->count, i + 1);
        if (callbacks->stop != NULL && callbacks->stop(callbacks->user))
            return dam__fail(DAM_INTERRUPTED, "stopped after step %d of %d; nothing is written",
                             i + 1, task->steps);
    }
    return DAM_OK;
}

/* States of the device as their data has them. */
static dam_status read_states(dam__relaxer *r, int size, double *buffer, double *out)
{
    const dam__array *standards = r->standards;
    size_t dim = (size_t)r->run->dim, items = (size_t)size * dim;
    dam__matrix shown = r->states;
    shown.rows = size;
    dam_status status = dam__matrix_read_unchecked(&shown, buffer, "states");
    for (size_t i = 0; status == DAM_OK && i < items; i++)
        out[i] =
            buffer[i] / dam__array_at(standards, dim + i % dim) + dam__array_at(standards, i % dim);
    return status;
}

/* clip: what is outside of +-clip is set to its edge; 0 leaves all as it is. */
static dam_status write_states(dam__relaxer *r, int size, const double *given, double clip,
                               double *buffer)
{
    const dam__array *standards = r->standards;
    size_t dim = (size_t)r->run->dim, items = (size_t)size * dim;
    dam__matrix shown = r->states;
    shown.rows = size;
    for (size_t i = 0; i < items; i++) {
        buffer[i] = (given[i] - dam__array_at(standards, i % dim)) *
                    dam__array_at(standards, dim + i % dim);
        if (clip > 0)
            buffer[i] = fmin(fmax(buffer[i], -clip), clip);
    }
    return dam__matrix_write_doubles(&shown, buffer, "states");
}

/* Whether a sample's energy rose: sums of dim + memories terms are rounded. */
static bool rises(const double *energies, size_t steps, double size, double epsilon)
{
    const double roundings = 32;
    for (size_t s = 0; s < steps; s++)
        if (energies[s + 1] - energies[s] > roundings * epsilon * (fabs(energies[s]) + size))
            return true;
    return false;
}

static dam_status read_energies(dam__relaxer *r, size_t first, int size, dam__denoised *out)
{
    dam_status status = DAM_OK;
    double *trace = NULL, scale = r->run->dim + r->run->memories;
    size_t rows = out->steps + 1, width = (size_t)r->chunk;
    dam__matrix shown = r->trace;
    shown.rows = (int)rows;
    DAM_TRY_CLEANUP(dam__alloc(rows * width, sizeof *trace, &trace));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&shown, trace, "energies"));
    for (size_t a = 0; a < (size_t)size; a++) {
        double *energies = out->energies + (first + a) * rows;
        for (size_t s = 0; s < rows; s++)
            energies[s] = trace[s * width + a];
        if (!isfinite(energies[out->steps]))
            out->lost++;
        out->rising += rises(energies, out->steps, scale, dam__real_epsilon(r->device));
    }
cleanup:
    free(trace);
    return status;
}

static dam_status run_chunk(dam__relaxer *r, const struct work *work, dam__denoised *out)
{
    const dam__relax_task *task = work->task;
    size_t first = work->done, left = task->count - first, at = first * (size_t)r->run->dim;
    int size = left < (size_t)r->chunk ? (int)left : r->chunk;
    const dam__relaxation whole = {.dt = 1, .steps = 1, .clip = task->clip, .once = true};
    if (task->once) {
        DAM_TRY(write_states(r, size, task->noisy + at, 0, work->buffer));
        DAM_TRY(dam__denoise_relax(r->model, &r->states, size, &whole));
        DAM_TRY(read_states(r, size, work->buffer, out->once + at));
    }
    /* From inside the clip no step raises E: it is |x|^2 / 2 minus a convex function, so x + dt
     * (f(x) - x), clipped, is not higher for dt up to 1. From outside the clip it may be. */
    DAM_TRY(write_states(r, size, task->noisy + at, task->clip, work->buffer));
    double began = dam__seconds();
    DAM_TRY(relax(r, size, work));
    DAM_TRY(dam__device_finish(r->device));
    out->seconds += dam__seconds() - began;
    DAM_TRY(read_states(r, size, work->buffer, out->states + at));
    return read_energies(r, first, size, out);
}

dam_status dam__relaxer_run(dam__relaxer *relaxer, const dam__relax_task *task,
                            const dam__recall_callbacks *callbacks, dam__denoised *out)
{
    dam_status status = DAM_OK;
    size_t dim = (size_t)relaxer->run->dim, items = 0, energies = 0;
    dam__denoised got = {.count = task->count, .dim = dim, .steps = (size_t)task->steps};
    struct work work = {.task = task, .callbacks = callbacks};
    *out = (dam__denoised){0};
    DAM_TRY_CLEANUP(dam__multiply(task->count, dim, &items));
    DAM_TRY_CLEANUP(dam__multiply(task->count, got.steps + 1, &energies));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *got.states, &got.states));
    if (task->once)
        DAM_TRY_CLEANUP(dam__alloc(items, sizeof *got.once, &got.once));
    DAM_TRY_CLEANUP(dam__alloc(energies, sizeof *got.energies, &got.energies));
    DAM_TRY_CLEANUP(dam__alloc((size_t)relaxer->chunk * dim, sizeof *work.buffer, &work.buffer));
    for (; work.done < task->count; work.done += (size_t)relaxer->chunk)
        DAM_TRY_CLEANUP(run_chunk(relaxer, &work, &got));
    *out = got;
    got = (dam__denoised){0};
cleanup:
    free(work.buffer);
    dam__denoised_free(&got);
    return status;
}
