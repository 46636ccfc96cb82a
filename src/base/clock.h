#ifndef DAM__BASE_CLOCK_H
#define DAM__BASE_CLOCK_H

/* Seconds of a monotonic clock; only differences are meaningful. */
double dam__seconds(void);

/* CPU seconds of this process over all cores. */
double dam__cpu_seconds(void);

#endif
