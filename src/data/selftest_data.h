/* Self-test cases of the kernels that prepare, order and gather samples. */
#ifndef DAM__DATA_SELFTEST_DATA_H
#define DAM__DATA_SELFTEST_DATA_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_data_cases[];

#endif
