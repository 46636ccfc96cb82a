/* The caller's signal handlers while a driver compiles, whose LLVM would put others in front. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "compute/program.h"
#include "kernel/device.h"

static volatile sig_atomic_t interrupts;

static void on_interrupt(int number)
{
    (void)number;
    interrupts++;
}

/* A program that no cache has. */
static void compile_anew(dam__device *device, int salt)
{
    char options[64];
    dam__program *program = NULL;
    (void)snprintf(options, sizeof options, "-DSALT_%d_%ld_%d", (int)getpid(), (long)time(NULL),
                   salt);
    OK(dam__program_create(device, "shards", options, &program));
    dam__program_destroy(program);
}

static void *interrupt_always(void *user)
{
    atomic_bool *over = user;
    const struct timespec pause = {.tv_nsec = 1000000};
    while (!atomic_load(over)) {
        (void)kill(getpid(), SIGINT);
        (void)nanosleep(&pause, NULL);
    }
    return NULL;
}

static void interrupts_come_through_and_fail_no_compilation(void **state)
{
    (void)state;
    const struct sigaction ours = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
    struct sigaction before, now;
    atomic_bool over = false;
    pthread_t thread;
    assert_int_equal(sigaction(SIGINT, &ours, &before), 0);
    const dam_device_info info = test_device();
    dam__device *device = shared_device(&info, &(setting){.shape = DAM__SHAPE_GPU});
    compile_anew(device, 0);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_always, &over), 0);
    for (int i = 1; i <= 4; i++)
        compile_anew(device, i);
    atomic_store(&over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(interrupts > 4);
    assert_int_equal(sigaction(SIGINT, &before, &now), 0);
    assert_ptr_equal(now.sa_handler, on_interrupt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupts_come_through_and_fail_no_compilation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
