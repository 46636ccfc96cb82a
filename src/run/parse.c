#include <confuse.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/key_value.h"
#include "run/scan.h"

/* libconfuse's lexer is one set of global variables, so only one thread may be inside. */
static pthread_mutex_t lexer = PTHREAD_MUTEX_INITIALIZER;

enum { NOT_GIVEN = 0, BY_OVERRIDE = -1 };

/* Where each key of the table was given: its line, BY_OVERRIDE or NOT_GIVEN. */
typedef struct given_keys {
    int lines[DAM__MAX_OPTIONS];
} given_keys;

/* What the callbacks of libconfuse, which have no user pointer, work for in this thread. */
typedef struct parse_state {
    const char *name;
    dam__experiment *experiment;
    given_keys *given;
    dam_status status;
} parse_state;

static _Thread_local parse_state *current;

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
    char message[256];
    (void)vsnprintf(message, sizeof message, format, args);
    if (current->status == DAM_OK)
        current->status = dam__fail(DAM_USAGE, "%s:%d: %s", current->name, cfg->line, message);
}

/* A value was read: store it in the experiment. libconfuse keeps nothing. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    *(void **)result = NULL;
    const char *section = strcmp(cfg->name, "root") == 0 ? "" : cfg->name;
    const dam__option *option = dam__option_find(section, opt->name);
    dam_status status = option == NULL ? dam__option_unknown(section, opt->name)
                                       : dam__option_read(option, value, current->experiment);
    if (status != DAM_OK)
        current->status = dam__fail_within(status, "%s:%d", current->name, cfg->line);
    else
        current->given->lines[option - dam__options] = cfg->line;
    return status == DAM_OK ? 0 : -1;
}

/* libconfuse's schema, for the length of one parse; everything points into the table. */
typedef struct schema {
    cfg_opt_t root[DAM__MAX_OPTIONS + 1];
    cfg_opt_t keys[2 * DAM__MAX_OPTIONS]; /* of the sections, each ended by an entry of zeros */
} schema;

static void build_schema(schema *s)
{
    size_t roots = 0, keys = 0;
    const char *section = "";
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        cfg_opt_t key = CFG_PTR_CB(o->key, NULL, CFGF_NODEFAULT, on_value, NULL);
        if (strcmp(o->section, section) != 0) {
            keys += keys > 0 ? 1 : 0;
            cfg_opt_t opens = CFG_SEC(o->section, &s->keys[keys], CFGF_NONE);
            s->root[roots++] = opens;
            section = o->section;
        }
        if (section[0] == '\0')
            s->root[roots++] = key;
        else
            s->keys[keys++] = key;
    }
}

/* Parses text that dam__preset_scan wrote. */
static dam_status parse_clean(const char *name, const char *text, given_keys *given,
                              dam__experiment *out)
{
    dam_status status = DAM_OK;
    schema *s = NULL;
    cfg_t *cfg = NULL;
    parse_state state = {.name = name, .experiment = out, .given = given, .status = DAM_OK};
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *s, &s));
    build_schema(s);

    (void)pthread_mutex_lock(&lexer);
    current = &state;
    cfg = cfg_init(s->root, CFGF_NONE);
    int result = CFG_PARSE_ERROR;
    if (cfg != NULL) {
        (void)cfg_set_error_function(cfg, on_error);
        result = cfg_parse_buf(cfg, text);
        (void)cfg_free(cfg);
    }
    current = NULL;
    (void)pthread_mutex_unlock(&lexer);

    DAM_TRY_CLEANUP(state.status);
    if (result != CFG_SUCCESS)
        DAM_FAIL(DAM_NO_MEMORY, "%s: not enough memory to read this preset", name);
cleanup:
    free(s);
    return status;
}

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
        int line = given->lines[o - dam__options];
        if (line == NOT_GIVEN) {
            DAM_TRY(dam__option_read(o, dam__option_default(o, kind), out));
        } else if (!dam__option_applies(o, kind)) {
            dam_status status = dam__option_foreign(o, kind);
            return line == BY_OVERRIDE ? dam__fail_within(status, "%s", name)
                                       : dam__fail_within(status, "%s:%d", name, line);
        }
    }
    return DAM_OK;
}

dam_status dam__experiment_read(const char *name, const char *text, const char *const *overrides,
                                size_t override_count, dam__experiment *out)
{
    dam_status status = DAM_OK;
    dam__text clean = {0};
    given_keys given = {0};
    if (strlen(text) > DAM__PRESET_LIMIT)
        DAM_FAIL(DAM_USAGE, "%s: a preset has at most %d bytes", name, DAM__PRESET_LIMIT);
    DAM_TRY_CLEANUP(dam__experiment_defaults(out));
    DAM_TRY_CLEANUP(dam__preset_scan(name, text, &clean));
    DAM_TRY_CLEANUP(dam__text_status(&clean));
    if (clean.length > 0)
        DAM_TRY_CLEANUP(parse_clean(name, clean.data, &given, out));
    for (size_t i = 0; i < override_count; i++) {
        const dam__option *option = NULL;
        status = apply(out, overrides[i], &option);
        if (status != DAM_OK)
            DAM_TRY_CLEANUP(within_override(status, overrides[i]));
        given.lines[option - dam__options] = BY_OVERRIDE;
    }
    DAM_TRY_CLEANUP(apply_kind(name, &given, out));
cleanup:
    dam__text_free(&clean);
    return status;
}

dam_status dam__experiment_parse(const char *name, const char *text, const char *const *overrides,
                                 size_t override_count, dam__experiment *out)
{
    dam_status status = dam__experiment_read(name, text, overrides, override_count, out);
    return status == DAM_OK ? dam__experiment_check(name, out) : status;
}
