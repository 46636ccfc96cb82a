/* `denseam watch`: the losses of a training in another process, while it trains. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "command/command.h"
#include "command/layout.h"
#include "command/output.h"
#include "command/progress.h"
#include "command/signals.h"
#include "draw/text_curves.h"
#include "watch/watched_run.h"

enum { PLOT_LINES = 16, TICKS = 5 };

static const double EXACT = 9007199254740992.0; /* 2^53: beyond it a double skips integers */

typedef struct watch_arguments {
    arguments shared;
    bool once;
} watch_arguments;

typedef struct watching {
    const watch_arguments *own;
    watched_run run;
    bool terminal, ascii;
    size_t width;
    size_t shown; /* epochs that were told */
    size_t lines; /* that stand on the terminal, to be written over */
} watching;

/* --- what is shown ------------------------------------------------------------------------------ */

/* By the environment, as the tool never calls setlocale(). */
static bool is_ascii(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return !dam__contains_nocase(value, "utf-8") && !dam__contains_nocase(value, "utf8");
    }
    return true;
}

static void append_value(const watching *w, size_t row, const char *column, const char *name,
                         dam__text *text)
{
    char number[DAM__NUMBER_BYTES];
    double value = dam__history_value(&w->run.history, row, column);
    if (isfinite(value))
        dam__text_append(text, "  %s %s", name, dam__real_digits(value, 6, number));
}

/* "epoch 12 of 300  loss 0.31  validation 0.33  accuracy 0.95", within a line. */
static void append_epoch(const watching *w, size_t row, bool marks, dam__text *text)
{
    char epoch[DAM__NUMBER_BYTES];
    double number = dam__history_value(&w->run.history, row, "epoch");
    dam__text_append(text, "epoch %s", dam__real_digits(number, 10, epoch));
    if (w->run.epochs > 0)
        dam__text_append(text, " of %d", w->run.epochs);
    /* What is drawn: of a run that grew the losses that can be compared. */
    bool grew = isfinite(dam__history_value(&w->run.history, row, "normalised_loss"));
    static const char *const columns[2][2] = {{"loss", "validation_loss"},
                                              {"normalised_loss", "validation_normalised_loss"}};
    for (size_t role = 0; role < 2; role++) {
        dam__text name = {0};
        if (marks)
            dam__text_append(&name, "%s ", dam__text_curve_mark(role, w->ascii));
        dam__text_append(&name, role == 0 ? (grew ? "norm. loss" : "loss") : "validation");
        append_value(w, row, columns[grew][role], dam__text_part(text, &name), text);
        dam__text_free(&name);
    }
    append_value(w, row, "validation_accuracy", "accuracy", text);
    dam__text_append(text, "\n");
}

static void append_picture(const watching *w, dam__text *text)
{
    const char *names[DAM__HISTORY_COLUMNS];
    const dam__table table = dam__table_of_history(&w->run.history, names);
    dam__text title = {0};
    double memories = dam__history_value(&w->run.history, table.rows - 1, "memories");
    if (w->run.title[0] != '\0')
        dam__text_append(&title, "%s%s", w->run.title, memories > 0 ? ", " : "");
    if (memories > 0)
        dam__text_append(&title, "%.0f memories", memories);
    if (title.length > 0)
        append_wrapped(text, 0, 0, dam__text_part(text, &title));
    dam__text_free(&title);
    if (table.rows == 0) {
        dam__text_append(text, "no epoch is done yet\n");
        return;
    }
    (void)dam__text_curves(&table, w->width, PLOT_LINES, w->ascii, text);
    append_epoch(w, table.rows - 1, true, text);
}

/* Lines that the terminal would break are cut, or it would not be known how many there are. */
static void append_cut(const dam__text *picture, size_t width, size_t *lines, dam__text *out)
{
    size_t column = 0;
    *lines = 0;
    for (size_t i = 0; i < picture->length; i++) {
        unsigned char byte = (unsigned char)picture->data[i];
        if (byte == '\n') {
            column = 0;
            (*lines)++;
        } else {
            column += (byte & 0xc0) != 0x80; /* not the rest of a letter */
        }
        if (column <= width)
            dam__text_append_bytes(out, &byte, 1);
    }
}

/* Lines, at once; the last one's end comes with the print. */
static dam_status print_lines_now(dam__text *lines)
{
    DAM_TRY(dam__text_status(lines));
    if (lines->length == 0 || lines->data == NULL)
        return DAM_OK;
    lines->data[lines->length - 1] = '\0';
    return print_line_now(lines->data);
}

/* Over the picture that stands there. */
static dam_status repaint(watching *w)
{
    dam_status status = DAM_OK;
    dam__text picture = {0}, cut = {0}, wipe = {0};
    if (w->lines > 0)
        dam__text_append(&wipe, "\033[%zuA\033[J", w->lines);
    append_picture(w, &picture);
    append_cut(&picture, w->width, &w->lines, &cut);
    DAM_TRY_CLEANUP(dam__text_status(&picture));
    DAM_TRY_CLEANUP(dam__text_status(&wipe));
    DAM_TRY_CLEANUP(print_bytes(wipe.data, wipe.length));
    DAM_TRY_CLEANUP(print_lines_now(&cut));
cleanup:
    dam__text_free(&picture);
    dam__text_free(&cut);
    dam__text_free(&wipe);
    return status;
}

static dam_status print_row_json(const watching *w, size_t row)
{
    dam_status status = DAM_OK;
    char *line = NULL;
    json_t *object = json_object();
    for (size_t c = 0; c < w->run.history.column_count; c++) {
        const char *name = w->run.history.columns[c];
        double value = dam__history_value(&w->run.history, row, name);
        bool whole = trunc(value) == value && fabs(value) < EXACT;
        (void)json_object_set_new(object, name,
                                  whole ? json_integer((json_int_t)value) : json_number(value));
    }
    DAM_TRY_CLEANUP(json_to_text(object, JSON_COMPACT | JSON_REAL_PRECISION(15), &line));
    DAM_TRY_CLEANUP(print_line_now(line));
cleanup:
    free(line);
    return status;
}

/* The epochs that are new, a line each. */
static dam_status tell_epochs(watching *w)
{
    /* A run that was begun anew in the same folder starts over. */
    if (w->shown > w->run.history.row_count)
        w->shown = 0;
    for (; w->shown < w->run.history.row_count; w->shown++) {
        dam__text line = {0};
        if (w->own->shared.json) {
            DAM_TRY(print_row_json(w, w->shown));
            continue;
        }
        append_epoch(w, w->shown, false, &line);
        dam_status status = print_lines_now(&line);
        dam__text_free(&line);
        DAM_TRY(status);
    }
    return DAM_OK;
}

/* --- while it trains ---------------------------------------------------------------------------- */

static void wait_a_moment(void)
{
    const struct timespec tick = {.tv_nsec = 100000000};
    for (int i = 0; i < TICKS && !signals_stop(NULL); i++)
        (void)nanosleep(&tick, NULL);
}

static dam_status follow(watching *w)
{
    bool lives = true, changed = false, first = true;
    /* What was written just before the end is still to be read. */
    while (lives && !signals_stop(NULL)) {
        lives = watched_run_lives(&w->run);
        DAM_TRY(watched_run_update(&w->run, &changed));
        if (w->terminal && (changed || first))
            DAM_TRY(repaint(w));
        else if (!w->terminal && changed)
            DAM_TRY(tell_epochs(w));
        first = false;
        if (lives)
            wait_a_moment();
    }
    return DAM_OK;
}

/* How it stands, once there is nothing more to wait for. */
static void append_end(watching *w, dam__text *text)
{
    dam__text line = {0};
    if (watched_run_lives(&w->run))
        dam__text_append(&line, "the training goes on");
    else if (watched_run_is_finished(&w->run))
        dam__text_append(&line, "the training is finished: 'denseam eval %s'", w->run.folder);
    else
        dam__text_append(&line, "nobody trains into it: 'denseam train %s --resume' goes on",
                         w->run.folder);
    append_wrapped(text, 0, 0, dam__text_part(text, &line));
    dam__text_free(&line);
}

static dam_status watch(watching *w)
{
    dam__text text = {0};
    bool changed = false, json = w->own->shared.json;
    signals_catch();
    if (w->own->once)
        DAM_TRY(watched_run_update(&w->run, &changed));
    else
        DAM_TRY(follow(w));
    if (json)
        return tell_epochs(w);
    if (!w->terminal || w->own->once)
        append_picture(w, &text);
    append_end(w, &text);
    return print_text(&text);
}

static dam_status run_watch(const arguments *args)
{
    dam_status status = DAM_OK;
    watching w = {.own = (const watch_arguments *)args, .ascii = is_ascii()};
    const char *kind = getenv("TERM");
    bool dumb = kind == NULL || strcmp(kind, "dumb") == 0;
    w.terminal = !dumb && isatty(STDOUT_FILENO) == 1 && !args->json && !w.own->once;
    w.width = (size_t)terminal_columns(stdout) - 1;
    if (w.width > LINE_WIDTH || !isatty(STDOUT_FILENO))
        w.width = LINE_WIDTH;
    DAM_TRY_CLEANUP(watched_run_open(args->operands.items[0], &w.run));
    DAM_TRY_CLEANUP(watch(&w));
cleanup:
    watched_run_free(&w.run);
    return status;
}

static const flag flags[] = {
    FLAG("once", watch_arguments, once, NULL, "show how it stands and end"),
    FLAG("json", arguments, json, NULL, "print each epoch as a line of JSON"), FLAG_END};

static const char *const examples[] = {"denseam watch runs/mnist",
                                       "denseam watch runs/mnist --once",
                                       "denseam watch runs/mnist --json | jq .loss", NULL};

const command watch_command = {
    .name = "watch",
    .operands = "RUN",
    .least = 1,
    .most = 1,
    .summary = "follow a training in another process",
    .text = "Draws the losses of a run as text, and again after each epoch, until its training "
            "ends or you press Ctrl-C, which leaves the training alone. Into a pipe or a file it "
            "writes a line an epoch, and the drawing at the end. It reads the run's metrics, "
            "which are written at most once a second, and writes nothing.",
    .examples = examples,
    .flags = flags,
    .run = run_watch,
};
