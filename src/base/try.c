#include "base/try.h"

#undef dam__fail /* of the analyzer */
#undef dam__advise

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 2048 };

/* The library's only global state, except for mutexes around libraries that have their own. */
static _Thread_local char message[MESSAGE_BYTES];
static _Thread_local dam__advice advice_recorded;

const char *dam_status_name(dam_status status)
{
    switch (status) {
#define DAM_STATUS_NAME(name, value, sentence)                                                     \
    case name:                                                                                     \
        return #name;
        DAM_STATUS_MAP(DAM_STATUS_NAME)
#undef DAM_STATUS_NAME
    }
    return "unknown status";
}

const char *dam_status_sentence(dam_status status)
{
    switch (status) {
#define DAM_STATUS_SENTENCE(name, value, sentence)                                                 \
    case name:                                                                                     \
        return sentence;
        DAM_STATUS_MAP(DAM_STATUS_SENTENCE)
#undef DAM_STATUS_SENTENCE
    }
    return "unknown status";
}

const char *dam_error(void)
{
    return message;
}

dam_status dam__fail(dam_status code, const char *format, ...)
{
    /* A caller may pass dam_error() as an argument: format beside the old text, then replace it. */
    char text[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(message, text, sizeof text);
    advice_recorded = DAM__ADVICE_NONE;
    return code;
}

dam_status dam__advise(dam__advice advice, dam_status code)
{
    advice_recorded = advice;
    return code;
}

dam__advice dam__advice_of_error(void)
{
    return advice_recorded;
}

dam_status dam__fail_within(dam_status code, const char *format, ...)
{
    char context[MESSAGE_BYTES];
    dam__advice advice = advice_recorded;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(context, sizeof context, format, args);
    va_end(args);
    return dam__advise(advice, dam__fail(code, "%s: %s", context, message));
}
