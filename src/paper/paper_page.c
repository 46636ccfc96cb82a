#include "paper/paper_page.h"

#include <stdlib.h>

static dam_status append_pictures(const dam__paper_result *result, dam__text *page)
{
    for (size_t i = 0;; i++) {
        char *path = NULL;
        DAM_TRY(dam__paper_result_picture(result, i, &path));
        if (path == NULL)
            return DAM_OK;
        dam__text_append(page, "\n![%s](%s)\n", result->row->caption, path);
        free(path);
    }
}

static dam_status append_section(const dam__paper_result *result, dam__text *page)
{
    const dam__paper_row *row = result->row;
    dam__text_append(page, "\n## %s\n\nFigures: %s. %s.\n\n```sh dry\n", row->name, row->figures,
                     row->caption);
    dam__paper_command_line(result, page);
    dam__text_append(page, "\n```\n");
    if (result->state == DAM__PAPER_DONE) {
        dam__text_append(page, "\nRun at scale %s, %.0f s.\n",
                         dam__paper_scale_names[result->scale], result->seconds);
        return append_pictures(result, page);
    }
    dam__text_append(page, "\nNot run at scale %s: %zu trainings of %d epochs.\n",
                     dam__paper_scale_names[result->scale], result->trainings, result->epochs);
    return DAM_OK;
}

dam_status dam__paper_page_write(const dam__paper *paper, const dam__paper_result *results,
                                 const char *path)
{
    dam_status status = DAM_OK;
    dam__text page = {0};
    dam__text_append(&page, "# %s\n\narXiv %s; written by `denseam paper %s --page`.\n",
                     paper->title, paper->id, paper->id);
    for (size_t i = 0; i < paper->note_count; i++)
        dam__text_append(&page, "\n%s\n", paper->notes[i]);
    for (size_t i = 0; i < paper->count; i++)
        DAM_TRY_CLEANUP(append_section(&results[i], &page));
    DAM_TRY_CLEANUP(dam__text_write(&page, path));
cleanup:
    dam__text_free(&page);
    return status;
}
