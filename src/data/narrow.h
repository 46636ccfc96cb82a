/* Numbers of files as float32, without losing what models learn from. */
#ifndef DAM__DATA_NARROW_H
#define DAM__DATA_NARROW_H

#include "data/dataset.h"

/*
 * Turns everything but uint8 into float32, in place: no item grows. Where float32 would lose of a
 * sample what is left of it without its mean (a large offset, numbers below its range), the sample
 * is centred and scaled by a power of two in double first (set->recentred counts those). Models
 * that need the numbers themselves (levels) get them narrowed as they are, and set->lossy counts
 * what suffered. path is for messages. DAM_INPUT: not finite.
 */
dam_status dam__dataset_narrow(bool levels, const char *path, dam__dataset *set);

#endif
