#include "analyse/analyse_steps.h"

#include <math.h>
#include <stdlib.h>

#include "analyse/collapse.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "command/output.h"
#include "run/key_value.h"
#include "transfer/tuned.h"

/* What all changes come to. */
typedef struct verdict {
    size_t changes, flat;
    size_t steepest; /* of the slopes; as many as there are where none is finite */
} verdict;

static verdict verdict_of(const dam__collapse *c)
{
    verdict v = {.steepest = dam__collapse_steepest(c, -1, true)};
    for (size_t i = 0; i < c->rows * c->columns; i++) {
        if (!dam__collapse_should_be_flat(c->first.names[i % c->columns]))
            continue;
        v.changes++;
        v.flat += fabs(c->slopes[i]) <= dam__collapse_flat;
    }
    return v;
}

static const char *word_of(const dam__collapse *c, size_t i)
{
    if (!dam__collapse_should_be_flat(c->first.names[i % c->columns]))
        return "";
    return fabs(c->slopes[i]) <= dam__collapse_flat ? "flat" : "not flat";
}

static void append_head(dam__text *text, const dam__collapse *c)
{
    dam__text_append(text, "%6s %-6s", "step", "number");
    for (size_t r = 0; r < c->runs; r++) {
        char head[24];
        (void)snprintf(head, sizeof head, "%c=%d", c->axis, c->sizes[r]);
        dam__text_append(text, " %10s", head);
    }
    dam__text_append(text, "%s\n", c->runs > 1 ? "   slope" : "");
}

static dam_status print_table(const dam__collapse *c)
{
    dam__text text = {0};
    append_head(&text, c);
    for (size_t i = 0; i < c->rows * c->columns; i++) {
        dam__text_append(&text, "%6.0f %-6s", c->steps[i / c->columns],
                         c->first.names[i % c->columns]);
        for (size_t r = 0; r < c->runs; r++)
            dam__text_append(&text, " %10.4g", c->values[i * c->runs + r]);
        if (c->runs > 1)
            dam__text_append(&text, "  %+6.2f  %s\n", c->slopes[i], word_of(c, i));
        else
            dam__text_append(&text, "\n");
    }
    if (c->runs > 1) {
        const verdict v = verdict_of(c);
        dam__text_append(&text, "%zu of %zu changes are flat, within %g a doubling of %c", v.flat,
                         v.changes, dam__collapse_flat, c->axis);
        if (v.steepest < c->rows * c->columns)
            dam__text_append(&text, "; the largest slope is %+.2f, of %s at step %.0f",
                             c->slopes[v.steepest], c->first.names[v.steepest % c->columns],
                             c->steps[v.steepest / c->columns]);
        dam__text_append(&text, "\n");
    }
    return print_text(&text);
}

static dam_status print_it_as_json(const dam__collapse *c)
{
    const verdict v = verdict_of(c);
    char axis[] = {c->axis, '\0'};
    json_t *sizes = json_array(), *rows = json_array();
    for (size_t r = 0; r < c->runs; r++)
        (void)json_array_append_new(sizes, json_integer(c->sizes[r]));
    for (size_t i = 0; i < c->rows * c->columns; i++) {
        const char *name = c->first.names[i % c->columns];
        json_t *values = json_array();
        for (size_t r = 0; r < c->runs; r++)
            (void)json_array_append_new(values, json_number(c->values[i * c->runs + r]));
        (void)json_array_append_new(
            rows, json_pack("{sf ss so so sb}", "step", c->steps[i / c->columns], "number", name,
                            "values", values, "slope", json_number(c->slopes[i]), "flat",
                            (int)(fabs(c->slopes[i]) <= dam__collapse_flat)));
    }
    return print_json(json_pack(
        "{ss so so sI sI so}", "axis", axis, "sizes", sizes, "rows", rows, "changes",
        (json_int_t)v.changes, "flat_changes", (json_int_t)v.flat, "largest_slope",
        v.steepest < c->rows * c->columns ? json_number(c->slopes[v.steepest]) : json_null()));
}

/* Slopes compare sizes where all else is alike. */
static dam_status warn_of_differences(const dam__run *runs, size_t count, const dam_log *log)
{
    dam_status status = DAM_OK;
    dam__text values[2] = {{0}, {0}};
    const dam__option *option = NULL;
    for (size_t i = 0; (option = dam__tuned_key(i)) != NULL; i++) {
        bool differs = false;
        size_t other = 0;
        while (!differs && ++other < count)
            DAM_TRY_CLEANUP(dam__option_differs(option, &runs[0].experiment,
                                                &runs[other].experiment, values, &differs));
        if (differs)
            dam__warn(
                log,
                "'%s' has %s.%s = %s, but '%s' %s: slopes tell of sizes only where the rest is "
                "alike",
                runs[0].folder, option->section, option->key, values[0].data, runs[other].folder,
                values[1].data);
    }
cleanup:
    dam__text_free(&values[0]);
    dam__text_free(&values[1]);
    return status;
}

static dam_status tell_left_out(const dam__collapse *c, const dam_log *log)
{
    dam__text list = {0};
    for (size_t i = 0; i < c->left_out_count; i++)
        dam__text_append(&list, "%s%.0f", i > 0 ? ", " : "", c->left_out[i]);
    dam_status status = dam__text_status(&list);
    if (status == DAM_OK && c->left_out_count > 0)
        dam__info(log, "left out, because not all runs have them: step%s %s",
                  c->left_out_count > 1 ? "s" : "", list.data);
    dam__text_free(&list);
    return status;
}

dam_status analyse_steps(const arguments *args)
{
    dam_status status = DAM_OK;
    size_t count = args->operands.count;
    console notices = console_open(args->quiet);
    dam_log log = console_log(&notices);
    dam__run *runs = NULL;
    dam__collapse collapse = {0};
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *runs, &runs));
    for (size_t r = 0; r < count; r++)
        DAM_TRY_CLEANUP(dam__run_open(args->operands.items[r], NULL, 0, &runs[r]));
    DAM_TRY_CLEANUP(dam__collapse_make(runs, count, &collapse));
    DAM_TRY_CLEANUP(warn_of_differences(runs, count, &log));
    DAM_TRY_CLEANUP(tell_left_out(&collapse, &log));
    if (args->out != NULL) {
        DAM_TRY_CLEANUP(dam__make_folders(args->out));
        DAM_TRY_CLEANUP(dam__collapse_write(args->out, &collapse, &log));
    }
    DAM_TRY_CLEANUP(args->json ? print_it_as_json(&collapse) : print_table(&collapse));
cleanup:
    dam__collapse_free(&collapse);
    for (size_t r = 0; runs != NULL && r < count; r++)
        dam__run_free(&runs[r]);
    free(runs);
    return status;
}
