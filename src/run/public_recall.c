/* Recalling, denoising and energies of a public run: include/denseam/run.h. */
#include "denseam/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/energy/recall.h"
#include "run/public_handles.h"
#include "run/recall_lists.h"
#include "selftest/selftest.h"

_Static_assert((int)DAM_RECALL_MOVING == (int)DAM__RECALL_MOVING &&
                   (int)DAM_RECALL_CONVERGED == (int)DAM__RECALL_CONVERGED &&
                   (int)DAM_RECALL_CYCLING == (int)DAM__RECALL_CYCLING,
               "ends");

static const dam__array *memories_of(const dam_run *run)
{
    return dam__container_array(&run->run.container, "parameters/memories");
}

static bool recalls(const dam_run *run)
{
    return run != NULL && dam__run_type(run)->recall != NULL;
}

static bool relaxes(const dam_run *run)
{
    return run != NULL && dam__run_type(run)->relaxes;
}

/* able: whether the run's model does `what`. */
static dam_status check_call(const dam_run *run, bool able, const char *what, const float *states,
                             size_t count, const void *out)
{
    if (run == NULL)
        return dam__fail(DAM_USAGE, "no run is given");
    if (!able)
        return dam__fail(DAM_USAGE, "a run of kind \"%s\" %s", dam_run_model(run), what);
    if (count > 0 && (states == NULL || out == NULL))
        return dam__fail(DAM_USAGE, "numbers to work on and room for results are wanted; one of "
                                    "them is NULL");
    return count > 0 ? dam__finite_check(states, count, (size_t)dam_run_neurons(run)) : DAM_OK;
}

/* --- recalling -------------------------------------------------------------------------------- */

static dam__recall_config config_of(const dam_run *run, const dam_recall_options *options)
{
    dam__recall_config config =
        dam__recall_config_of(&run->run.experiment, NULL, (size_t)dam_run_neurons(run), true);
    if (options->synchronous)
        config.dynamics = DAM__DYNAMICS_SYNCHRONOUS;
    if (options->sweeps > 0)
        config.sweeps = options->sweeps;
    return config;
}

/* Decisions about the class leave the sample as it is. */
static dam_status mark_fixed(const dam_run *run, const dam__recall_config *config, uint8_t **marks)
{
    *marks = NULL;
    if (config->dynamics != DAM__DYNAMICS_CLASS)
        return DAM_OK;
    dam_status status = dam__alloc((size_t)dam_run_neurons(run), 1, marks);
    if (status == DAM_OK)
        memset(*marks, 1, (size_t)run->run.dim);
    return status;
}

static void give(const dam__recalled *got, const dam_recalled *out)
{
    size_t count = got->count;
    if (out->states != NULL)
        memcpy(out->states, got->states, count * got->dim * sizeof *out->states);
    for (size_t p = 0; p < count; p++) {
        if (out->ends != NULL)
            out->ends[p] = (dam_recall_end)got->ends[p];
        if (out->sweeps != NULL)
            out->sweeps[p] = got->taken[p];
        if (out->energies != NULL)
            out->energies[p] = got->energies[p * (got->sweeps + 1) + (size_t)got->taken[p]];
        if (out->nearest != NULL)
            out->nearest[p] = got->nearest[p];
        if (out->distances != NULL)
            out->distances[p] = got->distances[p];
    }
}

dam_status dam_run_recall_with(dam_run *run, const float *states, size_t count,
                               const dam_recall_options *options, const dam_recalled *out)
{
    static const dam_recall_options usual = {0};
    dam_status status = DAM_OK;
    dam__recalled got = {0};
    uint8_t *marks = NULL;
    options = options != NULL ? options : &usual;
    DAM_TRY_CLEANUP(check_call(run, recalls(run), "recalls no states", states, count, out));
    if (options->sweeps < 0 || options->sweeps > DAM__MOST_SWEEPS)
        DAM_FAIL(DAM_USAGE, "a recall takes 1 to %d sweeps, not %d", DAM__MOST_SWEEPS,
                 options->sweeps);
    if (count == 0)
        goto cleanup;
    const dam__recall_config config = config_of(run, options);
    const dam__recall_callbacks callbacks = {.user = options->context,
                                             .stop = options->should_stop};
    DAM_TRY_CLEANUP(mark_fixed(run, &config, &marks));
    const dam__recall_task task = {.memories = memories_of(run),
                                   .probes = states,
                                   .count = count,
                                   .fixed = options->fixed != NULL ? options->fixed : marks};
    if (!run->recall_trusted)
        DAM_TRY_CLEANUP(dam__selftest_recall(run->device, config.gemm));
    run->recall_trusted = true;
    DAM_TRY_CLEANUP(dam__recall(run->device, &config, &task, &callbacks, &got));
    give(&got, out);
cleanup:
    free(marks);
    dam__recalled_free(&got);
    return status;
}

dam_status dam_run_recall(dam_run *run, const float *states, size_t count, float *recalled,
                          dam_recall_end *ends)
{
    if (run != NULL && count > 0 && recalled == NULL)
        return dam__fail(DAM_USAGE, "no place for the recalled states is given");
    return dam_run_recall_with(run, states, count, NULL,
                               &(dam_recalled){.states = recalled, .ends = ends});
}

enum { MOST_STEPS = 1000000 }; /* as the key recall.steps */

/* --- denoising -------------------------------------------------------------------------------- */

static dam_status relax(dam_run *run, const float *samples, size_t count,
                        const dam__relax_task *how, const dam__recall_callbacks *callbacks,
                        dam__denoised *out)
{
    dam_status status = DAM_OK;
    size_t items = 0;
    double *noisy = NULL;
    dam__relax_task task = *how;
    DAM_TRY_CLEANUP(dam__multiply(count, (size_t)run->run.dim, &items));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *noisy, &noisy));
    for (size_t i = 0; i < items; i++)
        noisy[i] = samples[i];
    task.noisy = noisy;
    task.count = count;
    DAM_TRY_CLEANUP(dam__run_trust(run));
    if (run->relaxer != NULL && !dam__relaxer_suits(run->relaxer, count, task.steps)) {
        dam__relaxer_destroy(run->relaxer);
        run->relaxer = NULL;
    }
    if (run->relaxer == NULL)
        DAM_TRY_CLEANUP(dam__relaxer_create(&run->run, run->device, DAM__GEMM_AUTO, count,
                                            task.steps, &run->relaxer));
    DAM_TRY_CLEANUP(dam__relaxer_run(run->relaxer, &task, callbacks, out));
cleanup:
    free(noisy);
    return status;
}

static void narrow(const double *from, size_t items, float *to)
{
    for (size_t i = 0; i < items; i++)
        to[i] = (float)from[i];
}

dam_status dam_run_denoise(dam_run *run, const float *samples, size_t count, float *denoised)
{
    dam_status status = DAM_OK;
    dam__denoised got = {0};
    DAM_TRY_CLEANUP(check_call(run, relaxes(run), "denoises nothing", samples, count, denoised));
    if (count == 0)
        goto cleanup;
    const dam__relax_task once = {.once = true};
    DAM_TRY_CLEANUP(relax(run, samples, count, &once, &(dam__recall_callbacks){0}, &got));
    narrow(got.once, got.count * got.dim, denoised);
cleanup:
    dam__denoised_free(&got);
    return status;
}

static dam_status relaxation_of(const dam_run *run, const dam_denoise_options *options,
                                dam__relax_task *out)
{
    const dam__recall_keys *keys = &run->run.experiment.recall;
    if (options->steps > MOST_STEPS)
        return dam__fail(DAM_USAGE, "a relaxation takes at most %d steps, not %d", MOST_STEPS,
                         options->steps);
    if (options->steps < 0 || !(options->dt >= 0 && options->dt <= 1) || isnan(options->clip))
        return dam__fail(DAM_USAGE,
                         "a relaxation takes 1 step or more of a length in (0, 1], not %d of %g",
                         options->steps, options->dt);
    double clip = options->clip < 0 ? 0 : options->clip;
    *out = (dam__relax_task){.steps = options->steps > 0 ? options->steps : keys->steps,
                             .dt = options->dt > 0 ? options->dt : keys->dt,
                             .clip = options->clip == 0 ? keys->clip : clip};
    return DAM_OK;
}

dam_status dam_run_denoise_with(dam_run *run, const float *samples, size_t count,
                                const dam_denoise_options *options, float *denoised,
                                double *energies)
{
    static const dam_denoise_options usual = {0};
    dam_status status = DAM_OK;
    dam__denoised got = {0};
    dam__relax_task how;
    options = options != NULL ? options : &usual;
    const dam__recall_callbacks callbacks = {.user = options->context,
                                             .stop = options->should_stop};
    DAM_TRY_CLEANUP(check_call(run, relaxes(run), "denoises nothing", samples, count, denoised));
    DAM_TRY_CLEANUP(relaxation_of(run, options, &how));
    if (count == 0)
        goto cleanup;
    DAM_TRY_CLEANUP(relax(run, samples, count, &how, &callbacks, &got));
    if (got.lost > 0)
        DAM_FAIL(DAM_DIVERGED,
                 "%zu of %zu samples diverged: the energy has no "
                 "lower bound there; take a smaller dt, fewer steps, or clip the features",
                 got.lost, got.count);
    narrow(got.states, got.count * got.dim, denoised);
    for (size_t i = 0; energies != NULL && i < count; i++)
        energies[i] = got.energies[i * (got.steps + 1) + got.steps];
cleanup:
    dam__denoised_free(&got);
    return status;
}

/* --- energies --------------------------------------------------------------------------------- */

static dam_status energies_of_states(const dam_run *run, const float *states, size_t count,
                                     double *energies)
{
    dam_status status = DAM_OK;
    const dam__array *memories = memories_of(run);
    size_t number = memories->shape[0], neurons = memories->shape[1];
    const dam__recall_config config = config_of(run, &(dam_recall_options){0});
    double *similarities = NULL;
    DAM_TRY_CLEANUP(dam__alloc(number, sizeof *similarities, &similarities));
    for (size_t p = 0; p < count; p++) {
        for (size_t mu = 0; mu < number; mu++) {
            similarities[mu] = 0;
            for (size_t i = 0; i < neurons; i++)
                similarities[mu] +=
                    dam__array_at(memories, mu * neurons + i) * (double)states[p * neurons + i];
        }
        energies[p] = dam__recall_energy(&config, similarities, number, neurons);
    }
cleanup:
    free(similarities);
    return status;
}

static dam_status energies_of_samples(dam_run *run, const float *samples, size_t count,
                                      double *energies)
{
    dam__denoised got = {0};
    const dam__relax_task nothing = {.steps = 0};
    dam_status status = relax(run, samples, count, &nothing, &(dam__recall_callbacks){0}, &got);
    if (status == DAM_OK)
        memcpy(energies, got.energies, count * sizeof *energies);
    dam__denoised_free(&got);
    return status;
}

dam_status dam_run_energy(dam_run *run, const float *states, size_t count, double *energies)
{
    bool able = recalls(run) || relaxes(run);
    dam_status status = check_call(run, able, "has no energy", states, count, energies);
    if (status != DAM_OK || count == 0)
        return status;
    return recalls(run) ? energies_of_states(run, states, count, energies)
                        : energies_of_samples(run, states, count, energies);
}
