#include "run/option_help.h"

#include <string.h>

#include "run/option.h"

enum { COLUMNS = 80 };

/* Paragraphs in front of the keys; the examples are set apart in both forms. */
static const char introduction[] =
    "A preset is a text file: one \"key = value\" a line, most of them in a section such as "
    "\"model { ... }\". What it leaves out has the default shown below. '#' starts a comment that "
    "runs to the end of its line. Texts stand in double quotes, where \\\" is a quote and \\\\ a "
    "backslash; environment variables are not expanded. A key or section may be given once. Files "
    "are looked for from the current folder.";
static const char override_hint[] =
    "On the command line, --set section.key=value changes one key of a preset; at the top level it "
    "is --set key=value. Texts need no quotes there. Of several for one key the last counts.";
static const char example[] = "--set model.memories=400 --set train.epochs=50";

static dam_status append_indent(size_t columns, dam__text *out)
{
    return dam__text_append(out, "%*s", (int)columns, "");
}

/* Appends text, wrapped at COLUMNS with every line indented. */
static dam_status append_wrapped(const char *text, size_t indent, dam__text *out)
{
    dam_status status = DAM_OK;
    size_t column = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > 0 && column + 1 + length > COLUMNS) {
            DAM_TRY(dam__text_append(out, "\n"));
            column = 0;
        }
        if (column == 0)
            DAM_TRY(append_indent(indent, out));
        else
            DAM_TRY(dam__text_append(out, " "));
        column += (column == 0 ? indent : 1) + length;
        DAM_TRY(dam__text_append_bytes(out, text, length));
        text += length + (text[length] == ' ' ? 1 : 0);
    }
    DAM_TRY(dam__text_append(out, "\n"));
cleanup:
    return status;
}

static const char *type_name(dam__option_type type)
{
    switch (type) {
    case DAM__OPTION_INTEGER:
    case DAM__OPTION_SEED:
        return "Whole number";
    case DAM__OPTION_REAL:
        return "Number";
    case DAM__OPTION_TEXT:
        return "Text";
    case DAM__OPTION_CHOICE:
        return "Choice";
    }
    return "";
}

/* Appends "Only for energy. ", or "Default for energy: 0. ", or nothing. */
static dam_status append_kinds(const dam__option *option, dam__text *out)
{
    dam_status status = DAM_OK;
    const char *between = "Only for ";
    bool all = true;
    for (int kind = 0; kind < DAM__KINDS; kind++)
        all = all && dam__option_applies(option, kind);
    for (int kind = 0; kind < DAM__KINDS; kind++) {
        const char *value = dam__option_default(option, kind);
        if (!all && dam__option_applies(option, kind)) {
            DAM_TRY(dam__text_append(out, "%s%s", between, dam__kind_name(kind)));
            between = " and ";
        } else if (all && value != option->default_value) {
            DAM_TRY(dam__text_append(out, "Default for %s: %s. ", dam__kind_name(kind), value));
        }
    }
    if (!all)
        DAM_TRY(dam__text_append(out, ". "));
cleanup:
    return status;
}

/* Appends "Whole number (epochs), at least 1, at most 1000000. At most so many passes ..." */
static dam_status append_body(const dam__option *option, dam__text *out)
{
    dam_status status = DAM_OK;
    bool unit = option->unit[0] != '\0';
    DAM_TRY(dam__text_append(out, "%s%s%s%s, ", type_name(option->type), unit ? " (" : "",
                             option->unit, unit ? ")" : ""));
    DAM_TRY(dam__option_allowed(option, out));
    DAM_TRY(dam__text_append(out, ". "));
    DAM_TRY(append_kinds(option, out));
    DAM_TRY(dam__text_append(out, "%s", option->help));
cleanup:
    return status;
}

/* Appends "memories = 100". */
static dam_status append_head(const dam__option *option, dam__text *out)
{
    bool quoted = option->type == DAM__OPTION_TEXT || option->type == DAM__OPTION_CHOICE;
    const char *quote = quoted ? "\"" : "";
    return dam__text_append(out, "%s = %s%s%s", option->key, quote, option->default_value, quote);
}

dam_status dam__presets_describe(dam__text *out)
{
    dam_status status = DAM_OK;
    dam__text body = {0};
    const char *section = "";
    DAM_TRY(append_wrapped(introduction, 0, out));
    DAM_TRY(dam__text_append(out, "\n"));
    DAM_TRY(append_wrapped(override_hint, 0, out));
    DAM_TRY(dam__text_append(out, "\n    %s\n\n", example));
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        if (strcmp(o->section, section) != 0)
            DAM_TRY(
                dam__text_append(out, "%s\n%s {\n", section[0] == '\0' ? "" : "}\n", o->section));
        section = o->section;
        size_t indent = section[0] == '\0' ? 0 : 4;
        DAM_TRY(append_indent(indent, out));
        DAM_TRY(append_head(o, out));
        DAM_TRY(dam__text_append(out, "\n"));
        body.length = 0;
        DAM_TRY(append_body(o, &body));
        DAM_TRY(append_wrapped(body.data, indent + 4, out));
    }
    if (section[0] != '\0')
        DAM_TRY(dam__text_append(out, "}\n"));
cleanup:
    dam__text_free(&body);
    return status;
}

/* Appends one line of text for man: nothing in it is taken for a request or an escape. */
static dam_status append_roff(const char *text, dam__text *out)
{
    dam_status status = DAM_OK;
    if (*text == '.' || *text == '\'')
        DAM_TRY(dam__text_append(out, "\\&"));
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            DAM_TRY(dam__text_append(out, "\\e"));
        else if (*text == '-')
            DAM_TRY(dam__text_append(out, "\\-"));
        else if (*text == '\'')
            DAM_TRY(dam__text_append(out, "\\(aq"));
        else if (*text == '"')
            DAM_TRY(dam__text_append(out, "\\(dq"));
        else if (*text == '^')
            DAM_TRY(dam__text_append(out, "\\(ha"));
        else
            DAM_TRY(dam__text_append_bytes(out, text, 1));
    }
    DAM_TRY(dam__text_append(out, "\n"));
cleanup:
    return status;
}

dam_status dam__presets_describe_roff(dam__text *out)
{
    dam_status status = DAM_OK;
    dam__text line = {0};
    const char *section = "";
    DAM_TRY(append_roff(introduction, out));
    DAM_TRY(dam__text_append(out, ".PP\n"));
    DAM_TRY(append_roff(override_hint, out));
    DAM_TRY(dam__text_append(out, ".PP\n.RS 4\n.nf\n"));
    DAM_TRY(append_roff(example, out));
    DAM_TRY(dam__text_append(out, ".fi\n.RE\n.SS Top level\n"));
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        if (strcmp(o->section, section) != 0)
            DAM_TRY(dam__text_append(out, ".SS Section %s\n", o->section));
        section = o->section;
        line.length = 0;
        DAM_TRY(append_head(o, &line));
        DAM_TRY(dam__text_append(out, ".TP\n.B "));
        DAM_TRY(append_roff(line.data, out));
        line.length = 0;
        DAM_TRY(append_body(o, &line));
        DAM_TRY(append_roff(line.data, out));
    }
cleanup:
    dam__text_free(&line);
    return status;
}
