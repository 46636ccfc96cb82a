#include "sweep/sweep_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/notice.h"
#include "sweep/sweep_picture.h"
#include "sweep/sweep_search_picture.h"

enum { WIDTH = 1000, HEIGHT = 760 };

/* number 0 is the only picture of its sweep. */
static dam_status draw(const char *folder, const dam__sweep_view *view, size_t number,
                       const dam_log *log)
{
    dam_status status = DAM_OK;
    dam__plot plot;
    char stem[32] = "sweep";
    if (number > 0)
        (void)snprintf(stem, sizeof stem, "sweep-%zu", number);
    dam__plot_begin(&plot, "A sweep by denseam", stem, WIDTH, HEIGHT);
    DAM_TRY_CLEANUP(view->count > 1 ? dam__sweep_heat_map(view, &plot)
                                    : dam__sweep_curve(view, &plot));
    DAM_TRY_CLEANUP(
        dam__plot_draw(&plot, view->count > 1 ? "heat-map" : "sweep-curve", folder, log));
cleanup:
    dam__plot_free(&plot);
    return status;
}

/* The title with the values of the keys that this picture does not show. */
static dam_status title_of(const dam__sweep_view *view, const char *title, char **out)
{
    const dam__sweep *sweep = view->sweep;
    dam__text text = {0};
    dam__text_append(&text, "%s", title);
    for (size_t i = 0; i < sweep->axis_count; i++) {
        bool shown = i == view->axes[0] || (view->count > 1 && i == view->axes[1]);
        if (shown || sweep->axes[i].count == 1)
            continue;
        dam__text_append(&text, "%s%s = %s", text.length > 0 ? ", " : "", sweep->axes[i].key,
                         sweep->axes[i].values[dam__sweep_index(sweep, view->first, i)]);
    }
    return dam__text_take(&text, out);
}

/* Whether a cell is the first of the cells of its picture. */
static bool begins(const dam__sweep_view *view, size_t cell)
{
    for (size_t i = 0; i < view->count; i++)
        if (dam__sweep_index(view->sweep, cell, view->axes[i]) != 0)
            return false;
    return true;
}

/* The pictures of a search: sweep.png and epochs.png. */
static dam_status draw_search(const char *folder, const char *title, const dam__sweep *sweep,
                              const dam_log *log)
{
    dam_status status = DAM_OK;
    bool drawn = true;
    dam__plot scores, losses;
    dam__plot_begin(&scores, "A search by denseam", "sweep", WIDTH, HEIGHT);
    dam__plot_begin(&losses, "A search by denseam", "epochs", WIDTH, HEIGHT);
    dam__plot_text(&scores, title, "title");
    dam__plot_text(&losses, title, "title");
    dam__search_curves(sweep, &scores);
    DAM_TRY_CLEANUP(dam__plot_draw(&scores, "search", folder, log));
    dam__search_epochs(sweep, &losses, &drawn);
    if (drawn)
        DAM_TRY_CLEANUP(dam__plot_draw(&losses, "search", folder, log));
cleanup:
    dam__plot_free(&scores);
    dam__plot_free(&losses);
    return status;
}

dam_status dam__sweep_draw(const char *folder, const char *title, const dam__sweep *sweep,
                           const dam_log *log)
{
    if (sweep->extend > 0)
        return draw_search(folder, title, sweep, log);
    dam_status status = DAM_OK;
    char *name = NULL;
    dam__sweep_view view = {.sweep = sweep};
    size_t slices = sweep->cells, number = 0;
    for (size_t i = 0; i < sweep->axis_count && view.count < 2; i++)
        if (sweep->axes[i].count > 1) {
            view.axes[view.count++] = i;
            slices /= sweep->axes[i].count;
        }
    for (size_t cell = 0; view.count > 0 && cell < sweep->cells && number < DAM__SWEEP_PICTURES;
         cell++) {
        if (!begins(&view, cell))
            continue;
        number++;
        view.first = cell;
        DAM_TRY_CLEANUP(title_of(&view, title, &name));
        view.title = name;
        DAM_TRY_CLEANUP(draw(folder, &view, slices == 1 ? 0 : number, log));
        free(name);
        name = NULL;
    }
    if (slices > DAM__SWEEP_PICTURES)
        dam__info(log, "the first %d of %zu pictures were drawn; sweep.csv has all",
                  (int)DAM__SWEEP_PICTURES, slices);
cleanup:
    free(name);
    return status;
}
