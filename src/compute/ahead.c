#include "compute/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/cache.h"
#include "compute/compute_internal.h"

struct dam__ahead {
    pthread_t thread;
    atomic_bool stop;
    dam__device
        *device; /* of a context of its own: PoCL compiles one program a context at a time */
    dam__recording recording;
};

/*
 * PoCL (seen on 3.1 and 6.0) compiles sources of several contexts side by side, and keeps them on
 * disk for all. It makes machine code of one kernel at a time, whoever asks, so that is not asked
 * for. Of other drivers we do not know.
 */
bool dam__ahead_helps(const dam__device *device)
{
    return device->recording == NULL && dam__driver_keeps_programs(device);
}

static void *compile_all(void *user)
{
    dam__ahead *ahead = user;
    const dam__recording *recording = &ahead->recording;
    for (size_t i = 1; i < recording->program_count && !atomic_load(&ahead->stop); i++)
        if (dam__program_build(ahead->device, recording->programs[i].name,
                               recording->programs[i].options) != DAM_OK)
            break;
    return NULL;
}

/* Signals are the caller's. */
static int start_thread(dam__ahead *ahead)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&ahead->thread, NULL, compile_all, ahead);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void free_ahead(dam__ahead *ahead)
{
    dam__device_close(ahead->device);
    dam__recording_free(&ahead->recording);
    free(ahead);
}

void dam__ahead_start(const dam__device *device, dam__recording *recording, dam__ahead **out)
{
    dam__ahead *ahead = NULL;
    /* It has no log: a caller's need not be ready for a second thread. */
    const dam__device_options options = {
        .precision = device->precision, .shape = device->shape, .tuning = device->tuning};
    *out = NULL;
    if (dam__alloc(1, sizeof *ahead, &ahead) != DAM_OK)
        return;
    atomic_init(&ahead->stop, false);
    ahead->recording = *recording;
    *recording = (dam__recording){0};
    if (dam__device_open(&device->info, &options, &ahead->device) == DAM_OK &&
        start_thread(ahead) == 0)
        *out = ahead;
    else
        free_ahead(ahead);
}

void dam__ahead_stop(dam__ahead *ahead)
{
    if (ahead == NULL)
        return;
    atomic_store(&ahead->stop, true);
    (void)pthread_join(ahead->thread, NULL);
    free_ahead(ahead);
}
