/* Self-test cases of the vmf model: a batch and a projection against double, through model.h. */
#ifndef DAM__MODEL_VMF_SELFTEST_VMF_H
#define DAM__MODEL_VMF_SELFTEST_VMF_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_vmf_cases[];

#endif
