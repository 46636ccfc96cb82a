/* Notices, progress and signals of the tool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "command/output.h"
#include "command/progress.c"
#include "command/signals.h"

#include "base/notice.h"

/* A console that writes into memory. */
typedef struct capture {
    console console;
    char *text;
    size_t length;
} capture;

static void capture_begin(capture *c, bool quiet, bool terminal)
{
    *c = (capture){.console = {.quiet = quiet, .terminal = terminal}};
    c->console.stream = open_memstream(&c->text, &c->length);
    assert_non_null(c->console.stream);
}

static void capture_end(capture *c, const char *expected)
{
    assert_int_equal(fclose(c->console.stream), 0);
    assert_string_equal(c->text, expected);
    free(c->text);
}

static void quiet_keeps_warnings(void **state)
{
    (void)state;
    for (int quiet = 0; quiet < 2; quiet++) {
        capture c;
        capture_begin(&c, quiet == 1, false);
        dam_log log = console_log(&c.console);
        dam__info(&log, "compiling %d kernels", 3);
        dam__warn(&log, "slow");
        progress p = progress_begin(&c.console);
        progress_update(&p, "epoch 1/2", 0.5, "loss 1");
        progress_finish(&p);
        capture_end(&c, quiet == 1
                            ? "warning: slow\n"
                            : "compiling 3 kernels\nwarning: slow\nepoch 1/2   50%  loss 1\n");
    }
}

static void files_get_few_plain_lines(void **state)
{
    (void)state;
    capture c;
    capture_begin(&c, false, false);
    progress p = progress_begin(&c.console);
    progress_update(&p, "epoch 1/4", 0, "loss 4");
    for (int i = 0; i < 1000; i++)
        progress_update(&p, "epoch 2/4", 0.25, "loss 3");
    p.shown -= PLAIN_SECONDS; /* as if the first line were that old */
    progress_update(&p, "epoch 3/4", 1, "loss 2");
    progress_update(&p, "epoch 4/4", 1, "loss 1");
    progress_finish(&p);
    progress_finish(&p);
    capture_end(&c, "epoch 1/4    0%  loss 4\nepoch 3/4  100%  loss 2\nepoch 4/4  100%  loss 1\n");
}

static void terminals_get_one_line_that_is_rewritten(void **state)
{
    (void)state;
    capture c;
    capture_begin(&c, false, true);
    setenv("COLUMNS", "24", 1);
    dam_log log = console_log(&c.console);
    progress p = progress_begin(&c.console);
    progress_update(&p, "epoch 1/4", 0, "loss 4 and more");
    dam__info(&log, "saved");
    p.shown -= TERMINAL_SECONDS;
    progress_update(&p, "epoch 4/4", 1, "loss 1");
    progress_finish(&p);
    unsetenv("COLUMNS");
    capture_end(&c, "\repoch 1/4    0%  loss 4\033[K" /* 23 letters */
                    "\r\033[Ksaved\n"
                    "\repoch 4/4  100%  loss 1\033[K\n");
}

/* What a text looks like, letter by letter. */
static void check_shown(const char *text, size_t length, const char *wanted)
{
    char all[128] = "", shown[DAM__SHOWN_BYTES];
    for (const char *at = text, *end = text + length; at < end;) {
        at += dam__text_shown(at, end, shown);
        assert_true(at <= end);
        (void)strcat(all, shown);
    }
    assert_string_equal(all, wanted);
}

#define SHOWN(text, wanted) check_shown(text, sizeof(text) - 1, wanted)

static void terminals_see_letters_and_no_commands(void **state)
{
    (void)state;
    SHOWN("plain\tand\n\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
          "plain\tand\n\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
    SHOWN("\x1b]0;t\x07\x7f\r", "\\x1b]0;t\\x07\\x7f\\x0d");
    SHOWN("a\0b", "a\\x00b");
    /* C1, a line separator, an override and an isolate with their ends. */
    SHOWN("\xc2\x9b"
          "31m \xe2\x80\xa8 \xe2\x80\xae\xe2\x80\xac \xe2\x81\xa6\xe2\x81\xa9",
          "\\u009b31m \\u2028 \\u202e\\u202c \\u2066\\u2069");
    /* No UTF-8: a lone byte, an overlong one, a surrogate, one that is cut off. */
    SHOWN("\xff \xc0\x80 \xed\xa0\x80 \xe2\x82", "\\xff \\xc0\\x80 \\xed\\xa0\\x80 \\xe2\\x82");

    capture c;
    capture_begin(&c, false, true);
    setenv("COLUMNS", "10", 1);
    dam_log log = console_log(&c.console);
    dam__warn(&log, "in '\xe2\x80\xae\n\x1b[2J'");
    progress p = progress_begin(&c.console);
    progress_update(&p, "\xc3\xa4\x1b\xc3\xa4", 0, "more than fits");
    progress_finish(&p);
    unsetenv("COLUMNS");
    capture_end(&c, "warning: in '\\u202e \\x1b[2J'\n"
                    "\r\xc3\xa4\\x1b\xc3\xa4   \033[K\n");
}

static void time_left_counts_from_where_the_run_began(void **state)
{
    (void)state;
    capture c;
    capture_begin(&c, false, false);
    progress p = progress_begin(&c.console);
    progress_update(&p, "a", 0.5, "resumed");
    p.began -= 100; /* half of the rest took 100 s, so 100 s are left */
    p.shown -= 100;
    progress_update(&p, "b", 0.75, "x");
    progress_finish(&p);
    capture_end(&c, "a   50%  resumed\nb   75%  1:40 left  x\n");

    char text[24];
    format_seconds(text, sizeof text, 7.4);
    assert_string_equal(text, "0:07");
    format_seconds(text, sizeof text, 3723);
    assert_string_equal(text, "1:02:03");
    format_seconds(text, sizeof text, 1e300);
    assert_string_equal(text, "999:00:00");
}

/* Runs child in a process of its own and gives its wait status. */
static int run_child(void (*child)(void))
{
    pid_t id = fork();
    assert_true(id >= 0);
    if (id == 0) {
        /* Whatever the caller's shell ignores. */
        (void)signal(SIGINT, SIG_DFL);
        (void)signal(SIGTERM, SIG_DFL);
        child();
        _exit(0);
    }
    int result = 0;
    assert_int_equal(waitpid(id, &result, 0), id);
    return result;
}

static void one_signal(void)
{
    signals_begin();
    signals_catch();
    if (signals_stop(NULL))
        _exit(1);
    (void)raise(SIGTERM);
    _exit(signals_stop(NULL) ? 42 : 2);
}

static void two_signals_at_once(void)
{
    signals_begin();
    signals_catch();
    (void)raise(SIGTERM);
    (void)raise(SIGINT);
    _exit(signals_stop(NULL) ? 44 : 2);
}

static void two_signals(void)
{
    const struct timespec longer = {.tv_nsec = 700000000};
    signals_begin();
    signals_catch();
    (void)raise(SIGTERM);
    (void)nanosleep(&longer, NULL);
    (void)raise(SIGINT);
}

static void ignored_signal(void)
{
    (void)signal(SIGINT, SIG_IGN);
    signals_begin();
    signals_catch();
    (void)raise(SIGINT);
    _exit(signals_stop(NULL) ? 2 : 43);
}

static void the_first_signal_asks_and_a_later_one_kills(void **state)
{
    (void)state;
    int result = run_child(one_signal);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 42);
    result = run_child(two_signals_at_once);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 44);
    result = run_child(two_signals);
    assert_true(WIFSIGNALED(result));
    assert_int_equal(WTERMSIG(result), SIGINT);
    result = run_child(ignored_signal);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 43);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_keeps_warnings),
        cmocka_unit_test(files_get_few_plain_lines),
        cmocka_unit_test(terminals_get_one_line_that_is_rewritten),
        cmocka_unit_test(terminals_see_letters_and_no_commands),
        cmocka_unit_test(time_left_counts_from_where_the_run_began),
        cmocka_unit_test(the_first_signal_asks_and_a_later_one_kills),
    };
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
