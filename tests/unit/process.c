/* Processes of our own: how they end, what they said. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/process.h"

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != DAM_OK)                                                                      \
            fail_msg("line %d: %s: %s", __LINE__, #call, dam_error());                             \
    } while (0)
static bool at_once(void *user)
{
    (void)user;
    return true;
}

static void processes_end_one_way_or_another(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        double patience;
        bool (*stop)(void *);
        dam__ending ending;
        int code;
        const char *output;
    } cases[] = {
        {"echo $TESTED; echo two >&2; exit 3", 20, NULL, DAM__ENDED, 3, "yes\ntwo\n"},
        {"kill -SEGV $$", 20, NULL, DAM__KILLED, 11, NULL},
        /* Patience that must outlive the start of a shell is ample: the machine may be busy. */
        {"echo first; sleep 60", 5, NULL, DAM__HUNG, 9, "first\n"},
        {"sleep 60 & sleep 60", 0.4, NULL, DAM__HUNG, 9, NULL},
        {"for i in 1 2 3 4; do echo; sleep 1.5; done", 5, NULL, DAM__ENDED, 0, "\n\n\n\n"},
        {"sleep 60", 20, at_once, DAM__STOPPED, 9, NULL},
    };
    static const char *const environment[] = {"TESTED=yes", NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *arguments[] = {"/bin/sh", "-c", (char *)cases[i].script, NULL};
        dam__text output = {0};
        dam__ending ending = DAM__STOPPED;
        int code = -1;
        const dam__process process = {.arguments = arguments,
                                      .environment = environment,
                                      .patience = cases[i].patience,
                                      .stop = cases[i].stop};
        OK(dam__process_run(&process, &output, &ending, &code));
        if (ending != cases[i].ending || code != cases[i].code ||
            strcmp(output.data != NULL ? output.data : "",
                   cases[i].output != NULL ? cases[i].output : "") != 0)
            fail_msg("case %zu: ending %d, code %d, output '%s'", i, (int)ending, code,
                     output.data);
        dam__text_free(&output);
    }
    char *nothing[] = {"/nonexistent/program", NULL};
    dam__text output = {0};
    dam__ending ending;
    int code = 0;
    const dam__process process = {.arguments = nothing, .environment = environment, .patience = 20};
    assert_int_equal(dam__process_run(&process, &output, &ending, &code), DAM_INTERNAL);
    assert_string_equal(dam_error(), "cannot start '/nonexistent/program'");
    dam__text_free(&output);
}

/* A driver that prints much must not hide the number that a process ends with. */
static void the_end_of_a_long_output_is_kept(void **state)
{
    (void)state;
    static const char *const environment[] = {NULL};
    char script[] = "yes 'a warning of the driver' | head -n 200000; echo 'ratio 0 1.5'";
    char *arguments[] = {"/bin/sh", "-c", script, NULL};
    const dam__process process = {
        .arguments = arguments, .environment = environment, .patience = 60};
    const char warning[] = "a warning of the driver\n", ratio[] = "ratio 0 1.5\n";
    dam__text output = {0};
    dam__ending ending = DAM__STOPPED;
    int code = -1;
    OK(dam__process_run(&process, &output, &ending, &code));
    assert_int_equal(ending, DAM__ENDED);
    assert_int_equal(code, 0);
    assert_in_range(output.length, (1 << 20) - strlen(warning), 1 << 20);
    assert_int_equal(strlen(output.data), output.length);
    assert_string_equal(output.data + output.length - strlen(ratio), ratio);
    assert_memory_equal(output.data, warning, strlen(warning));
    dam__text_free(&output);
}

static bool once_it_is_there(void *user)
{
    return dam__file_exists(user);
}

static void processes_have_limits_folders_and_grace(void **state)
{
    (void)state;
    char folder[] = "/tmp/denseam-process.XXXXXX", *path = NULL;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(dam__path_join(&path, folder, "here"), DAM_OK);
    const struct {
        const char *script;
        dam__process_output output;
        double patience, limit, grace;
        bool (*stop)(void *);
        dam__ending ending;
        int code;
    } cases[] = {
        {": > here; exit 7", DAM__OUTPUT_READ, 0, 0, 0, NULL, DAM__ENDED, 7},
        {"test -f here && exit 5", DAM__OUTPUT_SHOWN, 0, 0, 0, NULL, DAM__ENDED, 5},
        {"echo for nobody; rm here", DAM__OUTPUT_NOTICES, 0, 0, 0, NULL, DAM__ENDED, 0},
        {"kill -SEGV $$", DAM__OUTPUT_NOTICES, 0, 0, 0, NULL, DAM__KILLED, SIGSEGV},
        /* Silence is none where nobody listens, and talk does not help beyond the limit. */
        {"sleep 0.3", DAM__OUTPUT_NOTICES, 0.01, 0, 0, NULL, DAM__ENDED, 0},
        {"while :; do echo; sleep 0.05; done", DAM__OUTPUT_READ, 20, 0.5, 0, NULL, DAM__HUNG,
         SIGKILL},
        {"sleep 60", DAM__OUTPUT_NOTICES, 0, 0.5, 60, NULL, DAM__HUNG, SIGKILL},
        {"exec >&- 2>&-; sleep 60", DAM__OUTPUT_READ, 20, 0.5, 0, NULL, DAM__HUNG, SIGKILL},
        /* Asked to stop, it may end by itself, or not. */
        {"trap 'rm here; exit 9' TERM; : > here; while :; do sleep 0.05; done", DAM__OUTPUT_NOTICES,
         0, 0, 60, once_it_is_there, DAM__STOPPED, 9},
        {"trap '' TERM; : > here; while :; do sleep 0.05; done", DAM__OUTPUT_NOTICES, 0, 0, 0.3,
         once_it_is_there, DAM__STOPPED, SIGKILL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *arguments[] = {"sh", "-c", (char *)cases[i].script, NULL};
        dam__text output = {0};
        dam__ending ending = DAM__STOPPED;
        int code = -1;
        const dam__process process = {.arguments = arguments,
                                      .folder = folder,
                                      .output = cases[i].output,
                                      .patience = cases[i].patience,
                                      .limit = cases[i].limit,
                                      .grace = cases[i].grace,
                                      .stop = cases[i].stop,
                                      .user = path};
        assert_int_equal(dam__process_run(&process, &output, &ending, &code), DAM_OK);
        if (ending != cases[i].ending || code != cases[i].code)
            fail_msg("case %zu: ending %d, code %d", i, (int)ending, code);
        dam__text_free(&output);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_end_one_way_or_another),
        cmocka_unit_test(the_end_of_a_long_output_is_kept),
        cmocka_unit_test(processes_have_limits_folders_and_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
