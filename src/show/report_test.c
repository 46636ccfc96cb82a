/* What the page of a run says of the test set. */
#include <math.h>

#include "draw/html.h"
#include "model/model_type.h"
#include "show/report_page.h"

enum { CLASSES_SHOWN = 40, PAIRS_SHOWN = 8 };

static const dam__classification *result_of(const report *r)
{
    return &r->scored->result;
}

/* The name of a class, its number, or none. */
static void append_class(const report *r, size_t class, dam__text *page)
{
    const dam__names *names = dam__run_class_names(r->run);
    if (class >= (size_t)result_of(r)->classes)
        dam__text_append(page, "none");
    else if (names != NULL)
        dam__html_text(page, names->items[class]);
    else
        dam__text_append(page, "%zu", class);
}

static const size_t *row_of(const dam__classification *result, size_t class)
{
    return &result->confusion[class * ((size_t)result->classes + 1)];
}

/* The sample's share of its class is how strongly a cell is coloured; text is seen on all of it. */
static void append_cell(size_t samples, size_t all, bool right, dam__text *page)
{
    static const double STRONGEST = 0.55;
    double share = all > 0 ? (double)samples / (double)all : 0;
    dam__text_append(page, "<td%s style=\"background:rgba(59,118,184,%.3f)\">%zu</td>",
                     right ? " class=\"right\"" : "", STRONGEST * share, samples);
}

static void append_confusion_row(const report *r, size_t class, dam__text *page)
{
    const dam__classification *result = result_of(r);
    const size_t *row = row_of(result, class);
    size_t all = 0;
    for (size_t column = 0; column <= (size_t)result->classes; column++)
        all += row[column];
    dam__text_append(page, "<tr><th>");
    append_class(r, class, page);
    dam__text_append(page, "</th>");
    for (size_t column = 0; column <= (size_t)result->classes; column++)
        if (evaluation_occurs(result, column))
            append_cell(row[column], all, column == class, page);
    if (all > 0)
        dam__text_append(page, "<td class=\"quiet\">%.1f&#8239;%%</td>",
                         100 * (double)row[class] / (double)all);
    dam__text_append(page, "</tr>\n");
}

static void append_matrix(const report *r, dam__text *page)
{
    const dam__classification *result = result_of(r);
    if (result->scored > CLASSES_SHOWN) {
        dam__text_append(page,
                         "<p class=\"quiet\">%zu classes are too many for a matrix here; "
                         "<code>denseam eval RUN --json</code> has it, <code>--out</code> draws "
                         "it.</p>\n",
                         result->scored);
        return;
    }
    dam__text_append(page, "<p class=\"quiet\">Rows are true classes, columns predicted ones; the "
                           "colour is the share of the row.</p>\n<div class=\"wide\"><table "
                           "class=\"confusion small\"><thead><tr><th></th>");
    for (size_t column = 0; column <= (size_t)result->classes; column++) {
        if (!evaluation_occurs(result, column))
            continue;
        dam__text_append(page, "<th>");
        append_class(r, column, page);
        dam__text_append(page, "</th>");
    }
    dam__text_append(page, "<th>right</th></tr></thead><tbody>\n");
    for (size_t class = 0; class < evaluation_rows(result); class ++)
        if (evaluation_occurs(result, class))
            append_confusion_row(r, class, page);
    dam__text_append(page, "</tbody></table></div>\n");
}

/* --- what is confused most ----------------------------------------------------------------------- */

typedef struct pair {
    size_t class, said, samples;
} pair;

/* Keeps the most frequent ones, those of equal samples in the order they came. */
static void keep(pair kept[PAIRS_SHOWN], const pair *found)
{
    size_t place = PAIRS_SHOWN;
    while (place > 0 && found->samples > kept[place - 1].samples)
        place--;
    for (size_t i = PAIRS_SHOWN; i-- > place;)
        kept[i] = i > place ? kept[i - 1] : *found;
}

static void append_pairs(const report *r, dam__text *page)
{
    const dam__classification *result = result_of(r);
    pair kept[PAIRS_SHOWN] = {{0}};
    for (size_t class = 0; class < (size_t)result->classes; class ++)
        for (size_t said = 0; said <= (size_t)result->classes; said++)
            if (said != class)
                keep(kept, &(pair){class, said, row_of(result, class)[said]});
    if (kept[0].samples == 0)
        return;
    dam__text_append(page, "<p>Confused most: ");
    for (size_t i = 0; i < PAIRS_SHOWN && kept[i].samples > 0; i++) {
        dam__text_append(page, i > 0 ? ", " : "");
        append_class(r, kept[i].class, page);
        dam__text_append(page, " taken for ");
        append_class(r, kept[i].said, page);
        dam__text_append(page, " (%zu)", kept[i].samples);
    }
    dam__text_append(page, ".</p>\n");
}

/* --- the part ----------------------------------------------------------------------------------- */

static void append_score(const char *name, double value, dam__text *page)
{
    if (isfinite(value))
        report_fact(page, name, "%.4f", value);
}

void report_test(const report *r, dam__text *page)
{
    dam__text_append(page, "<h2 id=\"test\">Test set</h2>\n");
    if (r->scored == NULL) {
        dam__text_append(page, "<p class=\"note\">It was not tested for this page: ");
        dam__html_text(page, r->why);
        dam__text_append(page, ".</p>\n");
        return;
    }
    const dam__model_config *model = &r->run->experiment.model;
    dam__text_append(page, "<p class=\"quiet\">%d samples of ", r->scored->metrics.samples);
    dam__html_text(page, r->scored->set.name);
    dam__text_append(page, ".</p>\n<dl class=\"facts\">\n");
    append_score(dam__model_type_of(model)->loss_words(model), r->scored->metrics.loss, page);
    if (r->scored->compares) {
        append_score("accuracy", result_of(r)->accuracy, page);
        append_score("macro F1", result_of(r)->macro_f1, page);
        append_score("nearest-memory accuracy", result_of(r)->one_nn, page);
        append_score("nearest-memory agreement", result_of(r)->agreement, page);
    }
    dam__text_append(page, "</dl>\n");
    if (r->scored->compares) {
        append_matrix(r, page);
        append_pairs(r, page);
    }
}
