#include "run/parse.h"

#include <stdio.h>
#include <string.h>

typedef struct parser {
    dam__scanner scan;
    dam__assignments *out;
    const char *section; /* "" at the top level */
    size_t section_line;
    size_t base;                     /* the line of `base`, 0 = not given yet */
    size_t given[DAM__MAX_OPTIONS];  /* the same of each key */
    size_t opened[DAM__MAX_OPTIONS]; /* the same of each section, at its first key */
} parser;

static dam_status expected(const parser *p, const dam__token *found, size_t line, const char *what)
{
    char shown[DAM__EXCERPT_BYTES];
    dam__excerpt(found->start, found->length, shown);
    if (found->kind == DAM__TOKEN_END)
        (void)snprintf(shown, sizeof shown, "the end");
    return dam__scan_at(&p->scan, line, dam__fail(DAM_USAGE, "expected %s before %s", what, shown));
}

/* Notes the line of a key or section; DAM_USAGE where it has one already. */
static dam_status note(const parser *p, size_t *noted, const char *name, size_t line)
{
    if (*noted != 0)
        return dam__scan_at(
            &p->scan, line,
            dam__fail(DAM_USAGE, "%s is given twice, first on line %zu; keep one", name, *noted));
    *noted = line;
    return DAM_OK;
}

/* After a section's name: its '{'. */
static dam_status open_section(parser *p, const dam__option *first, size_t line)
{
    char what[DAM__EXCERPT_BYTES];
    dam__token brace;
    if (p->section[0] != '\0')
        return dam__scan_at(
            &p->scan, line,
            dam__fail(DAM_USAGE,
                      "section '%s' of line %zu is not closed before section '%s'; add '}'",
                      p->section, p->section_line, first->section));
    DAM_TRY(note(p, &p->opened[first - dam__options], first->section, line));
    p->section = first->section;
    p->section_line = line;
    DAM_TRY(dam__scan_next(&p->scan, &brace));
    (void)snprintf(what, sizeof what, "'{' after section '%s'", first->section);
    return dam__token_is(&brace, '{') ? DAM_OK : expected(p, &brace, line, what);
}

/* After a key: '=' and, on the same line, its value. */
static dam_status read_value(parser *p, const char *name, size_t line, dam__token *value)
{
    char what[DAM__EXCERPT_BYTES + 16];
    dam__token equals;
    DAM_TRY(dam__scan_next(&p->scan, &equals));
    (void)snprintf(what, sizeof what, "'=' after %s", name);
    if (!dam__token_is(&equals, '='))
        return expected(p, &equals, line, what);
    DAM_TRY(dam__scan_next(&p->scan, value));
    bool is_value = value->kind == DAM__TOKEN_WORD || value->kind == DAM__TOKEN_STRING;
    if (value->line != equals.line || !is_value)
        return dam__scan_at(&p->scan, equals.line,
                            dam__fail(DAM_USAGE, "%s has no value after '='", name));
    if (value->length > DAM__LONGEST_VALUE)
        return dam__scan_at(&p->scan, value->line,
                            dam__fail(DAM_USAGE,
                                      "the value of %s has %zu bytes; at most %d are allowed", name,
                                      value->length, DAM__LONGEST_VALUE));
    return DAM_OK;
}

static dam_status assign(parser *p, const dam__option *option, size_t line)
{
    char name[DAM__EXCERPT_BYTES];
    dam__assignment *a = &p->out->items[p->out->count];
    dam__option_name(option->section, option->key, name);
    DAM_TRY(note(p, &p->given[option - dam__options], name, line));
    DAM_TRY(read_value(p, name, line, &a->value));
    a->option = option;
    p->out->count++;
    return DAM_OK;
}

/* A key or a section, to its end. */
static dam_status statement(parser *p, const dam__token *t)
{
    char word[DAM__EXCERPT_BYTES];
    dam__token next;
    dam__excerpt(t->start, t->length, word);
    const dam__option *first = dam__option_section(word);
    if (first != NULL)
        return open_section(p, first, t->line);
    if (p->section[0] == '\0' && strcmp(word, "base") == 0) {
        DAM_TRY(note(p, &p->base, word, t->line));
        return read_value(p, word, t->line, &p->out->base);
    }
    const dam__option *option = dam__option_find(p->section, word);
    if (option != NULL)
        return assign(p, option, t->line);
    DAM_TRY(dam__scan_next(&p->scan, &next));
    return dam__scan_at(&p->scan, t->line,
                        dam__token_is(&next, '{') ? dam__option_unknown_section(word)
                                                  : dam__option_unknown(p->section, word));
}

dam_status dam__preset_parse(const char *name, const char *text, dam__assignments *out)
{
    dam__token t;
    parser p = {.out = out, .section = ""};
    out->count = 0;
    out->base.kind = DAM__TOKEN_END;
    DAM_TRY(dam__scan_begin(name, text, &p.scan));
    for (;;) {
        DAM_TRY(dam__scan_next(&p.scan, &t));
        if (t.kind == DAM__TOKEN_END)
            break;
        if (t.kind == DAM__TOKEN_WORD)
            DAM_TRY(statement(&p, &t));
        else if (!dam__token_is(&t, '}'))
            return expected(&p, &t, t.line, "a key or a section");
        else if (p.section[0] == '\0')
            return dam__scan_at(&p.scan, t.line, dam__fail(DAM_USAGE, "'}' closes no section"));
        else
            p.section = "";
    }
    if (p.section[0] != '\0')
        return dam__scan_at(&p.scan, p.section_line,
                            dam__fail(DAM_USAGE, "section '%s' is not closed; add '}'", p.section));
    return DAM_OK;
}
