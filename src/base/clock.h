#ifndef DAM__BASE_CLOCK_H
#define DAM__BASE_CLOCK_H

/* Seconds of a clock that never goes back; only differences mean anything. */
double dam__seconds(void);

#endif
