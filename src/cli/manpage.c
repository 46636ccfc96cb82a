/* `denseam man`: the manual page as roff, from the same tables as the help. */
#include <stdio.h>

#include "command/command.h"
#include "command/output.h"
#include "run/option_help.h"

/* Appends text as roff shows it literally; a period or quote at its start is not a request. */
static dam_status append_literal(dam__text *page, const char *text)
{
    dam_status status = DAM_OK;
    if (text[0] == '.' || text[0] == '\'')
        DAM_TRY(dam__text_append(page, "\\&"));
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            DAM_TRY(dam__text_append(page, "\\e"));
        else if (*text == '-')
            DAM_TRY(dam__text_append(page, "\\-"));
        else
            DAM_TRY(dam__text_append_bytes(page, text, 1));
    }
cleanup:
    return status;
}

/* A term in bold and its explanation. */
static dam_status append_item(dam__text *page, const char *term, const char *explanation)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__text_append(page, ".TP\n\\fB"));
    DAM_TRY(append_literal(page, term));
    DAM_TRY(dam__text_append(page, "\\fR\n"));
    DAM_TRY(append_literal(page, explanation));
    DAM_TRY(dam__text_append(page, "\n"));
cleanup:
    return status;
}

static dam_status append_head(dam__text *page)
{
    return dam__text_append(
        page,
        ".TH DENSEAM 1 \"\" \"denseam %s\" \"User Commands\"\n"
        ".SH NAME\ndenseam \\- train and recall Dense Associative Memories on any OpenCL device\n"
        ".SH SYNOPSIS\n\\fBdenseam\\fR \\fICOMMAND\\fR [\\fIOPERANDS\\fR] [\\fIOPTIONS\\fR]\n"
        ".SH DESCRIPTION\n"
        "Results go to the standard output, everything else to the standard error. Options and\n"
        "operands may be mixed; after \\fB\\-\\-\\fR everything is an operand.\n",
        DENSEAM_VERSION);
}

static dam_status append_command(dam__text *page, const command *c)
{
    dam_status status = DAM_OK;
    dam__text usage = {0};
    DAM_TRY(dam__text_append(page, ".SS denseam %s%s%s\n", c->name,
                             c->operands[0] != '\0' ? " " : "", c->operands));
    DAM_TRY(append_literal(page, c->text));
    DAM_TRY(dam__text_append(page, "\n"));
    for (const flag *f = c->flags; f->name != NULL; f++) {
        DAM_TRY(append_flag_usage(&usage, f));
        DAM_TRY(append_item(page, usage.data, f->help));
        dam__text_free(&usage);
    }
    for (size_t i = 0; c->examples != NULL && c->examples[i] != NULL; i++) {
        DAM_TRY(dam__text_append(page, i == 0 ? ".PP\nExamples:\n.RS 4\n.nf\n" : ""));
        DAM_TRY(append_literal(page, c->examples[i]));
        DAM_TRY(dam__text_append(page, "\n"));
    }
    if (c->examples != NULL)
        DAM_TRY(dam__text_append(page, ".fi\n.RE\n"));
cleanup:
    dam__text_free(&usage);
    return status;
}

static dam_status append_commands(dam__text *page)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__text_append(page, ".SH COMMANDS\nEvery command takes \\fB\\-\\-help\\fR.\n"));
    for (size_t i = 0; commands[i] != NULL; i++)
        if (!commands[i]->hidden)
            DAM_TRY(append_command(page, commands[i]));
cleanup:
    return status;
}

static dam_status append_preset_keys(dam__text *page)
{
    dam_status status = dam__text_append(page, ".SH PRESET KEYS\n");
    return status == DAM_OK ? dam__presets_describe_roff(page) : status;
}

static dam_status append_environment(dam__text *page)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__text_append(page, ".SH ENVIRONMENT\n"));
    DAM_TRY(append_item(page, "DENSEAM_DEVICE", "the device that is used without --device"));
    DAM_TRY(append_item(page, "OCL_ICD_VENDORS",
                        "which OpenCL drivers the loader looks at; see libOpenCL(7)"));
    DAM_TRY(append_item(page, "XDG_CACHE_HOME",
                        "folder of the cache of compiled kernels, else ~/.cache"));
cleanup:
    return status;
}

static dam_status append_exit_codes(dam__text *page)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__text_append(page, ".SH EXIT STATUS\n"));
#define EXIT_ITEM(name, value, sentence) DAM_TRY(append_item(page, #value, sentence));
    DAM_STATUS_MAP(EXIT_ITEM)
#undef EXIT_ITEM
cleanup:
    return status;
}

/* The sections in their order; each appends roff. */
static dam_status (*const sections[])(dam__text *page) = {
    append_head, append_commands, append_preset_keys, append_environment, append_exit_codes};

static dam_status run_man(const arguments *args)
{
    (void)args;
    dam_status status = DAM_OK;
    dam__text page = {0};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        DAM_TRY(sections[i](&page));
    DAM_TRY(print_text(&page));
cleanup:
    dam__text_free(&page);
    return status;
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
