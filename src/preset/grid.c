#include "preset/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "preset/number.h"

/* A scratch place for values that are only checked, and the axis so far. */
typedef struct grid {
    const dam__option *option;
    dam__experiment *scratch;
    dam__axis *axis;
} grid;

static bool is_number(const dam__option *option)
{
    return option->type == DAM__OPTION_INTEGER || option->type == DAM__OPTION_SEED ||
           option->type == DAM__OPTION_REAL;
}

static bool is_whole(const dam__option *option)
{
    return is_number(option) && option->type != DAM__OPTION_REAL;
}

/* The value of a key in scratch as text, without quotes and escapes; free with free(). */
static dam_status print_value(const grid *g, const char *given, char **out)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    if (!is_number(g->option))
        return dam__format(out, "%s", given);
    DAM_TRY(dam__option_print(g->option, g->scratch, &text));
    *out = text.data;
    text = (dam__text){0};
cleanup:
    dam__text_free(&text);
    return status;
}

/* Checks a value and appends it. */
static dam_status add_value(grid *g, const char *given)
{
    dam_status status = DAM_OK;
    dam__axis *axis = g->axis;
    char *value = NULL;
    DAM_TRY(dam__option_read(g->option, given, g->scratch));
    DAM_TRY(print_value(g, given, &value));
    for (size_t i = 0; i < axis->count; i++)
        if (strcmp(axis->values[i], value) == 0)
            DAM_FAIL(DAM_USAGE, "the value %s comes twice%s", value,
                     is_whole(g->option) ? "; ranges of whole numbers are rounded" : "");
    if (axis->count == DAM__SWEEP_VALUES)
        DAM_FAIL(DAM_USAGE, "more than %d values; take fewer", (int)DAM__SWEEP_VALUES);
    if (is_number(g->option)) {
        DAM_TRY(dam__grow(&axis->numbers, axis->count + 1, sizeof *axis->numbers));
        (void)dam__real_read(value, &axis->numbers[axis->count]);
    }
    DAM_TRY(dam__grow(&axis->values, axis->count + 1, sizeof *axis->values));
    axis->values[axis->count++] = value;
    value = NULL;
cleanup:
    free(value);
    return status;
}

/* To 12 significant digits, so that 0.1:0.5:5 holds 0.3 and not 0.30000000000000004. */
static double rounded(double value)
{
    enum { DIGITS = 12, EXACT = 22 }; /* powers of ten up to the 22nd are doubles */
    if (value == 0)
        return 0;
    int shift = DIGITS - 1 - (int)floor(log10(fabs(value)));
    if (shift < 0 || shift > EXACT)
        return value;
    double scale = pow(10, shift);
    return round(value * scale) / scale;
}

/* A range as it was read: count values between from and to, or between their reciprocals. */
typedef struct range {
    double from, to;
    int count;
    dam__spacing spacing;
} range;

static double range_value(const range *r, int i)
{
    double share = (double)i / (r->count - 1);
    switch (r->spacing) {
    case DAM__SPACING_LOGARITHMIC:
        /* The ends are exact. */
        return i == 0              ? r->from
               : i == r->count - 1 ? r->to
                                   : rounded(r->from * pow(r->to / r->from, share));
    case DAM__SPACING_INVERSE:
        return rounded(1 / rounded(r->from + (r->to - r->from) * share));
    default:
        return i == r->count - 1 ? r->to : rounded(r->from + (r->to - r->from) * share);
    }
}

static dam_status add_range(grid *g, const range *r)
{
    dam_status status = DAM_OK;
    char number[DAM__NUMBER_BYTES];
    char *whole = NULL;
    for (int i = 0; i < r->count; i++) {
        double value = range_value(r, i);
        if (is_whole(g->option)) {
            DAM_TRY(dam__format(&whole, "%.0f", round(value)));
            DAM_TRY(add_value(g, whole));
            free(whole);
            whole = NULL;
        } else {
            dam__real_print(value, number);
            DAM_TRY(add_value(g, number));
        }
    }
cleanup:
    free(whole);
    return status;
}

/* Ranges whose values cannot be computed. */
static dam_status check_range(const range *r, const char *from, const char *to)
{
    if (r->spacing != DAM__SPACING_LINEAR && !(r->from > 0 && r->to > 0))
        return dam__fail(DAM_USAGE, "%s range from %.32s to %.32s: both must be more than 0",
                         r->spacing == DAM__SPACING_INVERSE ? "an inverse" : "a logarithmic", from,
                         to);
    if (!isfinite(r->to - r->from) || !(fabs(r->from) < 1e300) || !(fabs(r->to) < 1e300) ||
        (r->spacing != DAM__SPACING_LINEAR && (r->from < 1e-300 || r->to < 1e-300)))
        return dam__fail(DAM_USAGE, "a range from %.32s to %.32s is too wide", from, to);
    return DAM_OK;
}

/* "from:to:count", ":log" or ":inverse" behind it; cut at its colons in place. */
static dam_status read_range(grid *g, char *text, dam__spacing *spacing)
{
    enum { FROM, TO, COUNT, KIND, PARTS };
    char *parts[PARTS + 1] = {text};
    size_t count = 1;
    int64_t values = 0;
    range r = {.spacing = DAM__SPACING_LINEAR};
    for (char *colon = strchr(text, ':'); colon != NULL && count <= PARTS;
         colon = strchr(colon + 1, ':')) {
        *colon = '\0';
        parts[count++] = colon + 1;
    }
    if (count == PARTS && strcmp(parts[KIND], "log") == 0)
        r.spacing = DAM__SPACING_LOGARITHMIC;
    else if (count == PARTS && strcmp(parts[KIND], "inverse") == 0)
        r.spacing = DAM__SPACING_INVERSE;
    else if (count != KIND)
        return dam__fail(DAM_USAGE,
                         "a range is from:to:count, from:to:count:log or from:to:count:inverse");
    if (dam__real_read(parts[FROM], &r.from) != DAM__NUMBER_OK ||
        dam__real_read(parts[TO], &r.to) != DAM__NUMBER_OK)
        return dam__fail(DAM_USAGE, "'%.32s' and '%.32s' are no range: two numbers are wanted",
                         parts[FROM], parts[TO]);
    if (dam__integer_read(parts[COUNT], &values) != DAM__NUMBER_OK || values < 2 ||
        values > DAM__SWEEP_VALUES)
        return dam__fail(DAM_USAGE, "'%.32s' is no number of values: a whole number from 2 to %d",
                         parts[COUNT], (int)DAM__SWEEP_VALUES);
    r.count = (int)values;
    dam_status status = check_range(&r, parts[FROM], parts[TO]);
    *spacing = r.spacing;
    return status == DAM_OK ? add_range(g, &r) : status;
}

/* One item, trimmed: a range, or a value, of which one pair of quotes is dropped. */
static dam_status read_item(grid *g, char *item, dam__spacing *spacing)
{
    size_t length = strlen(item);
    if (length == 0)
        return dam__fail(DAM_USAGE, "a value is missing: a list is 1,2,5, a range 0.1:0.5:5");
    if (is_number(g->option) && strchr(item, ':') != NULL)
        return read_range(g, item, spacing);
    if (length >= 2 && (item[0] == '"' || item[0] == '\'') && item[length - 1] == item[0]) {
        item[length - 1] = '\0';
        item++;
    }
    return add_value(g, item);
}

static char *trimmed(char *text)
{
    static const char blanks[] = " \t";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

/* The comma that ends the item at text, or NULL; not one in quotes. */
static char *end_of_item(char *text)
{
    char quote = '\0';
    for (; *text != '\0'; text++) {
        if (quote != '\0')
            quote = *text == quote ? '\0' : quote;
        else if (*text == '"' || *text == '\'')
            quote = *text;
        else if (*text == ',')
            return text;
    }
    return NULL;
}

static dam_status read_items(grid *g, char *values)
{
    dam_status status = DAM_OK;
    size_t items = 0;
    dam__spacing spacing = DAM__SPACING_LIST;
    for (char *item = values; item != NULL; items++) {
        char *comma = end_of_item(item);
        if (comma != NULL)
            *comma = '\0';
        DAM_TRY(read_item(g, trimmed(item), &spacing));
        item = comma != NULL ? comma + 1 : NULL;
    }
    /* Only a range that stands alone says how an axis is to look. */
    g->axis->spacing = items == 1 ? spacing : DAM__SPACING_LIST;
cleanup:
    return status;
}

dam_status dam__grid_parse(const char *text, dam__axis *out, const dam__option **option)
{
    dam_status status = DAM_OK;
    char *values = NULL, name[DAM__EXCERPT_BYTES];
    grid g = {.axis = out};
    *out = (dam__axis){0};
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        DAM_FAIL(DAM_USAGE, "no values; write section.key=VALUES");
    DAM_TRY(dam__option_target(text, (size_t)(equals - text), &g.option));
    dam__option_name(g.option->section, g.option->key, name);
    if ((g.option->kinds & DAM__OPTION_FIXED) != 0)
        DAM_FAIL(DAM_USAGE, "%s has one value in all of a sweep; set it by --set", name);
    DAM_TRY(dam__alloc(1, sizeof *g.scratch, &g.scratch));
    DAM_TRY(dam__format(&values, "%s", equals + 1));
    DAM_TRY(dam__format(&out->key, "%s", name));
    DAM_TRY(dam__format(&out->grid, "%s", trimmed(values)));
    DAM_TRY(read_items(&g, values));
    *option = g.option;
cleanup:
    free(g.scratch);
    free(values);
    if (status != DAM_OK) {
        char shown[DAM__EXCERPT_BYTES];
        dam__axis_free(out);
        dam__excerpt(text, strlen(text), shown);
        status = dam__fail_within(status, "--grid %s", shown);
    }
    return status;
}
