/* The self-test cases of cl/shards.cl. */
#ifndef DAM__TRAIN_SELFTEST_SHARDS_H
#define DAM__TRAIN_SELFTEST_SHARDS_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_shards_cases[];

#endif
