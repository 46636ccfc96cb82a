#include "base/notice.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_BYTES = 2048 };

static void emit(const dam_log *log, dam_log_level level, const char *format, va_list args)
{
    if (log == NULL || log->write == NULL)
        return;
    char line[LINE_BYTES];
    (void)vsnprintf(line, sizeof line, format, args);
    log->write(log->user, level, line);
}

void dam__info(const dam_log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(log, DAM_LOG_INFO, format, args);
    va_end(args);
}

void dam__warn(const dam_log *log, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit(log, DAM_LOG_WARNING, format, args);
    va_end(args);
}
