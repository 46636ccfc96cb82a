/* The summary of a comparison, and the facts about devices and drivers. */
#include <math.h>
#include <string.h>

#include "base/number.h"
#include "compare/compare_page.h"
#include "draw/html.h"

/* --- the summary -------------------------------------------------------------------------------- */

static void append_summary_row(const dam__comparison *comparison, size_t preset, dam__text *page)
{
    const dam__compared_preset *c = &comparison->presets[preset];
    const dam__measure *base =
        dam__comparison_measure(comparison, preset, comparison->baseline, c->headline);
    dam__text_append(page, "<tr data-group=\"1\" data-kind=\"");
    dam__html_text(page, c->kind);
    dam__text_append(page, "\">");
    dam__html_element(page, "td", "", c->preset);
    for (size_t i = 0; i < comparison->all->count; i++) {
        const dam__measure *m = dam__comparison_measure(comparison, preset, i, c->headline);
        dam__text_append(page, "<td");
        dam__page_member(comparison, i, m, base, page);
        dam__text_append(page, "><span class=\"ratio\">");
        dam__page_ratio(comparison, i, m, base, page);
        dam__text_append(page, "</span></td>");
    }
    dam__text_append(page, "</tr>\n");
}

void dam__page_summary(const dam__comparison *comparison, dam__text *page)
{
    char text[DAM__NUMBER_BYTES];
    size_t count = 0;
    dam__text_append(page, "<h2>Summary</h2>\n<div class=\"wide\"><table id=\"summary\">"
                           "<thead><tr><th>preset</th>");
    for (size_t i = 0; i < comparison->all->count; i++)
        dam__html_element(page, "th", "", comparison->all->items[i].name);
    dam__text_append(page, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < comparison->count; i++)
        append_summary_row(comparison, i, page);
    dam__text_append(page, "<tr><th>geometric mean</th>");
    for (size_t i = 0; i < comparison->all->count; i++) {
        double ratio = dam__mean_ratio(comparison, i, &count);
        dam__text_append(page, "<th data-mean=\"%zu\">%s%s</th>", i, dam__ratio_text(ratio, text),
                         count > 0 ? "\u00d7" : "");
    }
    dam__text_append(page, "</tr>\n</tbody></table></div>\n");
}

/* --- facts -------------------------------------------------------------------------------------- */

/* One fact of a result set as text; "" where its file does not say. */
typedef void (*fact)(const dam__result_set *results, dam__text *out);

static void device_text(const dam__result_set *c, const char *name, dam__text *out)
{
    dam__text_append(out, "%s", dam__json_text_of(c->device, name));
}

static void device_number(const dam__result_set *c, const char *name, double scale,
                          const char *unit, dam__text *out)
{
    char text[DAM__NUMBER_BYTES];
    double value = dam__json_number_of(c->device, name);
    if (!isfinite(value) || value <= 0)
        return;
    if (scale == 1 && value < 1e9)
        dam__text_append(out, "%.0f%s", value, unit);
    else
        dam__text_append(out, "%s%s", dam__number_text(value / scale, text), unit);
}

static void device_fact(const dam__result_set *c, dam__text *out)
{
    device_text(c, "name", out);
}

static void platform_fact(const dam__result_set *c, dam__text *out)
{
    device_text(c, "platform", out);
}

static void driver_fact(const dam__result_set *c, dam__text *out)
{
    device_text(c, "driver", out);
}

static void opencl_fact(const dam__result_set *c, dam__text *out)
{
    device_text(c, "version", out);
}

static void type_fact(const dam__result_set *c, dam__text *out)
{
    device_text(c, "type", out);
}

static void units_fact(const dam__result_set *c, dam__text *out)
{
    device_number(c, "compute_units", 1, "", out);
}

static void clock_fact(const dam__result_set *c, dam__text *out)
{
    device_number(c, "clock_mhz", 1, " MHz", out);
}

static void memory_fact(const dam__result_set *c, dam__text *out)
{
    device_number(c, "global_memory", 1024.0 * 1024 * 1024, " GiB", out);
}

static void vector_width_fact(const dam__result_set *c, dam__text *out)
{
    device_number(c, "native_float_lanes", 1, "", out);
}

static void kernels_fact(const dam__result_set *c, dam__text *out)
{
    const dam__bench_record *first = c->count > 0 ? &c->records[0] : NULL;
    if (first != NULL)
        dam__text_append(out, "%s%s%s", first->kernels,
                         first->gemm[0] != '\0' ? ", products by " : "", first->gemm);
}

static void tuning_fact(const dam__result_set *c, dam__text *out)
{
    if (c->count > 0)
        dam__text_append(out, "%.12s", c->records[0].tuning);
}

static void program_fact(const dam__result_set *c, dam__text *out)
{
    dam__text_append(out, "%s, kernels %.12s", dam__json_text_of(c->file, "version"),
                     dam__json_text_of(c->file, "kernels"));
}

static void host_fact(const dam__result_set *c, dam__text *out)
{
    const json_t *host = json_object_get(c->file, "host");
    double cores = dam__json_number_of(host, "cores");
    dam__text_append(out, "%s %s, %.0f cores", dam__json_text_of(host, "system"),
                     dam__json_text_of(host, "machine"), isfinite(cores) ? cores : 0);
    static const char *const more[] = {"cpu", "kernel", "governor"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (dam__json_text_of(host, more[i])[0] != '\0') {
            dam__text_append(out, ", ");
            dam__text_append_utf8(out, dam__json_text_of(host, more[i]), 80);
        }
}

static void environment_fact(const dam__result_set *c, dam__text *out)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(c->file, "environment"), name, value)
        dam__text_append(out, "%s%s=%.200s", out->length > 0 ? " " : "", name,
                         json_is_string(value) ? json_string_value(value) : "");
}

static void created_fact(const dam__result_set *c, dam__text *out)
{
    dam__text_append(out, "%s", dam__json_text_of(c->file, "created"));
}

static void file_fact(const dam__result_set *c, dam__text *out)
{
    dam__text_append(out, "%s", c->path);
}

static void append_fact(const dam__comparison *comparison, const char *name, fact of,
                        dam__text *page)
{
    dam__text text = {0};
    dam__html_element(page, "th", "", name);
    for (size_t i = 0; i < comparison->all->count; i++) {
        dam__text_free(&text);
        of(&comparison->all->items[i], &text);
        dam__html_element(page, "td", "", dam__text_part(page, &text));
    }
    dam__text_free(&text);
}

void dam__page_facts(const dam__comparison *comparison, dam__text *page)
{
    static const struct {
        const char *name;
        fact of;
    } facts[] = {{"device", device_fact},
                 {"platform", platform_fact},
                 {"driver", driver_fact},
                 {"OpenCL", opencl_fact},
                 {"type", type_fact},
                 {"compute units", units_fact},
                 {"clock", clock_fact},
                 {"memory", memory_fact},
                 {"float vector width", vector_width_fact},
                 {"kernels", kernels_fact},
                 {"tuning", tuning_fact},
                 {"denseam", program_fact},
                 {"host", host_fact},
                 {"environment", environment_fact},
                 {"measured", created_fact},
                 {"file", file_fact}};
    dam__text_append(page, "<h2>Devices and drivers</h2>\n<div class=\"wide\">"
                           "<table class=\"small\"><thead><tr><th></th>");
    for (size_t i = 0; i < comparison->all->count; i++)
        dam__html_element(page, "th", "", comparison->all->items[i].name);
    dam__text_append(page, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        dam__text_append(page, "<tr>");
        append_fact(comparison, facts[i].name, facts[i].of, page);
        dam__text_append(page, "</tr>\n");
    }
    dam__text_append(page, "</tbody></table></div>\n");
}
