#include "predict/expectation.h"

#include <math.h>

#include "base/notice.h"

dam_status expectation_check(const dam__run *run, const evaluation *done, const dam_log *log)
{
    const dam__expect_config *expect = &run->experiment.expect;
    bool of_accuracy = expect->metric == DAM__EXPECT_ACCURACY;
    const char *name = of_accuracy ? "accuracy" : "loss";
    if (expect->metric == DAM__EXPECT_NOTHING)
        return dam__fail(
            DAM_USAGE,
            "the preset of '%s' expects nothing; give --set expect.metric=accuracy and "
            "expect.value, or leave --check out",
            run->file);
    if (of_accuracy && !done->compares)
        return dam__fail(DAM_USAGE,
                         "the preset of '%s' expects an accuracy, but its model has no classes to "
                         "compare; take --set expect.metric=loss",
                         run->file);
    double measured = of_accuracy ? done->result.accuracy : done->metrics.loss;
    double worse = of_accuracy ? expect->value - measured : measured - expect->value;
    /* Not finite is missed, too; a last digit is none. */
    if (!(worse <= expect->tolerance + 1e-12 * fabs(expect->value)))
        return dam__fail(DAM_SELFTEST,
                         "%s %.6g: %.6g is expected, and %.6g of it may be missing; see whether "
                         "its training or this denseam is another",
                         name, measured, expect->value, expect->tolerance);
    dam__info(log, "%s %.6g, as expected: %.6g within %.6g", name, measured, expect->value,
              expect->tolerance);
    return DAM_OK;
}
