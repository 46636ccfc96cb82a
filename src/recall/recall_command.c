/* `denseam recall`: states relax to memories, of a run or stored directly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "command/command.h"
#include "command/output.h"
#include "command/progress.h"
#include "command/session.h"
#include "command/signals.h"
#include "model/model_type.h"
#include "recall/recall_command.h"
#include "recall/recall_report.h"

/* A recall on its way. */
typedef struct recalling {
    const arguments *args;
    const recall_arguments *own;
    console console;
    dam_log log;
    words overrides; /* --set, and what other flags say as keys */
    char **owned;    /* the texts of those */
    size_t owned_count;
    dam__recall_source source;
    dam__recall_cells cells;
    dam__device *device;
    progress progress;
    size_t cell;     /* that runs */
    int seed, seeds; /* of how many */
    bool is_drawn;
} recalling;

static void recalling_free(recalling *r)
{
    for (size_t i = 0; i < r->owned_count; i++)
        free(r->owned[i]);
    free(r->owned);
    free(r->overrides.items);
    dam__recall_cells_free(&r->cells);
    dam__recall_source_free(&r->source);
    dam__device_close(r->device);
}

/* Flags that name a key are short for --set recall.KEY=VALUE, and come after every --set. */
static dam_status collect_overrides(recalling *r)
{
    const words *set = &r->args->set;
    const recall_arguments *own = r->own;
    const char *const keys[][2] = {{"probes", own->probes},    {"flips", own->flips},
                                   {"mask", own->mask},        {"clamp", own->clamp},
                                   {"noise", own->noise},      {"count", own->count},
                                   {"dynamics", own->dynamics}};
    enum { KEYS = sizeof keys / sizeof *keys };
    DAM_TRY(dam__alloc(set->count + KEYS, sizeof *r->overrides.items, &r->overrides.items));
    DAM_TRY(dam__alloc(KEYS, sizeof *r->owned, &r->owned));
    for (size_t i = 0; i < set->count; i++)
        r->overrides.items[r->overrides.count++] = set->items[i];
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i][1] == NULL)
            continue;
        DAM_TRY(dam__format(&r->owned[r->owned_count], "recall.%s=%s", keys[i][0], keys[i][1]));
        r->overrides.items[r->overrides.count++] = r->owned[r->owned_count++];
    }
    return DAM_OK;
}

static void on_progress(void *user, size_t done, size_t total, int sweep)
{
    recalling *r = user;
    char label[64], text[64] = "";
    (void)snprintf(label, sizeof label, "cell %zu/%zu, probe %zu/%zu", r->cell + 1, r->cells.count,
                   done, total);
    double within = (double)done / (double)total;
    if (sweep > 0)
        (void)snprintf(text, sizeof text, "sweep %d", sweep);
    double of_seed = ((double)r->cell + within) / (double)r->cells.count;
    progress_update(&r->progress, label, (r->seed + of_seed) / (r->seeds > 1 ? r->seeds : 1), text);
}

static dam_status run_cell(recalling *r, dam__recall_result *result)
{
    const dam__recall_callbacks callbacks = {
        .user = r, .stop = signals_stop, .progress = on_progress};
    dam_status status = dam__recall_cell_run(&r->source, r->device, gemm_choice(r->args),
                                             &r->cells.cells[r->cell], &callbacks, result);
    if (status == DAM_OK && result->recalled.rising > 0)
        dam__warn(&r->log,
                  "the energy of %zu probes rose in a sweep, which it cannot: run 'denseam "
                  "selftest', or take train.precision = \"double\"",
                  result->recalled.rising);
    return status;
}

static double sweeps_a_second(const dam__recall_result *result)
{
    double sweeps = result->sweeps * (double)result->recalled.count;
    return result->recalled.seconds > 0 ? sweeps / result->recalled.seconds : NAN;
}

static json_t *result_json(const recalling *r, const dam__recall_result *result)
{
    char interaction[DAM__INTERACTION_BYTES];
    double probes = (double)result->recalled.count;
    return json_pack(
        "{ss sI sI si sI so so so so sf so so sI sI sI sf so ss}", "interaction",
        dam__interaction_text(&result->cell.interaction, interaction), "seed",
        (json_int_t)r->source.experiment.seed, "memories", (json_int_t)result->memories, "flips",
        result->cell.flips, "probes", (json_int_t)result->recalled.count, "recovered",
        result->compared ? json_real((double)result->recovered / probes) : json_null(), "identical",
        result->compared ? json_integer((json_int_t)result->twins) : json_null(), "mean_distance",
        result->compared ? json_real(result->distance) : json_null(), "mean_nearest_distance",
        json_number(result->nearest), "mean_sweeps", result->sweeps, "mean_energy_before",
        json_number(result->energy_before), "mean_energy_after", json_number(result->energy_after),
        "moving", (json_int_t)result->moving, "cycling", (json_int_t)result->cycling, "energy_rose",
        (json_int_t)result->recalled.rising, "seconds", result->recalled.seconds,
        "sweeps_per_second", json_number(sweeps_a_second(result)), "path",
        result->recalled.signs ? "signs" : "reals");
}

static dam_status print_result(const recalling *r, const dam__recall_result *result)
{
    dam__text text = {0};
    char interaction[DAM__INTERACTION_BYTES];
    const dam__recalled *got = &result->recalled;
    size_t converged = got->count - result->moving - result->cycling;
    dam__text_append(&text, "%-22s %zu of %zu neurons, %s\n", "memories", result->memories,
                     got->dim, dam__interaction_text(&result->cell.interaction, interaction));
    dam__text_append(&text, "%-22s %zu\n", "probes", got->count);
    if (result->compared) {
        dam__text_append(&text, "%-22s %zu (%.2f %%)\n", "recovered", result->recovered,
                         100.0 * (double)result->recovered / (double)got->count);
        if (result->twins > 0)
            dam__text_append(&text, "%-22s %zu, whose pattern is another one's, too\n",
                             "not counted", result->twins);
        dam__text_append(&text, "%-22s %.4f\n", "distance to pattern", result->distance);
    }
    dam__text_append(&text, "%-22s %.4f\n", "distance to nearest", result->nearest);
    dam__text_append(&text, "%-22s %.6g before, %.6g after\n", "energy / F(N)",
                     result->energy_before, result->energy_after);
    dam__text_append(&text, "%-22s %.2f\n", "sweeps", result->sweeps);
    dam__text_append(&text, "%-22s %zu converged, %zu still moving, %zu cycling\n", "ends",
                     converged, result->moving, result->cycling);
    dam__text_append(&text, "%-22s %.0f sweeps/s\n", "rate", sweeps_a_second(result));
    if (r->args->out != NULL)
        dam__text_append(&text, "%-22s %s\n", "written to", r->args->out);
    return print_text(&text);
}

static dam_status recall_once(recalling *r)
{
    dam_status status = DAM_OK;
    dam__recall_result result = {0};
    const char *out = r->args->out;
    DAM_TRY_CLEANUP(run_cell(r, &result));
    progress_finish(&r->progress);
    if (out != NULL) {
        DAM_TRY_CLEANUP(
            dam__recall_result_write(out, &r->source, &result, (dam__recall_format)r->own->format));
        DAM_TRY_CLEANUP(dam__recall_result_draw(out, &r->source, &result, &r->is_drawn));
    }
    DAM_TRY_CLEANUP(r->args->json ? print_json(result_json(r, &result)) : print_result(r, &result));
cleanup:
    dam__recall_result_free(&result);
    return status;
}

static void append_row(dam__text *text, const dam__recall_row *row)
{
    char interaction[DAM__INTERACTION_BYTES];
    dam__text_append(text, "%-11s %9zu %6d %8zu %10.4f %10.4f %7.2f ",
                     dam__interaction_text(&row->cell.interaction, interaction), row->memories,
                     row->cell.flips, row->probes, row->recovered, row->distance, row->sweeps);
    if (row->seeds > 1)
        dam__text_append(text, "%9.4f\n", dam__recall_row_deviation(row));
    else
        dam__text_append(text, "%8.1f\n", row->seconds);
}

static void append_rows(dam__text *text, const dam__recall_row *rows, size_t count)
{
    dam__text_append(text, "%-11s %9s %6s %8s %10s %10s %7s %s\n", "interaction", "memories",
                     "flips", "probes", "recovered", "distance", "sweeps",
                     rows[0].seeds > 1 ? "deviation" : " seconds");
    for (size_t i = 0; i < count; i++)
        append_row(text, &rows[i]);
    if (rows[0].seeds > 1)
        dam__text_append(text, "means over %d seeds; deviation is that of recovered\n",
                         rows[0].seeds);
}

/* All cells of one seed. */
static dam_status run_seed(recalling *r, dam__recall_row *rows, json_t *list)
{
    dam_status status = DAM_OK;
    dam__recall_result result = {0};
    for (r->cell = 0; r->cell < r->cells.count; r->cell++) {
        dam__recall_result_free(&result);
        DAM_TRY_CLEANUP(run_cell(r, &result));
        dam__recall_row_add(&rows[r->cell], &result);
        (void)json_array_append_new(list, result_json(r, &result));
    }
cleanup:
    dam__recall_result_free(&result);
    return status;
}

static dam_status recall_curve(recalling *r)
{
    dam_status status = DAM_OK;
    dam__recall_row *rows = NULL;
    dam__text text = {0};
    json_t *list = json_array();
    DAM_TRY_CLEANUP(dam__alloc(r->cells.count, sizeof *rows, &rows));
    for (r->seed = 0; r->seed < r->seeds; r->seed++) {
        if (r->seed > 0)
            DAM_TRY_CLEANUP(dam__recall_source_next(&r->source, r->device));
        DAM_TRY_CLEANUP(run_seed(r, rows, list));
    }
    progress_finish(&r->progress);
    append_rows(&text, rows, r->cells.count);
    if (r->args->out != NULL) {
        DAM_TRY_CLEANUP(dam__capacity_write(r->args->out, r->source.experiment.title, &r->cells,
                                            rows, &r->log));
    }
    if (r->args->json) {
        status = print_json(list);
        list = NULL;
    } else {
        status = print_text(&text);
    }
cleanup:
    json_decref(list);
    dam__text_free(&text);
    free(rows);
    return status;
}

static dam_status run_recall(const arguments *args)
{
    dam_status status = DAM_OK;
    recalling r = {
        .args = args, .own = (const recall_arguments *)args, .console = console_open(args->quiet)};
    r.log = console_log(&r.console);
    const char *operand = args->operands.items[0];
    DAM_TRY_CLEANUP(collect_overrides(&r));
    DAM_TRY_CLEANUP(
        dam__recall_source_open(operand, r.overrides.items, r.overrides.count, &r.source));
    if (dam__model_type_of(&r.source.experiment.model)->relaxes) {
        DAM_TRY_CLEANUP(recall_denoised(r.own, &r.overrides, &r.source.run));
        goto cleanup;
    }
    if (args->operands.count > 1)
        DAM_FAIL(DAM_USAGE, "'%s' is no denoiser's run: only these are compared with a smaller one",
                 operand);
    DAM_TRY_CLEANUP(dam__recall_cells_create(operand, &r.source.experiment, &r.cells));
    DAM_TRY_CLEANUP(
        open_device(args, (dam__precision)r.source.experiment.train.precision, &r.log, &r.device));
    DAM_TRY_CLEANUP(dam__recall_source_load(&r.source, r.device));
    DAM_TRY_CLEANUP(check_recall_device(args, r.device));
    if (args->out != NULL)
        DAM_TRY_CLEANUP(dam__make_writable(args->out));
    signals_catch();
    r.progress = progress_begin(&r.console);
    r.seeds = r.source.experiment.recall.seeds;
    status = r.cells.count > 1 || r.seeds > 1 ? recall_curve(&r) : recall_once(&r);
    progress_finish(&r.progress);
    DAM_TRY_CLEANUP(status);
    dam__recall_note(&r.log, &r.source, &r.cells);
    DAM_TRY_CLEANUP(give_profile(args, r.device, &r.log));
cleanup:
    recalling_free(&r);
    return status;
}

static const char *const formats[] = {"hdf5", "npy", "npz", NULL};

static const flag flags[] = {
    FLAG("probes", recall_arguments, probes, "FILE",
         "recall from these states instead of changed patterns"),
    FLAG("flip", recall_arguments, flips, "D",
         "flip so many neurons of each pattern; D,D,... is a curve"),
    FLAG("mask", recall_arguments, mask, "REGION",
         "make each pattern forget a region: top, bottom, left, right, FIRST-LAST, "
         "TOP-BOTTOM,LEFT-RIGHT or a file"),
    FLAG("noise", recall_arguments, noise, "SIGMA",
         "add normal noise to each pattern; 0: none. A denoiser's have data.noise by default"),
    FLAG("clamp", recall_arguments, clamp, "REGION",
         "keep these neurons as they are; 'given' keeps all that --mask leaves"),
    FLAG("count", recall_arguments, count, "N",
         "recall from so many of the patterns; else from all"),
    FLAG("dynamics", recall_arguments, dynamics, "HOW", "asynchronous, synchronous or class"),
    FLAG("format", recall_arguments, format, NULL, "of the states and numbers that --out writes",
         .choices = formats),
    FLAG_SET,
    FLAG_OUT,
    FLAG_DEVICE,
    FLAGS_WORK};

static const char *const examples[] = {
    "denseam recall recall --out recalled",
    "denseam recall patterns.npy --flip 20 --set model.interaction=rect",
    "denseam recall runs/store --mask bottom --clamp given --out completed",
    "denseam recall capacity-patterns --out curve",
    "denseam recall runs/denoise-784 runs/denoise-49 --out denoised",
    NULL};

const command recall_command = {
    .name = "recall",
    .operands = "RUN|PATTERNS|PRESET [SMALLER_RUN]",
    .least = 1,
    .most = 2,
    .summary = "recall patterns by energy descent, from changed ones",
    .text =
        "Lets states relax: neurons flip while that lowers the energy; where it stays the same, a "
        "neuron goes to +1. The memories are those "
        "of a run of an energy model, or patterns stored directly: of a file (IDX, NPY, NPZ, HDF5, "
        "CSV; "
        "data.threshold says what is +1) or of a preset's data. Probes come from --probes, or "
        "are made of the patterns and compared with them. --out writes recall.h5 (or "
        "recall.npz, or .npy files): states, energies before each sweep, flips, sweeps, nearest "
        "memories and their distances; and recall.png where states are images. Where several "
        "numbers of patterns, flips, interactions or seeds are given, it writes capacity.csv and "
        "capacity.png instead. A "
        "denoiser's run relaxes test samples with noise on them (or those of --probes as they "
        "are), down its energy; the run of a smaller model beside it does the same with their "
        "means over plaquettes.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_recall,
};
