/* `denseam help`: the overview and the page of one command, from the tables. */
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/layout.h"
#include "command/output.h"
#include "denseam/version.h"

/* Where help texts begin; longer flags have theirs on the next line. */
enum { FLAG_COLUMN = 26, COMMAND_COLUMN = 13 };

void append_flag_usage(dam__text *text, const flag *f)
{
    if (f->letter != 0)
        dam__text_append(text, "-%c, ", f->letter);
    dam__text_append(text, "--%s", f->name);
    if (f->argument != NULL)
        dam__text_append(text, " %s", f->argument);
    for (size_t i = 0; f->choices != NULL && f->choices[i] != NULL; i++)
        dam__text_append(text, "%s%s", i == 0 ? " " : "|", f->choices[i]);
}

static void append_row(dam__text *text, const char *left, size_t indent, const char *right)
{
    dam__text_append(text, "  %s", left);
    size_t column = strlen(left) + 2;
    if (column + 2 > indent) {
        dam__text_append(text, "\n");
        column = 0;
    }
    append_wrapped(text, column, indent, right);
}

static void append_flag(dam__text *text, const flag *f)
{
    dam__text usage = {0};
    append_flag_usage(&usage, f);
    append_row(text, dam__text_part(text, &usage), FLAG_COLUMN, f->help);
    dam__text_free(&usage);
}

void append_command_help(dam__text *text, const command *c)
{
    dam__text_append(text, "Usage: denseam %s%s%s%s\n\n", c->name,
                     c->operands[0] != '\0' ? " " : "", c->operands,
                     c->flags[0].name != NULL ? " [OPTIONS]" : "");
    append_wrapped(text, 0, 0, c->text);
    dam__text_append(text, "\nOptions:\n");
    for (const flag *f = c->flags; f->name != NULL; f++)
        append_flag(text, f);
    append_row(text, "-h, --help", FLAG_COLUMN, "print this help");
    for (size_t i = 0; c->examples != NULL && c->examples[i] != NULL; i++)
        dam__text_append(text, "%s  %s\n", i == 0 ? "\nExamples:\n" : "", c->examples[i]);
    if (c->more != NULL) {
        dam__text_append(text, "\n");
        c->more(text);
    }
}

void append_overview(dam__text *text)
{
    dam__text_append(text,
                     "denseam %s: Dense Associative Memories on any OpenCL device\n\n"
                     "Usage: denseam COMMAND [OPERANDS] [OPTIONS]\n"
                     "       denseam --help | --version\n\n"
                     "Commands:\n",
                     DENSEAM_VERSION);
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            append_row(text, commands[i]->name, COMMAND_COLUMN, commands[i]->summary);
    dam__text_append(text, "\n'denseam help COMMAND' explains one of them.\n\nExit codes:\n");
#define EXIT_ROW(name, value, sentence) "  " #value "  " sentence "\n"
    dam__text_append(text, "%s", DAM_STATUS_MAP(EXIT_ROW));
#undef EXIT_ROW
}

static dam_status run_help(const arguments *args)
{
    dam__text text = {0};
    const command *c = NULL;
    if (args->operands.count > 0)
        DAM_TRY(find_command(args->operands.items[0], &c));
    if (c != NULL)
        append_command_help(&text, c);
    else
        append_overview(&text);
    return print_text(&text);
}

static const flag flags[] = {FLAG_END};
static const char *const examples[] = {"denseam help devices", NULL};

const command help_command = {
    .name = "help",
    .operands = "[COMMAND]",
    .most = 1,
    .summary = "list the commands, or explain one",
    .text = "Lists the commands, or explains one: what it does and the options it takes.",
    .examples = examples,
    .flags = flags,
    .run = run_help,
};
