/* Tables of numbers as text: CSV (RFC 4180), TSV, and what numpy.savetxt writes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "store/table_text.h"

enum { MOST_COLUMNS = 1 << 22 };

typedef struct table {
    dam__table_text text;
    dam__names head; /* names of the columns, or empty */
    bool *taken;     /* of each column: whether it is wanted */
    size_t columns;  /* of the file */
    size_t width;    /* columns wanted */
    double *numbers; /* rows x width; NULL while all are bytes: */
    uint8_t *bytes;
    size_t rows, room; /* room of what is not NULL */
    bool is_bytes;     /* all numbers are whole and 0 ... 255 */
    bool is_worded;    /* the one column wanted has words: */
    dam__names words;
    bool is_doubtful; /* the first of them may be the column's name */
} table;

static void close_table(table *t)
{
    dam__table_text_free(&t->text);
    dam__names_free(&t->head);
    dam__names_free(&t->words);
    free(t->taken);
    free(t->numbers);
    free(t->bytes);
}

static bool is_missing(const char *text, size_t length)
{
    static const char *const words[] = {"", "na", "n/a", "nan", "null", "none", "?", "-"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && strncasecmp(text, words[i], length) == 0)
            return true;
    return false;
}

/* "line 3 of 'x.csv', column 2 ('width')". */
static void append_place(dam__text *out, const table *t, size_t column)
{
    dam__text_append(out, "line %zu of '%s', column %zu", t->text.line, t->text.source->name,
                     column + 1);
    if (column < t->head.count)
        dam__text_append(
            out, " ('%.*s')",
            (int)dam__shown_bytes(t->head.items[column], strlen(t->head.items[column])),
            t->head.items[column]);
}

static dam_status refuse_cell(const table *t, size_t column, const char *text, size_t length)
{
    dam__text place = {0};
    append_place(&place, t, column);
    dam_status status = dam__text_status(&place);
    int shown = (int)dam__shown_bytes(text, length);
    double value = 0;
    if (status == DAM_OK && is_missing(text, length))
        status = dam__fail(DAM_INPUT,
                           "%s has no number but '%.*s'; fill it in, or leave out the line or "
                           "the column",
                           place.data, shown, text);
    else if (status == DAM_OK && memchr(text, ',', length) != NULL)
        status = dam__fail(DAM_INPUT, "%s: '%.*s' is no number; numbers have a point, no comma",
                           place.data, shown, text);
    else if (status == DAM_OK && !dam__table_number(text, length, &value) && t->rows == 0 &&
             t->text.source->part == NULL)
        status = dam__fail(DAM_INPUT,
                           "%s: '%.*s' is no number; if the column has the classes, name it: "
                           "data.labels = \"%s:COLUMN\", else leave it out",
                           place.data, shown, text, t->text.source->name);
    else if (status == DAM_OK)
        status = dam__fail(DAM_INPUT, "%s: '%.*s' is no number", place.data, shown, text);
    dam__text_free(&place);
    return status;
}

/* The first number that is no byte: those before it, as many as `cells`, become doubles. */
static dam_status widen(table *t, size_t cells)
{
    size_t room = 0;
    DAM_TRY(dam__multiply(t->room, t->width, &room));
    DAM_TRY(dam__alloc(room, sizeof *t->numbers, &t->numbers));
    for (size_t i = 0; i < cells; i++)
        t->numbers[i] = t->bytes[i];
    free(t->bytes);
    t->bytes = NULL;
    t->is_bytes = false;
    return DAM_OK;
}

static dam_status keep_number(table *t, size_t place, double value)
{
    size_t at = t->rows * t->width + place;
    bool is_byte = !signbit(value) && value <= UINT8_MAX && value == (double)(uint8_t)value;
    if (t->is_bytes && !is_byte)
        DAM_TRY(widen(t, at));
    if (t->is_bytes)
        t->bytes[at] = (uint8_t)value;
    else
        t->numbers[at] = value;
    return DAM_OK;
}

/* Room for one more row: twice as much as before, which the system gives without copying. */
static dam_status make_room(table *t)
{
    size_t cells = 0, more = t->room > 0 ? 2 * t->room : 1024;
    if (t->rows < t->room || t->is_worded)
        return DAM_OK;
    DAM_TRY(dam__multiply(more, t->width, &cells));
    if (t->is_bytes)
        DAM_TRY(dam__grow(&t->bytes, cells, sizeof *t->bytes));
    else
        DAM_TRY(dam__grow(&t->numbers, cells, sizeof *t->numbers));
    t->room = more;
    return DAM_OK;
}

/*
 * Bytes one after the other, as tables of pictures have them: up to three digits and a separator
 * each. *at moves behind those taken, *column and *place with it; it ends at the record's last
 * cell.
 */
static void keep_bytes(table *t, const char **at, const char *end, size_t *column, size_t *place)
{
    const char separator = t->text.separator;
    const char *from = *at;
    uint8_t *to = t->bytes + t->rows * t->width + *place;
    /* Four characters at once are looked at, so that no end need be looked for between them. */
    while (end - from > 4 && *column + 1 < t->columns && t->taken[*column]) {
        unsigned value = 0, digits = 0, digit = 0;
        for (; digits < 3 && (digit = (unsigned)(from[digits] - '0')) < 10; digits++)
            value = value * 10 + digit;
        if (digits == 0 || value > UINT8_MAX || from[digits] != separator)
            break;
        *to++ = (uint8_t)value;
        from += digits + 1;
        (*column)++;
        (*place)++;
    }
    *at = from;
}

static dam_status keep_cell(table *t, size_t column, size_t place, const char *text, size_t length)
{
    double value = 0;
    if (t->is_worded)
        return dam__names_add(&t->words, text, length);
    if (t->text.source->reading.fills_gaps && is_missing(text, length))
        value = NAN;
    else if (!dam__table_number(text, length, &value) || !isfinite(value))
        return refuse_cell(t, column, text, length);
    return keep_number(t, place, value);
}

static dam_status refuse_width(const table *t, size_t cells)
{
    return dam__fail(DAM_INPUT, "line %zu of '%s' has %s%zu cells, but the first has %zu",
                     t->text.line, t->text.source->name, cells > t->columns ? "over " : "",
                     cells > t->columns ? t->columns : cells, t->columns);
}

static dam_status keep_record(table *t, const char *at, const char *end)
{
    size_t column = 0, place = 0;
    DAM_TRY(make_room(t));
    bool more = true; /* a separator before the end begins one more, empty cell */
    for (; more; column++) {
        if (t->is_bytes && !t->is_worded && t->text.separator != ' ')
            keep_bytes(t, &at, end, &column, &place);
        double value = 0;
        const char *text = at, *behind = NULL;
        size_t length = 0;
        if (column == t->columns)
            return refuse_width(t, column + 1);
        while (at < end && *at == ' ')
            at++;
        if (t->taken[column] && !t->is_worded)
            behind = dam__table_exact(&t->text, at, end, &value);
        if (behind != NULL) {
            DAM_TRY(keep_number(t, place++, value));
            const char *began = at;
            at = dam__table_next(&t->text, behind, end);
            more = dam__table_goes_on(&t->text, began, at, end);
        } else {
            const char *began = at;
            DAM_TRY(dam__table_cell(&t->text, &at, end, &text, &length));
            if (t->taken[column])
                DAM_TRY(keep_cell(t, column, place++, text, length));
            more = dam__table_goes_on(&t->text, began, at, end);
        }
    }
    if (column < t->columns)
        return refuse_width(t, column);
    t->rows++;
    return DAM_OK;
}

/* --- the head --------------------------------------------------------------------------------- */

static dam_status split_record(table *t, const char *at, const char *end, dam__names *out)
{
    bool more = true;
    while (more) {
        const char *text = at, *began = at;
        size_t length = 0;
        DAM_TRY(dam__table_cell(&t->text, &at, end, &text, &length));
        DAM_TRY(dam__names_add(out, text, length));
        if (out->count > MOST_COLUMNS)
            return dam__fail(DAM_INPUT, "'%s' has over %d columns", t->text.source->name,
                             MOST_COLUMNS);
        more = dam__table_goes_on(&t->text, began, at, end);
    }
    return DAM_OK;
}

/* What stands between cells: what the first record has of these, in this order. */
static char find_separator(const char *at, const char *end)
{
    static const char separators[] = "\t;,";
    bool quoted = false;
    size_t counts[sizeof separators] = {0};
    for (; at < end; at++) {
        quoted = quoted != (*at == '"');
        const char *found = *at != '\0' && !quoted ? strchr(separators, *at) : NULL;
        if (found != NULL)
            counts[found - separators]++;
    }
    for (size_t i = 0; i + 1 < sizeof separators; i++)
        if (counts[i] > 0)
            return separators[i];
    return ' ';
}

/* "0", "1", "2", ... as pandas names columns that have no names. */
static bool are_places(const dam__names *cells)
{
    for (size_t i = 0; i < cells->count; i++) {
        double value = -1;
        bool is = dam__table_number(cells->items[i], strlen(cells->items[i]), &value);
        if (is ? value != (double)i : i + 1 < cells->count)
            return false;
    }
    return cells->count > 2;
}

/*
 * Whether the first record names the columns: where a number stands below a word, where all are
 * words, or where it counts from 0. A word above a word, beside numbers, is a class.
 */
static bool is_head(const dam__names *first, const dam__names *second)
{
    bool all = true;
    double value = 0;
    for (size_t i = 0; i < first->count; i++) {
        const char *upper = first->items[i];
        if (dam__table_number(upper, strlen(upper), &value)) {
            all = false;
            continue;
        }
        const char *lower = i < second->count ? second->items[i] : "";
        if (!is_missing(upper, strlen(upper)) && dam__table_number(lower, strlen(lower), &value))
            return true;
    }
    return all || are_places(first);
}

/* The column of that name, else of that place, from the end if negative; t->columns: none. */
static size_t find_column(const table *t, const char *name)
{
    int64_t place = 0;
    size_t found = t->head.count > 0 ? dam__names_find(&t->head, name) : t->columns;
    if (found < t->columns && t->head.count > 0)
        return found;
    if (dam__integer_read(name, &place) != DAM__NUMBER_OK)
        return t->columns;
    if (place < 0)
        place += (int64_t)t->columns;
    return place >= 0 && place < (int64_t)t->columns ? (size_t)place : t->columns;
}

static dam_status refuse_column(const table *t, const char *name)
{
    dam__text names = {0};
    dam__names_list(&t->head, &names);
    dam_status status = dam__text_status(&names);
    if (status == DAM_OK && t->head.count > 0)
        status = dam__fail(DAM_INPUT, "'%s' has no column '%s', but %s", t->text.source->name, name,
                           names.data);
    else if (status == DAM_OK)
        status = dam__fail(DAM_INPUT,
                           "'%s' has no column '%s': its first line names none; take its place, 0 "
                           "to %zu, -1 for the last",
                           t->text.source->name, name, t->columns - 1);
    dam__text_free(&names);
    return status;
}

/* Which columns are wanted. One without a name in front is the row's number (pandas). */
static dam_status choose_columns(table *t)
{
    const dam__reading *reading = &t->text.source->reading;
    const char *part = t->text.source->part;
    DAM_TRY(dam__alloc(t->columns, sizeof *t->taken, &t->taken));
    size_t only = part != NULL ? find_column(t, part) : t->columns;
    if (part != NULL && only == t->columns)
        return refuse_column(t, part);
    size_t without = reading->without != NULL ? find_column(t, reading->without) : t->columns;
    if (reading->without != NULL && !reading->may_lack && without == t->columns)
        return refuse_column(t, reading->without);
    t->text.source->reading.is_without = without < t->columns;
    bool numbered = t->head.count > 1 && t->head.items[0][0] == '\0';
    for (size_t i = 0; i < t->columns; i++) {
        t->taken[i] = part != NULL ? i == only : i != without && !(numbered && i == 0);
        t->width += t->taken[i];
    }
    if (t->width == 0)
        return dam__fail(DAM_INPUT, "'%s' has no columns besides that of the labels",
                         t->text.source->name);
    return DAM_OK;
}

/* A record that was split to look at it. */
static dam_status keep_cells(table *t, const dam__names *cells)
{
    size_t place = 0;
    if (cells->count != t->columns)
        return refuse_width(t, cells->count);
    DAM_TRY(make_room(t));
    for (size_t i = 0; i < cells->count; i++)
        if (t->taken[i])
            DAM_TRY(keep_cell(t, i, place++, cells->items[i], strlen(cells->items[i])));
    t->rows++;
    return DAM_OK;
}

/* Whether the first cell of the column of labels is a word: then all are. */
static bool is_worded(const table *t, const dam__names *cells)
{
    double value = 0;
    for (size_t i = 0; i < cells->count && i < t->columns; i++)
        if (t->taken[i])
            return (t->text.source->part != NULL || t->columns == 1) &&
                   t->text.source->reading.as_words &&
                   !dam__table_number(cells->items[i], strlen(cells->items[i]), &value) &&
                   !is_missing(cells->items[i], strlen(cells->items[i]));
    return false;
}

/*
 * Of a column of words nothing but how many there should be tells whether the first is its name,
 * unless it is asked for by that.
 */
static bool may_be_class(const table *t, const dam__names *first, const dam__names *second)
{
    double value = 0;
    const char *part = t->text.source->part;
    if (t->columns != 1 || !t->text.source->reading.as_words ||
        (part != NULL && strcmp(part, first->items[0]) == 0))
        return false;
    const char *below = second->count > 0 ? second->items[0] : "";
    return !dam__table_number(below, strlen(below), &value);
}

/* The first of the words was the name of all, where there is one more than there should be. */
static void settle_doubt(table *t)
{
    size_t expected = t->text.source->reading.expected;
    if (!t->is_doubtful || !t->is_worded || expected == 0 || t->rows != expected + 1)
        return;
    free(t->words.items[0]);
    memmove(t->words.items, t->words.items + 1, (t->words.count - 1) * sizeof *t->words.items);
    t->words.count--;
    t->rows--;
    t->text.source->reading.there--;
}

/*
 * A line of words without a separator, above lines that have some, is no head but a title, such as
 * np.savetxt(header="...") writes.
 */
static bool is_title(const table *t, const dam__names *first, const char *at, const char *end)
{
    double value = 0;
    for (size_t i = 0; i < first->count; i++)
        if (dam__table_number(first->items[i], strlen(first->items[i]), &value))
            return false;
    return t->text.separator == ' ' && find_separator(at, end) != ' ';
}

/* The first two records say what the table is like. */
static dam_status begin(table *t)
{
    dam_status status = DAM_OK;
    dam__names first = {0}, second = {0};
    const char *at = NULL, *end = NULL;
    size_t first_line = 0;
    DAM_TRY_CLEANUP(dam__table_record(&t->text, &at, &end));
    if (at == NULL)
        DAM_FAIL(DAM_INPUT, "'%s' has no lines with numbers", t->text.source->name);
    t->text.has_begun = true;
    t->text.separator = find_separator(at, end);
    DAM_TRY_CLEANUP(split_record(t, at, end, &first));
    first_line = t->text.line;
    DAM_TRY_CLEANUP(dam__table_record(&t->text, &at, &end));
    if (at != NULL && is_title(t, &first, at, end)) {
        dam__names_free(&first);
        t->text.separator = find_separator(at, end);
        DAM_TRY_CLEANUP(split_record(t, at, end, &first));
        first_line = t->text.line;
        DAM_TRY_CLEANUP(dam__table_record(&t->text, &at, &end));
    }
    t->columns = first.count;
    if (at != NULL)
        DAM_TRY_CLEANUP(split_record(t, at, end, &second));
    bool has_second = at != NULL;
    t->is_doubtful = may_be_class(t, &first, &second);
    if (!t->is_doubtful && is_head(&first, &second)) {
        t->head = first;
        first = (dam__names){0};
    }
    DAM_TRY_CLEANUP(choose_columns(t));
    t->is_worded = is_worded(t, t->head.count > 0 ? &second : &first);
    size_t second_line = t->text.line;
    t->text.line = first_line;
    if (t->head.count == 0)
        DAM_TRY_CLEANUP(keep_cells(t, &first));
    t->text.line = second_line;
    if (has_second)
        DAM_TRY_CLEANUP(keep_cells(t, &second));
cleanup:
    dam__names_free(&first);
    dam__names_free(&second);
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Rows behind those that are wanted are counted alone. */
static dam_status keep_all(table *t)
{
    size_t wanted = t->text.source->reading.rows;
    const char *at = NULL, *end = NULL;
    size_t there = t->rows;
    for (;;) {
        DAM_TRY(dam__table_record(&t->text, &at, &end));
        if (at == NULL)
            break;
        if (wanted == 0 || t->rows < wanted)
            DAM_TRY(keep_record(t, at, end));
        there++;
    }
    if (wanted > 0 && t->rows > wanted)
        t->rows = wanted;
    t->text.source->reading.there = there;
    return DAM_OK;
}

/* The numbers as an array: of bytes where all are such, as pictures are. */
static dam_status finish(table *t, dam__array *out)
{
    int rank = t->text.source->part != NULL ? 1 : 2;
    const size_t shape[] = {t->rows, t->width};
    size_t items = t->rows * t->width;
    if (t->is_worded) {
        while (t->words.count > t->rows)
            free(t->words.items[--t->words.count]);
        DAM_TRY(dam__names_sort(&t->words, &t->text.source->reading.words, (int32_t **)&out->data));
        out->element = DAM__I32;
    } else {
        out->element = t->is_bytes ? DAM__U8 : DAM__F64;
        out->data = t->is_bytes ? (void *)t->bytes : (void *)t->numbers;
        t->bytes = NULL;
        t->numbers = NULL;
        DAM_TRY(dam__grow(&out->data, items, dam__element_size(out->element)));
    }
    out->rank = rank;
    memcpy(out->shape, shape, (size_t)rank * sizeof *shape);
    return DAM_OK;
}

/* The names of the columns that were taken. */
static dam_status name_columns(table *t)
{
    for (size_t i = 0; i < t->head.count; i++)
        if (t->taken[i])
            DAM_TRY(dam__names_add(&t->text.source->reading.columns, t->head.items[i],
                                   strlen(t->head.items[i])));
    return DAM_OK;
}

dam_status dam__table_read(dam__source *source, dam__array *out)
{
    dam_status status = DAM_OK;
    table t = {.text = {.source = source, .next_line = 1, .separator = ','}, .is_bytes = true};
    DAM_TRY_CLEANUP(begin(&t));
    DAM_TRY_CLEANUP(keep_all(&t));
    settle_doubt(&t);
    if (t.rows == 0)
        DAM_FAIL(DAM_INPUT, "'%s' has no lines with numbers", source->name);
    DAM_TRY_CLEANUP(name_columns(&t));
    DAM_TRY_CLEANUP(finish(&t, out));
cleanup:
    close_table(&t);
    return status;
}

dam_status dam__table_parse(const char *name, const void *bytes, size_t length, dam__array *out)
{
    dam__source source = dam__source_memory(name, bytes, length);
    *out = (dam__array){0};
    dam_status status = dam__table_read(&source, out);
    dam__reading_free(&source.reading);
    return status;
}
