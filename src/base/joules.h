/*
 * Energy counters of the machine, where the system lets us read them: RAPL's of the CPU packages,
 * under /sys/class/powercap (Linux). They count all work of the machine, not only ours.
 */
#ifndef DAM__BASE_JOULES_H
#define DAM__BASE_JOULES_H

#include <stdbool.h>
#include <stdint.h>

enum { DAM__JOULES_DOMAINS = 16 };

/* One look at the counters. */
typedef struct dam__joules {
    int count; /* packages; 0 where there are none, or none that we may read */
    uint64_t microjoules[DAM__JOULES_DOMAINS];
    uint64_t wraps[DAM__JOULES_DOMAINS]; /* a counter begins anew beyond this; 0 where unknown */
} dam__joules;

/* Looks at every package under folder; NULL takes /sys/class/powercap. */
dam__joules dam__joules_read(const char *folder);

/* Joules between two looks less than one wrap apart; NaN where they cannot be told. */
double dam__joules_between(const dam__joules *before, const dam__joules *after);

#endif
