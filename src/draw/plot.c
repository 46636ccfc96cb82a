#include "draw/plot.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/number.h"
#include "draw/gnuplot.h"

static const double PATIENCE = 30; /* seconds for gnuplot */
enum { DIGITS = 15, NAME_BYTES = 64 };

void dam__plot_begin(dam__plot *plot, const char *what, const char *stem, int width, int height)
{
    *plot = (dam__plot){.data.separator = ' ', .stem = stem};
    dam__text_append(&plot->variables,
                     "# %s; 'gnuplot %s.gp' in this folder draws it.\n"
                     "if (!exists('picture')) picture = '%s.png'\n"
                     "data = '%s.dat'\nwidth = %d\nheight = %d\n",
                     what, stem, stem, stem, width, height);
}

void dam__plot_free(dam__plot *plot)
{
    dam__csv_free(&plot->data);
    dam__text_free(&plot->variables);
}

void dam__plot_end_block(dam__plot *plot)
{
    dam__csv_line(&plot->data, "");
    dam__csv_line(&plot->data, "");
}

void dam__plot_array(dam__plot *plot, const char *name, size_t count)
{
    dam__text_append(&plot->variables, "array %s[%zu]\n", name, count);
}

/* "name = value\n", where the name has a format. */
static void assign(dam__plot *plot, const char *value, const char *name, va_list items)
{
    char full[NAME_BYTES];
    (void)vsnprintf(full, sizeof full, name, items);
    dam__text_append(&plot->variables, "%s = %s\n", full, value);
}

void dam__plot_integer(dam__plot *plot, int64_t value, const char *name, ...)
{
    char text[DAM__NUMBER_BYTES];
    va_list items;
    va_start(items, name);
    assign(plot, dam__integer_print(value, text), name, items);
    va_end(items);
}

void dam__plot_real(dam__plot *plot, double value, const char *name, ...)
{
    char text[DAM__NUMBER_BYTES];
    va_list items;
    va_start(items, name);
    assign(plot, dam__real_digits(value, DIGITS, text), name, items);
    va_end(items);
}

void dam__plot_text(dam__plot *plot, const char *text, const char *name, ...)
{
    dam__text quoted = {0};
    va_list items;
    dam__plot_quote(&quoted, text);
    va_start(items, name);
    assign(plot, dam__text_part(&plot->variables, &quoted), name, items);
    va_end(items);
    dam__text_free(&quoted);
}

void dam__plot_quote(dam__text *script, const char *text)
{
    dam__text_append(script, "'");
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            dam__text_append(script, "\u2019");
        else
            dam__text_append(script, "%c", *text == '\n' || *text == '\r' ? ' ' : *text);
    }
    dam__text_append(script, "'");
}

static void append_template(dam__text *script, const char *name)
{
    const dam__embedded *found = dam__embedded_find(dam__plot_templates, name);
    dam__text_append(script, "\n%s", (const char *)found->bytes);
}

dam_status dam__plot_draw(dam__plot *plot, const char *template, const char *folder,
                          const dam_log *log)
{
    dam_status status = DAM_OK;
    char *data = NULL, *script = NULL, *picture = NULL, *path = NULL;
    dam__text text = {0};
    DAM_TRY_CLEANUP(dam__format(&data, "%s.dat", plot->stem));
    DAM_TRY_CLEANUP(dam__format(&script, "%s.gp", plot->stem));
    DAM_TRY_CLEANUP(dam__format(&picture, "%s.png", plot->stem));
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, script));
    dam__text_append(&text, "%s", dam__text_part(&text, &plot->variables));
    append_template(&text, "style");
    append_template(&text, template);
    DAM_TRY_CLEANUP(dam__csv_write(&plot->data, folder, data));
    DAM_TRY_CLEANUP(dam__text_write(&text, path));
    DAM_TRY_CLEANUP(dam__gnuplot(folder, script, picture, PATIENCE, log));
cleanup:
    dam__text_free(&text);
    free(data);
    free(script);
    free(picture);
    free(path);
    return status;
}
