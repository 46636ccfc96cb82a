/* Self-test cases of diagnostics: cl/diagnose.cl and cl/power.cl. */
#ifndef DAM__MODEL_DENOISE_SELFTEST_DIAGNOSE_H
#define DAM__MODEL_DENOISE_SELFTEST_DIAGNOSE_H

#include "compute/selftest_cases.h"

extern const dam__selftest_case dam__selftest_diagnose_cases[];

#endif
