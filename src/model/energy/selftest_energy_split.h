/* The self-test of splitting an energy model's memories. */
#ifndef DAM__MODEL_ENERGY_SELFTEST_ENERGY_SPLIT_H
#define DAM__MODEL_ENERGY_SELFTEST_ENERGY_SPLIT_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_energy_split_cases[];

#endif
