/* The self-test of splitting memories that nothing binds. */
#ifndef DAM__MODEL_SELFTEST_SPLITTER_H
#define DAM__MODEL_SELFTEST_SPLITTER_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_splitter_cases[];

#endif
