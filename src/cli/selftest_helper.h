/*
 * A second process beside `denseam selftest`. Drivers of CPUs compile for minutes, and PoCL one
 * kernel at a time in a process; what either compiles is in a cache for both.
 */
#ifndef CLI_SELFTEST_HELPER_H
#define CLI_SELFTEST_HELPER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/process.h"
#include "command/command.h"
#include "denseam/device.h"

typedef struct selftest_helper {
    bool started;
    pthread_t thread; /* waits for the process */
    atomic_bool stop;
    dam__words line;
} selftest_helper;

/* Starts it where it pays off; whatever fails only costs time. Zero-initialise helper before. */
void selftest_helper_start(selftest_helper *helper, const arguments *args,
                           const dam_device_info *info);

/* Ends it. */
void selftest_helper_stop(selftest_helper *helper);

#endif
