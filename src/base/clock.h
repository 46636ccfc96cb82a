#ifndef DAM__BASE_CLOCK_H
#define DAM__BASE_CLOCK_H

/* Seconds of a clock that never goes back; only differences mean anything. */
double dam__seconds(void);

/* Seconds that all cores have spent on this process. */
double dam__cpu_seconds(void);

#endif
