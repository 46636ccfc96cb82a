#include "show/report_page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "base/number.h"
#include "denseam/version.h"
#include "draw/html.h"
#include "draw/run_pictures.h"
#include "draw/svg_curves.h"

static const char *text_of(const report *r, const char *name)
{
    const char *text = dam__container_text(&r->run->container, name);
    return text != NULL ? text : "?";
}

void report_fact(dam__text *page, const char *name, const char *format, ...)
{
    char value[256];
    va_list items;
    va_start(items, format);
    (void)vsnprintf(value, sizeof value, format, items);
    va_end(items);
    dam__text_append(page, "<div>");
    dam__html_element(page, "dt", "", name);
    dam__html_element(page, "dd", "", value);
    dam__text_append(page, "</div>\n");
}

/* --- what it is --------------------------------------------------------------------------------- */

/* Folders that hold it may have a user's name. */
static const char *name_of(const dam__run *run)
{
    const char *slash = strrchr(run->folder, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : run->folder;
}

static void append_summary(const report *r, dam__text *page)
{
    const dam__experiment *experiment = &r->run->experiment;
    dam__text_append(page, "<p class=\"quiet\">The run ");
    dam__html_element(page, "b", "", name_of(r->run));
    dam__text_append(page, " of <code>denseam train</code> on ");
    dam__html_text(page, text_of(r, "data"));
    dam__text_append(page, r->finished ? ".</p>\n" : ". Its training is not finished.</p>\n");
    if (experiment->source[0] != '\0') {
        dam__text_append(page, "<p class=\"quiet\">After ");
        dam__html_text(page, experiment->source);
        dam__text_append(page, ".</p>\n");
    }
}

static double last_of(const report *r, const char *column)
{
    const dam__history *history = r->history;
    return history->row_count > 0 ? dam__history_value(history, history->row_count - 1, column)
                                  : NAN;
}

static void append_number(const report *r, const char *name, const char *column, int digits,
                          dam__text *page)
{
    double value = last_of(r, column);
    if (isfinite(value))
        report_fact(page, name, "%.*f", digits, value);
}

static void append_numbers(const report *r, dam__text *page)
{
    dam__text_append(page, "<dl class=\"facts\">\n");
    report_fact(page, "memories", "%d", r->run->memories);
    report_fact(page, "features", "%d", r->run->dim);
    if (r->run->classes > 0)
        report_fact(page, "classes", "%d", r->run->classes);
    report_fact(page, "epochs", "%zu", r->history->row_count);
    append_number(r, "seconds", "seconds", 1, page);
    append_number(r, "loss", "loss", 5, page);
    append_number(r, "validation loss", "validation_loss", 5, page);
    append_number(r, "validation accuracy", "validation_accuracy", 4, page);
    if (r->scored != NULL && r->scored->compares)
        report_fact(page, "test accuracy", "%.4f", r->scored->result.accuracy);
    dam__text_append(page, "</dl>\n");
}

static void append_curves(const report *r, dam__text *page)
{
    const char *names[DAM__HISTORY_COLUMNS];
    const dam__table table = dam__table_of_history(r->history, names);
    dam__text_append(page, "<h2 id=\"curves\">Training</h2>\n<div class=\"plots\">\n");
    if (table.rows == 0 || !dam__svg_curves(&table, page))
        dam__text_append(page, "<p class=\"note\">No epoch has a finite loss yet.</p>\n");
    dam__text_append(page, "</div>\n");
}

static dam_status append_memories(const report *r, dam__text *page)
{
    enum { MOST = 400 };
    dam__image image = {0};
    char about[80];
    int shown = r->run->memories < MOST ? r->run->memories : MOST;
    dam__text_append(page, "<h2 id=\"memories\">Memories</h2>\n<p class=\"quiet\">");
    if (shown < r->run->memories)
        dam__text_append(page, "The first %d of %d. ", shown, r->run->memories);
    dam__text_append(page,
                     "Blue is negative, red positive, each scaled by its own largest number.");
    if (dam__run_has_classes(r->run))
        dam__text_append(page, " Each stands over its class; the bar is how much of its weight "
                               "that class has.");
    dam__text_append(page, "</p>\n");
    (void)snprintf(about, sizeof about, "%d memories", shown);
    DAM_TRY(dam__run_memory_sheet(r->run, MOST, &image));
    dam_status status = dam__html_picture(page, &image, about);
    dam__image_free(&image);
    return status;
}

/* --- how it was made ---------------------------------------------------------------------------- */

static void append_row(dam__text *page, const char *name, const char *value)
{
    dam__text_append(page, "<tr>");
    dam__html_element(page, "th", "", name);
    dam__html_element(page, "td", "", value[0] != '\0' ? value : "unknown");
    dam__text_append(page, "</tr>\n");
}

static void append_settings(const report *r, dam__text *page)
{
    dam__text preset = {0};
    dam__experiment_print(&r->run->experiment, &preset);
    dam__text_append(page, "<h2 id=\"settings\">Settings</h2>\n<p class=\"quiet\">The preset with "
                           "every key that this kind of model uses; <code>denseam help "
                           "presets</code> says what they mean.</p>\n");
    dam__text_append(page, "<pre class=\"section columns\">");
    dam__html_lines(page, dam__text_part(page, &preset));
    dam__text_append(page, "</pre>\n");
    dam__text_free(&preset);
}

static void append_reproduction(const report *r, dam__text *page)
{
    dam__text_append(
        page, "<h2 id=\"reproduce\">Train it again</h2>\n<p>Save the settings above as "
              "<code>preset.conf</code> (or take that file from the run's folder), and:</p>\n"
              "<pre class=\"section\">denseam train preset.conf --out again\n"
              "denseam eval again\n"
              "denseam show again --html</pre>\n<p>The same samples on the same device with the "
              "same driver and denseam");
    dam__text_append(page, " ");
    dam__html_text(page, text_of(r, "version"));
    dam__text_append(page, " give the same bits; another device draws the same random numbers and "
                           "agrees to rounding.</p>\n");
}

static void append_host(const report *r, dam__text *page)
{
    dam__host host;
    char memory[DAM__NUMBER_BYTES], text[4 * DAM__HOST_TEXT];
    const double gib = 1024.0 * 1024 * 1024;
    dam__host_describe(&host);
    dam__text_append(page, "<h2 id=\"machines\">Machines</h2>\n<table class=\"words\">\n");
    append_row(page, "trained on", text_of(r, "device"));
    append_row(page, "platform", text_of(r, "platform"));
    append_row(page, "driver", text_of(r, "driver"));
    append_row(page, "kernels for", text_of(r, "kernels"));
    append_row(page, "products by", text_of(r, "gemm"));
    append_row(page, "tuning", text_of(r, "tuning"));
    append_row(page, "trained by denseam", text_of(r, "version"));
    (void)snprintf(text, sizeof text, "%s%s%s", DENSEAM_VERSION,
                   r->commit != NULL ? ", commit " : "", r->commit != NULL ? r->commit : "");
    append_row(page, "tested and shown by denseam", text);
    (void)snprintf(text, sizeof text, "%s, %d cores, %s GiB", host.cpu[0] != '\0' ? host.cpu : "?",
                   (int)host.cores, dam__number_text((double)host.memory / gib, memory));
    append_row(page, "on the host", text);
    (void)snprintf(text, sizeof text, "%s %s, %s", host.system, host.kernel, host.machine);
    append_row(page, "with the kernel", text);
    dam__text_append(page, "</table>\n");
}

dam_status report_page(const report *r, dam__text *page)
{
    dam__html_begin(page, r->run->experiment.title, false);
    append_summary(r, page);
    append_numbers(r, page);
    append_curves(r, page);
    DAM_TRY(append_memories(r, page));
    report_test(r, page);
    append_settings(r, page);
    append_reproduction(r, page);
    append_host(r, page);
    dam__html_end(page, NULL);
    return dam__text_status(page);
}
