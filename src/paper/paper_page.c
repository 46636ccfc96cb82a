#include "paper/paper_page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "paper/paper_figure.h"

/* A page that is being written. */
struct page {
    const dam__paper *paper;
    const dam__paper_result *whole; /* estimates at the paper's scale; or NULL */
    char *folder;                   /* that it lies in */
    dam__text text;
};

void dam__paper_duration(double seconds, char out[DAM__DURATION_BYTES])
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    while (units[i].seconds > 1 && seconds < 2 * units[i].seconds)
        i++;
    (void)snprintf(out, DAM__DURATION_BYTES, "about %.0f %s", fmax(seconds / units[i].seconds, 1),
                   units[i].name);
}

/* Draws the figure beside the page and shows it there. */
static dam_status append_picture(struct page *page, const dam__paper_result *result)
{
    dam_status status = DAM_OK;
    char *folder = NULL, *path = NULL;
    bool drawn = false;
    DAM_TRY_CLEANUP(dam__path_join(&folder, page->folder, page->paper->id));
    DAM_TRY_CLEANUP(dam__make_folders(folder));
    DAM_TRY_CLEANUP(dam__format(&path, "%s/%s.png", folder, result->row->name));
    DAM_TRY_CLEANUP(dam__paper_figure_draw(result, path, &drawn));
    if (drawn)
        dam__text_append(&page->text, "\n![%s](%s/%s.png)\n", result->row->caption, page->paper->id,
                         result->row->name);
cleanup:
    free(folder);
    free(path);
    return status;
}

static void append_work(struct page *page, const dam__paper_result *result)
{
    if (result->trainings > 0)
        dam__text_append(&page->text, ", %zu training%s of %d epoch%s", result->trainings,
                         result->trainings == 1 ? "" : "s", result->epochs,
                         result->epochs == 1 ? "" : "s");
}

/* Why there is no picture: what it would take, or a reason that is not time. */
static void append_absence(struct page *page, const dam__paper_result *result)
{
    char time[DAM__DURATION_BYTES];
    dam__text_append(&page->text, "\nNot run at scale %s", dam__paper_scale_names[result->scale]);
    append_work(page, result);
    if (isfinite(result->estimate)) {
        dam__paper_duration(result->estimate, time);
        dam__text_append(&page->text, ", %s on this device, by an estimate from a few epochs",
                         time);
    }
    dam__text_append(&page->text, ".\n");
}

/* What the paper's own numbers would take. */
static void append_whole(struct page *page, const dam__paper_row *row)
{
    char time[DAM__DURATION_BYTES];
    const dam__paper_result *whole = page->whole;
    while (whole != NULL && whole->row != row)
        whole++;
    if (whole == NULL || !isfinite(whole->estimate))
        return;
    dam__paper_duration(whole->estimate, time);
    dam__text_append(&page->text, "\nAt scale %s", dam__paper_scale_names[whole->scale]);
    append_work(page, whole);
    dam__text_append(&page->text, ": %s on this device, by an estimate from a few epochs.\n", time);
}

static dam_status append_section(struct page *page, const dam__paper_result *result)
{
    const dam__paper_row *row = result->row;
    dam__text *text = &page->text;
    dam__text_append(text, "\n## %s\n\nFigures: %s. %s.\n", row->name, row->figures, row->caption);
    if (result->state == DAM__PAPER_DONE)
        DAM_TRY(append_picture(page, result));
    dam__text_append(text, "\n```sh dry\n");
    dam__paper_command_line(result, text);
    dam__text_append(text, "\n```\n");
    if (result->state == DAM__PAPER_DONE) {
        dam__text_append(text, "\nPreset `%s`, scale %s", row->preset,
                         dam__paper_scale_names[result->scale]);
        append_work(page, result);
        dam__text_append(text, "; %.0f s.\n", result->seconds);
    } else {
        append_absence(page, result);
    }
    append_whole(page, row);
    if (row->agrees != NULL)
        dam__text_append(text, "\n**Agrees:** %s\n", row->agrees);
    if (row->differs != NULL)
        dam__text_append(text, "\n**Differs:** %s\n", row->differs);
    if (row->without != NULL)
        dam__text_append(text, "\n**Missing:** %s\n", row->without);
    return DAM_OK;
}

/* The folder of a file; "." where its name has none. */
static dam_status folder_of(const char *path, char **out)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? dam__format(out, ".")
                         : dam__format(out, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

dam_status dam__paper_page_write(const dam__paper *paper, const dam__paper_result *results,
                                 const dam__paper_result *whole, const char *path)
{
    dam_status status = DAM_OK;
    struct page page = {.paper = paper, .whole = whole};
    DAM_TRY_CLEANUP(folder_of(path, &page.folder));
    dam__text_append(&page.text, "# %s\n\narXiv %s; written by `denseam paper %s --page`.\n",
                     paper->title, paper->id, paper->id);
    for (size_t i = 0; i < paper->note_count; i++)
        dam__text_append(&page.text, "\n%s\n", paper->notes[i]);
    for (size_t i = 0; i < paper->count; i++)
        DAM_TRY_CLEANUP(append_section(&page, &results[i]));
    DAM_TRY_CLEANUP(dam__text_write(&page.text, path));
cleanup:
    dam__text_free(&page.text);
    free(page.folder);
    return status;
}
