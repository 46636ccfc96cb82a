/* `denseam presets`: the presets compiled into the tool. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "command/command.h"
#include "command/layout.h"
#include "command/output.h"
#include "run/experiment.h"
#include "run/key_help.h"

static dam_status print_list_json(void)
{
    dam_status status = DAM_OK;
    json_t *list = json_array();
    for (const dam__embedded *preset = dam__preset_texts; preset->name != NULL; preset++) {
        dam__experiment experiment;
        DAM_TRY_CLEANUP(dam__experiment_load(preset->name, NULL, 0, &experiment));
        json_t *row = json_pack("{ss ss ss}", "name", preset->name, "title", experiment.title,
                                "source", experiment.source);
        if (json_array_append_new(list, row) != 0)
            DAM_FAIL(DAM_NO_MEMORY, "the host has no memory for the list of presets");
    }
    status = print_json(list);
    list = NULL;
cleanup:
    json_decref(list);
    return status;
}

static dam_status print_list(void)
{
    enum { WIDEST = 24 };
    dam_status status = DAM_OK;
    dam__text text = {0};
    size_t indent = 0;
    for (const dam__embedded *preset = dam__preset_texts; preset->name != NULL; preset++) {
        size_t width = strlen(preset->name) + 2;
        indent = width > indent && width <= WIDEST ? width : indent;
    }
    for (const dam__embedded *preset = dam__preset_texts; preset->name != NULL; preset++) {
        dam__experiment experiment;
        DAM_TRY_CLEANUP(dam__experiment_load(preset->name, NULL, 0, &experiment));
        size_t column = strlen(preset->name);
        dam__text_append(&text, "%s", preset->name);
        if (column + 2 > indent) {
            dam__text_append(&text, "\n");
            column = 0;
        }
        append_wrapped(&text, column, indent, experiment.title);
        if (experiment.source[0] != '\0')
            append_wrapped(&text, 0, indent, experiment.source);
    }
    DAM_TRY_CLEANUP(print_text(&text));
cleanup:
    dam__text_free(&text);
    return status;
}

/* DAM_USAGE with the closest name. */
static dam_status find_preset(const char *name, const dam__embedded **out)
{
    dam_status status = DAM_OK;
    const char **names = NULL;
    size_t count = 0;
    *out = dam__embedded_find(dam__preset_texts, name);
    if (*out != NULL)
        return DAM_OK;
    while (dam__preset_texts[count].name != NULL)
        count++;
    DAM_TRY_CLEANUP(dam__alloc(count + 1, sizeof *names, &names));
    for (size_t i = 0; i < count; i++)
        names[i] = dam__preset_texts[i].name;
    const char *closest = dam__closest(name, names);
    status = dam__fail(DAM_USAGE, "no preset '%s' is built in%s%s%s; 'denseam presets' lists them",
                       name, closest != NULL ? " (did you mean '" : "",
                       closest != NULL ? closest : "", closest != NULL ? "'?)" : "");
cleanup:
    free(names);
    return status;
}

/* As it is written, and with every key that its base and the defaults give. */
static dam_status print_preset_json(const dam__embedded *preset)
{
    dam_status status = DAM_OK;
    dam__experiment experiment;
    dam__text effective = {0};
    DAM_TRY_CLEANUP(dam__experiment_load(preset->name, NULL, 0, &experiment));
    dam__experiment_print(&experiment, &effective);
    DAM_TRY_CLEANUP(dam__text_status(&effective));
    status = print_json(json_pack("{ss ss ss ss ss}", "name", preset->name, "title",
                                  experiment.title, "source", experiment.source, "text",
                                  (const char *)preset->bytes, "effective", effective.data));
cleanup:
    dam__text_free(&effective);
    return status;
}

static dam_status print_preset(const char *name, bool json)
{
    const dam__embedded *preset = NULL;
    DAM_TRY(find_preset(name, &preset));
    return json ? print_preset_json(preset) : print_bytes(preset->bytes, preset->length);
}

static dam_status run_presets(const arguments *args)
{
    if (args->operands.count > 0)
        return print_preset(args->operands.items[0], args->json);
    return args->json ? print_list_json() : print_list();
}

static const flag flags[] = {FLAG_JSON, FLAG_END};
static const char *const examples[] = {"denseam presets", "denseam presets NAME > my.conf", NULL};

const command presets_command = {
    .name = "presets",
    .operands = "[NAME]",
    .most = 1,
    .summary = "list the presets that are built in, or print one",
    .text =
        "Lists the presets that are built in, each with its title and where its numbers come "
        "from, or prints the text of one: a start for a preset of your own. With --json the text "
        "is joined by \"effective\", which has every key, those of the base included.",
    .examples = examples,
    .flags = flags,
    .more = dam__presets_describe,
    .run = run_presets,
};
