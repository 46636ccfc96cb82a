#include "run/key_value.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "model/model_type.h"

const dam__option *dam__option_find(const char *section, const char *key)
{
    for (const dam__option *o = dam__options; o->key != NULL; o++)
        if (strcmp(o->section, section) == 0 && strcmp(o->key, key) == 0)
            return o;
    return NULL;
}

const dam__option *dam__option_section(const char *section)
{
    for (const dam__option *o = dam__options; o->key != NULL; o++)
        if (o->section[0] != '\0' && strcmp(o->section, section) == 0)
            return o;
    return NULL;
}

const char *dam__option_default(const dam__option *option, int kind)
{
    for (const dam__kind_default *d = dam__kind_defaults; d->key != NULL; d++)
        if (d->kind == kind && strcmp(d->key, option->key) == 0 &&
            strcmp(d->section, option->section) == 0)
            return d->value;
    return option->default_value;
}

bool dam__option_applies(const dam__option *option, int kind)
{
    return (option->kinds >> kind & 1u) != 0;
}

dam_status dam__option_foreign(const dam__option *option, int kind)
{
    dam_status status = DAM_OK;
    dam__text owners = {0};
    char name[DAM__EXCERPT_BYTES];
    for (int owner = 0; owner < DAM__KINDS; owner++)
        if (dam__option_applies(option, owner))
            dam__text_append(&owners, "%s\"%s\"", owners.length > 0 ? " or " : "",
                             dam__model_types[owner]->name);
    dam__option_name(option->section, option->key, name);
    DAM_TRY_CLEANUP(dam__text_status(&owners));
    DAM_FAIL(DAM_USAGE, "%s belongs to model.kind = %s, and this model is \"%s\"; leave it out",
             name, owners.data, dam__model_types[kind]->name);
cleanup:
    dam__text_free(&owners);
    return status;
}

void dam__option_name(const char *section, const char *key, char out[DAM__EXCERPT_BYTES])
{
    (void)snprintf(out, DAM__EXCERPT_BYTES, "%.31s%s%.39s", section, section[0] == '\0' ? "" : ".",
                   key);
}

void dam__excerpt(const char *text, size_t length, char out[DAM__EXCERPT_BYTES])
{
    const size_t limit = DAM__EXCERPT_BYTES - sizeof "...";
    size_t kept = length <= limit ? length : limit;
    /* Never half a UTF-8 character. */
    while (kept < length && kept > 0 && ((unsigned char)text[kept] & 0xC0) == 0x80)
        kept--;
    for (size_t i = 0; i < kept; i++) {
        unsigned char byte = (unsigned char)text[i];
        out[i] = byte < 0x20 || byte == 0x7F ? '?' : text[i];
    }
    strcpy(out + kept, kept < length ? "..." : "");
}

/* Appends "a, b, c": the keys of a section, and at the top level the sections too. */
static void list_keys(const char *section, dam__text *out)
{
    const char *comma = "", *last = section;
    if (section[0] == '\0') {
        dam__text_append(out, "base");
        comma = ", ";
    }
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        bool here = strcmp(o->section, section) == 0;
        bool opens = section[0] == '\0' && strcmp(o->section, last) != 0;
        if (here || opens) {
            dam__text_append(out, "%s%s", comma, here ? o->key : o->section);
            comma = ", ";
        }
        last = o->section;
    }
}

/* Appends what was probably meant by an unknown key. */
static void suggest_key(const char *section, const char *key, dam__text *out)
{
    const char *names[DAM__MAX_OPTIONS];
    size_t count = 0;
    if (strcmp(key, "base") == 0) {
        dam__text_append(out, "a preset's text can name a base, outside of every section");
        return;
    }
    if (section[0] == '\0')
        names[count++] = "base";
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        if (strcmp(o->key, key) == 0 && o->section[0] == '\0') {
            dam__text_append(out, "'%s' stands outside of every section", key);
            return;
        }
        if (strcmp(o->key, key) == 0) {
            dam__text_append(out, "'%s' belongs to section '%s'", key, o->section);
            return;
        }
        char full[DAM__EXCERPT_BYTES];
        dam__option_name(o->section, o->key, full);
        if (section[0] == '\0' && strcmp(full, key) == 0) {
            dam__text_append(out, "write %s { %s = ... }", o->section, o->key);
            return;
        }
        if (strcmp(o->section, section) == 0)
            names[count++] = o->key;
    }
    names[count] = NULL;
    const char *closest = dam__closest(key, names);
    if (closest != NULL) {
        dam__text_append(out, "did you mean '%s'?", closest);
        return;
    }
    dam__text_append(out, "there are ");
    list_keys(section, out);
}

dam_status dam__option_unknown(const char *section, const char *key)
{
    dam_status status = DAM_OK;
    dam__text hint = {0};
    char name[DAM__EXCERPT_BYTES];
    dam__option_name(section, key, name);
    suggest_key(section, key, &hint);
    DAM_TRY_CLEANUP(dam__text_status(&hint));
    DAM_FAIL(DAM_USAGE, "%s: unknown key; %s", name, hint.data);
cleanup:
    dam__text_free(&hint);
    return status;
}

dam_status dam__option_unknown_section(const char *section)
{
    const char *names[DAM__MAX_OPTIONS], *last = "";
    size_t count = 0;
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        if (strcmp(o->section, last) != 0)
            names[count++] = o->section;
        last = o->section;
    }
    names[count] = NULL;
    const char *closest = dam__closest(section, names);
    if (closest != NULL)
        return dam__fail(DAM_USAGE, "%s: unknown section; did you mean '%s'?", section, closest);
    dam_status status = DAM_OK;
    dam__text list = {0};
    for (size_t i = 0; i < count; i++)
        dam__text_append(&list, "%s%s", i == 0 ? "" : ", ", names[i]);
    DAM_TRY_CLEANUP(dam__text_status(&list));
    DAM_FAIL(DAM_USAGE, "%s: unknown section; there are %s", section, list.data);
cleanup:
    dam__text_free(&list);
    return status;
}

/* Whole bounds are shown without exponent; the double nearest to the largest seed is 2^63. */
static void show_bound(double bound, char out[DAM__NUMBER_BYTES])
{
    const double largest = 9223372036854775807.0;
    int64_t whole = bound >= largest ? INT64_MAX : bound > -largest ? (int64_t)bound : 0;
    if ((double)whole == bound)
        (void)dam__integer_print(whole, out);
    else
        (void)dam__real_print(bound, out);
}

void dam__option_allowed(const dam__option *option, dam__text *out)
{
    char least[DAM__NUMBER_BYTES], most[DAM__NUMBER_BYTES];
    switch (option->type) {
    case DAM__OPTION_TEXT:
        dam__text_append(out, "at most %zu bytes", option->size - 1);
        break;
    case DAM__OPTION_CHOICE:
        dam__text_append(out, "one of");
        for (const char *const *choice = option->choices; *choice != NULL; choice++)
            dam__text_append(out, "%s %s", choice == option->choices ? "" : ",", *choice);
        break;
    case DAM__OPTION_INTEGER:
    case DAM__OPTION_SEED:
    case DAM__OPTION_REAL:
        show_bound(option->least, least);
        show_bound(option->most, most);
        dam__text_append(out, "%s %s, %s %s", option->least_open ? "more than" : "at least", least,
                         option->most_open ? "less than" : "at most", most);
        break;
    }
}

/* DAM_USAGE: "model.beta = 0 is out of range: more than 0, at most 1000000". */
static dam_status refuse(const dam__option *option, const char *value, const char *reason)
{
    dam_status status = DAM_OK;
    dam__text allowed = {0};
    char name[DAM__EXCERPT_BYTES], shown[DAM__EXCERPT_BYTES];
    dam__option_name(option->section, option->key, name);
    dam__excerpt(value, strlen(value), shown);
    dam__option_allowed(option, &allowed);
    if (option->type == DAM__OPTION_CHOICE) {
        const char *closest = dam__closest(value, option->choices);
        if (closest != NULL)
            dam__text_append(&allowed, "; did you mean '%s'?", closest);
    }
    const char *quote = dam__real_read(value, &(double){0}) == DAM__NUMBER_NONE ? "'" : "";
    DAM_TRY_CLEANUP(dam__text_status(&allowed));
    DAM_FAIL(DAM_USAGE, "%s = %s%s%s %s: %s", name, quote, shown, quote, reason, allowed.data);
cleanup:
    dam__text_free(&allowed);
    return status;
}

/* Whether text is UTF-8 without overlong forms, surrogates or code points past U+10FFFF. */
static bool is_utf8(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        int more = *at < 0x80 ? 0 : *at < 0xC2 ? -1 : *at < 0xE0 ? 1 : *at < 0xF0 ? 2 : 3;
        if (more < 0 || *at > 0xF4)
            return false;
        unsigned char low = 0x80, high = 0xBF;
        if (*at == 0xE0)
            low = 0xA0;
        else if (*at == 0xED)
            high = 0x9F;
        else if (*at == 0xF0)
            low = 0x90;
        else if (*at == 0xF4)
            high = 0x8F;
        at++;
        for (; more > 0; more--, at++) {
            if (*at < low || *at > high)
                return false;
            low = 0x80;
            high = 0xBF;
        }
    }
    return true;
}

static dam_status read_text(const dam__option *option, const char *value, char *field)
{
    size_t length = strlen(value);
    if (length >= option->size)
        return refuse(option, value, "is too long");
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7F)
            return refuse(option, value, "holds a control character: one line of text");
    if (!is_utf8(value))
        return refuse(option, value, "is not UTF-8 text");
    memset(field, 0, option->size);
    memcpy(field, value, length);
    return DAM_OK;
}

static bool in_range(const dam__option *option, double value)
{
    return (option->least_open ? value > option->least : value >= option->least) &&
           (option->most_open ? value < option->most : value <= option->most);
}

static dam_status read_whole(const dam__option *option, const char *value, char *field)
{
    int64_t number = 0;
    dam__number_result result = dam__integer_read(value, &number);
    if (result == DAM__NUMBER_NONE)
        return refuse(option, value, "is not a whole number");
    if (result == DAM__NUMBER_HUGE || !in_range(option, (double)number))
        return refuse(option, value, "is out of range");
    if (option->type == DAM__OPTION_SEED)
        memcpy(field, &number, sizeof number);
    else
        memcpy(field, &(int){(int)number}, sizeof(int));
    return DAM_OK;
}

dam_status dam__option_read(const dam__option *option, const char *value, dam__experiment *out)
{
    char *field = (char *)out + option->offset;
    double real = 0;
    switch (option->type) {
    case DAM__OPTION_TEXT:
        return read_text(option, value, field);
    case DAM__OPTION_INTEGER:
    case DAM__OPTION_SEED:
        return read_whole(option, value, field);
    case DAM__OPTION_REAL:
        switch (dam__real_read(value, &real)) {
        case DAM__NUMBER_NONE:
            return refuse(option, value, "is not a finite number");
        case DAM__NUMBER_OK:
            if (in_range(option, real)) {
                memcpy(field, &real, sizeof real);
                return DAM_OK;
            }
            break;
        case DAM__NUMBER_HUGE:
            break;
        }
        return refuse(option, value, "is out of range");
    case DAM__OPTION_CHOICE:
        for (int i = 0; option->choices[i] != NULL; i++)
            if (strcmp(option->choices[i], value) == 0) {
                memcpy(field, &i, sizeof i);
                return DAM_OK;
            }
        return refuse(option, value, "is not allowed");
    }
    return dam__fail(DAM_INTERNAL, "option '%s' has no type", option->key);
}

static void print_text(const char *value, dam__text *out)
{
    dam__text_append_bytes(out, "\"", 1);
    for (; *value != '\0'; value++) {
        /* "${" would stand for an environment variable, which presets refuse. */
        if (*value == '"' || *value == '\\' || *value == '$')
            dam__text_append_bytes(out, "\\", 1);
        dam__text_append_bytes(out, value, 1);
    }
    dam__text_append_bytes(out, "\"", 1);
}

void dam__option_print(const dam__option *option, const dam__experiment *experiment, dam__text *out)
{
    const char *field = (const char *)experiment + option->offset;
    char number[DAM__NUMBER_BYTES];
    int whole = 0;
    int64_t seed = 0;
    double real = 0;
    switch (option->type) {
    case DAM__OPTION_TEXT:
        print_text(field, out);
        break;
    case DAM__OPTION_INTEGER:
        memcpy(&whole, field, sizeof whole);
        dam__text_append(out, "%d", whole);
        break;
    case DAM__OPTION_SEED:
        memcpy(&seed, field, sizeof seed);
        dam__text_append(out, "%lld", (long long)seed);
        break;
    case DAM__OPTION_REAL:
        memcpy(&real, field, sizeof real);
        dam__text_append(out, "%s", dam__real_print(real, number));
        break;
    case DAM__OPTION_CHOICE:
        memcpy(&whole, field, sizeof whole);
        print_text(option->choices[whole], out);
        break;
    }
}

dam_status dam__option_differs(const dam__option *option, const dam__experiment *a,
                               const dam__experiment *b, dam__text values[2], bool *differs)
{
    for (int i = 0; i < 2; i++) {
        dam__text_free(&values[i]);
        dam__option_print(option, i == 0 ? a : b, &values[i]);
        DAM_TRY(dam__text_status(&values[i]));
    }
    *differs = strcmp(values[0].data, values[1].data) != 0;
    return DAM_OK;
}
