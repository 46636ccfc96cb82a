/* The reference losses of the presets of bench/: `denseam bench` compares with them. */
#ifndef DAM__BENCH_BENCH_LOSSES_H
#define DAM__BENCH_BENCH_LOSSES_H

#include <stddef.h>

#include "bench/benchmark.h"

/*
 * The losses of a preset compiled into the library; NULL where there are none: a file of the
 * user's, a preset outside bench/, or overrides of anything but the precision.
 */
const dam__bench_losses *dam__bench_losses_of(const char *preset, const char *const *overrides,
                                              size_t override_count);

#endif
