#include "run/scan.h"

#include <string.h>

dam_status dam__scan_at(const dam__scanner *s, size_t line, dam_status status)
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

static dam_status skip_block_comment(dam__scanner *s)
{
    size_t line = s->line;
    for (s->at += 2; !starts(s->at, '*', '/'); s->at++) {
        if (*s->at == '\0')
            return dam__scan_at(s, line,
                                dam__fail(DAM_USAGE, "the comment is not closed; add '*/' to it"));
        s->line += *s->at == '\n';
    }
    s->at += 2;
    return DAM_OK;
}

/* Skips white space and comments. */
static dam_status skip_blank(dam__scanner *s)
{
    for (;;) {
        if (*s->at == '#' || starts(s->at, '/', '/'))
            s->at += strcspn(s->at, "\n");
        else if (starts(s->at, '/', '*'))
            DAM_TRY(skip_block_comment(s));
        else if (*s->at == '\n' || *s->at == ' ' || *s->at == '\t' || *s->at == '\r')
            s->line += *s->at++ == '\n';
        else
            return DAM_OK;
    }
}

static dam_status skip_string(dam__scanner *s)
{
    char quote = *s->at++;
    for (; *s->at != quote; s->at++) {
        if (*s->at == '\\' && quote == '"' && s->at[1] != '\0' && s->at[1] != '\n' &&
            s->at[1] != '\r' && strchr("\"\\'$", s->at[1]) == NULL)
            return dam__scan_at(
                s, s->line,
                dam__fail(DAM_USAGE,
                          "'\\%.1s' means nothing in double quotes; write \\\\ for a backslash",
                          s->at[1] >= 0x20 && s->at[1] < 0x7F ? s->at + 1 : ""));
        if (*s->at == '\\' && s->at[1] != '\n' && s->at[1] != '\0')
            s->at++;
        else if (quote == '"' && starts(s->at, '$', '{'))
            return dam__scan_at(
                s, s->line,
                dam__fail(DAM_USAGE, "environment variables are not expanded in presets; write the "
                                     "text out, or \\${ for the characters"));
        if (*s->at == '\0' || *s->at == '\n')
            return dam__scan_at(
                s, s->line,
                dam__fail(DAM_USAGE, "the text is not closed by %c on its line", quote));
    }
    s->at++;
    return DAM_OK;
}

static dam_status stray(const dam__scanner *s)
{
    unsigned char byte = (unsigned char)*s->at;
    return dam__scan_at(
        s, s->line,
        byte < 0x20 || byte >= 0x7F
            ? dam__fail(DAM_USAGE, "unexpected byte 0x%02x; put texts in quotes", byte)
            : dam__fail(DAM_USAGE,
                        "unexpected '%c'; put texts in quotes, and nothing after a value", byte));
}

dam_status dam__scan_next(dam__scanner *s, dam__token *out)
{
    DAM_TRY(skip_blank(s));
    dam__token t = {.start = s->at, .line = s->line};
    if (*s->at == '\0') {
        t.kind = DAM__TOKEN_END;
    } else if (*s->at == '{' || *s->at == '}' || *s->at == '=') {
        t.kind = DAM__TOKEN_MARK;
        s->at++;
    } else if (*s->at == '"' || *s->at == '\'') {
        t.kind = DAM__TOKEN_STRING;
        DAM_TRY(skip_string(s));
    } else if (is_word(*s->at)) {
        t.kind = DAM__TOKEN_WORD;
        while (is_word(*s->at) && !starts(s->at, '/', '/') && !starts(s->at, '/', '*'))
            s->at++;
    } else {
        return stray(s);
    }
    t.length = (size_t)(s->at - t.start);
    *out = t;
    return DAM_OK;
}

dam_status dam__scan_begin(const char *name, const char *text, dam__scanner *out)
{
    size_t line = 1;
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    *out = (dam__scanner){.name = name, .at = text, .line = 1};
    /* A carriage return alone would end no line here, so that a comment swallowed what follows. */
    for (; *text != '\0'; text++) {
        line += *text == '\n';
        if (*text == '\r' && text[1] != '\n')
            return dam__scan_at(
                out, line,
                dam__fail(DAM_USAGE, "a carriage return without line feed; save the file with line "
                                     "ends of Unix (LF) or Windows (CRLF)"));
    }
    return DAM_OK;
}

bool dam__token_is(const dam__token *t, char mark)
{
    return t->kind == DAM__TOKEN_MARK && *t->start == mark;
}

void dam__token_value(const dam__token *t, char *out)
{
    size_t quote = t->kind == DAM__TOKEN_STRING ? 1 : 0;
    const char *end = t->start + t->length - quote;
    for (const char *at = t->start + quote; at < end; at++) {
        if (*at == '\\' && (*t->start == '"' || at[1] == '\\' || at[1] == '\''))
            at++;
        *out++ = *at;
    }
    *out = '\0';
}
