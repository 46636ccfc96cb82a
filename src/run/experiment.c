#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_type.h"
#include "run/load.h"

/* Where each key of the table was given; file is NULL where it was not, line 0 by an override. */
typedef struct given_key {
    const char *file;
    size_t line;
} given_key;

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

/* Of a key that is not given; in a run that may mean that it was written before there was the key.
 */
static const char *value_of(const dam__option *option, int kind, bool is_run)
{
    for (const dam__kind_default *o = dam__older_values; is_run && o->key != NULL; o++)
        if (o->kind == kind && strcmp(o->key, option->key) == 0 &&
            strcmp(o->section, option->section) == 0)
            return o->value;
    return dam__option_default(option, kind);
}

/* Once the kind of model is known: applies its defaults, and refuses keys that it does not use. */
static dam_status apply_kind(const given_key *given, bool is_run, dam__experiment *out)
{
    int kind = out->model.kind;
    for (const dam__option *o = dam__options; o->key != NULL; o++, given++) {
        if (given->file == NULL) {
            DAM_TRY(dam__option_read(o, value_of(o, kind, is_run), out));
        } else if (!dam__option_applies(o, kind)) {
            dam_status status = dam__option_foreign(o, kind);
            return given->line == 0 ? dam__fail_within(status, "%s", given->file)
                                    : dam__fail_within(status, "%s:%zu", given->file, given->line);
        }
    }
    const dam__input input = dam__model_input(&out->model, 0);
    out->data.levels = input.states || input.plain;
    out->model.max_memories = out->grow.to;
    return DAM_OK;
}

/* The values of a text, over those that the experiment has. */
static dam_status read_values(const dam__preset_part *part, given_key *given, dam__experiment *out)
{
    char value[DAM__LONGEST_VALUE + 1];
    for (size_t i = 0; i < part->keys.count; i++) {
        const dam__assignment *a = &part->keys.items[i];
        dam__token_value(&a->value, value);
        dam_status status = dam__option_read(a->option, value, out);
        if (status != DAM_OK)
            return dam__fail_within(status, "%s:%zu", part->name, a->value.line);
        given[a->option - dam__options] = (given_key){part->name, a->value.line};
    }
    return DAM_OK;
}

static dam_status read_all(const dam__preset *preset, const char *const *overrides,
                           size_t override_count, bool is_run, dam__experiment *out)
{
    given_key given[DAM__MAX_OPTIONS] = {{0}};
    DAM_TRY(dam__experiment_defaults(out));
    for (size_t i = preset->count; i-- > 0;)
        DAM_TRY(read_values(&preset->parts[i], given, out));
    for (size_t i = 0; i < override_count; i++) {
        const dam__option *option = NULL;
        dam_status status = apply(out, overrides[i], &option);
        if (status != DAM_OK)
            return within_override(status, overrides[i]);
        given[option - dam__options] = (given_key){preset->parts[0].name, 0};
    }
    return apply_kind(given, is_run, out);
}

dam_status dam__experiment_read(const dam__preset *preset, const char *const *overrides,
                                size_t override_count, dam__experiment *out)
{
    return read_all(preset, overrides, override_count, false, out);
}

/* Reads and checks what was found, and frees it. */
static dam_status finish(dam__preset *preset, const char *const *overrides, size_t override_count,
                         bool is_run, dam__experiment *out)
{
    dam_status status = read_all(preset, overrides, override_count, is_run, out);
    if (status == DAM_OK)
        status = dam__experiment_check(preset->parts[0].name, out);
    dam__preset_free(preset);
    return status;
}

dam_status dam__experiment_parse(const char *name, const char *text, const char *const *overrides,
                                 size_t override_count, dam__experiment *out)
{
    dam__preset preset = {0};
    DAM_TRY(dam__preset_of_text(name, text, &preset));
    return finish(&preset, overrides, override_count, false, out);
}

dam_status dam__experiment_parse_run(const char *name, const char *text,
                                     const char *const *overrides, size_t override_count,
                                     dam__experiment *out)
{
    dam__preset preset = {0};
    DAM_TRY(dam__preset_of_text(name, text, &preset));
    return finish(&preset, overrides, override_count, true, out);
}

dam_status dam__experiment_load(const char *place, const char *const *overrides,
                                size_t override_count, dam__experiment *out)
{
    dam__preset preset = {0};
    DAM_TRY(dam__preset_open(place, &preset));
    return finish(&preset, overrides, override_count, false, out);
}
