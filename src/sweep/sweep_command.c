/* `denseam sweep`: trains every cell of a grid of preset keys. */
#include "sweep/sweep_command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/notice.h"
#include "command/command.h"
#include "command/out_folder.h"
#include "command/output.h"
#include "command/progress.h"
#include "command/ranks.h"
#include "command/session.h"
#include "command/signals.h"
#include "run/job.h"
#include "run/key_value.h"
#include "run/run_folder.h"
#include "sweep/sweep_collect.h"
#include "sweep/sweep_report.h"

static const double SAVE_SECONDS = 1; /* results of so long may be lost to a power cut */

typedef struct sweep_arguments {
    arguments shared;
    words grid;        /* "section.key=VALUES", in order */
    int seeds;         /* 0 where not given */
    const char *score; /* NULL where not given */
    const char *part;
    bool collect, share_device;
} sweep_arguments;

typedef struct sweep {
    const arguments *args;
    const sweep_arguments *own;
    dam__comm *comm;      /* NULL: this process alone; else rank 0 alone writes and speaks */
    dam__sweep_part part; /* count 0: all */
    console console;
    dam_log print; /* on the console, */
    dam_log log;   /* and without what was said before */
    dam__text said;
    bool runs; /* cells are trained: what each of them does is of no interest */
    progress progress;
    dam__sweep_plan plan;
    out_folder folder;
    dam__device *device;
    char best[64];       /* so far, for the progress line */
    double saved_at;     /* clock when sweep.h5 was last written */
    size_t failed;       /* replicas that could not be run this time, */
    dam_status why;      /* how the first of them ended, */
    char *first_failure; /* and why; NULL where the host had no memory for it */
} sweep;

static void sweep_free(sweep *s)
{
    dam__device_close(s->device);
    dam__sweep_plan_free(&s->plan);
    out_folder_release(&s->folder);
    free(s->first_failure);
    dam__text_free(&s->said);
    dam__comm_close(s->comm);
}

static bool is_first(const sweep *s)
{
    return dam__comm_rank(s->comm) == 0;
}

/* Cells have much in common, and so do their warnings: each is printed once. */
static void say_once(void *user, dam_log_level level, const char *line)
{
    sweep *s = user;
    char *whole = NULL;
    if (s->runs && level == DAM_LOG_INFO)
        return;
    bool known = dam__format(&whole, "\n%s\n", line) == DAM_OK && s->said.data != NULL &&
                 strstr(s->said.data, whole) != NULL;
    if (!known && s->print.write != NULL)
        s->print.write(s->print.user, level, line);
    if (!known && whole != NULL)
        dam__text_append(&s->said, "%s", whole);
    free(whole);
}

/* --- setting up ------------------------------------------------------------------------------- */

/* The plan that the command line asks for. */
static dam_status read_plan(const sweep *s, dam__sweep_plan *out)
{
    const arguments *args = s->args;
    const sweep_arguments *own = s->own;
    dam_status status = DAM_OK;
    dam__experiment *base = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *base, &base));
    DAM_TRY_CLEANUP(
        dam__experiment_load(args->operands.items[0], args->set.items, args->set.count, base));
    if (own->seeds > 0)
        base->sweep.seeds = own->seeds;
    if (own->score != NULL)
        DAM_TRY_CLEANUP(dam__option_read(dam__option_find("sweep", "score"), own->score, base));
    DAM_TRY_CLEANUP(dam__sweep_plan_create(base, own->grid.items, own->grid.count, args->set.items,
                                           args->set.count, out));
    if (s->part.count > 0 && out->sweep.extend > 0)
        DAM_FAIL(DAM_USAGE,
                 "a search goes by all of its results; set sweep.extend = 0 to have parts");
    out->sweep.part = s->part;
cleanup:
    free(base);
    return status;
}

/* Whether the command line says anything of the plan. */
static bool asks(const sweep_arguments *own)
{
    return own->shared.set.count > 0 || own->grid.count > 0 || own->seeds > 0 || own->score != NULL;
}

/*
 * `denseam sweep DIR --resume` goes on with what DIR says. `denseam sweep PRESET ... --out DIR
 * --resume` is the command that began it with --resume added, and must ask for the same.
 */
static dam_status open_resumed(sweep *s)
{
    dam_status status = DAM_OK;
    const arguments *args = s->args;
    const sweep_arguments *own = s->own;
    dam__sweep_plan asked = {0};
    const char *operand = args->operands.items[0];
    bool is_sweep = dam__sweep_is(operand);
    const char *folder = is_sweep ? operand : args->out;
    if (is_sweep && (args->out != NULL || asks(own)))
        DAM_FAIL(DAM_USAGE,
                 "'%s' goes on with its own preset and grid; leave out --out, --set, --grid, "
                 "--seeds and --score",
                 operand);
    if (folder == NULL)
        DAM_FAIL(DAM_USAGE, "'%s' is no sweep to go on with; give its folder, or --out", operand);
    /* Before it is read: another sweep may be about to write it. */
    if (!args->dry_run && is_first(s) && dam__sweep_is(folder))
        DAM_TRY_CLEANUP(out_folder_claim(args, DAM__SWEEP_FOLDER, folder, &s->log, &s->folder));
    DAM_TRY_CLEANUP(dam__sweep_plan_open(folder, &s->plan));
    if (!is_sweep) {
        DAM_TRY_CLEANUP(read_plan(s, &asked));
        DAM_TRY_CLEANUP(dam__sweep_plan_compare(folder, &s->plan, &asked));
    }
cleanup:
    dam__sweep_plan_free(&asked);
    return status;
}

static dam_status prepare(sweep *s)
{
    const arguments *args = s->args;
    const char *operand = args->operands.items[0];
    if (args->resume)
        return open_resumed(s);
    if (dam__sweep_is(operand))
        return dam__fail(DAM_USAGE, "'%s' is a sweep; 'denseam sweep %s --resume' goes on with it",
                         operand, operand);
    if (is_first(s))
        DAM_TRY(out_folder_check(args, DAM__SWEEP_FOLDER));
    return read_plan(s, &s->plan);
}

/* The first rank before the others: it claims what they read. */
static dam_status prepare_ranks(sweep *s)
{
    DAM_TRY(ranks_agree(s->comm, is_first(s) ? prepare(s) : DAM_OK));
    return ranks_agree(s->comm, is_first(s) ? DAM_OK : prepare(s));
}

static dam_status open_own_device(sweep *s)
{
    char *selector = NULL;
    arguments own = *s->args;
    DAM_TRY(ranks_device(s->comm, s->args->device, s->own->share_device, &selector));
    own.device = selector;
    dam_status status =
        open_device(&own, (dam__precision)s->plan.base.train.precision, &s->log, &s->device);
    free(selector);
    return status;
}

/* The device, and what the sweep takes of it. */
static dam_status plan_device(sweep *s, dam__sweep_estimate *estimate)
{
    DAM_TRY(open_own_device(s));
    return dam__sweep_plan_estimate(&s->plan, s->device, gemm_choice(s->args), estimate);
}

/* --- while it runs ---------------------------------------------------------------------------- */

static void on_step(void *user, const dam__sweep_progress *now)
{
    sweep *s = user;
    const dam__sweep *all = &s->plan.sweep;
    double total = (double)dam__sweep_trainings(all);
    if (all->part.count > 0) /* about as many in each */
        total = fmax(total / (double)all->part.count, now->done);
    char label[96];
    size_t cell = now->first / all->seeds;
    if (now->count > 1)
        (void)snprintf(label, sizeof label, "cell %zu/%zu and on, %zu trainings at once", cell + 1,
                       all->cells, now->count);
    else if (all->seeds > 1)
        (void)snprintf(label, sizeof label, "cell %zu/%zu, seed %zu/%zu", cell + 1, all->cells,
                       now->first % all->seeds + 1, all->seeds);
    else
        (void)snprintf(label, sizeof label, "cell %zu/%zu", cell + 1, all->cells);
    progress_update(&s->progress, label, now->done / total, s->best);
}

static void note_best(sweep *s)
{
    const dam__sweep *all = &s->plan.sweep;
    size_t best = 0;
    dam__cell cell;
    if (!dam__sweep_best(all, 0, 1, &best))
        return;
    dam__sweep_cell(all, best, &cell);
    (void)snprintf(s->best, sizeof s->best, "best %s %.4g", dam__metric_name(all->metric),
                   cell.mean[all->metric]);
}

static dam_status save(sweep *s)
{
    DAM_TRY(dam__lock_check(&s->folder.lock));
    const dam__sweep_facts facts = dam__sweep_facts_of(s->device, gemm_choices[s->args->gemm]);
    DAM_TRY(dam__sweep_plan_save(&s->plan, &facts, s->folder.path));
    DAM_TRY(dam__sweep_table_write(s->folder.path, &s->plan.sweep));
    s->saved_at = dam__seconds();
    return DAM_OK;
}

/* Small cells take less time than a file that is synced. */
static dam_status on_results(void *user)
{
    sweep *s = user;
    note_best(s);
    return dam__seconds() - s->saved_at >= SAVE_SECONDS ? save(s) : DAM_OK;
}

static void on_failure(void *user, size_t replica, dam_status status)
{
    sweep *s = user;
    dam__text name = {0};
    char *line = NULL;
    dam_status kept = dam__format(&line, "%s", dam_error());
    dam__sweep_plan_describe(&s->plan.sweep, replica / s->plan.sweep.seeds, &name);
    if (kept == DAM_OK && dam__text_status(&name) == DAM_OK)
        dam__warn(&s->log, "%s: %s", name.data, line);
    if (s->failed++ == 0) {
        s->why = status;
        s->first_failure = line;
        line = NULL;
    }
    free(line);
    dam__text_free(&name);
}

/* --- when it is over -------------------------------------------------------------------------- */

static dam_status interrupted(sweep *s)
{
    const dam__sweep *all = &s->plan.sweep;
    DAM_TRY(save(s));
    size_t left = dam__sweep_count(all, DAM__REPLICA_PENDING);
    return dam__fail(
        DAM_INTERRUPTED,
        "stopped with %zu of %zu trainings done; everything is saved, 'denseam sweep %s "
        "--resume' goes on from here",
        dam__sweep_trainings(all) - left, dam__sweep_trainings(all), s->folder.path);
}

/* A failure that ends the sweep: what is done stays. */
static dam_status broken_off(sweep *s, dam_status failure)
{
    const dam__sweep *all = &s->plan.sweep;
    char *line = NULL;
    dam_status kept = dam__format(&line, "%s", dam_error());
    bool saved = save(s) == DAM_OK;
    size_t left = dam__sweep_count(all, DAM__REPLICA_PENDING);
    if (kept == DAM_OK && saved)
        failure =
            dam__fail(failure, "%s; %zu of %zu trainings are done and saved, --resume goes on",
                      line, dam__sweep_trainings(all) - left, dam__sweep_trainings(all));
    else if (kept == DAM_OK)
        failure = dam__fail(failure, "%s", line);
    free(line);
    return failure;
}

/* After the results are shown: trainings that could not be run make the sweep fail, too. */
static dam_status check_failures(const sweep *s)
{
    const dam__sweep *all = &s->plan.sweep;
    if (s->failed == 0)
        return DAM_OK;
    return dam__fail(s->why,
                     "%zu of %zu trainings could not be run, the first because: %s; "
                     "--resume tries them again",
                     s->failed, dam__sweep_trainings(all),
                     s->first_failure != NULL ? s->first_failure : "no memory");
}

/* Of a part there is nothing to see yet. */
static dam_status print_part(const sweep *s)
{
    const dam__sweep *all = &s->plan.sweep;
    size_t done = dam__sweep_count(all, DAM__REPLICA_DONE);
    size_t diverged = dam__sweep_count(all, DAM__REPLICA_DIVERGED);
    dam__text text = {0};
    if (s->args->json)
        return print_json(json_pack("{sI sI sI sI so}", "part", (json_int_t)all->part.number,
                                    "parts", (json_int_t)all->part.count, "done", (json_int_t)done,
                                    "diverged", (json_int_t)diverged, "folder",
                                    json_text(s->folder.path)));
    dam__text_append(&text, "part                 %zu of %zu\n", all->part.number, all->part.count);
    dam__text_append(&text, "trainings            %zu done, %zu diverged\n", done, diverged);
    dam__text_append(&text, "folder               %s\n", s->folder.path);
    return print_text(&text);
}

static dam_status show(const sweep *s)
{
    if (s->plan.sweep.part.count > 0)
        return print_part(s);
    DAM_TRY(dam__sweep_draw(s->folder.path, s->plan.base.title, &s->plan.sweep, &s->log));
    return print_sweep(&s->plan.sweep, s->folder.path, s->args->json);
}

static dam_status run_to_the_end(sweep *s)
{
    const dam__sweep_callbacks callbacks = {.user = s,
                                            .comm = s->comm,
                                            .stop = signals_stop,
                                            .on_step = on_step,
                                            .on_results = on_results,
                                            .on_failure = on_failure};
    signals_catch();
    s->progress = progress_begin(&s->console);
    s->saved_at = dam__seconds();
    s->runs = true;
    dam_status status = dam__sweep_plan_run(&s->plan, s->device, gemm_choice(s->args), &callbacks);
    s->runs = false;
    progress_finish(&s->progress);
    if (!is_first(s))
        return status;
    if (status == DAM_INTERRUPTED)
        status = interrupted(s);
    if (status == DAM_OK || status == DAM_INTERRUPTED) {
        dam_status given = give_profile(s->args, s->device, &s->log);
        status = status == DAM_OK ? given : status;
    }
    if (status != DAM_OK && status != DAM_INTERRUPTED)
        return broken_off(s, status);
    DAM_TRY(status);
    DAM_TRY(save(s));
    DAM_TRY(show(s));
    return check_failures(s);
}

/* Joins the parts that lie in the operand. */
static dam_status collect(sweep *s)
{
    dam_status status = DAM_OK;
    dam__container first = {0};
    const char *folder = s->args->operands.items[0];
    const sweep_arguments *own = s->own;
    if (s->args->out != NULL || s->args->resume || asks(own) || own->part != NULL)
        DAM_FAIL(DAM_USAGE,
                 "--collect joins the parts in '%s' as they are; leave out --out, --set, "
                 "--grid, --seeds, --score, --part and --resume",
                 folder);
    DAM_TRY_CLEANUP(dam__sweep_collect(folder, &s->plan, &first));
    DAM_TRY_CLEANUP(dam__format(&s->folder.path, "%s", folder));
    DAM_TRY_CLEANUP(dam__folder_claim(folder, true, &s->log, &s->folder.lock));
    const dam__sweep_facts facts = dam__sweep_facts_in(&first);
    DAM_TRY_CLEANUP(dam__experiment_write(&s->plan.base, folder));
    DAM_TRY_CLEANUP(dam__sweep_plan_save(&s->plan, &facts, folder));
    DAM_TRY_CLEANUP(dam__sweep_table_write(folder, &s->plan.sweep));
    DAM_TRY_CLEANUP(show(s));
cleanup:
    dam__container_free(&first);
    return status;
}

/*
 * A part lies in a folder of its own below --out, and the command that began it goes on with it: a
 * queue may start it again at any time.
 */
static dam_status take_part(sweep *s, arguments *args, char **folder)
{
    if (s->own->part == NULL)
        return DAM_OK;
    if (args->out == NULL || args->resume)
        return dam__fail(DAM_USAGE, "--part wants --out, the folder of all parts, and goes on by "
                                    "itself: leave out --resume");
    DAM_TRY(dam__sweep_part_of(s->own->part, &s->part));
    DAM_TRY(dam__sweep_part_folder(args->out, &s->part, folder));
    args->out = *folder;
    args->resume = dam__sweep_is(*folder);
    return DAM_OK;
}

/* What the first rank alone does: it has the folder. */
static dam_status begin_folder(sweep *s)
{
    if (!is_first(s) || s->args->resume)
        return DAM_OK;
    DAM_TRY(out_folder_claim(s->args, DAM__SWEEP_FOLDER, NULL, &s->log, &s->folder));
    DAM_TRY(dam__experiment_write(&s->plan.base, s->folder.path));
    return save(s);
}

static dam_status run(sweep *s)
{
    const arguments *args = s->args;
    dam__sweep_estimate estimate;
    DAM_TRY(prepare_ranks(s));
    DAM_TRY(ranks_agree(s->comm, plan_device(s, &estimate)));
    if (args->dry_run)
        return ranks_agree(
            s->comm,
            is_first(s) ? print_sweep_plan(&s->plan, &estimate, s->device, args->json) : DAM_OK);
    DAM_TRY(ranks_tell_device(s->comm, dam__device_facts(s->device)->name, &s->log));
    DAM_TRY(ranks_agree(s->comm,
                        dam__ranks_compare_devices(s->comm, s->device, gemm_choices[args->gemm])));
    const dam__selftest_subject subject = {.model = &s->plan.base.model,
                                           .varies = true,
                                           .memories = estimate.memories,
                                           .dim = estimate.dim,
                                           .batch = estimate.batch,
                                           .shards = s->plan.base.train.shards};
    DAM_TRY(ranks_agree(s->comm, check_device(args, s->device, &subject)));
    DAM_TRY(ranks_agree(s->comm, begin_folder(s)));
    return ranks_agree(s->comm, run_to_the_end(s));
}

static dam_status collect_or_run(sweep *s, arguments *args, char **folder)
{
    if (s->own->collect)
        return ranks_agree(s->comm, is_first(s) ? collect(s) : DAM_OK);
    if (s->own->part != NULL && s->comm != NULL)
        return ranks_agree(
            s->comm, dam__fail(DAM_USAGE, "ranks take what is to be run by themselves; leave out "
                                          "--part, or start one process a part"));
    DAM_TRY(take_part(s, args, folder));
    return run(s);
}

static dam_status run_sweep(const arguments *args)
{
    dam_status status = DAM_OK;
    arguments shared = *args;
    char *folder = NULL;
    sweep s = {.args = &shared, .own = (const sweep_arguments *)args, .folder = OUT_FOLDER_NONE};
    DAM_TRY_CLEANUP(ranks_begin(&s.comm));
    s.console = console_open(args->quiet || !is_first(&s));
    s.print = is_first(&s) ? console_log(&s.console) : (dam_log){0};
    s.log = (dam_log){say_once, &s};
    DAM_TRY_CLEANUP(collect_or_run(&s, &shared, &folder));
cleanup:
    sweep_free(&s);
    free(folder);
    return status;
}

static const flag flags[] = {
    FLAG(
        "grid", sweep_arguments, grid, "SECTION.KEY=VALUES",
        "vary a key: a list 1,2,5, a range from:to:count, in equal factors from:to:count:log, or "
        "from:to:count:inverse for 1/from ... 1/to; 2^-3 is a number too. Keys that move together: "
        "data.dim:model.memories=64:128,128:256. One flag for each key"),
    FLAG("seeds", sweep_arguments, seeds, "N",
         "train each cell N times, with seed, seed + 1, and so on; else sweep.seeds", .least = 1,
         .most = DAM__SWEEP_SEEDS),
    FLAG("score", sweep_arguments, score, "METRIC",
         "what cells are compared by, and the picture shows: validation_f1, test_accuracy, "
         "distance, energy, mse, ...; else sweep.score"),
    FLAG("part", sweep_arguments, part, "I/N",
         "run the I-th of N parts, into a folder of its own below --out, or go on with it; slurm "
         "takes both from an array job"),
    FLAG("collect", sweep_arguments, collect, NULL, "join the parts in the folder, and draw"),
    FLAG_SHARE_DEVICE(sweep_arguments),
    FLAGS_TRAIN};

static const char *const examples[] = {
    "denseam sweep demo --grid model.varsigma=0.05:0.8:5:log",
    "denseam sweep demo --grid model.memories=50,100 --seeds 3 --out runs/map",
    "denseam sweep transfer-quick",
    "denseam sweep runs/map --resume",
    "denseam sweep demo --grid model.memories=50,100 --part 1/2 --out map",
    "denseam sweep map --collect",
    NULL};

const command sweep_command = {
    .name = "sweep",
    .operands = "PRESET|SWEEP",
    .least = 1,
    .most = 1,
    .summary = "train every cell of a grid of preset keys",
    .text =
        "Trains a preset once for every combination of the values that --grid gives to its keys, "
        "or that its sweep section does, and for every seed. Leaves a folder (runs/NAME-sweep, or "
        "--out): sweep.csv with a row a cell, sweep.h5 with every training's result, and "
        "sweep.png, "
        "a curve over one key or a heat map over two. At most 6 keys, 1000 values of a key and "
        "100000 trainings. With sweep.extend the sweep searches the best value of its first key, "
        "such as train.eta0, for every combination of the others: it goes on beyond an end that "
        "is the best, and tells whether the best value is interior, or an edge beside one that "
        "diverges; its pictures are curves (sweep.png) and losses over the epochs (epochs.png). "
        "The "
        "mse of a denoiser is of all training samples as training leaves it, and not twice its "
        "loss, which is a mean over the last epoch while the model still changed. A "
        "training that diverges is a result and does not stop the others. An "
        "interrupt (Ctrl-C) saves and exits with 8; --resume goes on from there, and no cell that "
        "is done runs again. Ranks of mpirun share the cells.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_sweep,
};
