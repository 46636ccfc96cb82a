/* Benchmarks of several devices, or of one device at several times, set against one of them. */
#ifndef DAM__COMPARE_COMPARISON_H
#define DAM__COMPARE_COMPARISON_H

#include "base/text.h"
#include "bench/bench_file.h"

/* Which way a number is better. */
typedef enum dam__direction { DAM__NEITHER, DAM__LARGER, DAM__SMALLER } dam__direction;

/* What a number is to that of the baseline. */
typedef enum dam__verdict {
    DAM__VERDICT_NONE, /* there is none to compare with */
    DAM__VERDICT_SAME, /* within both spreads */
    DAM__VERDICT_FASTER,
    DAM__VERDICT_SLOWER
} dam__verdict;

/* A preset that some contender has. */
typedef struct dam__contest {
    const char *preset, *title;
    const char *kind;     /* of model; "" where no file says */
    const char *headline; /* the metric that stands for it: steps, recall, or the first rate */
} dam__contest;

/* All pointers are borrowed. Free with dam__comparison_free. */
typedef struct dam__comparison {
    const dam__contenders *all;
    size_t baseline; /* index of a contender */
    dam__contest *contests;
    size_t count;
} dam__comparison;

/*
 * Sets all against the contender of that name or index ("1" is the first), or part of a name; NULL
 * takes the first. DAM_USAGE where none or several match.
 */
dam_status dam__comparison_create(const dam__contenders *all, const char *baseline,
                                  dam__comparison *out);
void dam__comparison_free(dam__comparison *comparison);

/* Rates are better where larger, times and joules where smaller; losses and shares are neither. */
dam__direction dam__unit_direction(const char *unit);

/* How many times as fast `other` is as `base`; NaN where that means nothing. */
double dam__speed_ratio(const dam__measure *base, const dam__measure *other);

/*
 * Two medians differ where the larger is beyond the smaller by more than both spreads together, and
 * by more than 3 % in any case. Spreads that are not known count as 0.
 */
dam__verdict dam__verdict_of(const dam__measure *base, const dam__measure *other);
const char *dam__verdict_word(dam__verdict verdict); /* "", "same", "faster", "slower" */

/* Contender i's number of a contest; NULL where it has none. */
const dam__measure *dam__contest_measure(const dam__comparison *comparison, size_t contest,
                                         size_t i, const char *metric);

/* Geometric mean of contender i's headline ratios over the contests that both it and the baseline
 * have; *count of these. NaN where there are none. */
double dam__mean_ratio(const dam__comparison *comparison, size_t i, size_t *count);

/*
 * How far the loss at the end is from the baseline's, as a part of what the baseline learned; NaN
 * where one of them has none. Different overrides or precisions make different losses.
 */
double dam__loss_distance(const dam__comparison *comparison, size_t contest, size_t i);

/* Whether contender i is the baseline's device with the baseline's driver. */
bool dam__is_same_device(const dam__comparison *comparison, size_t i);

/*
 * What to be told of contender i in one sentence; "" where there is nothing: that it is the device
 * of the baseline and slower, what failed, whose losses were wrong. Free with dam__text_free.
 */
void dam__contender_note(const dam__comparison *comparison, size_t i, dam__text *out);

#endif
