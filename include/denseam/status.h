/*
 * Status codes of every fallible function, and the message that goes with the last failure.
 *
 * The numeric value of a status is the exit code of the command-line tool.
 */
#ifndef DENSEAM_STATUS_H
#define DENSEAM_STATUS_H

#include "denseam/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, sentence): the one list behind the enum, the names and the sentences. */
#define DAM_STATUS_MAP(X)                                                                          \
    X(DAM_OK, 0, "done")                                                                           \
    X(DAM_INTERNAL, 1, "internal error")                                                           \
    X(DAM_USAGE, 2, "usage or preset error")                                                       \
    X(DAM_INPUT, 3, "input file error")                                                            \
    X(DAM_NO_DEVICE, 4, "no usable device")                                                        \
    X(DAM_NO_MEMORY, 5, "out of memory")                                                           \
    X(DAM_SELFTEST, 6, "self-test failed")                                                         \
    X(DAM_DIVERGED, 7, "diverged")                                                                 \
    X(DAM_INTERRUPTED, 8, "interrupted and saved")

typedef enum dam_status {
#define DAM_STATUS_ENUM(name, value, sentence) name = (value),
    DAM_STATUS_MAP(DAM_STATUS_ENUM)
#undef DAM_STATUS_ENUM
} dam_status;

/* The name of a status, such as "DAM_INPUT"; a static string. */
DAM_API const char *dam_status_name(dam_status status);

/* What a status means in a few words; a static string. */
DAM_API const char *dam_status_sentence(dam_status status);

/*
 * The message of this thread's last failure: what, where, and what to do, without a final newline.
 * Read it right after a call that did not return DAM_OK; errors that the library handled itself may
 * leave a message, too. Valid until the thread's next call.
 */
DAM_API const char *dam_error(void);

#ifdef __cplusplus
}
#endif

#endif
