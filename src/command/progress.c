#include "command/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

static const double TERMINAL_SECONDS = 0.1, PLAIN_SECONDS = 10;

int terminal_columns(FILE *stream)
{
    struct winsize size = {0};
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    int count = columns != NULL ? (int)strtol(columns, NULL, 10) : 0;
    return count > 0 ? count : 80;
}

progress progress_begin(console *c)
{
    return (progress){.console = c};
}

/* "0:07", "12:34" or "1:02:03"; days get no unit of their own. */
static void format_seconds(char *text, size_t size, double seconds)
{
    const double longest = 999 * 3600.0;
    long whole = (long)(seconds < longest ? seconds + 0.5 : longest);
    long minutes = whole / 60 % 60, hours = whole / 3600;
    if (hours > 0)
        (void)snprintf(text, size, "%ld:%02ld:%02ld", hours, minutes, whole % 60);
    else
        (void)snprintf(text, size, "%ld:%02ld", minutes, whole % 60);
}

/* As many letters as fit, each of them a column. */
static void print_letters(FILE *stream, const char *line, int columns)
{
    const char *end = line + strlen(line);
    char shown[DAM__SHOWN_BYTES];
    while (line < end) {
        size_t bytes = dam__text_shown(line, end, shown);
        columns -= bytes > 1 && (shown[0] & 0x80) != 0 ? 1 : (int)strlen(shown);
        if (columns < 0)
            break;
        (void)fputs(shown, stream);
        line += bytes;
    }
}

static void print_line(progress *p, double now)
{
    console *c = p->console;
    if (c->terminal) {
        (void)fputc('\r', c->stream);
        /* The last column stays free: some terminals wrap as soon as it is written. */
        print_letters(c->stream, p->line, terminal_columns(c->stream) - 1);
        (void)fputs("\033[K", c->stream);
        c->line_open = true;
    } else {
        print_notice(c->stream, "", p->line);
    }
    (void)fflush(c->stream);
    p->shown = now;
    p->is_pending = false;
}

void progress_update(progress *p, const char *label, double fraction, const char *text)
{
    if (p->console->quiet)
        return;
    double now = dam__seconds();
    bool is_first = !p->is_started;
    if (is_first) {
        p->began = now;
        p->first = fraction;
        p->is_started = true;
    }
    char left[32] = "";
    if (fraction > p->first && fraction < 1) {
        char time[24];
        double rest = (now - p->began) * (1 - fraction) / (fraction - p->first);
        format_seconds(time, sizeof time, rest);
        (void)snprintf(left, sizeof left, "%s left  ", time);
    }
    (void)snprintf(p->line, sizeof p->line, "%s  %3.0f%%  %s%s", label, 100 * fraction, left, text);
    p->is_pending = true;
    if (is_first || now - p->shown >= (p->console->terminal ? TERMINAL_SECONDS : PLAIN_SECONDS))
        print_line(p, now);
}

void progress_finish(progress *p)
{
    if (p->is_pending)
        print_line(p, dam__seconds());
    if (p->console->line_open)
        (void)fputc('\n', p->console->stream);
    p->console->line_open = false;
    *p = (progress){.console = p->console};
}
