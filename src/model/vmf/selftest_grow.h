/* Self-test cases of growth: each kernel against double. */
#ifndef DAM__MODEL_VMF_SELFTEST_GROW_H
#define DAM__MODEL_VMF_SELFTEST_GROW_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_grow_cases[];

#endif
