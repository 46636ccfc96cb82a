#include "predict/confusion_picture.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "draw/heat_map.h"
#include "predict/evaluation.h"

enum {
    SIDE = 900,
    NUMBERED = 20,  /* classes at most that numbers are written for */
    NAMED = 40,     /* that names stand at the axes for; of more every so many */
    LONG_NAME = 18, /* letters of a name */
    EXACT = 15
};

/* The classes that occur, none last where it does. */
typedef struct shown_classes {
    size_t *classes;
    size_t rows, columns; /* those of rows come first in either */
} shown_classes;

static dam_status choose_classes(const dam__classification *result, shown_classes *out)
{
    size_t count = (size_t)result->classes;
    DAM_TRY(dam__alloc(count + 1, sizeof *out->classes, &out->classes));
    for (size_t y = 0; y < count; y++)
        if (evaluation_occurs(result, y))
            out->classes[out->columns++] = y;
    out->rows = out->columns;
    if (evaluation_occurs(result, count))
        out->classes[out->columns++] = count;
    out->rows += evaluation_rows(result) > count ? 1 : 0;
    return DAM_OK;
}

static void fill_cells(const dam__classification *result, const shown_classes *shown,
                       dam__heat_cell *cells)
{
    size_t width = (size_t)result->classes + 1;
    for (size_t i = 0; i < shown->rows; i++) {
        const size_t *row = &result->confusion[shown->classes[i] * width];
        size_t all = 0;
        for (size_t column = 0; column < width; column++)
            all += row[column];
        for (size_t j = 0; j < shown->columns; j++) {
            size_t samples = row[shown->classes[j]];
            *cells++ = (dam__heat_cell){
                .x = (double)j,
                .y = -(double)i,
                .value = all > 0 ? 100 * (double)samples / (double)all : NAN,
                .number = (double)samples,
            };
        }
    }
}

/* Names at an axis, at places 0, sign, 2 sign, ... */
static void append_axis(const dam__classification *result, const shown_classes *shown, size_t count,
                        const dam__names *names, const char *axis, dam__plot *plot)
{
    bool is_x = axis[0] == 'x';
    double sign = is_x ? 1 : -1, ends[] = {-0.5, (double)count - 0.5};
    size_t step = (count + NAMED - 1) / NAMED;
    dam__text *script = &plot->variables, name = {0};
    dam__plot_real(plot, is_x ? ends[0] : -ends[1], "%s_from", axis);
    dam__plot_real(plot, is_x ? ends[1] : -ends[0], "%s_to", axis);
    dam__plot_text(plot, is_x ? "predicted class" : "true class", "%s_label", axis);
    dam__text_append(script, "set %stics %snoenhanced (", axis,
                     is_x && names != NULL ? "rotate by -35 " : "");
    for (size_t i = 0; i < count; i += step) {
        size_t class = shown->classes[i];
        dam__text_free(&name);
        if (class == (size_t)result->classes)
            dam__text_append(&name, "none");
        else if (names != NULL)
            dam__text_append_utf8(&name, names->items[class], LONG_NAME);
        else
            dam__text_append(&name, "%zu", class);
        dam__text_append(script, i > 0 ? ", " : "");
        dam__plot_quote(script, dam__text_part(script, &name));
        dam__text_append(script, " %g", sign * (double)i);
    }
    dam__text_append(script, ")\n");
    dam__text_free(&name);
}

static void append_heading(const char *title, const dam__classification *result, dam__plot *plot)
{
    dam__text line = {0};
    dam__plot_text(plot, title, "title");
    dam__text_append(&line, "accuracy %.4f, macro F1 %.4f", result->accuracy, result->macro_f1);
    dam__plot_text(plot, dam__text_part(&plot->variables, &line), "what");
    dam__text_free(&line);
}

dam_status confusion_draw(const char *folder, const char *title, const dam__classification *result,
                          const dam__names *names, const dam_log *log)
{
    dam_status status = DAM_OK;
    shown_classes shown = {0};
    dam__heat_cell *cells = NULL;
    dam__plot plot;
    dam__plot_begin(&plot, "A confusion matrix by denseam", "confusion", SIDE, SIDE - 80);
    DAM_TRY_CLEANUP(choose_classes(result, &shown));
    DAM_TRY_CLEANUP(dam__alloc(shown.rows * shown.columns, sizeof *cells, &cells));
    fill_cells(result, &shown, cells);
    const dam__heat_map map = {.cells = cells,
                               .count = shown.rows * shown.columns,
                               .half_x = 0.5,
                               .half_y = 0.5,
                               .least = 0,
                               .most = 100,
                               .numbered = shown.columns <= NUMBERED,
                               .digits = EXACT,
                               .metric = "share of the true class (%)"};
    dam__heat_map_plot(&map, "predicted over true classes, true from top to bottom", &plot);
    append_axis(result, &shown, shown.columns, names, "x", &plot);
    append_axis(result, &shown, shown.rows, names, "y", &plot);
    append_heading(title, result, &plot);
    DAM_TRY_CLEANUP(dam__plot_draw(&plot, "heat-map", folder, log));
cleanup:
    dam__plot_free(&plot);
    free(cells);
    free(shown.classes);
    return status;
}
