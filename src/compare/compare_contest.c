/* The comparison of one preset: bars, then all numbers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/readable.h"
#include "compare/compare_page.h"
#include "compare/html.h"

/* --- bars --------------------------------------------------------------------------------------- */

static const dam__measure *headline(const dam__comparison *comparison, size_t contest, size_t i)
{
    return dam__contest_measure(comparison, contest, i, comparison->contests[contest].headline);
}

/* The longest bar's number; its whisker must fit too. */
static double longest_of(const dam__comparison *comparison, size_t contest)
{
    double longest = 0;
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__measure *m = headline(comparison, contest, i);
        if (m != NULL)
            longest = fmax(longest, m->value * (1 + (m->spread > 0 ? m->spread / 2 : 0)));
    }
    return longest;
}

/* From zero; the whisker is the spread round the median. */
static dam_status append_bar(const dam__measure *m, double longest, dam__text *page)
{
    dam_status status = DAM_OK;
    double width = 100 * m->value / longest, half = m->spread > 0 ? width * m->spread / 2 : 0;
    if (!(width >= 0 && width <= 100))
        return DAM_OK;
    DAM_TRY(dam__text_append(page,
                             "<svg aria-hidden=\"true\"><rect x=\"0\" y=\"2\" height=\"14\" "
                             "width=\"%.2f%%\" rx=\"2\"/>",
                             width));
    if (half > 0)
        DAM_TRY(dam__text_append(page, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"9\" y2=\"9\"/>",
                                 fmax(0, width - half), fmin(100, width + half)));
    DAM_TRY(dam__text_append(page, "</svg>"));
cleanup:
    return status;
}

/* What the losses say: against the stored reference where there is one, else against the baseline.
 */
static dam_status append_agreement(const dam__comparison *comparison, size_t contest, size_t i,
                                   const dam__bench_record *record, dam__text *page)
{
    static const double FAR = 1e-3;
    double distance = dam__loss_distance(comparison, contest, i);
    if (record == NULL)
        return DAM_OK;
    if (strcmp(record->agreement, "wrong") == 0)
        return dam__text_append(page, "<span class=\"wrong\">wrong loss</span>");
    if (strcmp(record->agreement, "right") == 0)
        return dam__text_append(page, "right");
    if (!isfinite(distance))
        return DAM_OK;
    return dam__text_append(page, distance > FAR ? "loss differs" : "as baseline");
}

static dam_status append_contender(const dam__comparison *comparison, size_t contest, size_t i,
                                   double longest, dam__text *page)
{
    dam_status status = DAM_OK;
    char value[DAM__NUMBER_BYTES];
    const dam__measure *m = headline(comparison, contest, i);
    const dam__measure *base = headline(comparison, contest, comparison->baseline);
    const dam__measure *step = dam__contest_measure(comparison, contest, i, "step_time");
    const dam__bench_record *record =
        dam__contender_record(&comparison->all->items[i], comparison->contests[contest].preset);
    if (record == NULL)
        return DAM_OK;
    DAM_TRY(dam__text_append(page, "<tr"));
    DAM_TRY(dam__page_member(comparison, i, m, base, page));
    DAM_TRY(dam__text_append(page, "><td>"));
    DAM_TRY(dam__html_text(page, comparison->all->items[i].name));
    DAM_TRY(dam__text_append(page, "</td><td class=\"bar\">"));
    if (m != NULL)
        DAM_TRY(append_bar(m, longest, page));
    DAM_TRY(dam__text_append(page, "</td><td class=\"number\">%s</td><td class=\"number ratio\">",
                             m != NULL ? dam__number_text(m->value, value) : ""));
    DAM_TRY(dam__page_ratio(comparison, i, m, base, page));
    DAM_TRY(dam__text_append(page, "</td><td class=\"number optional\">"));
    if (m != NULL && isfinite(m->spread))
        DAM_TRY(dam__text_append(page, "%.1f %%", 100 * m->spread));
    DAM_TRY(dam__text_append(page, "</td><td class=\"number optional\">"));
    if (step != NULL && isfinite(step->share))
        DAM_TRY(dam__text_append(page, "%.0f %%", 100 * step->share));
    DAM_TRY(dam__text_append(page, "</td><td class=\"optional\">"));
    DAM_TRY(append_agreement(comparison, contest, i, record, page));
    DAM_TRY(dam__text_append(page, "</td></tr>\n"));
cleanup:
    return status;
}

static dam_status append_bars(const dam__comparison *comparison, size_t contest, dam__text *page)
{
    dam_status status = DAM_OK;
    const dam__measure *any = NULL;
    double longest = longest_of(comparison, contest);
    for (size_t i = 0; i < comparison->all->count && any == NULL; i++)
        any = headline(comparison, contest, i);
    DAM_TRY(dam__text_append(page, "<table><thead><tr><th>device</th><th class=\"bar\"></th>"
                                   "<th class=\"number\">"));
    DAM_TRY(dam__html_text(page, any != NULL ? any->unit : ""));
    DAM_TRY(dam__text_append(page,
                             "</th><th class=\"number\">ratio</th><th class=\"number optional\">"
                             "spread</th><th class=\"number optional\" title=\"what a step's "
                             "kernels would take at their ceilings, over what it takes\">of "
                             "ceiling</th><th class=\"optional\">loss</th></tr></thead>"
                             "<tbody data-group=\"%d\">\n",
                             dam__page_direction(any)));
    for (size_t i = 0; i < comparison->all->count; i++)
        DAM_TRY(append_contender(comparison, contest, i, longest, page));
    DAM_TRY(dam__text_append(page, "</tbody></table>\n"));
cleanup:
    return status;
}

/* --- all numbers -------------------------------------------------------------------------------- */

/* Whether an earlier contender has this metric, whose row then stands already. */
static bool is_listed(const dam__comparison *comparison, size_t contest, size_t i,
                      const char *metric)
{
    for (size_t before = 0; before < i; before++)
        if (dam__contest_measure(comparison, contest, before, metric) != NULL)
            return true;
    return false;
}

static dam_status append_cell(const dam__comparison *comparison, size_t i, const dam__measure *m,
                              const dam__measure *base, dam__text *page)
{
    dam_status status = DAM_OK;
    char value[DAM__NUMBER_BYTES];
    DAM_TRY(dam__text_append(page, "<td"));
    DAM_TRY(dam__page_member(comparison, i, m, base, page));
    DAM_TRY(dam__text_append(page, ">"));
    if (m != NULL) {
        DAM_TRY(dam__text_append(page, "%s", dam__number_text(m->value, value)));
        if (isfinite(m->share))
            DAM_TRY(dam__text_append(page, " <span class=\"quiet small\">%.0f %%</span>",
                                     100 * m->share));
        if (m->kernel)
            DAM_TRY(dam__text_append(page, " <span class=\"quiet small\">(%.0f %%)</span>",
                                     100 * m->part));
    }
    DAM_TRY(dam__text_append(page, " <span class=\"ratio small\">"));
    DAM_TRY(dam__page_ratio(comparison, i, m, base, page));
    DAM_TRY(dam__text_append(page, "</span></td>"));
cleanup:
    return status;
}

static dam_status append_metric(const dam__comparison *comparison, size_t contest,
                                const dam__measure *named, dam__text *page)
{
    dam_status status = DAM_OK;
    const dam__measure *base =
        dam__contest_measure(comparison, contest, comparison->baseline, named->metric);
    DAM_TRY(dam__text_append(page, "<tr data-group=\"%d\"><td>", dam__page_direction(named)));
    DAM_TRY(dam__html_text(page, named->metric));
    DAM_TRY(dam__text_append(page, "</td><td class=\"quiet\">"));
    DAM_TRY(dam__html_text(page, named->unit));
    DAM_TRY(dam__text_append(page, "</td>"));
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__measure *m = dam__contest_measure(comparison, contest, i, named->metric);
        /* Another ceiling may bind a kernel elsewhere: its number then has another unit. */
        bool alike = m != NULL && strcmp(m->unit, named->unit) == 0;
        DAM_TRY(append_cell(comparison, i, alike ? m : NULL, base, page));
    }
    DAM_TRY(dam__text_append(page, "</tr>\n"));
cleanup:
    return status;
}

static dam_status append_numbers(const dam__comparison *comparison, size_t contest, dam__text *page)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__text_append(page,
                             "<details><summary>All numbers</summary><p class=\"small quiet\">"
                             "Beside a number: its share of the ceiling that binds it, and of a "
                             "kernel its part of the step in brackets.</p><div class=\"wide\">"
                             "<table class=\"small\"><thead><tr><th>metric</th><th>unit</th>"));
    for (size_t i = 0; i < comparison->all->count; i++)
        DAM_TRY(dam__html_element(page, "th", "", comparison->all->items[i].name));
    DAM_TRY(dam__text_append(page, "</tr></thead><tbody>\n"));
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__bench_record *record =
            dam__contender_record(&comparison->all->items[i], comparison->contests[contest].preset);
        for (size_t m = 0; record != NULL && m < record->count; m++)
            if (!is_listed(comparison, contest, i, record->measures[m].metric))
                DAM_TRY(append_metric(comparison, contest, &record->measures[m], page));
    }
    DAM_TRY(dam__text_append(page, "</tbody></table></div></details>\n"));
cleanup:
    return status;
}

/* --- messages and warnings ---------------------------------------------------------------------- */

static dam_status append_warning(const dam__comparison *comparison, size_t i, const char *text,
                                 dam__text *page)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__text_append(page, "<p class=\"small quiet\">"));
    DAM_TRY(dam__html_element(page, "b", "", comparison->all->items[i].name));
    DAM_TRY(dam__text_append(page, ": "));
    DAM_TRY(dam__html_text(page, text));
    DAM_TRY(dam__text_append(page, "</p>\n"));
cleanup:
    return status;
}

static const dam__bench_record *record_of(const dam__comparison *comparison, size_t contest,
                                          size_t i)
{
    return dam__contender_record(&comparison->all->items[i], comparison->contests[contest].preset);
}

/* What ended early is to be seen at once; warnings are many on a busy machine. */
static dam_status append_warnings(const dam__comparison *comparison, size_t contest,
                                  dam__text *page)
{
    enum { MOST = 8 };
    dam_status status = DAM_OK;
    dam__text folded = {0};
    size_t count = 0;
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__bench_record *record = record_of(comparison, contest, i);
        if (record == NULL)
            continue;
        if (record->message[0] != '\0')
            DAM_TRY(append_warning(comparison, i, record->message, page));
        for (size_t w = 0; w < json_array_size(record->warnings) && w < MOST; w++) {
            const char *text = json_string_value(json_array_get(record->warnings, w));
            if (text == NULL)
                continue;
            DAM_TRY(append_warning(comparison, i, text, &folded));
            count++;
        }
    }
    if (count > 0) {
        DAM_TRY(dam__text_append(page, "<details><summary>%zu warning%s</summary>", count,
                                 count == 1 ? "" : "s"));
        DAM_TRY(dam__text_append_bytes(page, folded.data, folded.length));
        DAM_TRY(dam__text_append(page, "</details>\n"));
    }
cleanup:
    dam__text_free(&folded);
    return status;
}

dam_status dam__page_contest(const dam__comparison *comparison, size_t contest, dam__text *page)
{
    dam_status status = DAM_OK;
    const dam__contest *c = &comparison->contests[contest];
    DAM_TRY(dam__text_append(page, "<section class=\"section contest\" data-kind=\""));
    DAM_TRY(dam__html_text(page, c->kind));
    DAM_TRY(dam__text_append(page, "\">"));
    DAM_TRY(dam__html_element(page, "h3", "", c->preset));
    DAM_TRY(dam__html_element(page, "p", "class=\"quiet small\"", c->title));
    DAM_TRY(append_bars(comparison, contest, page));
    DAM_TRY(append_warnings(comparison, contest, page));
    DAM_TRY(append_numbers(comparison, contest, page));
    DAM_TRY(dam__text_append(page, "</section>\n"));
cleanup:
    return status;
}
