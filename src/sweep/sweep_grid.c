#include "sweep/sweep_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"

/* A key, a scratch place for values that are only checked, and the values so far. */
typedef struct grid {
    const dam__option *option;
    dam__experiment *scratch;
    dam__axis *axis;
    bool follows; /* its values are those of another key: they may come twice */
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
    dam__text text = {0};
    if (!is_number(g->option))
        return dam__format(out, "%s", given);
    dam__option_print(g->option, g->scratch, &text);
    return dam__text_take(&text, out);
}

/* A number, or a power of two such as 2^-6. */
static bool read_number(const char *text, double *value)
{
    enum { MOST_POWER = 1000 };
    int64_t power = 0;
    if (strncmp(text, "2^", 2) != 0)
        return dam__real_read(text, value) == DAM__NUMBER_OK;
    if (dam__integer_read(text + 2, &power) != DAM__NUMBER_OK || power < -MOST_POWER ||
        power > MOST_POWER)
        return false;
    *value = ldexp(1, (int)power);
    return true;
}

/* Checks a value and appends it. */
static dam_status add_value(grid *g, const char *given)
{
    dam_status status = DAM_OK;
    dam__axis *axis = g->axis;
    char *value = NULL, number[DAM__NUMBER_BYTES];
    double power = 0;
    if (is_number(g->option) && strncmp(given, "2^", 2) == 0 && read_number(given, &power))
        given = dam__real_print(power, number);
    DAM_TRY_CLEANUP(dam__option_read(g->option, given, g->scratch));
    DAM_TRY_CLEANUP(print_value(g, given, &value));
    for (size_t i = 0; i < axis->count && !g->follows; i++)
        if (strcmp(axis->values[i], value) == 0)
            DAM_FAIL(DAM_USAGE, "the value %s comes twice%s", value,
                     is_whole(g->option) ? "; ranges of whole numbers are rounded" : "");
    if (axis->count == DAM__SWEEP_VALUES)
        DAM_FAIL(DAM_USAGE, "more than %d values; take fewer", (int)DAM__SWEEP_VALUES);
    if (is_number(g->option)) {
        DAM_TRY_CLEANUP(dam__grow(&axis->numbers, axis->count + 1, sizeof *axis->numbers));
        (void)dam__real_read(value, &axis->numbers[axis->count]);
    }
    DAM_TRY_CLEANUP(dam__grow(&axis->values, axis->count + 1, sizeof *axis->values));
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
            DAM_TRY_CLEANUP(dam__format(&whole, "%.0f", round(value)));
            DAM_TRY_CLEANUP(add_value(g, whole));
            free(whole);
            whole = NULL;
        } else {
            DAM_TRY_CLEANUP(add_value(g, dam__real_print(value, number)));
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
    if (!read_number(parts[FROM], &r.from) || !read_number(parts[TO], &r.to))
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

/* A value, trimmed, of which one pair of quotes is dropped. */
static dam_status read_value(grid *g, char *item)
{
    size_t length = strlen(item);
    if (length == 0)
        return dam__fail(DAM_USAGE, "a value is missing: a list is 1,2,5, a range 0.1:0.5:5");
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

/* One item, trimmed: a value or a range. */
static dam_status read_item(grid *g, char *item, dam__spacing *spacing)
{
    return is_number(g->option) && strchr(item, ':') != NULL ? read_range(g, item, spacing)
                                                             : read_value(g, item);
}

/* The sign that ends the item at text, a comma or colon, or NULL; not one in quotes. */
static char *end_of_item(char *text, char sign)
{
    char quote = '\0';
    for (; *text != '\0'; text++) {
        if (quote != '\0')
            quote = *text == quote ? '\0' : quote;
        else if (*text == '"' || *text == '\'')
            quote = *text;
        else if (*text == sign)
            return text;
    }
    return NULL;
}

/* One value for each of the keys: "64:128". */
static dam_status read_tuple(grid *keys, size_t width, char *item)
{
    size_t count = 0;
    for (char *part = item; part != NULL; count++) {
        char *colon = end_of_item(part, ':');
        if (colon != NULL)
            *colon = '\0';
        if (count < width)
            DAM_TRY(read_value(&keys[count], trimmed(part)));
        part = colon != NULL ? colon + 1 : NULL;
    }
    if (count != width)
        return dam__fail(DAM_USAGE,
                         "%zu values stand where there are %zu keys: keys that move together "
                         "want a:b=1:10,2:20 and no ranges",
                         count, width);
    return DAM_OK;
}

static dam_status read_items(grid *keys, size_t width, char *values)
{
    size_t items = 0;
    dam__spacing spacing = DAM__SPACING_LIST;
    for (char *item = values; item != NULL; items++) {
        char *comma = end_of_item(item, ',');
        if (comma != NULL)
            *comma = '\0';
        DAM_TRY(width > 1 ? read_tuple(keys, width, item)
                          : read_item(keys, trimmed(item), &spacing));
        item = comma != NULL ? comma + 1 : NULL;
    }
    /* Only a range that stands alone says how an axis is to look. */
    keys->axis->spacing = items == 1 ? spacing : DAM__SPACING_LIST;
    return DAM_OK;
}

/* Finds the keys, which have colons between; returns how many. */
static dam_status read_keys(const char *text, const char *end, const dam__option **options,
                            size_t *width)
{
    for (*width = 0;;) {
        char name[DAM__EXCERPT_BYTES];
        const char *colon = memchr(text, ':', (size_t)(end - text));
        const char *until = colon != NULL ? colon : end;
        if (*width == DAM__AXIS_KEYS)
            return dam__fail(DAM_USAGE, "at most %d keys can move together", (int)DAM__AXIS_KEYS);
        DAM_TRY(dam__option_target(text, (size_t)(until - text), &options[*width]));
        dam__option_name(options[*width]->section, options[*width]->key, name);
        if ((options[*width]->kinds & DAM__OPTION_FIXED) != 0)
            return dam__fail(DAM_USAGE, "%s has one value in all of a sweep; set it by --set",
                             name);
        (*width)++;
        if (colon == NULL)
            break;
        text = colon + 1;
    }
    return DAM_OK;
}

static dam_status name_axis(const dam__option *option, dam__axis *axis)
{
    char name[DAM__EXCERPT_BYTES];
    dam__option_name(option->section, option->key, name);
    return dam__format(&axis->key, "%s", name);
}

/* The values of the other keys become those of followers. */
static dam_status follow(dam__axis *others, size_t count, dam__axis *out)
{
    DAM_TRY(dam__alloc(count, sizeof *out->followers, &out->followers));
    for (size_t i = 0; i < count; i++) {
        out->followers[i] = (dam__follower){others[i].key, others[i].values, others[i].numbers};
        out->follower_count = i + 1;
        others[i] = (dam__axis){0};
    }
    return DAM_OK;
}

dam_status dam__grid_parse(const char *text, dam__axis *out, const dam__option **options)
{
    dam_status status = DAM_OK;
    char *values = NULL;
    const dam__option *found[DAM__AXIS_KEYS] = {NULL};
    dam__axis others[DAM__AXIS_KEYS] = {{0}}; /* the first is not used */
    grid keys[DAM__AXIS_KEYS] = {{0}};
    dam__experiment *scratch = NULL;
    size_t width = 0;
    *out = (dam__axis){0};
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        DAM_FAIL(DAM_USAGE, "no values; write section.key=VALUES");
    DAM_TRY_CLEANUP(read_keys(text, equals, found, &width));
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *scratch, &scratch));
    size_t key = 0;
    do { /* there is a first key */
        options[key] = found[key];
        keys[key] = (grid){found[key], scratch, key == 0 ? out : &others[key], key > 0};
        DAM_TRY_CLEANUP(name_axis(found[key], keys[key].axis));
    } while (++key < width);
    DAM_TRY_CLEANUP(dam__format(&values, "%s", equals + 1));
    DAM_TRY_CLEANUP(dam__format(&out->grid, "%s", trimmed(values)));
    DAM_TRY_CLEANUP(read_items(keys, width, values));
    if (width > 1)
        DAM_TRY_CLEANUP(follow(others + 1, width - 1, out));
cleanup:
    for (size_t i = 0; i < DAM__AXIS_KEYS; i++)
        dam__axis_free(&others[i]);
    free(scratch);
    free(values);
    if (status != DAM_OK) {
        char shown[DAM__EXCERPT_BYTES];
        dam__axis_free(out);
        dam__excerpt(text, strlen(text), shown);
        status = dam__fail_within(status, "--grid %s", shown);
    }
    return status;
}

dam_status dam__grid_beyond(const dam__axis *axis, size_t first, size_t last, int steps,
                            char **text, double *value)
{
    char number[DAM__NUMBER_BYTES];
    double low = axis->numbers[first], high = axis->numbers[last];
    double exponent = (double)steps / (double)(last - first);
    *value = rounded((steps < 0 ? low : high) * pow(high / low, exponent));
    return dam__format(text, "%s", dam__real_print(*value, number));
}
