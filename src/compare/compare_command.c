/* `denseam compare`: benchmarks of several devices side by side, as a table, JSON or one page. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/notice.h"
#include "base/number.h"
#include "command/command.h"
#include "command/layout.h"
#include "command/output.h"
#include "compare/compare_page.h"
#include "compare/known_results.h"

typedef struct compare_arguments {
    arguments shared;
    const char *baseline, *beside;
} compare_arguments;

/* --- the table ---------------------------------------------------------------------------------- */

static const dam__measure *headline(const dam__comparison *comparison, size_t preset, size_t i)
{
    return dam__comparison_measure(comparison, preset, i, comparison->presets[preset].headline);
}

/* Texts of files may hold anything that is JSON: on a terminal control characters become '?'. */
static void append_plain(dam__text *text, const char *from, int width)
{
    int shown = 0;
    for (; *from != '\0' && (width == 0 || shown < width); from++) {
        unsigned char letter = (unsigned char)*from;
        bool begins = (letter & 0xc0) != 0x80; /* not the rest of a UTF-8 letter */
        dam__text_append(text, "%c", letter < ' ' || letter == 0x7f ? '?' : letter);
        shown += begins;
    }
    for (; shown < width; shown++)
        dam__text_append(text, " ");
}

static void append_result_set(const dam__comparison *comparison, size_t preset, size_t i,
                              dam__text *text)
{
    enum { NAME_WIDTH = 30 };
    char value[DAM__NUMBER_BYTES], ratio[DAM__NUMBER_BYTES], share[16] = "";
    const dam__bench_record *record =
        dam__result_set_record(&comparison->all->items[i], comparison->presets[preset].preset);
    const dam__measure *m = headline(comparison, preset, i);
    const dam__measure *base = headline(comparison, preset, comparison->baseline);
    const dam__measure *step = dam__bench_measure(record, "step_time");
    if (record == NULL)
        return;
    if (step != NULL && isfinite(step->share))
        (void)snprintf(share, sizeof share, "%.0f%%", 100 * step->share);
    dam__text_append(text, "  ");
    append_plain(text, comparison->all->items[i].name, NAME_WIDTH);
    if (m == NULL) {
        dam__text_append(text, "  failed\n");
        return;
    }
    const char *verdict =
        i == comparison->baseline ? "baseline" : dam__verdict_word(dam__verdict_of(base, m));
    dam__text_append(text, " %9s %8.8s  %-8s %6s", dam__number_text(m->value, value),
                     dam__ratio_text(dam__speed_ratio(base, m), ratio), verdict, share);
    bool told = strcmp(record->agreement, "right") == 0 || strcmp(record->agreement, "wrong") == 0;
    dam__text_append(text, "%s%s\n", told ? "  " : "", told ? record->agreement : "");
}

static void append_preset(const dam__comparison *comparison, size_t preset, dam__text *text)
{
    const dam__compared_preset *c = &comparison->presets[preset];
    const dam__measure *any = NULL;
    for (size_t i = 0; i < comparison->all->count && any == NULL; i++)
        any = headline(comparison, preset, i);
    append_plain(text, c->preset, 32);
    dam__text_append(text, " ");
    append_plain(text, any != NULL ? any->unit : "", 0);
    dam__text_append(text, "\n");
    for (size_t i = 0; i < comparison->all->count; i++)
        append_result_set(comparison, preset, i, text);
}

static void append_notes(const dam__comparison *comparison, dam__text *text)
{
    dam__text note = {0}, line = {0};
    for (size_t i = 0; i < comparison->all->count; i++) {
        dam__text_free(&note);
        dam__text_free(&line);
        dam__result_set_note(comparison, i, &note);
        const char *said = dam__text_part(text, &note);
        if (said[0] == '\0')
            continue;
        append_plain(&line, comparison->all->items[i].name, 0);
        dam__text_append(&line, ": %s", said);
        append_wrapped(text, 0, 0, dam__text_part(text, &line));
    }
    dam__text_free(&note);
    dam__text_free(&line);
}

static void append_means(const dam__comparison *comparison, dam__text *text)
{
    char ratio[DAM__NUMBER_BYTES];
    size_t count = 0;
    dam__text_append(text, "geometric mean of the ratios\n");
    for (size_t i = 0; i < comparison->all->count; i++) {
        double mean = dam__mean_ratio(comparison, i, &count);
        dam__text_append(text, "  ");
        append_plain(text, comparison->all->items[i].name, 30);
        dam__text_append(text, " %9s %8.8s  of %zu preset%s\n", "", dam__ratio_text(mean, ratio),
                         count, count == 1 ? "" : "s");
    }
}

static dam_status print_table(const dam__comparison *comparison)
{
    dam__text text = {0};
    dam__text_append(&text, "  %-30s %9s %8s  %-8s %6s  %s\n", "", "", "ratio", "", "share",
                     "loss");
    for (size_t i = 0; i < comparison->count; i++)
        append_preset(comparison, i, &text);
    append_means(comparison, &text);
    append_notes(comparison, &text);
    return print_text(&text);
}

/* --- JSON --------------------------------------------------------------------------------------- */

static json_t *measure_json(const dam__comparison *comparison, size_t preset, size_t i,
                            const dam__measure *m)
{
    const dam__measure *base =
        dam__comparison_measure(comparison, preset, comparison->baseline, m->metric);
    const char *verdict = dam__verdict_word(dam__verdict_of(base, m));
    return json_pack("{so ss ss sf so so so ss?}", "contender",
                     json_text(comparison->all->items[i].name), "metric", m->metric, "unit",
                     m->unit, "value", m->value, "spread", json_number(m->spread), "share",
                     json_number(m->share), "ratio", json_number(dam__speed_ratio(base, m)),
                     "verdict", verdict[0] != '\0' ? verdict : NULL);
}

/* NULL where the host has no memory. */
static json_t *preset_json(const dam__comparison *comparison, size_t preset)
{
    const dam__compared_preset *c = &comparison->presets[preset];
    json_t *numbers = json_array(), *losses = json_array();
    int lost = 0;
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__bench_record *record =
            dam__result_set_record(&comparison->all->items[i], c->preset);
        for (size_t m = 0; record != NULL && m < record->count; m++)
            lost |= json_array_append_new(
                numbers, measure_json(comparison, preset, i, &record->measures[m]));
        if (record != NULL)
            lost |= json_array_append_new(
                losses,
                json_pack("{so ss so ss}", "contender", json_text(comparison->all->items[i].name),
                          "agreement", record->agreement, "distance",
                          json_number(dam__loss_distance(comparison, preset, i)), "message",
                          record->message));
    }
    json_t *all = json_pack("{ss ss ss ss? sO sO}", "preset", c->preset, "title", c->title, "kind",
                            c->kind, "headline", c->headline, "losses", losses, "numbers", numbers);
    json_decref(losses);
    json_decref(numbers);
    if (lost == 0)
        return all;
    json_decref(all);
    return NULL;
}

static dam_status result_set_json(const dam__comparison *comparison, size_t i, json_t **out)
{
    dam_status status = DAM_OK;
    const dam__result_set *own = &comparison->all->items[i];
    dam__text note = {0};
    size_t count = 0;
    double mean = dam__mean_ratio(comparison, i, &count);
    dam__result_set_note(comparison, i, &note);
    DAM_TRY_CLEANUP(dam__text_status(&note));
    *out = json_pack("{so so so ss ss so sb so}", "name", json_text(own->name), "file",
                     json_text(own->path), "device", json_deep_copy(own->device), "version",
                     dam__json_text_of(own->file, "version"), "kernels",
                     dam__json_text_of(own->file, "kernels"), "mean_ratio", json_number(mean),
                     "same_device", dam__is_same_device(comparison, i), "note",
                     json_text(note.data != NULL ? note.data : ""));
cleanup:
    dam__text_free(&note);
    return status;
}

static dam_status print_comparison_json(const dam__comparison *comparison)
{
    dam_status status = DAM_OK;
    json_t *sets = json_array(), *presets = json_array(), *all = NULL;
    int lost = 0;
    for (size_t i = 0; i < comparison->all->count; i++) {
        json_t *results = NULL;
        DAM_TRY_CLEANUP(result_set_json(comparison, i, &results));
        lost |= json_array_append_new(sets, results);
    }
    for (size_t i = 0; i < comparison->count; i++)
        lost |= json_array_append_new(presets, preset_json(comparison, i));
    if (lost == 0)
        all = json_pack("{so sO sO}", "baseline",
                        json_text(comparison->all->items[comparison->baseline].name), "contenders",
                        sets, "presets", presets);
    DAM_TRY_CLEANUP(print_json(all));
cleanup:
    json_decref(sets);
    json_decref(presets);
    return status;
}

/* --- the command -------------------------------------------------------------------------------- */

static dam_status write_page(const dam__comparison *comparison, const char *path,
                             const dam_log *log)
{
    dam_status status = DAM_OK;
    dam__text page = {0};
    dam__compare_page(comparison, &page);
    DAM_TRY_CLEANUP(dam__text_write(&page, path));
    dam__info(log, "'%s' is written: one page, for any browser", path);
cleanup:
    dam__text_free(&page);
    return status;
}

static dam_status run_compare(const arguments *args)
{
    const compare_arguments *own = (const compare_arguments *)args;
    dam_status status = DAM_OK;
    dam__result_sets all = {0};
    dam__comparison comparison = {0};
    dam__known_results known = {0};
    console notices = console_open(args->quiet);
    const dam_log log = console_log(&notices);
    for (size_t i = 0; i < args->operands.count; i++) {
        const char *path = args->operands.items[i];
        if (args->out != NULL && dam__same_file(path, args->out))
            DAM_FAIL(DAM_USAGE, "--out '%s' would replace what is to be compared; choose another",
                     args->out);
        DAM_TRY_CLEANUP(dam__result_sets_add(path, &all));
    }
    /* One device alone is set beside what others were measured at. */
    bool wanted = own->beside == NULL ? all.count == 1 : strcmp(own->beside, "none") != 0;
    if (wanted)
        DAM_TRY_CLEANUP(dam__known_results_add(own->beside, &log, &known, &all));
    DAM_TRY_CLEANUP(dam__comparison_create(&all, own->baseline, &comparison));
    if (args->out != NULL)
        DAM_TRY_CLEANUP(write_page(&comparison, args->out, &log));
    DAM_TRY_CLEANUP(args->json ? print_comparison_json(&comparison) : print_table(&comparison));
cleanup:
    dam__comparison_free(&comparison);
    dam__result_sets_free(&all);
    dam__known_results_free(&known);
    return status;
}

static const flag flags[] = {
    FLAG_OUT_FILE("write the comparison as one HTML page into this file"),
    FLAG("baseline", compare_arguments, baseline, "NAME",
         "set all against this one: a name, a part of it, or a number from 1; else the first"),
    FLAG("beside", compare_arguments, beside, "DIR",
         "also the files of this folder, or none; by default, where the FILE has one device, those "
         "that come with denseam"),
    FLAGS_PRINT};

static const char *const examples[] = {
    "denseam bench --label 'two cores' -o two.json",
    "POCL_MAX_PTHREAD_COUNT=1 denseam bench --label 'one core' -o one.json",
    "denseam compare two.json one.json -o report.html", NULL};

const command compare_command = {
    .name = "compare",
    .operands = "FILE...",
    .least = 1,
    .most = (size_t)-1,
    .summary = "set benchmarks of several devices side by side",
    .text = "Reads files of 'denseam bench -o', of one machine or of many, and sets every device "
            "in them against a baseline. A ratio above 1 is faster. Two numbers differ where one "
            "is beyond the other by more than both spreads together and by more than 3 %; else "
            "they are the same. 'share' is what a step's kernels would take at the device's "
            "ceilings, over what the step takes; 'loss' is whether it computes the right thing. A "
            "device that is slower than the baseline though it is the same is named, and where "
            "programs, "
            "drivers or kernels differ. A single device is set beside the results that come with "
            "denseam. --out writes "
            "one page for a browser, with charts and all numbers, that needs no network.",
    .examples = examples,
    .flags = flags,
    .run = run_compare,
};
