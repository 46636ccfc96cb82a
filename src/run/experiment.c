#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/parse.h"

enum { NOT_GIVEN = 0, BY_OVERRIDE = -1 };

/* Where each key of the table was given: its line, BY_OVERRIDE or NOT_GIVEN. */
typedef struct given_keys {
    long lines[DAM__MAX_OPTIONS];
} given_keys;

dam_status dam__experiment_defaults(dam__experiment *out)
{
    memset(out, 0, sizeof *out);
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        dam_status status = dam__option_read(o, o->default_value, out);
        if (status != DAM_OK)
            return dam__fail_within(DAM_INTERNAL, "the default of a preset key");
    }
    return DAM_OK;
}

/* *start, *length: without white space at either end. */
static void trim(const char **start, size_t *length)
{
    static const char blanks[] = " \t\r\n";
    for (; *length > 0 && strchr(blanks, **start) != NULL; (*length)--)
        (*start)++;
    while (*length > 0 && strchr(blanks, (*start)[*length - 1]) != NULL)
        (*length)--;
}

dam_status dam__option_target(const char *start, size_t length, const dam__option **out)
{
    trim(&start, &length);
    char target[DAM__EXCERPT_BYTES];
    dam__excerpt(start, length, target);
    char *dot = strchr(target, '.');
    if (dot != NULL)
        *dot = '\0';
    const char *section = dot == NULL ? "" : target, *key = dot == NULL ? target : dot + 1;
    *out = dam__option_find(section, key);
    if (*out != NULL)
        return DAM_OK;
    bool known = section[0] == '\0' || dam__option_section(section) != NULL;
    return known ? dam__option_unknown(section, key) : dam__option_unknown_section(section);
}

/* Applies an override; *set is the key that it gives. */
static dam_status apply(dam__experiment *experiment, const char *assignment,
                        const dam__option **set)
{
    dam_status status = DAM_OK;
    char *value = NULL;
    const char *equals = strchr(assignment, '=');
    if (equals == NULL)
        DAM_FAIL(DAM_USAGE, "no assignment; write section.key=value");
    const char *right = equals + 1;
    size_t right_length = strlen(right);
    trim(&right, &right_length);
    DAM_TRY_CLEANUP(dam__option_target(assignment, (size_t)(equals - assignment), set));
    if (right_length >= 2 && (right[0] == '"' || right[0] == '\'') &&
        right[right_length - 1] == right[0]) {
        right++;
        right_length -= 2;
    }
    if (right_length > DAM__PRESET_LIMIT)
        DAM_FAIL(DAM_USAGE, "the value has more than %d bytes", DAM__PRESET_LIMIT);
    DAM_TRY_CLEANUP(dam__format(&value, "%.*s", (int)right_length, right));
    DAM_TRY_CLEANUP(dam__option_read(*set, value, experiment));
cleanup:
    free(value);
    return status;
}

static dam_status within_override(dam_status status, const char *assignment)
{
    char shown[DAM__EXCERPT_BYTES];
    dam__excerpt(assignment, strlen(assignment), shown);
    return dam__fail_within(status, "%s", shown);
}

/* Once the kind of model is known: applies its defaults, and refuses keys that it does not use. */
static dam_status apply_kind(const char *name, const given_keys *given, dam__experiment *out)
{
    int kind = out->model.kind;
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        long line = given->lines[o - dam__options];
        if (line == NOT_GIVEN) {
            DAM_TRY(dam__option_read(o, dam__option_default(o, kind), out));
        } else if (!dam__option_applies(o, kind)) {
            dam_status status = dam__option_foreign(o, kind);
            return line == BY_OVERRIDE ? dam__fail_within(status, "%s", name)
                                       : dam__fail_within(status, "%s:%ld", name, line);
        }
    }
    return DAM_OK;
}

/* The values of a text, over those that the experiment has. */
static dam_status read_values(const char *name, const dam__assignments *list, given_keys *given,
                              dam__experiment *out)
{
    char value[DAM__LONGEST_VALUE + 1];
    for (const dam__assignment *a = list->items; a < list->items + list->count; a++) {
        dam__token_value(&a->value, value);
        dam_status status = dam__option_read(a->option, value, out);
        if (status != DAM_OK)
            return dam__fail_within(status, "%s:%zu", name, a->value.line);
        given->lines[a->option - dam__options] = (long)a->value.line;
    }
    return DAM_OK;
}

dam_status dam__experiment_read(const char *name, const char *text, const char *const *overrides,
                                size_t override_count, dam__experiment *out)
{
    dam__assignments list;
    given_keys given = {0};
    if (strlen(text) > DAM__PRESET_LIMIT)
        return dam__fail(DAM_USAGE, "%s: a preset has at most %d bytes", name, DAM__PRESET_LIMIT);
    DAM_TRY(dam__experiment_defaults(out));
    DAM_TRY(dam__preset_parse(name, text, &list));
    DAM_TRY(read_values(name, &list, &given, out));
    for (size_t i = 0; i < override_count; i++) {
        const dam__option *option = NULL;
        dam_status status = apply(out, overrides[i], &option);
        if (status != DAM_OK)
            return within_override(status, overrides[i]);
        given.lines[option - dam__options] = BY_OVERRIDE;
    }
    return apply_kind(name, &given, out);
}

dam_status dam__experiment_parse(const char *name, const char *text, const char *const *overrides,
                                 size_t override_count, dam__experiment *out)
{
    dam_status status = dam__experiment_read(name, text, overrides, override_count, out);
    return status == DAM_OK ? dam__experiment_check(name, out) : status;
}
