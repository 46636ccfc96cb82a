/*
 * Energy counters of the machine, where the system lets us read them: RAPL's of the CPU packages,
 * under /sys/class/powercap (Linux). They count all work of the machine, not only ours.
 */
#ifndef DAM__BASE_JOULES_H
#define DAM__BASE_JOULES_H

#include <stdbool.h>
#include <stdint.h>

enum { DAM__JOULES_DOMAINS = 16 };

/* One reading of the counters. */
typedef struct dam__joules {
    int count; /* packages; 0 where there are none, or none that we may read */
    uint64_t microjoules[DAM__JOULES_DOMAINS];
    uint64_t wraps[DAM__JOULES_DOMAINS]; /* a counter wraps around beyond this; 0 where unknown */
} dam__joules;

/* Reads every package under folder; NULL means /sys/class/powercap. */
dam__joules dam__joules_read(const char *folder);

/* Joules between two readings less than one wrap apart; NaN where unknown. */
double dam__joules_between(const dam__joules *before, const dam__joules *after);

#endif
