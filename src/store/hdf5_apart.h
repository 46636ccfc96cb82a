/*
 * HDF5's work in a copy of this process (fork), for what must not end it: HDF5 1.10 crashes, or
 * ends the process without a word, where it gets no memory, and its parser has crashed on made-up
 * files. There it takes the copy along and nothing else.
 */
#ifndef DAM__STORE_HDF5_APART_H
#define DAM__STORE_HDF5_APART_H

#include <stddef.h>

#include "base/try.h"

/* Not under a sanitizer, whose memory has locks that a copy of a process with threads finds taken
 * for ever; the C library's has not. A thread does the work then, as where no copy can be made. */
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DAM__HDF5_COPIES 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DAM__HDF5_COPIES 0
#elif !defined(DAM__HDF5_COPIES)
#define DAM__HDF5_COPIES 1
#endif

typedef struct dam__hdf5_work {
    dam_status (*run)(void *user, int out); /* in the copy, between dam__hdf5_enter and _leave: what
                                             * it writes to `out` is all that comes back */
    dam_status (*take)(void *user, int in); /* here, meanwhile: reads that; NULL: nothing comes */
    void *user;
    const char *subject; /* for the message where it crashed; NULL: the caller says */
    dam_status damaged;  /* where it crashed and memory is not known to be the reason: DAM_NO_MEMORY
                          * of what a seal vouches for */
} dam__hdf5_work;

/*
 * The failure of run, else that of take. DAM_NO_MEMORY where the copy ended for want of memory.
 */
dam_status dam__hdf5_apart(const dam__hdf5_work *work);

/* All the bytes, for take and run: DAM_INTERNAL where the other end is gone. */
dam_status dam__pipe_write(int out, const void *bytes, size_t length);
dam_status dam__pipe_read(int in, void *bytes, size_t length);

#endif
