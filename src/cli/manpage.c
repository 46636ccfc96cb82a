/* `denseam man`: the manual page as roff, from the same tables as the help. */
#include <stdio.h>

#include "command/command.h"
#include "command/output.h"
#include "denseam/version.h"
#include "run/key_help.h"

/* Appends text as roff shows it literally; a period or quote at its start is not a request. */
static void append_literal(dam__text *page, const char *text)
{
    if (text[0] == '.' || text[0] == '\'')
        dam__text_append(page, "\\&");
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            dam__text_append(page, "\\e");
        else if (*text == '-')
            dam__text_append(page, "\\-");
        else
            dam__text_append_bytes(page, text, 1);
    }
}

/* A term in bold and its explanation. */
static void append_item(dam__text *page, const char *term, const char *explanation)
{
    dam__text_append(page, ".TP\n\\fB");
    append_literal(page, term);
    dam__text_append(page, "\\fR\n");
    append_literal(page, explanation);
    dam__text_append(page, "\n");
}

static void append_head(dam__text *page)
{
    dam__text_append(
        page,
        ".TH DENSEAM 1 \"\" \"denseam %s\" \"User Commands\"\n"
        ".SH NAME\ndenseam \\- train and recall Dense Associative Memories on any OpenCL device\n"
        ".SH SYNOPSIS\n\\fBdenseam\\fR \\fICOMMAND\\fR [\\fIOPERANDS\\fR] [\\fIOPTIONS\\fR]\n"
        ".SH DESCRIPTION\n"
        "Results go to the standard output, everything else to the standard error. Options and\n"
        "operands may be mixed; after \\fB\\-\\-\\fR everything is an operand.\n",
        DENSEAM_VERSION);
}

static void append_command(dam__text *page, const command *c)
{
    dam__text usage = {0};
    dam__text_append(page, ".SS denseam %s%s%s\n", c->name, c->operands[0] != '\0' ? " " : "",
                     c->operands);
    append_literal(page, c->text);
    dam__text_append(page, "\n");
    for (const flag *f = c->flags; f->name != NULL; f++) {
        append_flag_usage(&usage, f);
        append_item(page, dam__text_part(page, &usage), f->help);
        dam__text_free(&usage);
    }
    for (size_t i = 0; c->examples != NULL && c->examples[i] != NULL; i++) {
        dam__text_append(page, i == 0 ? ".PP\nExamples:\n.RS 4\n.nf\n" : "");
        append_literal(page, c->examples[i]);
        dam__text_append(page, "\n");
    }
    if (c->examples != NULL)
        dam__text_append(page, ".fi\n.RE\n");
    dam__text_free(&usage);
}

static void append_commands(dam__text *page)
{
    dam__text_append(page, ".SH COMMANDS\nEvery command takes \\fB\\-\\-help\\fR.\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            append_command(page, commands[i]);
}

static void append_preset_keys(dam__text *page)
{
    dam__text_append(page, ".SH PRESET KEYS\n");
    dam__presets_describe_roff(page);
}

static void append_environment(dam__text *page)
{
    dam__text_append(page, ".SH ENVIRONMENT\n");
    append_item(page, "DENSEAM_DEVICE", "the device that is used without --device");
    append_item(page, "OCL_ICD_VENDORS",
                "which OpenCL drivers the loader looks at; see libOpenCL(7)");
    append_item(page, "XDG_CACHE_HOME", "folder of the cache of compiled kernels, else ~/.cache");
}

static void append_exit_codes(dam__text *page)
{
    dam__text_append(page, ".SH EXIT STATUS\n");
#define EXIT_ITEM(name, value, sentence) append_item(page, #value, sentence);
    DAM_STATUS_MAP(EXIT_ITEM)
#undef EXIT_ITEM
}

/* The sections in their order; each appends roff. */
static void (*const sections[])(dam__text *page) = {
    append_head, append_commands, append_preset_keys, append_environment, append_exit_codes};

static dam_status run_man(const arguments *args)
{
    (void)args;
    dam__text page = {0};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        sections[i](&page);
    return print_text(&page);
}

static const flag flags[] = {FLAG_END};

const command man_command = {
    .name = "man",
    .operands = "",
    .hidden = true,
    .summary = "print the manual page as roff",
    .text = "Prints the manual page as roff, for the installation.",
    .flags = flags,
    .run = run_man,
};
