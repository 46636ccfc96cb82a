/* Formats a notice for a log sink. */
#ifndef DAM__BASE_NOTICE_H
#define DAM__BASE_NOTICE_H

#include "denseam/log.h"

void dam__info(const dam_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dam__warn(const dam_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
