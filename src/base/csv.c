#include "base/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"

void dam__csv_free(dam__csv *csv)
{
    dam__text_free(&csv->text);
    *csv = (dam__csv){0};
}

void dam__csv_cells(dam__csv *csv, const char *cells)
{
    if (csv->inside)
        dam__text_append_bytes(&csv->text, csv->separator != '\0' ? &csv->separator : ",", 1);
    csv->inside = true;
    dam__text_append_bytes(&csv->text, cells, strlen(cells));
}

void dam__csv_text(dam__csv *csv, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        dam__csv_cells(csv, text);
        return;
    }
    dam__csv_cells(csv, "\"");
    for (; *text != '\0'; text++)
        dam__text_append_bytes(&csv->text, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    dam__text_append_bytes(&csv->text, "\"", 1);
}

void dam__csv_integer(dam__csv *csv, int64_t value)
{
    char text[DAM__NUMBER_BYTES];
    dam__csv_cells(csv, dam__integer_print(value, text));
}

void dam__csv_real(dam__csv *csv, double value, int digits)
{
    char text[DAM__NUMBER_BYTES];
    if (digits > 0)
        dam__csv_cells(csv, dam__real_digits(value, digits, text));
    else
        dam__csv_cells(csv, isfinite(value) ? dam__real_print(value, text) : "");
}

void dam__csv_end_row(dam__csv *csv)
{
    dam__text_append_bytes(&csv->text, "\n", 1);
    csv->inside = false;
}

void dam__csv_line(dam__csv *csv, const char *line)
{
    dam__csv_cells(csv, line);
    dam__csv_end_row(csv);
}

dam_status dam__csv_write(dam__csv *csv, const char *folder, const char *name)
{
    char *path = NULL;
    dam_status status = dam__path_join(&path, folder, name);
    if (status == DAM_OK)
        status = dam__text_write(&csv->text, path);
    free(path);
    dam__csv_free(csv);
    return status;
}
