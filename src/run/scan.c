#include "run/scan.h"

#include <stdio.h>
#include <string.h>

#include "run/key_value.h"

/*
 * Longer than any field's text with every byte escaped. libconfuse grows its buffer by 32 bytes a
 * time, so that a value of the length of a whole preset could take seconds.
 */
enum { LONGEST_VALUE = 4096 };

typedef enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* bare: a key, a section or a value */
    TOKEN_STRING, /* with its quotes */
    TOKEN_MARK    /* one of { } = */
} token_kind;

typedef struct token {
    token_kind kind;
    const char *start;
    size_t length, line;
} token;

typedef struct scanner {
    const char *name, *at;
    size_t line;
    dam__text *clean;
    const char *section; /* "" at the top level */
    size_t section_line;
    size_t given[DAM__MAX_OPTIONS];  /* the line of each key, 0 = not given yet */
    size_t opened[DAM__MAX_OPTIONS]; /* the same of each section, at its first key */
} scanner;

/* Puts name and line before the message just recorded. */
static dam_status at_line(const scanner *s, size_t line, dam_status status)
{
    return dam__fail_within(status, "%s:%zu", s->name, line);
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("_.+-/:@%~", c) != NULL);
}

static bool starts(const char *at, char first, char second)
{
    return at[0] == first && at[1] == second;
}

static void next_line(scanner *s)
{
    s->line++;
    s->at++;
    dam__text_append_bytes(s->clean, "\n", 1);
}

static dam_status skip_block_comment(scanner *s)
{
    size_t line = s->line;
    for (s->at += 2; !starts(s->at, '*', '/');) {
        if (*s->at == '\0')
            return at_line(s, line,
                           dam__fail(DAM_USAGE, "the comment is not closed; add '*/' to it"));
        if (*s->at == '\n')
            next_line(s);
        else
            s->at++;
    }
    s->at += 2;
    return DAM_OK;
}

/* Skips white space and comments; line ends are kept. */
static dam_status skip_blank(scanner *s)
{
    for (;;) {
        if (*s->at == '\n')
            next_line(s);
        else if (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')
            s->at++;
        else if (*s->at == '#' || starts(s->at, '/', '/'))
            s->at += strcspn(s->at, "\n");
        else if (starts(s->at, '/', '*'))
            DAM_TRY(skip_block_comment(s));
        else
            break;
    }
    return DAM_OK;
}

static dam_status skip_string(scanner *s)
{
    char quote = *s->at++;
    for (; *s->at != quote; s->at++) {
        if (*s->at == '\\' && quote == '"' && s->at[1] != '\0' && s->at[1] != '\n' &&
            s->at[1] != '\r' && strchr("\"\\'$", s->at[1]) == NULL)
            return at_line(s, s->line,
                           dam__fail(DAM_USAGE,
                                     "'\\%.1s' means nothing in double quotes; write "
                                     "\\\\ for a backslash",
                                     s->at[1] >= 0x20 && s->at[1] < 0x7F ? s->at + 1 : ""));
        if (*s->at == '\\' && s->at[1] != '\n' && s->at[1] != '\0')
            s->at++;
        else if (quote == '"' && starts(s->at, '$', '{'))
            return at_line(s, s->line,
                           dam__fail(DAM_USAGE, "environment variables are not expanded in presets;"
                                                " write the text out, or \\${ for the characters"));
        if (*s->at == '\0' || *s->at == '\n')
            return at_line(s, s->line,
                           dam__fail(DAM_USAGE,
                                     "the text is not closed by %c on its "
                                     "line",
                                     quote));
    }
    s->at++;
    return DAM_OK;
}

static dam_status stray(const scanner *s)
{
    unsigned char byte = (unsigned char)*s->at;
    if (byte < 0x20 || byte >= 0x7F)
        return at_line(s, s->line,
                       dam__fail(DAM_USAGE, "unexpected byte 0x%02x; put texts in quotes", byte));
    return at_line(s, s->line,
                   dam__fail(DAM_USAGE,
                             "unexpected '%c'; put texts in quotes, and nothing after "
                             "a value",
                             byte));
}

static dam_status next(scanner *s, token *t)
{
    DAM_TRY(skip_blank(s));
    *t = (token){.start = s->at, .line = s->line};
    if (*s->at == '\0') {
        t->kind = TOKEN_END;
    } else if (*s->at == '{' || *s->at == '}' || *s->at == '=') {
        t->kind = TOKEN_MARK;
        s->at++;
    } else if (*s->at == '"' || *s->at == '\'') {
        t->kind = TOKEN_STRING;
        DAM_TRY(skip_string(s));
    } else if (is_word(*s->at)) {
        t->kind = TOKEN_WORD;
        while (is_word(*s->at) && !starts(s->at, '/', '/') && !starts(s->at, '/', '*'))
            s->at++;
    } else {
        DAM_TRY(stray(s));
    }
    t->length = (size_t)(s->at - t->start);
    return DAM_OK;
}

static bool is_mark(const token *t, char mark)
{
    return t->kind == TOKEN_MARK && *t->start == mark;
}

static dam_status expected(const scanner *s, const token *found, size_t line, const char *what)
{
    char shown[DAM__EXCERPT_BYTES];
    dam__excerpt(found->start, found->length, shown);
    if (found->kind == TOKEN_END)
        return at_line(s, line, dam__fail(DAM_USAGE, "expected %s before the end", what));
    return at_line(s, line, dam__fail(DAM_USAGE, "expected %s before %s", what, shown));
}

static dam_status given_twice(const scanner *s, size_t line, const char *name, size_t before)
{
    return at_line(
        s, line,
        dam__fail(DAM_USAGE, "%s is given twice, first on line %zu; keep one", name, before));
}

/* After a section's name: its '{'. */
static dam_status open_section(scanner *s, const dam__option *first, const token *word)
{
    char what[DAM__EXCERPT_BYTES];
    if (s->section[0] != '\0')
        return at_line(s, word->line,
                       dam__fail(DAM_USAGE,
                                 "section '%s' of line %zu is not closed before section "
                                 "'%s'; add '}'",
                                 s->section, s->section_line, first->section));
    size_t *opened = &s->opened[first - dam__options];
    if (*opened != 0)
        return given_twice(s, word->line, first->section, *opened);
    *opened = word->line;
    s->section = first->section;
    s->section_line = word->line;
    token brace;
    DAM_TRY(next(s, &brace));
    if (!is_mark(&brace, '{')) {
        (void)snprintf(what, sizeof what, "'{' after section '%s'", first->section);
        return expected(s, &brace, word->line, what);
    }
    dam__text_append(s->clean, "%s {", first->section);
    return DAM_OK;
}

/* After a key: '=' and, on the same line, its value. */
static dam_status assignment(scanner *s, const dam__option *option, const token *word)
{
    char name[DAM__EXCERPT_BYTES], what[DAM__EXCERPT_BYTES + 16];
    dam__option_name(option->section, option->key, name);
    size_t *given = &s->given[option - dam__options];
    if (*given != 0)
        return given_twice(s, word->line, name, *given);
    *given = word->line;
    token t;
    DAM_TRY(next(s, &t));
    if (!is_mark(&t, '=')) {
        (void)snprintf(what, sizeof what, "'=' after %s", name);
        return expected(s, &t, word->line, what);
    }
    size_t line = t.line;
    DAM_TRY(next(s, &t));
    if (t.line != line || (t.kind != TOKEN_WORD && t.kind != TOKEN_STRING))
        return at_line(s, line, dam__fail(DAM_USAGE, "%s has no value after '='", name));
    if (t.length > LONGEST_VALUE)
        return at_line(s, line,
                       dam__fail(DAM_USAGE, "the value of %s has %zu bytes; at most %d are allowed",
                                 name, t.length, LONGEST_VALUE));
    const char *quote = t.kind == TOKEN_WORD ? "\"" : "";
    dam__text_append(s->clean, " %s = %s%.*s%s ", option->key, quote, (int)t.length, t.start,
                     quote);
    return DAM_OK;
}

static dam_status unknown(scanner *s, const char *word, size_t line)
{
    token brace;
    dam_status status = next(s, &brace);
    if (status != DAM_OK)
        return status;
    return at_line(s, line,
                   is_mark(&brace, '{') ? dam__option_unknown_section(word)
                                        : dam__option_unknown(s->section, word));
}

/* A key or a section, to its end. */
static dam_status statement(scanner *s, const token *t)
{
    char word[DAM__EXCERPT_BYTES];
    dam__excerpt(t->start, t->length, word);
    const dam__option *first = dam__option_section(word);
    if (first != NULL)
        return open_section(s, first, t);
    const dam__option *option = dam__option_find(s->section, word);
    return option != NULL ? assignment(s, option, t) : unknown(s, word, t->line);
}

/* A carriage return alone would end no line here, so that a comment swallowed what follows. */
static dam_status check_line_ends(const scanner *s)
{
    size_t line = 1;
    for (const char *at = s->at; *at != '\0'; at++) {
        line += *at == '\n';
        if (*at == '\r' && at[1] != '\n')
            return at_line(s, line,
                           dam__fail(DAM_USAGE, "a carriage return without line feed; save the file"
                                                " with line ends of Unix (LF) or Windows (CRLF)"));
    }
    return DAM_OK;
}

dam_status dam__preset_scan(const char *name, const char *text, dam__text *clean)
{
    scanner s = {.name = name, .at = text, .line = 1, .clean = clean, .section = ""};
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        s.at += 3;
    DAM_TRY(check_line_ends(&s));
    for (;;) {
        token t;
        DAM_TRY(next(&s, &t));
        if (t.kind == TOKEN_END)
            break;
        if (t.kind == TOKEN_WORD) {
            DAM_TRY(statement(&s, &t));
        } else if (is_mark(&t, '}') && s.section[0] != '\0') {
            s.section = "";
            dam__text_append_bytes(clean, "}", 1);
        } else if (is_mark(&t, '}')) {
            return at_line(&s, t.line, dam__fail(DAM_USAGE, "'}' closes no section"));
        } else {
            return expected(&s, &t, t.line, "a key or a section");
        }
    }
    if (s.section[0] != '\0')
        return at_line(&s, s.section_line,
                       dam__fail(DAM_USAGE, "section '%s' is not closed; add '}'", s.section));
    return DAM_OK;
}
