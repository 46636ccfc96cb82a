/* The tables of `denseam bench`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "bench/bench_command.h"
#include "command/layout.h"

static void format_spread(char *text, size_t size, double spread)
{
    text[0] = '\0';
    if (isfinite(spread))
        (void)snprintf(text, size, "%.1f%%", 100 * spread);
}

/* What fits a line. */
static const char *short_name(const char *ceiling)
{
    static const char *const names[][2] = {{"fma_peak", "peak"},
                                           {"copy_bandwidth", "copies"},
                                           {"cache_bandwidth", "cache"},
                                           {"launch_interval", "launch"},
                                           {"step_bound", "bound"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], ceiling) == 0)
            return names[i][1];
    return ceiling;
}

static void append_row(dam__text *text, const dam__bench_row *row)
{
    char value[DAM__NUMBER_BYTES], spread[16];
    (void)dam__number_text(row->value, value);
    format_spread(spread, sizeof spread, row->spread);
    dam__text_append(text, "  %-29s %10s ", row->metric, value);
    if (row->ceiling_name != NULL)
        dam__text_append(text, "%-9s %6s  %5.1f%% of %s\n", row->unit, spread, 100 * row->share,
                         short_name(row->ceiling_name));
    else if (spread[0] != '\0')
        dam__text_append(text, "%-9s %6s\n", row->unit, spread);
    else
        dam__text_append(text, "%s\n", row->unit);
}

/* Kernels have two shares: of the ceiling that binds them, and of the step. */
static void append_kernel(dam__text *text, const dam__bench_row *row)
{
    char value[DAM__NUMBER_BYTES], spread[16];
    (void)dam__number_text(row->value, value);
    format_spread(spread, sizeof spread, row->spread);
    dam__text_append(text, "  %-24.24s %5.1f%% %8s %-7s %6s %5.1f%% of %s\n", row->metric,
                     100 * row->part, value, row->unit, spread, 100 * row->share,
                     short_name(row->ceiling_name));
}

dam_status bench_print(const bench_result *result)
{
    dam__text text = {0}, heading = {0};
    const dam__bench_rows *rows = result->rows;
    size_t kernels = 0;
    dam__text_append(&heading, "%s on %s", result->preset, dam__device_facts(result->device)->name);
    append_wrapped(&text, 0, 0, dam__text_part(&text, &heading));
    dam__text_append(&text, "  %-29s %10s %-9s %6s  share\n", "metric", "value", "unit", "spread");
    for (size_t i = 0; i < rows->count; i++) {
        kernels += rows->items[i].kernel;
        if (!rows->items[i].kernel)
            append_row(&text, &rows->items[i]);
    }
    if (kernels > 0)
        dam__text_append(&text, "  %-24s %6s %8s %-7s %6s share\n", "kernel of a step", "part",
                         "value", "unit", "spread");
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].kernel)
            append_kernel(&text, &rows->items[i]);
    dam__text_free(&heading);
    return print_text(&text);
}
