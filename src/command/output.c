#include "command/output.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* jansson drops what it gets no memory for, and many calls that build a value say nothing of it. */
static bool json_lost;

static void *take_for_json(size_t size)
{
    void *memory = malloc(size);
    json_lost = json_lost || (memory == NULL && size > 0);
    return memory;
}

void output_begin(void)
{
    /* The lowest free descriptor is taken, so this fills 0, 1 and 2 in order. A closed stdout
     * becomes one that cannot be written to, and is reported if something is printed. */
    for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != descriptor)
            abort();
    json_set_alloc_funcs(take_for_json, free);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* likewise a file that grew to the limit of the shell */
}

static dam_status write_failure(int reason)
{
    return dam__fail(DAM_INPUT, "cannot write to standard output: %s; the output is incomplete",
                     reason != 0 ? strerror(reason) : "an earlier write failed");
}

dam_status output_finish(void)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    return fclose(stdout) == 0 && !failed ? DAM_OK : write_failure(errno);
}

dam_status print_bytes(const void *bytes, size_t length)
{
    errno = 0;
    return fwrite(bytes, 1, length, stdout) == length ? DAM_OK : write_failure(errno);
}

/* To any stream; false where a write fails. */
static bool show(FILE *stream, const char *text, size_t length)
{
    const char *end = text + length;
    char shown[DAM__SHOWN_BYTES];
    bool written = true;
    while (text < end && written) {
        text += dam__text_shown(text, end, shown);
        written = fputs(shown, stream) >= 0;
    }
    return written;
}

static dam_status print_shown(const char *text, size_t length)
{
    errno = 0;
    return show(stdout, text, length) ? DAM_OK : write_failure(errno);
}

dam_status print_text(dam__text *text)
{
    dam_status status = dam__text_status(text);
    if (status == DAM_OK)
        status = print_shown(text->data, text->length);
    dam__text_free(text);
    return status;
}

dam_status print_line_now(const char *line)
{
    dam_status status = print_shown(line, strlen(line));
    if (status == DAM_OK)
        status = print_bytes("\n", 1);
    (void)fflush(stdout);
    return status;
}

json_t *json_text(const char *text)
{
    dam__text clean = {0};
    if (text == NULL)
        return json_null();
    dam__text_append_utf8(&clean, text, SIZE_MAX);
    json_t *value = dam__text_status(&clean) == DAM_OK ? json_string(clean.data) : NULL;
    dam__text_free(&clean);
    return value;
}

json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_names(const dam__names *names)
{
    json_t *list = names != NULL ? json_array() : json_null();
    for (size_t i = 0; names != NULL && i < names->count; i++)
        (void)json_array_append_new(list, json_text(names->items[i]));
    return list;
}

bool json_lacks_memory(void)
{
    return json_lost;
}

dam_status json_to_text(json_t *value, size_t flags, char **text)
{
    *text = value != NULL ? json_dumps(value, flags) : NULL;
    json_decref(value);
    if (*text != NULL && !json_lost)
        return DAM_OK;
    free(*text);
    *text = NULL;
    return dam__fail(DAM_NO_MEMORY, "the host has no memory for the JSON output");
}

dam_status print_json(json_t *value)
{
    char *text = NULL;
    DAM_TRY(json_to_text(value, JSON_INDENT(2), &text));
    dam_status status = print_bytes(text, strlen(text));
    if (status == DAM_OK)
        status = print_bytes("\n", 1);
    free(text);
    return status;
}

console console_open(bool quiet)
{
    const char *kind = getenv("TERM");
    bool dumb = kind == NULL || strcmp(kind, "dumb") == 0;
    return (console){
        .stream = stderr, .quiet = quiet, .terminal = !dumb && isatty(STDERR_FILENO) == 1};
}

void print_notice(FILE *stream, const char *prefix, const char *text)
{
    const char *end = text + strlen(text);
    char shown[DAM__SHOWN_BYTES];
    (void)fputs(prefix, stream);
    while (text < end) {
        bool blank = *text == '\n' || *text == '\t';
        text += dam__text_shown(text, end, shown);
        (void)fputs(blank ? " " : shown, stream);
    }
    (void)fputc('\n', stream);
}

void print_aside(const char *text)
{
    (void)show(stderr, text, strlen(text));
}

static void write_line(void *user, dam_log_level level, const char *line)
{
    console *c = user;
    if (c->quiet && level == DAM_LOG_INFO)
        return;
    if (c->line_open)
        (void)fputs("\r\033[K", c->stream);
    c->line_open = false;
    print_notice(c->stream, level == DAM_LOG_WARNING ? "warning: " : "", line);
    (void)fflush(c->stream);
}

dam_log console_log(console *c)
{
    return (dam_log){.write = write_line, .user = c};
}
