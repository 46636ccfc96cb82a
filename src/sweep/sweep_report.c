#include "sweep/sweep_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/notice.h"
#include "draw/gnuplot.h"
#include "draw/script.h"
#include "sweep/sweep_picture.h"
#include "sweep/sweep_search_picture.h"

static const double PATIENCE = 30; /* seconds for gnuplot */
enum { WIDTH = 1000, HEIGHT = 760 };

/* The names of one picture's files. */
typedef struct files {
    char *data, *script, *picture;
} files;

static void files_free(files *f)
{
    free(f->data);
    free(f->script);
    free(f->picture);
    *f = (files){0};
}

static dam_status name_files(const char *stem, files *out)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__format(&out->data, "%s.dat", stem));
    DAM_TRY(dam__format(&out->script, "%s.gp", stem));
    DAM_TRY(dam__format(&out->picture, "%s.png", stem));
cleanup:
    return status;
}

static dam_status write_into(const char *folder, const char *name, const dam__text *text)
{
    char *path = NULL;
    dam_status status = dam__path_join(&path, folder, name);
    if (status == DAM_OK)
        status = dam__text_write(text, path);
    free(path);
    return status;
}

/* Writes the data and the script of a picture, and draws it. */
static dam_status finish(const char *folder, const files *names, const dam__text *data,
                         const dam__text *script, const dam_log *log)
{
    dam_status status = DAM_OK;
    DAM_TRY(write_into(folder, names->data, data));
    DAM_TRY(write_into(folder, names->script, script));
    DAM_TRY(dam__gnuplot(folder, names->script, names->picture, PATIENCE, log));
cleanup:
    return status;
}

/* number 0 is the only picture of its sweep. */
static dam_status draw(const char *folder, dam__sweep_view *view, size_t number, const dam_log *log)
{
    dam_status status = DAM_OK;
    dam__text data = {0}, script = {0};
    files names = {0};
    char stem[32] = "sweep";
    if (number > 0)
        (void)snprintf(stem, sizeof stem, "sweep-%zu", number);
    DAM_TRY(name_files(stem, &names));
    view->file = names.data;
    dam__script_begin(&script, "A sweep by denseam; gnuplot draws it from this file.",
                      names.picture, WIDTH, HEIGHT);
    if (view->count > 1)
        dam__sweep_heat_map(view, &data, &script);
    else
        dam__sweep_curve(view, &data, &script);
    DAM_TRY(finish(folder, &names, &data, &script, log));
cleanup:
    dam__text_free(&data);
    dam__text_free(&script);
    files_free(&names);
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
    static const char *const stems[] = {"sweep", "epochs"};
    dam_status status = DAM_OK;
    dam__text data = {0}, script = {0};
    files names = {0};
    for (int i = 0; i < 2; i++) {
        bool drawn = true;
        dam__search_view view = {.sweep = sweep, .title = title};
        data.length = script.length = 0;
        files_free(&names);
        DAM_TRY(name_files(stems[i], &names));
        view.file = names.data;
        dam__script_begin(&script, "A search by denseam; gnuplot draws it from this file.",
                          names.picture, WIDTH, HEIGHT);
        if (i == 0)
            dam__search_curves(&view, &data, &script);
        else
            dam__search_epochs(&view, &data, &script, &drawn);
        if (drawn)
            DAM_TRY(finish(folder, &names, &data, &script, log));
    }
cleanup:
    dam__text_free(&data);
    dam__text_free(&script);
    files_free(&names);
    return status;
}

dam_status dam__report_sweep_pictures(const char *folder, const char *title,
                                      const dam__sweep *sweep, const dam_log *log)
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
        DAM_TRY(title_of(&view, title, &name));
        view.title = name;
        DAM_TRY(draw(folder, &view, slices == 1 ? 0 : number, log));
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
