#include "sweep/sweep_mse.h"

#include <math.h>

#include "model/denoise/denoise.h"

void dam__sweep_take_mse(const dam__dataset *set, double loss, dam__problem_result *out)
{
    static const double WORST = 10; /* times the error of an output of 0 */
    double mse = 2 * loss;
    if (mse <= WORST * dam__denoise_zero(set)) {
        out->metrics[DAM__METRIC_MSE] = mse;
        return;
    }
    out->status = DAM__PROBLEM_DIVERGED;
    for (int m = 0; m < DAM__METRICS; m++)
        out->metrics[m] = NAN;
}
