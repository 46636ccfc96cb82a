#include "command/flags.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static dam_status add_word(words *list, const char *word)
{
    dam_status status = dam__grow(&list->items, list->count + 1, sizeof *list->items);
    if (status == DAM_OK)
        list->items[list->count++] = word;
    return status;
}

static size_t count_flags(const flag *flags)
{
    size_t count = 0;
    while (flags[count].name != NULL)
        count++;
    return count;
}

size_t flags_size(const flag *flags)
{
    size_t size = 0;
    for (const flag *f = flags; f->name != NULL; f++)
        size = f->size > size ? f->size : size;
    return size;
}

/* --- values ----------------------------------------------------------------------------------- */

/* Neither blanks nor a '+' before a number; strtod's "nan" and "inf" do not begin like one. */
static bool begins_like_a_number(const char *text)
{
    text += text[0] == '-';
    return isdigit((unsigned char)text[0]) || text[0] == '.';
}

static dam_status store_integer(const flag *f, const char *text, int *value)
{
    char *end = NULL;
    errno = 0;
    long number = begins_like_a_number(text) ? strtol(text, &end, 10) : 0;
    if (end == NULL || end == text || *end != '\0' || errno != 0 || (double)number < f->least ||
        (double)number > f->most || number < INT_MIN || number > INT_MAX)
        return dam__fail(DAM_USAGE, "--%s wants a whole number from %.0f to %.0f, not '%s'",
                         f->name, f->least, f->most, text);
    *value = (int)number;
    return DAM_OK;
}

static dam_status store_real(const flag *f, const char *text, double *value)
{
    char *end = NULL;
    double number = begins_like_a_number(text) ? strtod(text, &end) : 0;
    if (end == NULL || end == text || *end != '\0' || !isfinite(number) || number < f->least ||
        number > f->most)
        return dam__fail(DAM_USAGE, "--%s wants a number from %g to %g, not '%s'", f->name,
                         f->least, f->most, text);
    *value = number;
    return DAM_OK;
}

static dam_status store_choice(const flag *f, const char *text, int *value)
{
    dam_status status = DAM_OK;
    dam__text list = {0};
    for (int i = 0; f->choices[i] != NULL; i++) {
        if (strcmp(f->choices[i], text) == 0) {
            *value = i;
            goto cleanup;
        }
        const char *separator = i == 0 ? "" : f->choices[i + 1] != NULL ? ", " : " or ";
        dam__text_append(&list, "%s%s", separator, f->choices[i]);
    }
    DAM_TRY_CLEANUP(dam__text_status(&list));
    status = dam__fail(DAM_USAGE, "--%s wants %s, not '%s'", f->name, list.data, text);
cleanup:
    dam__text_free(&list);
    return status;
}

static dam_status store(const flag *f, const char *text, void *values)
{
    void *field = (char *)values + f->offset;
    switch (f->type) {
    case FLAG_SWITCH:
        *(bool *)field = true;
        break;
    case FLAG_TEXT:
        *(const char **)field = text;
        break;
    case FLAG_WORDS:
        return add_word(field, text);
    case FLAG_INTEGER:
        return f->choices != NULL ? store_choice(f, text, field) : store_integer(f, text, field);
    case FLAG_REAL:
        return store_real(f, text, field);
    }
    return DAM_OK;
}

/* --- the command line ------------------------------------------------------------------------- */

/* Values that getopt returns: those above are FIRST_FLAG + index of the flag. */
enum { OPERAND = 1, HELP = 'h', FIRST_FLAG = 256 };

/* A name that the word abbreviates, else the one a few letters away, else NULL. */
static const char *closest_name(const char *word, const char *const *names)
{
    for (size_t i = 0; word[0] != '\0' && names[i] != NULL; i++)
        if (strncmp(names[i], word, strlen(word)) == 0)
            return names[i];
    return dam__closest(word, names);
}

static dam_status unknown_flag(const flag *flags, const char *command, const char *token)
{
    dam_status status = DAM_OK;
    char *word = NULL;
    words names = {0};
    size_t length = strcspn(token, "=");
    DAM_TRY_CLEANUP(dam__format(&word, "%.*s", (int)length, token));
    for (const flag *f = flags; f->name != NULL; f++)
        DAM_TRY_CLEANUP(add_word(&names, f->name));
    DAM_TRY_CLEANUP(add_word(&names, "help"));
    DAM_TRY_CLEANUP(add_word(&names, NULL));
    const char *closest = closest_name(word + strspn(word, "-"), names.items);
    status = dam__fail(DAM_USAGE, "unknown option '%s'%s%s%s; 'denseam help %s' lists the options",
                       word, closest != NULL ? " (did you mean '--" : "",
                       closest != NULL ? closest : "", closest != NULL ? "'?)" : "", command);
cleanup:
    free(word);
    free(names.items);
    return status;
}

/* getopt takes any unique abbreviation; this asks for the whole name. */
static bool is_whole_name(const char *token, const char *name)
{
    size_t length = strlen(name);
    return strncmp(token, "--", 2) == 0 && strncmp(token + 2, name, length) == 0 &&
           (token[2 + length] == '\0' || token[2 + length] == '=');
}

/* getopt's table for ours; free(). */
static dam_status long_options(const flag *flags, struct option **out)
{
    size_t count = count_flags(flags);
    dam_status status = dam__alloc(count + 2, sizeof **out, out);
    if (status != DAM_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        (*out)[i] = (struct option){.name = flags[i].name,
                                    .has_arg = flags[i].type == FLAG_SWITCH ? no_argument
                                                                            : required_argument,
                                    .val = FIRST_FLAG + (int)i};
    (*out)[count] = (struct option){.name = "help", .has_arg = no_argument, .val = HELP};
    return DAM_OK;
}

/* getopt's words for our letters: operands in order, ':' for a missing value. */
static dam_status short_options(const flag *flags, char **out)
{
    dam__text letters = {0};
    dam__text_append(&letters, "-:h");
    for (const flag *f = flags; f->name != NULL; f++)
        if (f->letter != 0)
            dam__text_append(&letters, "%c%s", f->letter, f->type == FLAG_SWITCH ? "" : ":");
    return dam__text_take(&letters, out);
}

static const flag *flag_of_letter(const flag *flags, int letter)
{
    for (const flag *f = flags; f->name != NULL; f++)
        if (letter != 0 && f->letter == letter)
            return f;
    return NULL;
}

static dam_status no_value(const flag *f)
{
    return dam__fail(DAM_USAGE, "option '--%s' wants a value%s%s", f->name,
                     f->argument != NULL ? ": " : "", f->argument != NULL ? f->argument : "");
}

dam_status parse_flags(const flag *flags, int argc, char **argv, void *values, words *operands,
                       bool *help)
{
    dam_status status = DAM_OK;
    struct option *options = NULL;
    char *letters = NULL;
    *help = false;
    DAM_TRY_CLEANUP(long_options(flags, &options));
    DAM_TRY_CLEANUP(short_options(flags, &letters));
    optind = 0; /* glibc's word for a fresh start; the first word is argv[1] */
    for (int at = 1, code; (code = getopt_long(argc, argv, letters, options, NULL)) != -1;
         at = optind) {
        const char *token = argv[at];
        const flag *f = code >= FIRST_FLAG ? &flags[code - FIRST_FLAG] : NULL;
        if (code == OPERAND) {
            DAM_TRY_CLEANUP(add_word(operands, optarg));
        } else if (code == HELP && (strcmp(token, "-h") == 0 || is_whole_name(token, "help"))) {
            *help = true;
            goto cleanup;
        } else if (code >= FIRST_FLAG && is_whole_name(token, f->name)) {
            DAM_TRY_CLEANUP(store(f, optarg, values));
        } else if (flag_of_letter(flags, code) != NULL) {
            DAM_TRY_CLEANUP(store(flag_of_letter(flags, code), optarg, values));
        } else if (code == ':' && flag_of_letter(flags, optopt) != NULL) {
            DAM_TRY_CLEANUP(no_value(flag_of_letter(flags, optopt)));
        } else if (code == ':' && optopt >= FIRST_FLAG &&
                   is_whole_name(token, flags[optopt - FIRST_FLAG].name)) {
            DAM_TRY_CLEANUP(no_value(&flags[optopt - FIRST_FLAG]));
        } else if (code == '?' && optopt >= FIRST_FLAG &&
                   is_whole_name(token, flags[optopt - FIRST_FLAG].name)) {
            DAM_FAIL(DAM_USAGE, "option '--%s' takes no value", flags[optopt - FIRST_FLAG].name);
        } else {
            status = unknown_flag(flags, argv[0], token);
            goto cleanup;
        }
    }
    for (int i = optind; i < argc; i++)
        DAM_TRY_CLEANUP(add_word(operands, argv[i]));
cleanup:
    free(options);
    free(letters);
    return status;
}

void free_flags(const flag *flags, void *values)
{
    for (const flag *f = flags; f->name != NULL; f++) {
        if (f->type != FLAG_WORDS)
            continue;
        words *list = (words *)((char *)values + f->offset);
        free(list->items);
        *list = (words){0};
    }
}
