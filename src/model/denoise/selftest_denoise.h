/* Self-test cases of the denoise model's kernels. */
#ifndef DAM__MODEL_DENOISE_SELFTEST_DENOISE_H
#define DAM__MODEL_DENOISE_SELFTEST_DENOISE_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_denoise_cases[];

#endif
