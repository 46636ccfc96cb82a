/*
 * The sparse text of LIBSVM and SVMlight: a line a sample, "LABEL INDEX:VALUE INDEX:VALUE ...", of
 * which the numbers that are 0 are left out. Indices count from 1, or in files that have a 0 from
 * 0.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "store/table_text.h"

enum { MOST_FEATURES = 1 << 22, LARGEST_LABEL = 65535, LONGEST_NUMBER = 64 };

/* What the lines have, one after the other. */
typedef struct sparse {
    dam__table_text text;
    double *labels;   /* of each sample */
    size_t *ends;     /* of each sample, behind its entries */
    uint32_t *places; /* of each entry, as the file has it */
    double *values;
    size_t samples, sample_room, entries, entry_room;
    uint32_t least, most; /* of the places */
    bool is_bytes;        /* all values are whole and 0 ... 255 */
    bool are_numbers;     /* no label is negative */
} sparse;

/* --- telling ---------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Behind the number at `at`; at where there is none. */
static const char *behind_number(const char *at, const char *end)
{
    while (at < end && strchr("+-.0123456789eE", *at) != NULL && *at != '\0')
        at++;
    return at;
}

bool dam__libsvm_is(const char *name, const unsigned char *bytes, size_t count)
{
    static const char *const endings[] = {".libsvm", ".svmlight", ".svm"};
    const char *at = (const char *)bytes, *end = at + count;
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcasecmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    const char *label = behind_number(at, end);
    const char *index = label;
    while (index < end && is_blank(*index))
        index++;
    const char *digit = index;
    while (digit < end && *digit >= '0' && *digit <= '9')
        digit++;
    return label > at && index > label && digit > index && digit < end && *digit == ':';
}

/* --- lines ------------------------------------------------------------------------------------ */

static dam_status refuse(const sparse *s, const char *at, const char *end, const char *what)
{
    size_t length = 0;
    while (at + length < end && !is_blank(at[length]))
        length++;
    return dam__fail(DAM_INPUT, "line %zu of '%s': '%.*s' %s", s->text.line, s->text.source->name,
                     (int)dam__shown_bytes(at, length), at, what);
}

static dam_status make_room(sparse *s)
{
    if (s->samples + 1 >= s->sample_room) {
        size_t more = s->sample_room > 0 ? 2 * s->sample_room : 1024;
        DAM_TRY(dam__grow(&s->labels, more, sizeof *s->labels));
        DAM_TRY(dam__grow(&s->ends, more, sizeof *s->ends));
        s->sample_room = more;
    }
    if (s->entries + 1 >= s->entry_room) {
        size_t more = s->entry_room > 0 ? 2 * s->entry_room : 8192;
        DAM_TRY(dam__grow(&s->places, more, sizeof *s->places));
        DAM_TRY(dam__grow(&s->values, more, sizeof *s->values));
        s->entry_room = more;
    }
    return DAM_OK;
}

/* A number up to a blank. */
static bool take_number(const sparse *s, const char **at, const char *end, double *value)
{
    const char *behind = dam__table_exact(&s->text, *at, end, value);
    if (behind == NULL) {
        behind = *at;
        while (behind < end && !is_blank(*behind))
            behind++;
        size_t length = (size_t)(behind - *at);
        bool missing = length == 3 && strncasecmp(*at, "nan", length) == 0;
        *value = NAN;
        if (!(missing && s->text.source->reading.fills_gaps) &&
            (!dam__table_number(*at, length, value) || !isfinite(*value)))
            return false;
    }
    *at = behind;
    return true;
}

static dam_status take_entry(sparse *s, const char **at, const char *end, int64_t *last)
{
    int64_t place = 0;
    const char *began = *at;
    double value = 0;
    DAM_TRY(make_room(s));
    while (*at < end && **at >= '0' && **at <= '9' && place <= MOST_FEATURES)
        place = 10 * place + (*(*at)++ - '0');
    if (*at == began || *at == end || **at != ':')
        return refuse(s, began, end, "is no INDEX:VALUE");
    if (place > MOST_FEATURES)
        return refuse(s, began, end, "is of a feature beyond 4194304");
    if (place <= *last)
        return refuse(s, began, end, "does not come after the feature before it");
    (*at)++;
    if (!take_number(s, at, end, &value))
        return refuse(s, began, end, "has no number");
    *last = place;
    s->least = (uint32_t)place < s->least ? (uint32_t)place : s->least;
    s->most = (uint32_t)place > s->most ? (uint32_t)place : s->most;
    if (!(value >= 0 && value <= UINT8_MAX) || value != (double)(uint8_t)value)
        s->is_bytes = false;
    s->places[s->entries] = (uint32_t)place;
    s->values[s->entries++] = value;
    return DAM_OK;
}

static dam_status take_sample(sparse *s, const char *at, const char *end)
{
    int64_t last = -1;
    double label = 0;
    DAM_TRY(make_room(s));
    if (!take_number(s, &at, end, &label) || isnan(label))
        return refuse(s, at, end, "is no label; it is a number, one a sample");
    if (label != floor(label) || fabs(label) > LARGEST_LABEL)
        return dam__fail(DAM_INPUT,
                         "line %zu of '%s' has the label %g; labels are whole numbers up to %d",
                         s->text.line, s->text.source->name, label, (int)LARGEST_LABEL);
    s->are_numbers = s->are_numbers && label >= 0;
    for (;;) {
        while (at < end && is_blank(*at))
            at++;
        if (at == end || *at == '#')
            break;
        DAM_TRY(take_entry(s, &at, end, &last));
    }
    s->labels[s->samples] = label;
    s->ends[s->samples++] = s->entries;
    return DAM_OK;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Negative labels are names: -1 and 1 are two classes. */
static dam_status name_labels(const sparse *s, dam__reading *reading)
{
    dam_status status = DAM_OK;
    dam__names words = {0};
    for (size_t i = 0; i < s->samples; i++) {
        char text[DAM__NUMBER_BYTES];
        (void)dam__integer_print((int64_t)s->labels[i], text);
        DAM_TRY_CLEANUP(dam__names_add(&words, text, strlen(text)));
    }
    DAM_TRY_CLEANUP(dam__names_sort(&words, &reading->classes, &reading->labels));
cleanup:
    dam__names_free(&words);
    return status;
}

static dam_status keep_labels(const sparse *s, dam__reading *reading)
{
    if (!s->are_numbers || reading->class_by_name)
        return name_labels(s, reading);
    DAM_TRY(dam__alloc(s->samples, sizeof *reading->labels, &reading->labels));
    for (size_t i = 0; i < s->samples; i++)
        reading->labels[i] = (int32_t)s->labels[i];
    return DAM_OK;
}

/* How many features a sample has, as far as it can be told; samples without them have more. */
static dam_status find_width(const sparse *s, size_t base, size_t *width)
{
    const dam__reading *reading = &s->text.source->reading;
    size_t most = s->entries > 0 ? s->most - base + 1 : 0;
    *width = reading->features > 0 ? reading->features : most;
    if (most > *width)
        return dam__fail(DAM_INPUT,
                         "'%s' has a feature %u, but the training had %zu features a sample",
                         s->text.source->name, s->most, *width);
    if (*width == 0)
        return dam__fail(DAM_INPUT, "'%s' has no features, only labels", s->text.source->name);
    return DAM_OK;
}

/* Every number has a place now, those that are 0, too; that may be far more than the file has. */
static dam_status spread(const sparse *s, dam__array *out)
{
    size_t base = s->least == 0 ? 0 : 1, width = 0, rows = s->text.source->reading.rows, bytes = 0;
    rows = rows > 0 && rows < s->samples ? rows : s->samples;
    DAM_TRY(find_width(s, base, &width));
    dam__element element = s->is_bytes ? DAM__U8 : DAM__F64;
    DAM_TRY(dam__multiply(rows, width, &bytes));
    DAM_TRY(dam__multiply(bytes, dam__element_size(element), &bytes));
    if (bytes / (size_t)sysconf(_SC_PAGESIZE) > (size_t)sysconf(_SC_PHYS_PAGES))
        return dam__fail(DAM_NO_MEMORY,
                         "'%s' has %zu samples of %zu features, which with their zeros take %zu "
                         "MiB, more than the host has; take fewer by data.samples",
                         s->text.source->name, rows, width, bytes >> 20);
    DAM_TRY(dam__array_create(element, 2, (const size_t[]){rows, width}, out));
    size_t at = 0;
    for (size_t row = 0; row < rows; row++)
        for (; at < s->ends[row]; at++) {
            size_t to = row * width + s->places[at] - base;
            if (s->is_bytes)
                ((uint8_t *)out->data)[to] = (uint8_t)s->values[at];
            else
                ((double *)out->data)[to] = s->values[at];
        }
    return DAM_OK;
}

static void sparse_free(sparse *s)
{
    dam__table_text_free(&s->text);
    free(s->labels);
    free(s->ends);
    free(s->places);
    free(s->values);
}

dam_status dam__libsvm_read(dam__source *source, dam__array *out)
{
    dam_status status = DAM_OK;
    const char *at = NULL, *end = NULL;
    sparse s = {.text = {.source = source, .next_line = 1, .separator = ' '},
                .least = UINT32_MAX,
                .is_bytes = true,
                .are_numbers = true};
    for (;;) {
        DAM_TRY_CLEANUP(dam__table_record(&s.text, &at, &end));
        if (at == NULL)
            break;
        if (*at != '#')
            DAM_TRY_CLEANUP(take_sample(&s, at, end));
    }
    if (s.samples == 0)
        DAM_FAIL(DAM_INPUT, "'%s' has no samples", source->name);
    source->reading.there = s.samples;
    DAM_TRY_CLEANUP(spread(&s, out));
    DAM_TRY_CLEANUP(keep_labels(&s, &source->reading));
cleanup:
    sparse_free(&s);
    if (status != DAM_OK)
        dam__array_free(out);
    return status;
}

dam_status dam__libsvm_parse(const char *name, const void *bytes, size_t length, dam__array *out)
{
    dam__source source = dam__source_memory(name, bytes, length);
    *out = (dam__array){0};
    dam_status status = dam__libsvm_read(&source, out);
    dam__reading_free(&source.reading);
    return status;
}
