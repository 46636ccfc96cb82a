/* Numbers of samples to the states +1 and -1 of energy models: data.threshold. */
#ifndef DAM__DATA_THRESHOLD_H
#define DAM__DATA_THRESHOLD_H

#include "data/dataset.h"

typedef enum dam__threshold_kind {
    DAM__THRESHOLD_NONE, /* bytes above 0 are +1, others -1; other numbers stay as they are */
    DAM__THRESHOLD_AUTO, /* one of the others, by what the samples are like */
    DAM__THRESHOLD_MEAN, /* of the sample: what is above is +1, the rest -1 */
    DAM__THRESHOLD_MEDIAN,
    DAM__THRESHOLD_GREY, /* not cut, but scaled to -1 ... 1 */
    DAM__THRESHOLD_NUMBER
} dam__threshold_kind;

typedef struct dam__threshold {
    dam__threshold_kind kind;
    double number;
} dam__threshold;

/* "none" or "", "auto", "mean", "median", "grey" or a number; DAM_USAGE, with the key, for all
 * else. */
dam_status dam__threshold_read(const char *text, dam__threshold *out);

/*
 * What "auto" stands for, and what set->threshold then says; other texts stand for themselves, and
 * "" for nothing yet. Made of samples of any element type that was read from a file. Numbers within
 * -1 ... 1, and others some of which are negative, stay as they are.
 */
dam_status dam__threshold_choose(const char *text, dam__dataset *set);

/*
 * Cuts the samples by set->threshold, in place: bytes become 1 and 0, for +1 and -1, other numbers
 * 1 and -1 as float32. Does nothing for "none". "grey" makes float32 of all. DAM_INPUT: numbers
 * that are not finite; of "grey" also such that are neither of -1 ... 1 nor of 0 ... 255.
 */
dam_status dam__threshold_apply(dam__dataset *set);

#endif
