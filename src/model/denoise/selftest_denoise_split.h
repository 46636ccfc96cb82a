/* The self-test of splitting a denoiser's memories. */
#ifndef DAM__MODEL_DENOISE_SELFTEST_DENOISE_SPLIT_H
#define DAM__MODEL_DENOISE_SELFTEST_DENOISE_SPLIT_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_denoise_split_cases[];

#endif
