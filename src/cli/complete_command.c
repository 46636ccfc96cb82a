/*
 * `denseam complete`: what may come next on a command line, from the tables behind the help. The
 * scripts in src/cli/completions/ ask it at each press of the key.
 *
 * It prints "words", "files" or "folders", which says what besides may stand there, then a line
 * for each word that begins as the last one: the word, and behind a tab what it is. Behind a word
 * that ends in '/' or '=' more is to come.
 */
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "command/command.h"
#include "command/output.h"
#include "denseam/device.h"
#include "run/experiment.h"

typedef struct completion {
    const char *kind;  /* "words", "files" or "folders" */
    const char *start; /* of the word that is completed; behind the '=' in "--gemm=cl" */
    const char *front; /* what stands before that start: "--gemm=" */
    dam__text lines;
} completion;

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void offer(completion *to, const char *word, const char *help)
{
    if (begins_with(word, to->start))
        dam__text_append(&to->lines, "%s%s\t%s\n", to->front, word, help);
}

static void offer_commands(completion *to)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            offer(to, commands[i]->name, commands[i]->summary);
}

/* Like folders: "paper/" stands for all in it. Names come in their order, so those of a folder are
 * beside each other. */
static void offer_presets(completion *to)
{
    const char *before = "";
    size_t shared = 0;
    for (const dam__embedded *preset = dam__preset_texts; preset->name != NULL; preset++) {
        const char *name = preset->name;
        if (!begins_with(name, to->start) || (shared > 0 && strncmp(name, before, shared) == 0))
            continue;
        size_t known = strlen(to->start);
        const char *slash = strchr(name + known, '/');
        shared = slash != NULL ? (size_t)(slash + 1 - name) : 0;
        before = name;
        dam__text_append(&to->lines, "%s%.*s\t%s\n", to->front,
                         (int)(shared > 0 ? shared : strlen(name)), name,
                         shared > 0 ? "presets" : "preset");
    }
}

/* "model.kind=", or the choices behind it. */
static void offer_keys(completion *to)
{
    dam__text word = {0};
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        word.length = 0;
        dam__text_append(&word, "%s%s%s=", o->section, o->section[0] != '\0' ? "." : "", o->key);
        const char *key = dam__text_part(&to->lines, &word);
        if (!begins_with(to->start, key)) {
            offer(to, key, o->help);
            continue;
        }
        size_t length = word.length;
        for (size_t i = 0; o->choices != NULL && o->choices[i] != NULL; i++) {
            word.length = length;
            dam__text_append(&word, "%s", o->choices[i]);
            offer(to, dam__text_part(&to->lines, &word), "");
        }
    }
    dam__text_free(&word);
}

static void offer_devices(completion *to, const command *c)
{
    dam_device_info *infos = NULL;
    size_t count = 0;
    offer(to, "cpu", "a CPU");
    offer(to, "gpu", "a GPU");
    if (c == &bench_command)
        offer(to, "all", "every device");
    if (dam_device_list(&infos, &count) != DAM_OK)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        char index[16];
        (void)snprintf(index, sizeof index, "%d", infos[i].index);
        offer(to, index, infos[i].name);
        offer(to, infos[i].name, infos[i].platform);
    }
    free(infos);
}

static void offer_flags(completion *to, const command *c)
{
    dam__text word = {0};
    for (const flag *f = c->flags; f->name != NULL; f++) {
        word.length = 0;
        dam__text_append(&word, "--%s", f->name);
        offer(to, dam__text_part(&to->lines, &word), f->help);
    }
    offer(to, "--help", "print this help");
    dam__text_free(&word);
}

static void offer_value(completion *to, const command *c, const flag *f)
{
    for (size_t i = 0; f->choices != NULL && f->choices[i] != NULL; i++)
        offer(to, f->choices[i], "");
    if (strcmp(f->name, "device") == 0)
        offer_devices(to, c);
    else if (strcmp(f->name, "set") == 0 || strcmp(f->name, "grid") == 0)
        offer_keys(to);
    else if (f->argument != NULL && strcmp(f->argument, "FILE") == 0)
        to->kind = "files";
    else if (f->argument != NULL && strcmp(f->argument, "DIR") == 0)
        to->kind = "folders";
}

/* The words of the usage line say what operands are. */
static void offer_operands(completion *to, const command *c)
{
    if (strstr(c->operands, "COMMAND") != NULL)
        offer_commands(to);
    else if (strstr(c->operands, "PRESET") != NULL || strstr(c->operands, "NAME") != NULL)
        offer_presets(to);
    if (c->most > 0 && c != &help_command && c != &presets_command)
        to->kind = "files";
}

/* The flag of the table that "--name" or "-n" is and that takes a value, or NULL. */
static const flag *flag_with_value(const flag *flags, const char *word, size_t length)
{
    for (const flag *f = flags; f->name != NULL; f++) {
        bool long_form = length == strlen(f->name) + 2 && begins_with(word, "--") &&
                         strncmp(word + 2, f->name, length - 2) == 0;
        bool short_form = length == 2 && word[0] == '-' && f->letter != 0 && word[1] == f->letter;
        if (f->type != FLAG_SWITCH && (long_form || short_form))
            return f;
    }
    return NULL;
}

/* words[0] is the command, words[last] is completed. */
static void complete_arguments(completion *to, const command *c, const words *line)
{
    size_t last = line->count - 1;
    const char *before = line->items[last - 1], *word = line->items[last];
    const char *sign = strchr(word, '=');
    const flag *f = last > 1 ? flag_with_value(c->flags, before, strlen(before)) : NULL;
    dam__text front = {0};
    if (f != NULL) {
        offer_value(to, c, f);
    } else if (begins_with(word, "--") && sign != NULL) {
        size_t length = (size_t)(sign - word);
        f = flag_with_value(c->flags, word, length);
        dam__text_append_bytes(&front, word, length + 1);
        to->front = dam__text_part(&to->lines, &front);
        to->start = sign + 1;
        if (f != NULL)
            offer_value(to, c, f);
    } else if (word[0] == '-') {
        offer_flags(to, c);
    } else {
        offer_operands(to, c);
    }
    to->front = "";
    dam__text_free(&front);
}

static dam_status run_complete(const arguments *args)
{
    const words *line = &args->operands;
    const command *c = NULL;
    completion to = {.kind = "words", .start = line->items[line->count - 1], .front = ""};
    dam__text out = {0};
    if (line->count == 1) {
        offer_commands(&to);
        offer(&to, "--help", "list the commands");
        offer(&to, "--version", version_command.summary);
    } else if (find_command(line->items[0], &c) == DAM_OK) {
        complete_arguments(&to, c, line);
    }
    dam__text_append(&out, "%s\n", to.kind);
    dam__text_append(&out, "%s", dam__text_part(&out, &to.lines));
    dam_status status = print_text(&out);
    dam__text_free(&to.lines);
    return status;
}

static const flag flags[] = {FLAG_END};

const command complete_command = {
    .name = "complete",
    .operands = "WORD...",
    .least = 1,
    .most = (size_t)-1,
    .hidden = true,
    .summary = "print what may stand for the last word, for a shell",
    .text = "Prints what may stand for the last of the words behind 'denseam', for the shells' "
            "completions.",
    .flags = flags,
    .computes = true,
    .run = run_complete,
};
