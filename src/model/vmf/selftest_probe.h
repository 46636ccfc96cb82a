/* Self-test cases of the kernels that tell of single samples. */
#ifndef DAM__MODEL_VMF_SELFTEST_PROBE_H
#define DAM__MODEL_VMF_SELFTEST_PROBE_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_probe_cases[];

#endif
