/* Self-test cases of the energy model's kernels. */
#ifndef DAM__MODEL_ENERGY_SELFTEST_ENERGY_H
#define DAM__MODEL_ENERGY_SELFTEST_ENERGY_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_energy_cases[];

#endif
