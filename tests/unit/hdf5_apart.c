/* src/store/hdf5_apart.c: however the copy of this process ends, this one goes on and knows why. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/hdf5_apart.h"

enum { LARGE = 1 << 20 };

static dam_status send_much(void *user, int out)
{
    static unsigned char bytes[LARGE];
    memset(bytes, *(int *)user, sizeof bytes);
    return dam__pipe_write(out, bytes, sizeof bytes);
}

static dam_status take_much(void *user, int in)
{
    static unsigned char bytes[LARGE];
    DAM_TRY(dam__pipe_read(in, bytes, sizeof bytes));
    for (size_t i = 0; i < sizeof bytes; i++)
        if (bytes[i] != *(int *)user)
            return dam__fail(DAM_SELFTEST, "byte %zu is wrong", i);
    return DAM_OK;
}

static dam_status take_nothing(void *user, int in)
{
    (void)user;
    (void)in;
    return dam__fail(DAM_INPUT, "that is not wanted");
}

static dam_status refuse(void *user, int out)
{
    (void)user;
    (void)out;
    return dam__advise(DAM__ADVICE_FOLDER, dam__fail(DAM_USAGE, "no, because"));
}

#if DAM__HDF5_COPIES
static dam_status crash(void *user, int out)
{
    (void)out;
    errno = *(int *)user;
    abort();
}

static dam_status end_by_exit(void *user, int out)
{
    (void)user;
    (void)out;
    exit(0);
}

static dam_status be_killed(void *user, int out)
{
    (void)user;
    (void)out;
    (void)raise(SIGKILL);
    return DAM_OK;
}

#endif

static dam_status lack_memory(void *user, int out)
{
    (void)user;
    (void)out;
    errno = ENOMEM;
    return dam__fail(DAM_INPUT, "what is not there");
}

static void assert_fares(dam__hdf5_work work, dam_status status, const char *words)
{
    dam_status ended = dam__hdf5_apart(&work);
    if (ended != status || (status != DAM_OK && strstr(dam_error(), words) == NULL))
        fail_msg("%s instead of %s '%s': %s", dam_status_name(ended), dam_status_name(status),
                 words, dam_error());
    /* Nobody is left to be waited for. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void what_it_hands_on_is_taken(void **state)
{
    int value = 7;
    (void)state;
    assert_fares((dam__hdf5_work){.run = send_much, .take = take_much, .user = &value}, DAM_OK, "");
    assert_fares((dam__hdf5_work){.run = send_much, .take = take_nothing, .user = &value},
                 DAM_INPUT, "that is not wanted");
}

static void its_failure_is_told_as_it_was(void **state)
{
    (void)state;
    assert_fares((dam__hdf5_work){.run = refuse}, DAM_USAGE, "no, because");
    assert_int_equal(dam__advice_of_error(), DAM__ADVICE_FOLDER);
    assert_fares((dam__hdf5_work){.run = refuse, .take = take_much, .user = &(int){1}}, DAM_USAGE,
                 "no, because");
    assert_fares((dam__hdf5_work){.run = lack_memory}, DAM_NO_MEMORY, "what is not there");
}

#if DAM__HDF5_COPIES
static void a_crash_is_its_own(void **state)
{
    int nothing = 0, memory = ENOMEM;
    (void)state;
    assert_fares(
        (dam__hdf5_work){.run = crash, .user = &nothing, .subject = "it", .damaged = DAM_INPUT},
        DAM_INPUT, "it: HDF5 crashed on it");
    assert_fares(
        (dam__hdf5_work){.run = crash, .user = &memory, .subject = "it", .damaged = DAM_INPUT},
        DAM_NO_MEMORY, "it: the host has no memory for it");
    assert_fares((dam__hdf5_work){.run = crash, .user = &nothing, .damaged = DAM_NO_MEMORY},
                 DAM_NO_MEMORY, "the host has no memory for it");
    assert_fares(
        (dam__hdf5_work){.run = crash, .take = take_much, .user = &memory, .damaged = DAM_INPUT},
        DAM_NO_MEMORY, "no memory");
    assert_fares((dam__hdf5_work){.run = end_by_exit, .damaged = DAM_INPUT}, DAM_NO_MEMORY,
                 "no memory");
    assert_fares((dam__hdf5_work){.run = be_killed, .damaged = DAM_INPUT}, DAM_NO_MEMORY,
                 "no memory");
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_hands_on_is_taken),
        cmocka_unit_test(its_failure_is_told_as_it_was),
#if DAM__HDF5_COPIES
        cmocka_unit_test(a_crash_is_its_own),
#endif
    };
    return cmocka_run_group_tests_name("hdf5_apart", tests, NULL, NULL);
}
