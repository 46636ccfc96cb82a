/*
 * The text of a table, record by record and cell by cell (RFC 4180, or blanks between cells). A
 * record is looked for in a buffer that the file passes through.
 */
#ifndef DAM__STORE_TABLE_TEXT_H
#define DAM__STORE_TABLE_TEXT_H

#include "base/text.h"
#include "store/reader.h"

/* Zero-initialise but for source, next_line = 1 and a separator; free with dam__table_text_free. */
typedef struct dam__table_text {
    dam__source *source; /* borrowed */
    char *buffer;
    size_t at, end, capacity; /* of what is in the buffer and not yet taken */
    bool is_over;             /* the file has no more */
    bool has_begun;           /* the first record was taken: comments are none any more */
    size_t line;              /* of the record taken last; counted from 1 */
    size_t next_line;
    char separator; /* ' ': blanks, any number of them */
    dam__text cell; /* of a quoted one */
} dam__table_text;

void dam__table_text_free(dam__table_text *text);

/*
 * Takes a record, passing over empty lines and, before the first, over comments. It lies in the
 * buffer until the next is taken; *record is NULL at the end of the file. DAM_INPUT.
 */
dam_status dam__table_record(dam__table_text *t, const char **record, const char **end);

/* A cell without blanks round it, in the record or in t->cell; *at moves behind what ends it.
 * DAM_INPUT: quotes. */
dam_status dam__table_cell(dam__table_text *t, const char **at, const char *end, const char **cell,
                           size_t *length);

/* Whether another cell begins at `at`, behind one that began at `began`: a separator before the
 * end begins an empty one. */
bool dam__table_goes_on(const dam__table_text *t, const char *began, const char *at,
                        const char *end);

/*
 * A number that ends at the separator or at the record's end: where that is, or NULL. Only such
 * whose digits and power of ten are exact as doubles, so that one operation rounds right (Clinger
 * 1990), or as the longer ones of x86.
 */
const char *dam__table_exact(const dam__table_text *t, const char *at, const char *end,
                             double *out);

/* Behind the separator at `at`. */
const char *dam__table_next(const dam__table_text *t, const char *at, const char *end);

/* Any number, as base/number.h reads it; with a plus sign, too. */
bool dam__table_number(const char *text, size_t length, double *out);

#endif
