/* The rows of `denseam bench` for other programs: Markdown, CSV, lines of JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/number.h"
#include "bench/bench_command.h"
#include "bench/bench_file.h"

const char *const bench_formats[] = {"table", "md", "csv", "jsonl", "json", NULL};

bench_format bench_format_of(const bench_arguments *own)
{
    return own->shared.json ? BENCH_JSON : (bench_format)own->format;
}

/* --- patience ----------------------------------------------------------------------------------- */

/* A number that may have one of these units behind it, whose factors are in the same order. */
static bool read_with_unit(const char *text, const char *units, const double *factors, double *out)
{
    char number[32];
    size_t length = strlen(text);
    const char *unit = length > 1 ? strchr(units, text[length - 1]) : NULL;
    if (length == 0 || length >= sizeof number)
        return false;
    memcpy(number, text, length + 1);
    if (unit != NULL)
        number[length - 1] = '\0';
    if (dam__real_read(number, out) != DAM__NUMBER_OK)
        return false;
    *out *= unit != NULL ? factors[unit - units] : 1;
    return true;
}

dam_status bench_patience(const bench_arguments *own, double *part, double *seconds)
{
    static const double percent[] = {0.01}, times[] = {1, 60, 3600};
    const double longest = 24 * 3600.0;
    *part = 0;
    *seconds = 300;
    if (own->until != NULL &&
        (!read_with_unit(own->until, "%", percent, part) || *part < 1e-4 || *part > 1))
        return dam__fail(DAM_USAGE, "--until '%s' is no part of a number; write it as 3%% or 0.03",
                         own->until);
    if (own->max_time == NULL)
        return DAM_OK;
    if (own->until == NULL)
        return dam__fail(DAM_USAGE, "--max-time says how long --until may take; give that, too");
    if (!read_with_unit(own->max_time, "smh", times, seconds) || *seconds < 1 || *seconds > longest)
        return dam__fail(DAM_USAGE,
                         "--max-time '%s' is no time; write it as 90s, 5m or 2h, a day at most",
                         own->max_time);
    return DAM_OK;
}

/* --- rows --------------------------------------------------------------------------------------- */

static const char *const numbers[] = {"value", "spread", "median_error", "ceiling", "share",
                                      "part",  "flops",  "bytes",        "seconds"};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static dam_status print_lines(const json_t *rows)
{
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(rows, i, row)
    {
        char *line = NULL;
        DAM_TRY(json_to_text(json_incref(row), BENCH_JSON_FLAGS | JSON_COMPACT, &line));
        dam_status status = print_line_now(line);
        free(line);
        DAM_TRY(status);
    }
    return DAM_OK;
}

static dam_status print_all(const json_t *rows)
{
    char *text = NULL;
    DAM_TRY(json_to_text(json_incref((json_t *)rows), BENCH_JSON_FLAGS | JSON_INDENT(2), &text));
    dam_status status = print_bytes(text, strlen(text));
    free(text);
    return status == DAM_OK ? print_bytes("\n", 1) : status;
}

/* Rounds share a cell, with blanks between them. */
static void append_rounds(const json_t *row, dam__text *out)
{
    char number[DAM__NUMBER_BYTES];
    size_t i = 0;
    json_t *round = NULL;
    json_array_foreach(json_object_get(row, "rounds"), i, round)
        dam__text_append(out, "%s%s", i > 0 ? " " : "",
                         dam__real_digits(json_number_value(round), BENCH_DIGITS, number));
}

static dam_status print_csv(const json_t *rows)
{
    dam__csv csv = {0};
    size_t i = 0;
    json_t *row = NULL;
    dam__csv_line(&csv, "preset,device,metric,unit,ceiling_name,value,spread,median_error,ceiling,"
                        "share,part,flops,bytes,seconds,rounds");
    json_array_foreach(rows, i, row)
    {
        static const char *const texts[] = {"preset", "device", "metric", "unit", "ceiling_name"};
        dam__text rounds = {0};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            dam__csv_text(&csv, dam__json_text_of(row, texts[t]));
        for (size_t n = 0; n < NUMBERS; n++) {
            double value = dam__json_number_of(row, numbers[n]);
            if (isfinite(value))
                dam__csv_real(&csv, value, BENCH_DIGITS);
            else
                dam__csv_cells(&csv, "");
        }
        append_rounds(row, &rounds);
        dam__csv_text(&csv, dam__text_part(&csv.text, &rounds));
        dam__csv_end_row(&csv);
        dam__text_free(&rounds);
    }
    dam_status status = dam__text_status(&csv.text);
    if (status == DAM_OK)
        status = print_bytes(csv.text.data, csv.text.length);
    dam__csv_free(&csv);
    return status;
}

/* --- Markdown ----------------------------------------------------------------------------------- */

/* What would end a cell or begin markup is escaped. */
static void append_cell(const char *cell, dam__text *text)
{
    dam__text_append(text, " ");
    for (; *cell != '\0'; cell++)
        if (strchr("|\\`*<>[]", *cell) != NULL)
            dam__text_append(text, "\\%c", *cell);
        else
            dam__text_append(text, "%c", (unsigned char)*cell < ' ' ? ' ' : *cell);
    dam__text_append(text, " |");
}

static void append_percent(const json_t *row, const char *name, dam__text *text)
{
    double value = dam__json_number_of(row, name);
    if (isfinite(value))
        dam__text_append(text, " %.1f%% |", 100 * value);
    else
        dam__text_append(text, " |");
}

static void append_row(const json_t *row, dam__text *text)
{
    char number[DAM__NUMBER_BYTES];
    const char *ceiling = dam__json_text_of(row, "ceiling_name");
    dam__text_append(text, "|");
    append_cell(dam__json_text_of(row, "metric"), text);
    dam__text_append(text, " %s |", dam__number_text(dam__json_number_of(row, "value"), number));
    append_cell(dam__json_text_of(row, "unit"), text);
    append_percent(row, "spread", text);
    append_percent(row, "median_error", text);
    append_percent(row, "share", text);
    append_cell(ceiling, text);
    dam__text_append(text, " %zu |\n", json_array_size(json_object_get(row, "rounds")));
}

static dam_status print_markdown(const json_t *rows)
{
    dam__text text = {0};
    const char *preset = "", *device = "";
    size_t i = 0;
    json_t *row = NULL;
    json_array_foreach(rows, i, row)
    {
        const char *of = dam__json_text_of(row, "preset"), *on = dam__json_text_of(row, "device");
        if (strcmp(of, preset) != 0 || strcmp(on, device) != 0) {
            dam__text_append(&text, "%s###", i > 0 ? "\n" : "");
            append_cell(of, &text);
            text.length -= 2; /* the end of a cell */
            dam__text_append(&text, " on");
            append_cell(on, &text);
            text.length -= 2;
            dam__text_append(&text,
                             "\n\n| metric | value | unit | spread | median \u00b1 | share | of "
                             "| rounds |\n| --- | ---: | --- | ---: | ---: | ---: | --- | "
                             "---: |\n");
        }
        preset = of;
        device = on;
        append_row(row, &text);
    }
    return print_text(&text);
}

dam_status bench_print_rows(bench_format format, const json_t *results)
{
    dam_status status = DAM_OK;
    json_t *rows = bench_rows_json(results);
    if (rows == NULL)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for the results");
    switch (format) {
    case BENCH_MARKDOWN:
        status = print_markdown(rows);
        break;
    case BENCH_CSV:
        status = print_csv(rows);
        break;
    case BENCH_JSON_LINES:
        status = print_lines(rows);
        break;
    default:
        status = print_all(rows);
    }
    json_decref(rows);
    return status;
}
