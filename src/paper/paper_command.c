/* `denseam paper`: the papers' figures, what each takes, and running them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "command/layout.h"
#include "command/output.h"
#include "command/session.h"
#include "command/signals.h"
#include "paper/paper_cost.h"
#include "paper/paper_figure.h"
#include "paper/paper_page.h"

typedef struct paper_arguments {
    arguments shared;
    int scale;        /* index into dam__paper_scale_names, which begins as cores */
    const char *page; /* file that is written */
    bool cost;        /* what was not run is estimated */
} paper_arguments;

static const char ROOT[] = "runs/papers";

static const char *const states[] = {"-", "begun", "done"};

/* Flags begin as 0, and the scale as cores. */
static const char *const scale_choices[] = {"cores", "quick", "paper", NULL};

static dam__paper_scale scale_of(const paper_arguments *own)
{
    static const dam__paper_scale scales[] = {DAM__PAPER_CORES, DAM__PAPER_QUICK, DAM__PAPER_WHOLE};
    return scales[own->scale];
}

static const char *root_of(const arguments *args)
{
    return args->out != NULL ? args->out : ROOT;
}

/* --- all results of a paper ------------------------------------------------------------------------ */

static void free_results(dam__paper_result *results, size_t count)
{
    for (size_t i = 0; results != NULL && i < count; i++)
        dam__paper_result_free(&results[i]);
    free(results);
}

static dam_status look_at_all(const paper_arguments *own, const dam__paper *paper,
                              dam__paper_scale scale, dam__paper_result **out)
{
    dam_status status = dam__alloc(paper->count, sizeof **out, out);
    for (size_t i = 0; status == DAM_OK && i < paper->count; i++)
        status = dam__paper_result_look(root_of(&own->shared), paper, &paper->rows[i], scale,
                                        &(*out)[i]);
    return status;
}

/* --- lists ---------------------------------------------------------------------------------------- */

static dam_status append_paper(const paper_arguments *own, size_t i, dam__text *text, json_t *list)
{
    dam_status status = DAM_OK;
    dam__paper paper = {0};
    dam__paper_result *results = NULL;
    size_t done = 0;
    DAM_TRY_CLEANUP(dam__paper_open(dam__paper_id(i), &paper));
    DAM_TRY_CLEANUP(look_at_all(own, &paper, scale_of(own), &results));
    for (size_t k = 0; k < paper.count; k++)
        done += results[k].state == DAM__PAPER_DONE;
    dam__text_append(text, "%-12s %3zu of %3zu done\n  %s\n", paper.id, done, paper.count,
                     paper.title);
    (void)json_array_append_new(list, json_pack("{ss ss sI sI}", "paper", paper.id, "title",
                                                paper.title, "done", (json_int_t)done, "figures",
                                                (json_int_t)paper.count));
cleanup:
    free_results(results, paper.count);
    dam__paper_free(&paper);
    return status;
}

static dam_status finish_list(const arguments *args, dam__text *text, json_t *list)
{
    if (args->json)
        return print_json(list);
    json_decref(list);
    return print_text(text);
}

static dam_status list_papers(const paper_arguments *own)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    json_t *list = json_array();
    for (size_t i = 0; i < dam__paper_count(); i++)
        DAM_TRY_CLEANUP(append_paper(own, i, &text, list));
    status = finish_list(&own->shared, &text, list);
    list = NULL;
cleanup:
    json_decref(list);
    dam__text_free(&text);
    return status;
}

static void append_figure(const dam__paper_result *r, dam__text *text, json_t *list)
{
    char took[40] = "", work[40];
    if (isfinite(r->seconds))
        (void)snprintf(took, sizeof took, "%.0f s", r->seconds);
    else if (isfinite(r->estimate))
        dam__paper_duration(r->estimate, took);
    (void)snprintf(work, sizeof work, "%zu x %d", r->trainings, r->epochs);
    dam__text_append(text, "%-20s %-16s %-6s %8s %s\n", r->row->name,
                     r->trainings > 0 ? work : "recall", states[r->state], took, r->row->figures);
    dam__text_append(text, "  %s\n", r->row->caption);
    (void)json_array_append_new(
        list, json_pack("{ss ss ss ss sI si ss so so ss ss}", "name", r->row->name, "figures",
                        r->row->figures, "command", r->row->command, "preset", r->row->preset,
                        "trainings", (json_int_t)r->trainings, "epochs", r->epochs, "state",
                        r->state == DAM__PAPER_ABSENT ? "absent" : states[r->state], "seconds",
                        json_number(r->seconds), "estimated_seconds", json_number(r->estimate),
                        "folder", r->folder, "caption", r->row->caption));
}

static dam_status list_figures(const paper_arguments *own, const dam__paper *paper,
                               const dam__paper_result *results)
{
    dam__text text = {0};
    json_t *list = json_array();
    dam__text_append(&text, "%s\nat scale %s\n\n%-20s %-16s %-6s %8s %s\n", paper->title,
                     dam__paper_scale_names[scale_of(own)], "name", "trainings", "result", "took",
                     "figures");
    for (size_t i = 0; i < paper->count; i++)
        append_figure(&results[i], &text, list);
    for (size_t i = 0; i < paper->note_count; i++)
        append_wrapped(&text, 0, 2, paper->notes[i]);
    dam_status status = finish_list(&own->shared, &text, list);
    dam__text_free(&text);
    return status;
}

/* --- what it would take --------------------------------------------------------------------------- */

/* Devices are opened once for each precision. */
typedef struct devices {
    dam__device *of[2];
} devices;

static dam_status estimate(const paper_arguments *own, const dam_log *log, devices *open,
                           dam__paper_result *result)
{
    dam__precision precision = DAM__PRECISION_SINGLE;
    const arguments *args = &own->shared;
    DAM_TRY(dam__paper_precision(result, &precision));
    dam__device **device = &open->of[precision == DAM__PRECISION_DOUBLE];
    if (*device == NULL)
        DAM_TRY(open_device(args, precision, log, device));
    return dam__paper_cost(result, *device, gemm_choice(args), signals_stop, &result->estimate);
}

/* Of what is not done; what cannot be estimated is told and left out. */
static dam_status estimate_all(const paper_arguments *own, const dam_log *log,
                               const dam__paper *paper, dam__paper_result *results)
{
    dam_status status = DAM_OK;
    devices open = {{NULL, NULL}};
    signals_catch();
    for (size_t i = 0; i < paper->count; i++) {
        if (results[i].state == DAM__PAPER_DONE)
            continue;
        status = estimate(own, log, &open, &results[i]);
        if (status == DAM_INTERRUPTED)
            goto cleanup;
        if (status != DAM_OK)
            dam__warn(log, "'%s' could not be estimated: %s", results[i].row->name, dam_error());
        status = DAM_OK;
    }
cleanup:
    dam__device_close(open.of[0]);
    dam__device_close(open.of[1]);
    return status;
}

/* --- running -------------------------------------------------------------------------------------- */

/* All pictures of a result as one, beside them. */
static dam_status draw_figure(const dam__paper_result *result)
{
    char *path = NULL;
    bool drawn = false;
    DAM_TRY(dam__path_join(&path, result->folder, DAM__PAPER_PICTURE));
    dam_status status = dam__paper_figure_draw(result, path, &drawn);
    free(path);
    return status;
}

static dam_status run_one(const paper_arguments *own, const dam_log *log, dam__paper_result *result)
{
    if (result->state == DAM__PAPER_DONE) {
        dam__info(log, "'%s' is done: %s", result->row->name, result->folder);
        return DAM_OK;
    }
    dam__info(log, "'%s': %s", result->row->name, result->row->caption);
    DAM_TRY(dam__paper_result_run(&own->shared, result));
    return draw_figure(result);
}

/* The figure of that name, or all. */
static dam_status run_figures(const paper_arguments *own, const dam_log *log,
                              const dam__paper *paper, const char *name, dam__paper_result *results)
{
    const dam__paper_row *row = NULL;
    signals_catch();
    if (strcmp(name, "all") != 0)
        DAM_TRY(dam__paper_find(paper, name, &row));
    for (size_t i = 0; i < paper->count; i++)
        if (row == NULL || row == results[i].row)
            DAM_TRY(run_one(own, log, &results[i]));
    return DAM_OK;
}

/* With --cost each figure tells what the paper's own numbers would take. */
static dam_status write_page(const paper_arguments *own, const dam_log *log,
                             const dam__paper *paper, const dam__paper_result *results)
{
    dam_status status = DAM_OK;
    dam__paper_result *whole = NULL;
    if (own->cost) {
        DAM_TRY_CLEANUP(look_at_all(own, paper, DAM__PAPER_WHOLE, &whole));
        DAM_TRY_CLEANUP(estimate_all(own, log, paper, whole));
    }
    DAM_TRY_CLEANUP(dam__paper_page_write(paper, results, whole, own->page));
cleanup:
    free_results(whole, paper->count);
    return status;
}

static dam_status run_paper(const arguments *args)
{
    const paper_arguments *own = (const paper_arguments *)args;
    dam_status status = DAM_OK;
    console notices = console_open(args->quiet);
    const dam_log log = console_log(&notices);
    dam__paper paper = {0};
    dam__paper_result *results = NULL;
    if (args->operands.count == 0)
        return own->page == NULL ? list_papers(own)
                                 : dam__fail(DAM_USAGE, "--page wants a paper; 'denseam paper' "
                                                        "lists them");
    DAM_TRY_CLEANUP(dam__paper_open(args->operands.items[0], &paper));
    DAM_TRY_CLEANUP(look_at_all(own, &paper, scale_of(own), &results));
    if (args->operands.count > 1)
        DAM_TRY_CLEANUP(run_figures(own, &log, &paper, args->operands.items[1], results));
    if (own->cost)
        DAM_TRY_CLEANUP(estimate_all(own, &log, &paper, results));
    if (own->page != NULL)
        DAM_TRY_CLEANUP(write_page(own, &log, &paper, results));
    DAM_TRY_CLEANUP(list_figures(own, &paper, results));
cleanup:
    free_results(results, paper.count);
    dam__paper_free(&paper);
    return status;
}

static const flag flags[] = {
    FLAG("scale", paper_arguments, scale, NULL,
         "how much of a figure: quick is minutes for a paper, cores what the presets have, paper "
         "the paper's own numbers",
         .choices = scale_choices),
    FLAG("page", paper_arguments, page, "FILE",
         "write a page in Markdown: every figure's picture, command and setting, what agrees and "
         "what does not; its pictures go to a folder of the paper's name beside it"),
    FLAG("cost", paper_arguments, cost, NULL,
         "estimate what each figure that is not done takes on this device, from a few epochs of "
         "it"),
    FLAG("out", arguments, out, "DIR", "where results lie, DIR/PAPER/SCALE/NAME; else runs/papers"),
    FLAG_DEVICE,
    FLAGS_PRINT};

static const char *const examples[] = {"denseam paper",
                                       "denseam paper 2407.08742",
                                       "denseam paper 2407.08742 modified-low",
                                       "denseam paper 2508.19151 all --scale quick",
                                       "denseam paper 2605.10164 --scale paper --cost",
                                       "denseam paper 2407.08742 --page docs/papers/2407.08742.md",
                                       NULL};

const command paper_command = {
    .name = "paper",
    .operands = "[PAPER [FIGURE|all]]",
    .most = 2,
    .summary = "the papers' figures: list, run, draw, write a page",
    .text =
        "Lists the papers, or the figures of one: the preset of each, how many trainings of how "
        "many epochs it is, and whether its result lies in the run folder. With the name of a "
        "figure, or all, it runs what is missing of it, each in a process of its own; what was "
        "stopped goes on where it was. Results are those of denseam sweep, train and recall, with "
        "their pictures.",
    .examples = examples,
    .flags = flags,
    .run = run_paper,
};
