/* Tables as text: CSV files, and the columns that gnuplot reads. */
#ifndef DAM__BASE_CSV_H
#define DAM__BASE_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Zero-initialise; dam__csv_write frees it, and so does dam__csv_free. Cells go into rows from left
 * to right. A lack of memory is reported by dam__csv_write.
 */
typedef struct dam__csv {
    dam__text text; /* so far */
    char separator; /* 0: a comma; gnuplot's columns want ' ' */
    bool inside;    /* of a row */
} dam__csv;

void dam__csv_free(dam__csv *csv);

/* A cell. Text is quoted where it must be (RFC 4180). */
void dam__csv_text(dam__csv *csv, const char *text);
void dam__csv_integer(dam__csv *csv, int64_t value);

/* A cell of so many significant digits, "NaN" if not finite; digits 0: the shortest text of that
 * value, empty if not finite. */
void dam__csv_real(dam__csv *csv, double value, int digits);

/* Cells as they stand, with what separates them. */
void dam__csv_cells(dam__csv *csv, const char *cells);

void dam__csv_end_row(dam__csv *csv);

/* A whole row of cells as they stand: names of columns, a comment; "" is an empty line. */
void dam__csv_line(dam__csv *csv, const char *line);

/* Replaces folder/name by the table, atomically, and frees it; folder may be empty. DAM_NO_MEMORY,
 * DAM_INPUT. */
dam_status dam__csv_write(dam__csv *csv, const char *folder, const char *name);

#endif
