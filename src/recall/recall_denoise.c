#include "recall/recall_command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/notice.h"
#include "command/output.h"
#include "command/progress.h"
#include "command/session.h"
#include "command/signals.h"
#include "model/model_type.h"
#include "recall/denoise_report.h"

typedef struct denoising {
    const arguments *args;
    dam__recall_format format;
    console console;
    dam_log log;
    progress progress;
    dam__device *device;
    dam__run small;
    dam__denoise_result result;
} denoising;

static void denoising_free(denoising *d)
{
    dam__denoise_probes_free(&d->result.probes);
    dam__denoise_probes_free(&d->result.coarse);
    dam__denoised_free(&d->result.denoised);
    dam__denoised_free(&d->result.by_small);
    free(d->result.by_large);
    dam__device_close(d->device);
    dam__run_free(&d->small);
}

static void on_progress(void *user, size_t done, size_t total, int step)
{
    denoising *d = user;
    char label[64], text[64];
    const dam__recall_keys *keys = &d->result.run->experiment.recall;
    (void)snprintf(label, sizeof label, "probes from %zu of %zu", done + 1, total);
    (void)snprintf(text, sizeof text, "step %d", step);
    progress_update(&d->progress, label, (double)step / keys->steps, text);
}

static dam_status check(const denoising *d, const dam__run *run)
{
    const dam__selftest_subject subject = {.model = &run->experiment.model,
                                           .memories = run->memories,
                                           .dim = run->dim,
                                           .batch = run->experiment.train.batch,
                                           .classes = run->classes};
    return check_device(d->args, d->device, &subject);
}

/* Warns where probes diverged or their energies rose; fails where all diverged. */
static dam_status check_energies(const denoising *d, const dam__run *run, const dam__denoised *got)
{
    if (got->lost == got->count)
        return dam__fail(DAM_DIVERGED,
                         "all %zu probes of '%s' diverged: the "
                         "energy has no lower bound there; lower recall.dt or recall.steps, or set "
                         "recall.clip",
                         got->count, run->folder);
    if (got->lost > 0)
        dam__warn(&d->log,
                  "%zu of %zu probes of '%s' diverged: the energy "
                  "has no lower bound there; lower recall.dt or recall.steps, or set recall.clip",
                  got->lost, got->count, run->folder);
    else if (got->rising > 0)
        dam__warn(&d->log,
                  "the energy of %zu of %zu probes of '%s' rose in a step, which it cannot: run "
                  "'denseam selftest', or take train.precision = \"double\"",
                  got->rising, got->count, run->folder);
    return DAM_OK;
}

static dam_status recall_one(denoising *d, const dam__run *run, const dam__denoise_probes *probes,
                             dam__denoised *out)
{
    const dam__recall_callbacks callbacks = {
        .user = d, .stop = signals_stop, .progress = on_progress};
    d->progress = progress_begin(&d->console);
    dam_status status =
        dam__denoise_recall(run, d->device, gemm_choice(d->args), probes, &callbacks, out);
    progress_finish(&d->progress);
    DAM_TRY(status);
    return check_energies(d, run, out);
}

/* --- the smaller model ---------------------------------------------------------------------------- */

/* How many pixels of the larger model's images one of the smaller model's is a mean over. */
static dam_status side_between(const dam__run *large, const dam__run *small, size_t *side)
{
    int between = small->height > 0 ? large->height / small->height : 0;
    if (!dam__model_type_of(&small->experiment.model)->relaxes)
        return dam__fail(DAM_USAGE, "'%s' is no denoiser's run; compare two of them",
                         small->folder);
    if (large->pixels != DAM__PIXELS_GREY)
        return dam__fail(DAM_USAGE,
                         "the samples of '%s' are pictures in colour, which are not averaged to "
                         "those of a smaller model; leave it out",
                         large->folder);
    if (large->height == 0 || small->height == 0)
        return dam__fail(DAM_USAGE,
                         "the samples of '%s' are no images, and only these can be averaged to "
                         "those of a smaller model; leave it out",
                         large->height == 0 ? large->folder : small->folder);
    if (between < 2 || large->height != between * small->height ||
        large->width != between * small->width)
        return dam__fail(DAM_USAGE,
                         "'%s' has images of %d x %d, '%s' of %d x %d: those of the first must be "
                         "larger by a whole number; give the larger run first",
                         large->folder, large->height, large->width, small->folder, small->height,
                         small->width);
    *side = (size_t)between;
    return DAM_OK;
}

static dam_status open_small(denoising *d, const words *overrides)
{
    dam__denoise_result *result = &d->result;
    if (d->args->operands.count == 1)
        return DAM_OK;
    DAM_TRY(
        dam__run_open(d->args->operands.items[1], overrides->items, overrides->count, &d->small));
    DAM_TRY(side_between(result->run, &d->small, &result->side));
    result->small = &d->small;
    return DAM_OK;
}

static dam_status recall_small(denoising *d)
{
    dam__denoise_result *result = &d->result;
    dam__denoise_probes by_large = {0};
    DAM_TRY(dam__denoise_probes_coarsen(&result->probes, result->side, &result->coarse));
    const dam__denoise_probes fine = {.count = result->probes.count,
                                      .dim = result->probes.dim,
                                      .height = result->probes.height,
                                      .width = result->probes.width,
                                      .noisy = result->denoised.states};
    DAM_TRY(dam__denoise_probes_coarsen(&fine, result->side, &by_large));
    result->by_large = by_large.noisy;
    return recall_one(d, &d->small, &result->coarse, &result->by_small);
}

/* --- telling -------------------------------------------------------------------------------------- */

/* Mean squared differences of raw numbers, and mean energies. */
typedef struct numbers {
    double noisy, once, states, before, after;
    double coarse, by_large, by_small, between; /* NaN without a smaller model */
} numbers;

static numbers measure(const dam__denoise_result *result)
{
    const dam__denoise_probes *probes = &result->probes, *coarse = &result->coarse;
    const dam__denoised *got = &result->denoised;
    size_t items = probes->count * probes->dim, few = coarse->count * coarse->dim;
    numbers n = {.noisy = dam__mean_squared(probes->noisy, probes->clean, items),
                 .once = dam__mean_squared(got->once, probes->clean, items),
                 .states = dam__mean_squared(got->states, probes->clean, items),
                 .coarse = dam__mean_squared(coarse->noisy, coarse->clean, few),
                 .by_large = dam__mean_squared(result->by_large, coarse->clean, few),
                 .by_small = dam__mean_squared(result->by_small.states, coarse->clean, few),
                 .between = dam__mean_squared(result->by_large, result->by_small.states, few)};
    for (size_t a = 0; a < got->count; a++) {
        const double *energies = got->energies + a * (got->steps + 1);
        if (!isfinite(energies[got->steps])) /* it diverged */
            continue;
        n.before += energies[0] / (double)(got->count - got->lost);
        n.after += energies[got->steps] / (double)(got->count - got->lost);
    }
    return n;
}

static dam_status print_result_json(const denoising *d, const numbers *n)
{
    const dam__denoise_result *result = &d->result;
    const dam__denoised *got = &result->denoised;
    double dt = result->run->experiment.recall.dt;
    json_t *json = json_pack(
        "{so sI sI sf sf so so so so so sI sI sf}", "run", json_text(result->run->folder), "probes",
        (json_int_t)got->count, "steps", (json_int_t)got->steps, "dt", dt, "time",
        dt * (double)got->steps, "mse_corrupted", json_number(n->noisy), "mse_denoised",
        json_number(n->states), "mse_one_shot", json_number(n->once), "mean_energy_before",
        json_number(n->before), "mean_energy_after", json_number(n->after), "energy_rose",
        (json_int_t)got->rising, "not_finite", (json_int_t)got->lost, "seconds", got->seconds);
    if (result->small != NULL)
        (void)json_object_set_new(
            json, "small",
            json_pack("{so si so so so so sI sI}", "run", json_text(result->small->folder),
                      "plaquette", (int)result->side, "mse_corrupted", json_number(n->coarse),
                      "mse_of_large", json_number(n->by_large), "mse_by_small",
                      json_number(n->by_small), "mean_squared_difference", json_number(n->between),
                      "energy_rose", (json_int_t)result->by_small.rising, "not_finite",
                      (json_int_t)result->by_small.lost));
    return print_json(json);
}

static void append_number(dam__text *text, const char *name, double value)
{
    if (isfinite(value))
        dam__text_append(text, "%-26s %.6g\n", name, value);
}

static void append_energy(dam__text *text, const dam__denoised *got)
{
    if (got->lost > 0)
        dam__text_append(text, "%-26s %zu probes diverged\n", "energy", got->lost);
    else if (got->rising > 0)
        dam__text_append(text, "%-26s rose in %zu probes\n", "energy", got->rising);
    else
        dam__text_append(text, "%-26s never rose (%zu probes, %zu steps)\n", "energy", got->count,
                         got->steps);
}

static dam_status print_result(const denoising *d, const numbers *n)
{
    const dam__denoise_result *result = &d->result;
    const dam__denoised *got = &result->denoised;
    double dt = result->run->experiment.recall.dt;
    dam__text text = {0};
    dam__text_append(&text, "%-26s %zu of %zu features\n", "probes", got->count, got->dim);
    dam__text_append(&text, "%-26s %zu steps of %g, time %g\n", "relaxation", got->steps, dt,
                     dt * (double)got->steps);
    append_number(&text, "squared error: corrupted", n->noisy);
    append_number(&text, "  denoised", n->states);
    append_number(&text, "  f(x) at once", n->once);
    dam__text_append(&text, "%-26s %.6g before, %.6g after\n", "mean energy", n->before, n->after);
    append_energy(&text, got);
    if (result->small != NULL) {
        dam__text_append(&text, "%-26s %zu x %zu pixels to one\n", "averaged", result->side,
                         result->side);
        append_number(&text, "squared error: corrupted", n->coarse);
        append_number(&text, "  denoised, then averaged", n->by_large);
        append_number(&text, "  averaged, then denoised", n->by_small);
        append_number(&text, "  between these", n->between);
        append_energy(&text, &result->by_small);
    }
    if (d->args->out != NULL)
        dam__text_append(&text, "%-26s %s\n", "written to", d->args->out);
    return print_text(&text);
}

static dam_status tell(const denoising *d)
{
    const char *out = d->args->out;
    bool drawn = false;
    const numbers n = measure(&d->result);
    if (out != NULL) {
        DAM_TRY(dam__denoise_result_write(out, &d->result, d->format));
        DAM_TRY(dam__denoise_result_draw(out, &d->result, &drawn));
    }
    return d->args->json ? print_result_json(d, &n) : print_result(d, &n);
}

dam_status recall_denoised(const recall_arguments *own, const words *overrides, const dam__run *run)
{
    dam_status status = DAM_OK;
    const arguments *args = &own->shared;
    denoising d = {.args = args,
                   .format = (dam__recall_format)own->format,
                   .console = console_open(args->quiet),
                   .result = {.run = run}};
    d.log = console_log(&d.console);
    DAM_TRY_CLEANUP(open_small(&d, overrides));
    DAM_TRY_CLEANUP(
        open_device(args, (dam__precision)run->experiment.train.precision, &d.log, &d.device));
    DAM_TRY_CLEANUP(check(&d, run));
    if (d.result.small != NULL)
        DAM_TRY_CLEANUP(check(&d, d.result.small));
    DAM_TRY_CLEANUP(dam__denoise_probes_make(run, d.device, &d.result.probes));
    if (run->experiment.recall.noise == 0 && run->experiment.recall.probes[0] == '\0')
        dam__info(&d.log, "recall.noise = 0: samples are taken without noise; -1 takes data.noise");
    if (args->out != NULL)
        DAM_TRY_CLEANUP(dam__make_writable(args->out));
    signals_catch();
    DAM_TRY_CLEANUP(recall_one(&d, run, &d.result.probes, &d.result.denoised));
    if (args->operands.count > 1)
        DAM_TRY_CLEANUP(recall_small(&d));
    DAM_TRY_CLEANUP(tell(&d));
    DAM_TRY_CLEANUP(give_profile(args, d.device, &d.log));
cleanup:
    denoising_free(&d);
    return status;
}
