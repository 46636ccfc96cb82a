/*
 * Forward-or-fail macros. A function that uses them declares `dam_status status = DAM_OK;`, starts
 * its owned pointers at NULL and ends in one `cleanup:` label that returns status.
 */
#ifndef DAM__BASE_TRY_H
#define DAM__BASE_TRY_H

#include "denseam/status.h"

/* Records the message of a failure (printf-style) and returns code, for `return dam__fail(...)`. */
dam_status dam__fail(dam_status code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the message recorded last, and returns code; for callers that know more.
 */
dam_status dam__fail_within(dam_status code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__
/* What the analyzer cannot see from here: a failure is never DAM_OK. */
static inline dam_status dam__not_ok(dam_status code)
{
    if (code == DAM_OK)
        __builtin_unreachable();
    return code;
}
#define dam__fail(...) dam__not_ok(dam__fail(__VA_ARGS__))
#endif

#define DAM_TRY(call)                                                                              \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != DAM_OK)                                                                      \
            goto cleanup;                                                                          \
    } while (0)

#define DAM_FAIL(code, ...)                                                                        \
    do {                                                                                           \
        status = dam__fail((code), __VA_ARGS__);                                                   \
        goto cleanup;                                                                              \
    } while (0)

#endif
