/*
 * Forward-or-fail macros. A function that owns nothing forwards a failure with DAM_TRY and records
 * one with `return dam__fail(...)`. One that owns something declares `dam_status status = DAM_OK;`,
 * starts its owned pointers at NULL, uses DAM_TRY_CLEANUP and DAM_FAIL, and ends in one `cleanup:`
 * label that frees them and returns status.
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

/*
 * Advice on a failure, for programs with their own wording: the tool adds its flag to the message.
 * Belongs to the message recorded last.
 */
typedef enum dam__advice {
    DAM__ADVICE_NONE,
    DAM__ADVICE_FOLDER,  /* name another folder for results */
    DAM__ADVICE_DEVICE,  /* choose another device */
    DAM__ADVICE_KERNELS, /* choose the other shape of kernels, or the other provider of products */
    DAM__ADVICE_CHANGES, /* leave out changes to the preset */
    DAM__ADVICE_RESUME,  /* go on with the run */
    DAM__ADVICE_PRESETS, /* list the presets */
    DAM__ADVICE_TOLD,    /* say nothing: another rank has told it */
    DAM__ADVICES
} dam__advice;

/* Records the advice for a failure and returns code: dam__advise(ADVICE, dam__fail(...)). */
dam_status dam__advise(dam__advice advice, dam_status code);
dam__advice dam__advice_of_error(void);

#ifdef __clang_analyzer__
/* Tells the analyzer that a failure is never DAM_OK. */
static inline dam_status dam__not_ok(dam_status code)
{
    if (code == DAM_OK)
        __builtin_unreachable();
    return code;
}
#define dam__fail(...) dam__not_ok(dam__fail(__VA_ARGS__))
#define dam__advise(advice, failure) dam__not_ok(dam__advise(advice, failure))
#endif

/* Returns the failure of a call; only where the function owns nothing yet. */
#define DAM_TRY(call)                                                                              \
    do {                                                                                           \
        dam_status dam__try_status = (call);                                                       \
        if (dam__try_status != DAM_OK)                                                             \
            return dam__try_status;                                                                \
    } while (0)

/* Takes the failure of a call to cleanup. */
#define DAM_TRY_CLEANUP(call)                                                                      \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != DAM_OK)                                                                      \
            goto cleanup;                                                                          \
    } while (0)

/* Records a failure and takes it to cleanup. */
#define DAM_FAIL(code, ...)                                                                        \
    do {                                                                                           \
        status = dam__fail((code), __VA_ARGS__);                                                   \
        goto cleanup;                                                                              \
    } while (0)

#endif
