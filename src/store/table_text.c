#include "store/table_text.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"

enum { BUFFER_BYTES = 1 << 18, LONGEST_RECORD = 1 << 26, LONGEST_NUMBER = 64 };

void dam__table_text_free(dam__table_text *text)
{
    free(text->buffer);
    dam__text_free(&text->cell);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Brings more of the file into the buffer, which keeps what was not taken. */
static dam_status refill(dam__table_text *t)
{
    size_t kept = t->end - t->at, got = 0;
    bool is_first = t->capacity == 0;
    if (t->at > 0)
        memmove(t->buffer, t->buffer + t->at, kept);
    t->at = 0;
    t->end = kept;
    if (t->capacity - kept < BUFFER_BYTES / 2) {
        if (t->capacity >= LONGEST_RECORD)
            return dam__fail(DAM_INPUT,
                             "line %zu of '%s' has over %d MiB; is a quote left open there?",
                             t->next_line, t->source->name, LONGEST_RECORD >> 20);
        size_t more = t->capacity > 0 ? 2 * t->capacity : BUFFER_BYTES;
        DAM_TRY(dam__grow(&t->buffer, more, 1));
        t->capacity = more;
    }
    size_t room = t->capacity - t->end;
    DAM_TRY(dam__source_take(t->source, t->buffer + t->end, room, &got, "its text"));
    t->end += got;
    t->is_over = got < room;
    if (is_first && t->end >= 3 && memcmp(t->buffer, "\xef\xbb\xbf", 3) == 0)
        t->at = 3; /* the mark of UTF-8 */
    return DAM_OK;
}

static size_t count_of(const char *from, const char *to, char what)
{
    size_t count = 0;
    while (from < to && (from = memchr(from, what, (size_t)(to - from))) != NULL) {
        count++;
        from++;
    }
    return count;
}

/* Takes a record: ends at a line's end outside of quotes. *record is NULL at the end of the file.
 */
static dam_status take_record(dam__table_text *t, const char **record, const char **end)
{
    size_t looked = 0, quotes = 0;
    *record = NULL;
    if (t->buffer == NULL)
        DAM_TRY(refill(t));
    for (;;) {
        const char *from = t->buffer + t->at;
        const char *line =
            t->end > t->at + looked ? memchr(from + looked, '\n', t->end - t->at - looked) : NULL;
        const char *until = line != NULL ? line : t->buffer + t->end;
        quotes += count_of(from + looked, until, '"');
        looked = (size_t)(until - from);
        if (line == NULL && !t->is_over) {
            DAM_TRY(refill(t));
            continue;
        }
        if (line != NULL && quotes % 2 == 1) {
            looked++;
            continue;
        }
        if (line == NULL && looked == 0)
            return DAM_OK;
        *record = from;
        *end = until > from && until[-1] == '\r' ? until - 1 : until;
        t->at += looked + (line != NULL ? 1 : 0);
        t->line = t->next_line;
        t->next_line += count_of(from, until, '\n') + 1;
        return DAM_OK;
    }
}

dam_status dam__table_record(dam__table_text *t, const char **record, const char **end)
{
    do {
        DAM_TRY(take_record(t, record, end));
        if (*record == NULL)
            return DAM_OK;
        while (*record < *end && **record == ' ')
            (*record)++;
    } while (*record == *end || (!t->has_begun && **record == '#'));
    return DAM_OK;
}

/* --- cells ------------------------------------------------------------------------------------ */

const char *dam__table_next(const dam__table_text *t, const char *at, const char *end)
{
    if (at < end)
        at++;
    while (t->separator == ' ' && at < end && *at == ' ')
        at++;
    return at;
}

/* The text between quotes, two of which stand for one. *at moves behind it. */
static dam_status take_quoted(dam__table_text *t, const char **at, const char *end)
{
    t->cell.length = 0;
    for ((*at)++; *at < end; (*at)++) {
        if (**at == '"' && (*at + 1 == end || (*at)[1] != '"'))
            break;
        *at += **at == '"';
        dam__text_append_bytes(&t->cell, *at, 1);
    }
    DAM_TRY(dam__text_status(&t->cell));
    if (*at == end)
        return dam__fail(DAM_INPUT, "line %zu of '%s' ends within quotes", t->line,
                         t->source->name);
    (*at)++;
    if (*at < end && **at != t->separator)
        return dam__fail(DAM_INPUT,
                         "line %zu of '%s' goes on behind a closing quote; a quote within a cell "
                         "is written twice",
                         t->line, t->source->name);
    return DAM_OK;
}

dam_status dam__table_cell(dam__table_text *t, const char **at, const char *end, const char **cell,
                           size_t *length)
{
    if (*at < end && **at == '"') {
        DAM_TRY(take_quoted(t, at, end));
        *cell = t->cell.data != NULL ? t->cell.data : "";
        *length = t->cell.length;
    } else {
        const char *until = *at < end ? memchr(*at, t->separator, (size_t)(end - *at)) : NULL;
        until = until != NULL ? until : end;
        *cell = *at;
        while (*cell < until && (**cell == ' ' || **cell == '\t'))
            (*cell)++;
        *at = until;
        while (until > *cell && (until[-1] == ' ' || until[-1] == '\t'))
            until--;
        *length = (size_t)(until - *cell);
    }
    *at = dam__table_next(t, *at, end);
    return DAM_OK;
}

bool dam__table_goes_on(const dam__table_text *t, const char *began, const char *at,
                        const char *end)
{
    return at < end || (t->separator != ' ' && at > began && at[-1] == t->separator);
}

/* --- numbers ---------------------------------------------------------------------------------- */

/*
 * digits / power where doubles do not hold all of the digits. An x86's long doubles hold them, and
 * their quotient has 11 bits more than a double: unless these are all but half of the last one,
 * both roundings together are the right one.
 */
static bool divide_wide(uint64_t digits, double power, double *out)
{
#if defined(__x86_64__) && LDBL_MANT_DIG == 64
    const unsigned half = 1U << 10, extra = (1U << 11) - 1;
    long double quotient = (long double)digits / (long double)power;
    uint64_t mantissa = 0;
    memcpy(&mantissa, &quotient, sizeof mantissa);
    unsigned rest = (unsigned)mantissa & extra;
    *out = (double)quotient;
    return rest < half - 1 || rest > half + 1;
#else
    (void)digits;
    (void)power;
    (void)out;
    return false;
#endif
}

const char *dam__table_exact(const dam__table_text *t, const char *at, const char *end, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int most_power = (int)(sizeof powers / sizeof *powers) - 1;
    const uint64_t most = (uint64_t)1 << 53;
    uint64_t digits = 0;
    int power = 0, count = 0;
    bool negative = at < end && *at == '-', point = false;
    for (at += negative; at < end; at++) {
        if (*at >= '0' && *at <= '9') {
            if (digits > UINT64_MAX / 10 - 1)
                return NULL;
            digits = digits * 10 + (uint64_t)(*at - '0');
            count++;
            power -= point;
        } else if (*at == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (count == 0 || -power > most_power || (at < end && *at != t->separator))
        return NULL;
    double value = (double)digits / powers[-power];
    if (digits > most && !divide_wide(digits, powers[-power], &value))
        return NULL;
    *out = negative ? -value : value;
    return at;
}

bool dam__table_number(const char *text, size_t length, double *out)
{
    char copy[LONGEST_NUMBER];
    if (length > 1 && *text == '+') {
        text++;
        length--;
    }
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return strlen(copy) == length && dam__real_read(copy, out) == DAM__NUMBER_OK;
}
