#include "compare/compare_page.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "compare/roofline.h"
#include "draw/html.h"
#include "model/model_type.h"

/* --- what the script reads ---------------------------------------------------------------------- */

int dam__page_direction(const dam__measure *measure)
{
    dam__direction direction = measure != NULL ? dam__unit_direction(measure->unit) : DAM__NEITHER;
    return direction == DAM__LARGER ? 1 : direction == DAM__SMALLER ? -1 : 0;
}

void dam__page_member(const dam__comparison *comparison, size_t i, const dam__measure *measure,
                      const dam__measure *base, dam__text *page)
{
    dam__text_append(page, " data-c=\"%zu\"", i);
    if (measure != NULL)
        dam__text_append(page, " data-v=\"%.9g\"", measure->value);
    if (measure != NULL && isfinite(measure->spread))
        dam__text_append(page, " data-s=\"%.4g\"", measure->spread);
    if (i == comparison->baseline)
        dam__text_append(page, " class=\"is-base\"");
    else
        dam__text_append(page, " class=\"%s\"", dam__verdict_word(dam__verdict_of(base, measure)));
}

void dam__page_ratio(const dam__comparison *comparison, size_t i, const dam__measure *measure,
                     const dam__measure *base, dam__text *page)
{
    char text[DAM__NUMBER_BYTES];
    double ratio = dam__speed_ratio(base, measure);
    if (!isfinite(ratio))
        return;
    if (i == comparison->baseline)
        dam__text_append(page, "baseline");
    else
        dam__text_append(page, "%s\u00d7", dam__ratio_text(ratio, text));
}

/* --- head and controls -------------------------------------------------------------------------- */

static void append_head(const dam__comparison *comparison, dam__text *page)
{
    dam__html_begin(page, "Devices compared", true);
    dam__text_append(page,
                     "<p class=\"quiet\">%zu measured by <code>denseam bench</code>, "
                     "set against ",
                     comparison->all->count);
    dam__html_element(page, "b", "", comparison->all->items[comparison->baseline].name);
    dam__text_append(page, ". A ratio above 1 is faster.</p>\n");
}

static bool has_kind(const dam__comparison *comparison, const char *kind)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (strcmp(comparison->presets[i].kind, kind) == 0)
            return true;
    return false;
}

/* Hidden until the script shows it: without a script it could do nothing. */
static void append_controls(const dam__comparison *comparison, dam__text *page)
{
    dam__text_append(page, "<div class=\"controls\" hidden>\n<label>Baseline "
                           "<select id=\"baseline\">\n");
    for (size_t i = 0; i < comparison->all->count; i++) {
        dam__text_append(page, "<option value=\"%zu\"%s>", i,
                         i == comparison->baseline ? " selected" : "");
        dam__html_text(page, comparison->all->items[i].name);
        dam__text_append(page, "</option>\n");
    }
    dam__text_append(page, "</select></label>\n<span>Model\n<button type=\"button\" "
                           "data-filter=\"\" aria-pressed=\"true\">all</button>\n");
    for (int kind = 0; kind < DAM__KINDS; kind++) {
        const char *name = dam__model_types[kind]->name;
        if (has_kind(comparison, name))
            dam__text_append(page,
                             "<button type=\"button\" data-filter=\"%s\" "
                             "aria-pressed=\"false\">%s</button>\n",
                             name, name);
    }
    dam__text_append(page, "</span>\n</div>\n");
}

/* --- what to be told ---------------------------------------------------------------------------- */

static void append_notes(const dam__comparison *comparison, dam__text *page)
{
    dam__text note = {0};
    for (size_t i = 0; i < comparison->all->count; i++) {
        dam__text_free(&note);
        dam__result_set_note(comparison, i, &note);
        const char *said = dam__text_part(page, &note);
        if (said[0] == '\0')
            continue;
        dam__text_append(page, "<p class=\"note\">");
        dam__html_element(page, "b", "", comparison->all->items[i].name);
        dam__text_append(page, ": ");
        dam__html_text(page, said);
        dam__text_append(page, "</p>\n");
    }
    dam__text_free(&note);
}

/* --- rooflines ---------------------------------------------------------------------------------- */

static void append_legend(dam__text *page)
{
    dam__text_append(page, "<h2 id=\"roofline\">How close to the ceilings</h2>\n<p "
                           "class=\"quiet\">A dot is a kernel that takes a twentieth of a "
                           "training step or more, larger where it takes more: ");
    for (int kind = 0; kind < DAM__KINDS; kind++) {
        const char *name = dam__model_types[kind]->name;
        dam__text_append(page, "%s<b class=\"key %s\">%s</b>", kind > 0 ? ", " : "", name, name);
    }
    dam__text_append(page, ". No kernel can be above the line, but where caches serve it "
                           "(dashed) or other work slowed the peak.</p>\n<div "
                           "class=\"plots\">\n");
}

static void append_rooflines(const dam__comparison *comparison, dam__text *page)
{
    dam__text plot = {0};
    bool any = false;
    for (size_t i = 0; i < comparison->all->count; i++) {
        dam__text_free(&plot);
        if (!dam__roofline(comparison, i, &plot))
            continue;
        if (!any)
            append_legend(page);
        any = true;
        dam__text_append(page, "<div class=\"section\">");
        dam__html_element(page, "h3", "", comparison->all->items[i].name);
        dam__text_append(page, "<div class=\"wide\">");
        dam__text_append(page, "%s", dam__text_part(page, &plot));
        dam__text_append(page, "</div></div>\n");
    }
    if (any)
        dam__text_append(page, "</div>\n");
    dam__text_free(&plot);
}

/* --- the page ----------------------------------------------------------------------------------- */

static void append_end(dam__text *page)
{
    dam__text_append(
        page,
        "<h2>How to read the numbers</h2>\n<p>Each number is the median of repeated measurements; "
        "a training step is measured in three blocks, and the median of their medians is given. "
        "The spread is the width of the middle half over the median, or the range of the blocks' "
        "medians where that is wider. Two numbers differ where one is beyond the other by more "
        "than both spreads together, and by more than 3 %%; else they are the same. A share is "
        "taken of the ceiling that binds (multiply-adds, copies or launches), measured right "
        "beside the work.</p>\n");
    dam__html_end(page, "compare/page/script");
}

void dam__compare_page(const dam__comparison *comparison, dam__text *page)
{
    append_head(comparison, page);
    append_controls(comparison, page);
    dam__page_summary(comparison, page);
    append_notes(comparison, page);
    dam__text_append(page, "<h2>Preset by preset</h2>\n");
    for (size_t i = 0; i < comparison->count; i++)
        dam__page_preset(comparison, i, page);
    append_rooflines(comparison, page);
    dam__page_facts(comparison, page);
    append_end(page);
}
