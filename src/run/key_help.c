#include "run/key_help.h"

#include <string.h>

#include "model/model_type.h"
#include "run/key_value.h"

enum { COLUMNS = 80 };

/* Paragraphs in front of the keys; the example is set apart in both forms. */
static const char *const paragraphs[] = {
    "A preset is a text file: one \"key = value\" a line, most of them in a section such as "
    "\"model { ... }\". What it leaves out has the default shown below. '#' starts a comment that "
    "runs to the end of its line. Texts stand in double quotes, where \\\" is a quote and \\\\ a "
    "backslash; environment variables are not expanded. A key or section may be given once. Files "
    "of data are looked for from the current folder.",
    "base = \"NAME\", outside of every section, takes all keys of another preset, which those of "
    "this one replace. The base is a file, looked for from the folder of the file that names it, "
    "or else a preset that is built in, and may have a base itself. A key goes back to its default "
    "by being given it: z = \"\" in section sweep varies no third key.",
    ("On the command line, --set section.key=value changes one key of a preset; at the top level "
     "it is --set key=value. Texts need no quotes there. Of several for one key the last counts.")};
enum { PARAGRAPHS = sizeof paragraphs / sizeof *paragraphs };
static const char example[] = "--set model.memories=400 --set train.epochs=50";

static void append_indent(size_t columns, dam__text *out)
{
    dam__text_append(out, "%*s", (int)columns, "");
}

/* Appends text, wrapped at COLUMNS with every line indented. */
static void append_wrapped(const char *text, size_t indent, dam__text *out)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > 0 && column + 1 + length > COLUMNS) {
            dam__text_append(out, "\n");
            column = 0;
        }
        if (column == 0)
            append_indent(indent, out);
        else
            dam__text_append(out, " ");
        column += (column == 0 ? indent : 1) + length;
        dam__text_append_bytes(out, text, length);
        text += length + (text[length] == ' ' ? 1 : 0);
    }
    dam__text_append(out, "\n");
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
static void append_kinds(const dam__option *option, dam__text *out)
{
    const char *between = "Only for ";
    bool all = true;
    for (int kind = 0; kind < DAM__KINDS; kind++)
        all = all && dam__option_applies(option, kind);
    for (int kind = 0; kind < DAM__KINDS; kind++) {
        const char *value = dam__option_default(option, kind);
        if (!all && dam__option_applies(option, kind)) {
            dam__text_append(out, "%s%s", between, dam__model_types[kind]->name);
            between = " and ";
        } else if (all && value != option->default_value) {
            dam__text_append(out, "Default for %s: %s. ", dam__model_types[kind]->name, value);
        }
    }
    if (!all)
        dam__text_append(out, ". ");
}

/* Appends "Whole number (epochs), at least 1, at most 1000000. At most so many passes ..." */
static void append_body(const dam__option *option, dam__text *out)
{
    bool unit = option->unit[0] != '\0';
    dam__text_append(out, "%s%s%s%s, ", type_name(option->type), unit ? " (" : "", option->unit,
                     unit ? ")" : "");
    dam__option_allowed(option, out);
    dam__text_append(out, ". ");
    append_kinds(option, out);
    dam__text_append(out, "%s", option->help);
}

/* Appends "memories = 100": the default of the first kind of model that uses the key. */
static void append_head(const dam__option *option, dam__text *out)
{
    int kind = 0;
    while (kind < DAM__KINDS - 1 && !dam__option_applies(option, kind))
        kind++;
    bool quoted = option->type == DAM__OPTION_TEXT || option->type == DAM__OPTION_CHOICE;
    const char *quote = quoted ? "\"" : "";
    dam__text_append(out, "%s = %s%s%s", option->key, quote, dam__option_default(option, kind),
                     quote);
}

void dam__presets_describe(dam__text *out)
{
    dam__text body = {0};
    const char *section = "";
    for (int i = 0; i < PARAGRAPHS; i++) {
        append_wrapped(paragraphs[i], 0, out);
        dam__text_append(out, "\n");
    }
    dam__text_append(out, "    %s\n\n", example);
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        if (strcmp(o->section, section) != 0)
            dam__text_append(out, "%s\n%s {\n", section[0] == '\0' ? "" : "}\n", o->section);
        section = o->section;
        size_t indent = section[0] == '\0' ? 0 : 4;
        append_indent(indent, out);
        append_head(o, out);
        dam__text_append(out, "\n");
        body.length = 0;
        append_body(o, &body);
        append_wrapped(dam__text_part(out, &body), indent + 4, out);
    }
    if (section[0] != '\0')
        dam__text_append(out, "}\n");
    dam__text_free(&body);
}

/* Appends one line of text for man: nothing in it is taken for a request or an escape. */
static void append_roff(const char *text, dam__text *out)
{
    if (*text == '.' || *text == '\'')
        dam__text_append(out, "\\&");
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            dam__text_append(out, "\\e");
        else if (*text == '-')
            dam__text_append(out, "\\-");
        else if (*text == '\'')
            dam__text_append(out, "\\(aq");
        else if (*text == '"')
            dam__text_append(out, "\\(dq");
        else if (*text == '^')
            dam__text_append(out, "\\(ha");
        else
            dam__text_append_bytes(out, text, 1);
    }
    dam__text_append(out, "\n");
}

void dam__presets_describe_roff(dam__text *out)
{
    dam__text line = {0};
    const char *section = "";
    for (int i = 0; i < PARAGRAPHS; i++) {
        append_roff(paragraphs[i], out);
        dam__text_append(out, ".PP\n");
    }
    dam__text_append(out, ".RS 4\n.nf\n");
    append_roff(example, out);
    dam__text_append(out, ".fi\n.RE\n.SS Top level\n");
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        if (strcmp(o->section, section) != 0)
            dam__text_append(out, ".SS Section %s\n", o->section);
        section = o->section;
        line.length = 0;
        append_head(o, &line);
        dam__text_append(out, ".TP\n.B ");
        append_roff(dam__text_part(out, &line), out);
        line.length = 0;
        append_body(o, &line);
        append_roff(dam__text_part(out, &line), out);
    }
    dam__text_free(&line);
}
