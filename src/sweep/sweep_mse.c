#include "sweep/sweep_mse.h"

#include <math.h>

bool dam__sweep_has_mse(const dam__model_config *model)
{
    return dam__model_type_of(model)->zero_mse != NULL;
}

void dam__sweep_take_mse(const dam__model_config *model, const dam__dataset *set, double loss,
                         dam__replica_result *out)
{
    static const double WORST = 10; /* times the error of an output of 0 */
    double mse = 2 * loss;
    if (mse <= WORST * dam__model_type_of(model)->zero_mse(set)) {
        out->metrics[DAM__METRIC_MSE] = mse;
        return;
    }
    out->status = DAM__REPLICA_DIVERGED;
    for (int m = 0; m < DAM__METRICS; m++)
        out->metrics[m] = NAN;
}
