/* `denseam show`: what is inside a run, the picture of its memories, and the page of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/teacher_match.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "command/command.h"
#include "command/layout.h"
#include "command/output.h"
#include "draw/run_pictures.h"
#include "run/run_folder.h"
#include "show/report_page.h"

typedef struct show_arguments {
    arguments shared;
    bool film, html;
} show_arguments;

/* How many memories stand for each class, and how purely. */
typedef struct census {
    dam__teacher_match teacher;
    size_t memories, classes; /* counts has classes + 1 entries: the last is "none" */
    size_t *counts;
    double mean_purity;
} census;

static dam_status take_census(const dam__run *run, census *out)
{
    dam_status status = DAM_OK;
    int32_t *labels = NULL;
    float *purity = NULL;
    out->classes = (size_t)run->classes;
    DAM_TRY_CLEANUP(dam__run_memory_classes(run, &labels, &purity, &out->memories));
    DAM_TRY_CLEANUP(dam__alloc(out->classes + 1, sizeof *out->counts, &out->counts));
    for (size_t mu = 0; mu < out->memories; mu++) {
        bool none = labels[mu] < 0 || (size_t)labels[mu] >= out->classes;
        out->counts[none ? out->classes : (size_t)labels[mu]]++;
        out->mean_purity += (double)purity[mu] / (double)out->memories;
    }
    DAM_TRY_CLEANUP(dam__teacher_compare(run, &out->teacher));
cleanup:
    free(labels);
    free(purity);
    return status;
}

/* The teacher's memories and how many of them the run has found; nothing where it had no teacher.
 */
static void append_teacher(dam__text *text, const dam__teacher_match *teacher)
{
    if (teacher->count == 0)
        return;
    dam__text_append(text,
                     "%-20s %zu of %zu found (overlap above 0.9); the least overlap is %.4f\n",
                     "teacher's memories", teacher->found, teacher->count, teacher->least);
}

static json_t *teacher_json(const dam__teacher_match *teacher)
{
    json_t *overlaps = json_array();
    if (teacher->count == 0) {
        json_decref(overlaps);
        return json_null();
    }
    for (size_t i = 0; i < teacher->count; i++)
        (void)json_array_append_new(overlaps, json_real(teacher->overlaps[i]));
    return json_pack("{sI sI so}", "memories", (json_int_t)teacher->count, "found",
                     (json_int_t)teacher->found, "overlaps", overlaps);
}

static const char *text_of(const dam__run *run, const char *name)
{
    const char *text = dam__container_text(&run->container, name);
    return text != NULL ? text : "?";
}

/* A row whose value may need several lines. */
static void append_long(dam__text *text, const char *name, const char *value)
{
    enum { VALUE_COLUMN = 21 };
    dam__text_append(text, "%-20s ", name);
    append_wrapped(text, VALUE_COLUMN, VALUE_COLUMN, value);
}

/* The files that were drawn; NULL where not. */
typedef struct pictures {
    char *memories, *film, *sheet, *page;
    size_t frames; /* of the film */
} pictures;

static void pictures_free(pictures *drawn)
{
    free(drawn->memories);
    free(drawn->film);
    free(drawn->sheet);
    free(drawn->page);
    *drawn = (pictures){0};
}

static void append_pictures(dam__text *text, const pictures *drawn)
{
    if (drawn->memories != NULL)
        dam__text_append(text, "%-20s %s\n", "picture", drawn->memories);
    if (drawn->film != NULL)
        dam__text_append(text, "%-20s %s, %zu frames\n", "film", drawn->film, drawn->frames);
    if (drawn->sheet != NULL)
        dam__text_append(text, "%-20s %s\n", "contact sheet", drawn->sheet);
    if (drawn->page != NULL)
        dam__text_append(text, "%-20s %s\n", "page", drawn->page);
}

/* Of the last epoch, which rarely is one before which memories split. */
static bool is_no_split(const char *column, double value)
{
    return value == 0 && strncmp(column, "split_", 6) == 0;
}

/* As the progress of the training, people count stages from 1. */
static bool is_stage(const char *column)
{
    return strcmp(column, "stage") == 0;
}

static void append_classes(dam__text *text, const census *c, const dam__names *names)
{
    dam__text counts = {0};
    for (size_t y = 0; y < c->classes; y++)
        if (names != NULL)
            dam__text_append(&counts, "%s:%zu ", names->items[y], c->counts[y]);
        else
            dam__text_append(&counts, "%zu:%zu ", y, c->counts[y]);
    dam__text_append(&counts, "none:%zu", c->counts[c->classes]);
    append_long(text, "memories a class", dam__text_part(text, &counts));
    dam__text_append(text, "%-20s %.3f\n", "mean purity", c->mean_purity);
    dam__text_free(&counts);
}

static dam_status print_run(const dam__run *run, const dam__history *history, const census *c,
                            const pictures *drawn)
{
    dam__text text = {0}, device = {0};
    const dam__experiment *experiment = &run->experiment;
    dam__text_append(&text, "%s\n", experiment->title);
    dam__text_append(&text, "%-20s %s\n", "source", experiment->source);
    dam__text_append(&text, "%-20s %s\n", "data", text_of(run, "data"));
    dam__text_append(&text, "%-20s %d features", "samples", run->dim);
    if (run->classes > 0)
        dam__text_append(&text, ", %d classes\n", run->classes);
    else
        dam__text_append(&text, "\n");
    dam__text_append(&text, "%-20s %zu\n", "memories", c->memories);
    dam__text_append(&device, "%s, driver %s", text_of(run, "device"), text_of(run, "driver"));
    append_long(&text, "trained on", dam__text_part(&text, &device));
    dam__text_append(&text, "%-20s %s, gemm %s\n", "kernels", text_of(run, "kernels"),
                     text_of(run, "gemm"));
    dam__text_append(&text, "%-20s %s\n", "denseam", text_of(run, "version"));
    dam__text_append(&text, "%-20s %s\n", "state",
                     dam__run_is_finished(run) ? "finished" : "unfinished: train --resume goes on");
    for (size_t i = 0; i < history->column_count && history->row_count > 0; i++) {
        double value = dam__history_value(history, history->row_count - 1, history->columns[i]);
        const char *name = history->columns[i];
        /* The memories of now stand above, those of the last epoch may be fewer. */
        if (!isfinite(value) || strcmp(name, "memories") == 0 || is_no_split(name, value))
            continue;
        dam__text_append(&text, "%-20s %.6g\n", name, value + is_stage(name));
    }
    if (dam__run_has_classes(run))
        append_classes(&text, c, dam__run_class_names(run));
    append_teacher(&text, &c->teacher);
    append_pictures(&text, drawn);
    dam__text_free(&device);
    return print_text(&text);
}

static dam_status print_run_json(const dam__run *run, const dam__history *history, const census *c,
                                 const pictures *drawn)
{
    json_t *last = json_object(), *classes = json_array();
    for (size_t i = 0; i < history->column_count && history->row_count > 0; i++) {
        double value = dam__history_value(history, history->row_count - 1, history->columns[i]);
        (void)json_object_set_new(last, history->columns[i], json_number(value));
    }
    for (size_t y = 0; y <= c->classes; y++)
        (void)json_array_append_new(classes, json_integer((json_int_t)c->counts[y]));
    return print_json(json_pack(
        "{so ss ss so si si sI ss ss ss ss ss sb so so sf so so so so so sI so}", "run",
        json_text(run->folder), "title", run->experiment.title, "source", run->experiment.source,
        "data", json_text(text_of(run, "data")), "dim", run->dim, "classes", run->classes,
        "memories", (json_int_t)c->memories, "device", text_of(run, "device"), "driver",
        text_of(run, "driver"), "kernels", text_of(run, "kernels"), "gemm", text_of(run, "gemm"),
        "version", text_of(run, "version"), "finished", (int)dam__run_is_finished(run),
        "last_epoch", last, "memories_by_class", classes, "mean_purity", c->mean_purity, "teacher",
        teacher_json(&c->teacher), "picture", json_text(drawn->memories), "film",
        json_text(drawn->film), "contact_sheet", json_text(drawn->sheet), "page",
        json_text(drawn->page), "frames", (json_int_t)drawn->frames, "class_names",
        json_names(dam__run_class_names(run))));
}

/* Where the run cannot be tested, because its data or a device are elsewhere, the page says so. */
static dam_status write_page(const arguments *args, const dam__run *run,
                             const dam__history *history, const char *path)
{
    dam_status status = DAM_OK;
    console notices = console_open(args->quiet);
    const dam_log log = console_log(&notices);
    evaluation scored = {0};
    dam__text page = {0};
    char *why = NULL;
    if (evaluation_make(args, run, &log, &scored) != DAM_OK) {
        DAM_TRY_CLEANUP(dam__format(&why, "%s", dam_error()));
        dam__warn(&log, "the page has no test set: %s", why);
    }
    const report all = {.run = run,
                        .history = history,
                        .finished = dam__run_is_finished(run),
                        .scored = why == NULL ? &scored : NULL,
                        .why = why,
                        .commit = args->commit};
    DAM_TRY_CLEANUP(report_page(&all, &page));
    DAM_TRY_CLEANUP(dam__text_write(&page, path));
cleanup:
    free(why);
    dam__text_free(&page);
    evaluation_free(&scored);
    return status;
}

static dam_status draw(const dam__run *run, const dam__history *history, const show_arguments *own,
                       pictures *drawn)
{
    dam_status status = DAM_OK;
    const char *folder = own->shared.out != NULL ? own->shared.out : run->folder;
    DAM_TRY_CLEANUP(dam__make_folders(folder));
    DAM_TRY_CLEANUP(dam__path_join(&drawn->memories, folder, "memories.png"));
    DAM_TRY_CLEANUP(dam__run_draw_memories(run, drawn->memories, 0));
    if (own->film) {
        DAM_TRY_CLEANUP(dam__path_join(&drawn->film, folder, "film.gif"));
        DAM_TRY_CLEANUP(dam__path_join(&drawn->sheet, folder, "contact.png"));
        DAM_TRY_CLEANUP(
            dam__run_draw_film(run, history, drawn->film, drawn->sheet, &drawn->frames));
    }
    if (own->html) {
        DAM_TRY_CLEANUP(dam__path_join(&drawn->page, folder, "report.html"));
        DAM_TRY_CLEANUP(write_page(&own->shared, run, history, drawn->page));
    }
cleanup:
    if (status != DAM_OK)
        pictures_free(drawn);
    return status;
}

static dam_status run_show(const arguments *args)
{
    const show_arguments *own = (const show_arguments *)args;
    dam_status status = DAM_OK;
    dam__run run = {0};
    dam__history history = {0};
    census c = {0};
    pictures drawn = {0};
    char *why = NULL;
    DAM_TRY_CLEANUP(dam__run_open(args->operands.items[0], NULL, 0, &run));
    DAM_TRY_CLEANUP(dam__checkpoint_history(&run.container, &history));
    DAM_TRY_CLEANUP(take_census(&run, &c));
    /* A run in a place that cannot be written to is described all the same. */
    dam_status result = draw(&run, &history, own, &drawn);
    dam__advice advice = args->out != NULL ? dam__advice_of_error() : DAM__ADVICE_NONE;
    if (result != DAM_OK)
        why = strdup(dam_error());
    DAM_TRY_CLEANUP(args->json ? print_run_json(&run, &history, &c, &drawn)
                               : print_run(&run, &history, &c, &drawn));
    if (result != DAM_OK)
        DAM_TRY_CLEANUP(dam__advise(
            advice, dam__fail(result, "%s%s", why != NULL ? why : "the picture could not be drawn",
                              args->out == NULL ? "; --out draws into another folder" : "")));
cleanup:
    free(why);
    pictures_free(&drawn);
    free(c.counts);
    dam__teacher_match_free(&c.teacher);
    dam__history_free(&history);
    dam__run_free(&run);
    return status;
}

static const flag flags[] = {
    FLAG("film", show_arguments, film, NULL,
         "also draw the record of its training: film.gif and contact.png"),
    FLAG("html", show_arguments, html, NULL, "also test it and write all as one page: report.html"),
    FLAG_DEVICE, FLAG_OUT, FLAGS_PRINT};

static const char *const examples[] = {
    "denseam show runs/mnist", "denseam show runs/mnist --out pictures --json",
    "denseam show runs/mnist --film", "denseam show runs/mnist --html", NULL};

const command show_command = {
    .name = "show",
    .operands = "RUN",
    .least = 1,
    .most = 1,
    .summary = "describe a run and draw its memories",
    .text =
        "Says what a run is, where it stands and what its memories stand for, and writes "
        "memories.png into the run's folder (or --out): each memory over its class, with a bar "
        "for how much of its weight that class has. Of a run that was trained with train.record, "
        "--film draws how they came to be: a film, and a sheet with a row for each of some "
        "epochs. Twins appear where a memory split. Needs no device. --html does, which writes a "
        "page for any "
        "browser: curves, memories, the test set, settings, and how to train it again.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_show,
};
