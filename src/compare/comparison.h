/* Benchmarks of several devices, or of one device at several times, compared with one of them, the
 * baseline. */
#ifndef DAM__COMPARE_COMPARISON_H
#define DAM__COMPARE_COMPARISON_H

#include "base/text.h"
#include "bench/bench_file.h"

/* Which way a number is better. */
typedef enum dam__direction { DAM__NEITHER, DAM__LARGER, DAM__SMALLER } dam__direction;

/* How a number compares with that of the baseline. */
typedef enum dam__verdict {
    DAM__VERDICT_NONE, /* there is none to compare with */
    DAM__VERDICT_SAME, /* within both spreads */
    DAM__VERDICT_FASTER,
    DAM__VERDICT_SLOWER
} dam__verdict;

/* A preset that at least one result set has. */
typedef struct dam__compared_preset {
    const char *preset, *title;
    const char *kind;     /* of model; "" where no file says */
    const char *headline; /* the metric that stands for it: steps, recall, or the first rate */
} dam__compared_preset;

/* All pointers are borrowed. Free with dam__comparison_free. */
typedef struct dam__comparison {
    const dam__result_sets *all;
    size_t baseline; /* index of a result set */
    dam__compared_preset *presets;
    size_t count;
} dam__comparison;

/*
 * Compares all with the result set of that name, part of a name, or index ("1" is the first); NULL
 * takes the first. DAM_USAGE where none or several match.
 */
dam_status dam__comparison_create(const dam__result_sets *all, const char *baseline,
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

/* The measure of result set i in a preset; NULL where it has none. */
const dam__measure *dam__comparison_measure(const dam__comparison *comparison, size_t preset,
                                            size_t i, const char *metric);

/* Geometric mean of result set i's headline ratios over the *count presets that both it and the
 * baseline have. NaN where there are none. */
double dam__mean_ratio(const dam__comparison *comparison, size_t i, size_t *count);

/*
 * How far the loss at the end is from the baseline's, as a part of what the baseline learned; NaN
 * where one of them has none. Different overrides or precisions make different losses.
 */
double dam__loss_distance(const dam__comparison *comparison, size_t preset, size_t i);

/* Whether result set i is the baseline's device with the baseline's driver. */
bool dam__is_same_device(const dam__comparison *comparison, size_t i);

/*
 * A note on result set i in one sentence, or "": that it is the baseline's device and slower, what
 * failed, which losses were wrong. Free with dam__text_free.
 */
void dam__result_set_note(const dam__comparison *comparison, size_t i, dam__text *out);

#endif
