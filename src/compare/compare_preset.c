/* The comparison of one preset: bars, then all numbers. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "compare/compare_page.h"
#include "draw/html.h"

/* --- bars --------------------------------------------------------------------------------------- */

static const dam__measure *headline(const dam__comparison *comparison, size_t preset, size_t i)
{
    return dam__comparison_measure(comparison, preset, i, comparison->presets[preset].headline);
}

/* The longest bar's number; its whisker must fit too. */
static double longest_of(const dam__comparison *comparison, size_t preset)
{
    double longest = 0;
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__measure *m = headline(comparison, preset, i);
        if (m != NULL)
            longest = fmax(longest, m->value * (1 + (m->spread > 0 ? m->spread / 2 : 0)));
    }
    return longest;
}

/* From zero; the whisker is the spread round the median. */
static void append_bar(const dam__measure *m, double longest, dam__text *page)
{
    double width = 100 * m->value / longest, half = m->spread > 0 ? width * m->spread / 2 : 0;
    if (!(width >= 0 && width <= 100))
        return;
    dam__text_append(page,
                     "<svg aria-hidden=\"true\"><rect x=\"0\" y=\"2\" height=\"14\" "
                     "width=\"%.2f%%\" rx=\"2\"/>",
                     width);
    if (half > 0)
        dam__text_append(page, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"9\" y2=\"9\"/>",
                         fmax(0, width - half), fmin(100, width + half));
    dam__text_append(page, "</svg>");
}

/* What the losses say: against the stored reference where there is one, else against the baseline.
 */
static void append_agreement(const dam__comparison *comparison, size_t preset, size_t i,
                             const dam__bench_record *record, dam__text *page)
{
    static const double FAR = 1e-3;
    double distance = dam__loss_distance(comparison, preset, i);
    if (record == NULL)
        return;
    if (strcmp(record->agreement, "wrong") == 0)
        dam__text_append(page, "<span class=\"wrong\">wrong loss</span>");
    else if (strcmp(record->agreement, "right") == 0)
        dam__text_append(page, "right");
    else if (isfinite(distance))
        dam__text_append(page, distance > FAR ? "loss differs" : "as baseline");
}

static void append_result_set(const dam__comparison *comparison, size_t preset, size_t i,
                              double longest, dam__text *page)
{
    char value[DAM__NUMBER_BYTES];
    const dam__measure *m = headline(comparison, preset, i);
    const dam__measure *base = headline(comparison, preset, comparison->baseline);
    const dam__measure *step = dam__comparison_measure(comparison, preset, i, "step_time");
    const dam__bench_record *record =
        dam__result_set_record(&comparison->all->items[i], comparison->presets[preset].preset);
    if (record == NULL)
        return;
    dam__text_append(page, "<tr");
    dam__page_member(comparison, i, m, base, page);
    dam__text_append(page, "><td>");
    dam__html_text(page, comparison->all->items[i].name);
    dam__text_append(page, "</td><td class=\"bar\">");
    if (m != NULL)
        append_bar(m, longest, page);
    dam__text_append(page, "</td><td class=\"number\">%s</td><td class=\"number ratio\">",
                     m != NULL ? dam__number_text(m->value, value) : "");
    dam__page_ratio(comparison, i, m, base, page);
    dam__text_append(page, "</td><td class=\"number optional\">");
    if (m != NULL && isfinite(m->spread))
        dam__text_append(page, "%.1f %%", 100 * m->spread);
    dam__text_append(page, "</td><td class=\"number optional\">");
    if (step != NULL && isfinite(step->share))
        dam__text_append(page, "%.0f %%", 100 * step->share);
    dam__text_append(page, "</td><td class=\"optional\">");
    append_agreement(comparison, preset, i, record, page);
    dam__text_append(page, "</td></tr>\n");
}

static void append_bars(const dam__comparison *comparison, size_t preset, dam__text *page)
{
    const dam__measure *any = NULL;
    double longest = longest_of(comparison, preset);
    for (size_t i = 0; i < comparison->all->count && any == NULL; i++)
        any = headline(comparison, preset, i);
    dam__text_append(page, "<table><thead><tr><th>device</th><th class=\"bar\"></th>"
                           "<th class=\"number\">");
    dam__html_text(page, any != NULL ? any->unit : "");
    dam__text_append(page,
                     "</th><th class=\"number\">ratio</th><th class=\"number optional\">"
                     "spread</th><th class=\"number optional\" title=\"what a step's "
                     "kernels would take at their ceilings, over what it takes\">of "
                     "ceiling</th><th class=\"optional\">loss</th></tr></thead>"
                     "<tbody data-group=\"%d\">\n",
                     dam__page_direction(any));
    for (size_t i = 0; i < comparison->all->count; i++)
        append_result_set(comparison, preset, i, longest, page);
    dam__text_append(page, "</tbody></table>\n");
}

/* --- all numbers -------------------------------------------------------------------------------- */

/* Whether an earlier result set has this metric, so that its row is there already. */
static bool is_listed(const dam__comparison *comparison, size_t preset, size_t i,
                      const char *metric)
{
    for (size_t before = 0; before < i; before++)
        if (dam__comparison_measure(comparison, preset, before, metric) != NULL)
            return true;
    return false;
}

static void append_cell(const dam__comparison *comparison, size_t i, const dam__measure *m,
                        const dam__measure *base, dam__text *page)
{
    char value[DAM__NUMBER_BYTES];
    dam__text_append(page, "<td");
    dam__page_member(comparison, i, m, base, page);
    dam__text_append(page, ">");
    if (m != NULL) {
        dam__text_append(page, "%s", dam__number_text(m->value, value));
        if (isfinite(m->share))
            dam__text_append(page, " <span class=\"quiet small\">%.0f %%</span>", 100 * m->share);
        if (m->kernel)
            dam__text_append(page, " <span class=\"quiet small\">(%.0f %%)</span>", 100 * m->part);
    }
    dam__text_append(page, " <span class=\"ratio small\">");
    dam__page_ratio(comparison, i, m, base, page);
    dam__text_append(page, "</span></td>");
}

static void append_metric(const dam__comparison *comparison, size_t preset,
                          const dam__measure *named, dam__text *page)
{
    const dam__measure *base =
        dam__comparison_measure(comparison, preset, comparison->baseline, named->metric);
    dam__text_append(page, "<tr data-group=\"%d\"><td>", dam__page_direction(named));
    dam__html_text(page, named->metric);
    dam__text_append(page, "</td><td class=\"quiet\">");
    dam__html_text(page, named->unit);
    dam__text_append(page, "</td>");
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__measure *m = dam__comparison_measure(comparison, preset, i, named->metric);
        /* Another ceiling may bind a kernel elsewhere: its number then has another unit. */
        bool alike = m != NULL && strcmp(m->unit, named->unit) == 0;
        append_cell(comparison, i, alike ? m : NULL, base, page);
    }
    dam__text_append(page, "</tr>\n");
}

static void append_numbers(const dam__comparison *comparison, size_t preset, dam__text *page)
{
    dam__text_append(page, "<details><summary>All numbers</summary><p class=\"small quiet\">"
                           "Beside a number: its share of the ceiling that binds it, and of a "
                           "kernel its part of the step in brackets.</p><div class=\"wide\">"
                           "<table class=\"small\"><thead><tr><th>metric</th><th>unit</th>");
    for (size_t i = 0; i < comparison->all->count; i++)
        dam__html_element(page, "th", "", comparison->all->items[i].name);
    dam__text_append(page, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__bench_record *record =
            dam__result_set_record(&comparison->all->items[i], comparison->presets[preset].preset);
        for (size_t m = 0; record != NULL && m < record->count; m++)
            if (!is_listed(comparison, preset, i, record->measures[m].metric))
                append_metric(comparison, preset, &record->measures[m], page);
    }
    dam__text_append(page, "</tbody></table></div></details>\n");
}

/* --- messages and warnings ---------------------------------------------------------------------- */

static void append_warning(const dam__comparison *comparison, size_t i, const char *text,
                           dam__text *page)
{
    dam__text_append(page, "<p class=\"small quiet\">");
    dam__html_element(page, "b", "", comparison->all->items[i].name);
    dam__text_append(page, ": ");
    dam__html_text(page, text);
    dam__text_append(page, "</p>\n");
}

static const dam__bench_record *record_of(const dam__comparison *comparison, size_t preset,
                                          size_t i)
{
    return dam__result_set_record(&comparison->all->items[i], comparison->presets[preset].preset);
}

/* What ended early is to be seen at once; warnings are many on a busy machine. */
static void append_warnings(const dam__comparison *comparison, size_t preset, dam__text *page)
{
    enum { MOST = 8 };
    dam__text folded = {0};
    size_t count = 0;
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__bench_record *record = record_of(comparison, preset, i);
        if (record == NULL)
            continue;
        if (record->message[0] != '\0')
            append_warning(comparison, i, record->message, page);
        for (size_t w = 0; w < json_array_size(record->warnings) && w < MOST; w++) {
            const char *text = json_string_value(json_array_get(record->warnings, w));
            if (text == NULL)
                continue;
            append_warning(comparison, i, text, &folded);
            count++;
        }
    }
    if (count > 0) {
        dam__text_append(page, "<details><summary>%zu warning%s</summary>", count,
                         count == 1 ? "" : "s");
        dam__text_append(page, "%s", dam__text_part(page, &folded));
        dam__text_append(page, "</details>\n");
    }
    dam__text_free(&folded);
}

void dam__page_preset(const dam__comparison *comparison, size_t preset, dam__text *page)
{
    const dam__compared_preset *c = &comparison->presets[preset];
    dam__text_append(page, "<section class=\"section preset\" data-kind=\"");
    dam__html_text(page, c->kind);
    dam__text_append(page, "\">");
    dam__html_element(page, "h3", "", c->preset);
    dam__html_element(page, "p", "class=\"quiet small\"", c->title);
    append_bars(comparison, preset, page);
    append_warnings(comparison, preset, page);
    append_numbers(comparison, preset, page);
    dam__text_append(page, "</section>\n");
}
