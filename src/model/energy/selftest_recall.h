/* Self-test cases of recall: what relaxed against energies, gaps and distances in double. */
#ifndef DAM__MODEL_ENERGY_SELFTEST_RECALL_H
#define DAM__MODEL_ENERGY_SELFTEST_RECALL_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_recall_cases[];

#endif
