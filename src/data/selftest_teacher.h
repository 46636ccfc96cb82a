/* Self-test cases of the kernels that draw a teacher's samples. */
#ifndef DAM__DATA_SELFTEST_TEACHER_H
#define DAM__DATA_SELFTEST_TEACHER_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_teacher_cases[];

#endif
