/* Self-test cases of the optimizer's rules, through optimizer.h. */
#ifndef DAM__TRAIN_SELFTEST_OPTIMIZER_H
#define DAM__TRAIN_SELFTEST_OPTIMIZER_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_optimizer_cases[];

#endif
