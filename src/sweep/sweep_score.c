#include "sweep/sweep_score.h"

#include "model/model_type.h"
#include "sweep/sweep.h"
#include "sweep/sweep_mse.h"
#include "sweep/sweep_recall.h"
#include "train/classification.h"

bool dam__metric_is_of_test(dam__metric metric)
{
    return metric == DAM__METRIC_TEST_LOSS || metric == DAM__METRIC_TEST_ACCURACY ||
           metric == DAM__METRIC_TEST_F1;
}

static bool keeps_validation(const dam__experiment *experiment)
{
    return experiment->data.validation > 0 || experiment->data.validation_images[0] != '\0';
}

static bool has(const dam__experiment *experiment, dam__metric metric)
{
    const dam__model_config *model = &experiment->model;
    switch (metric) {
    case DAM__METRIC_VALIDATION_LOSS:
        return keeps_validation(experiment);
    case DAM__METRIC_VALIDATION_ACCURACY:
    case DAM__METRIC_VALIDATION_F1:
        return keeps_validation(experiment) && dam__model_compares(model);
    case DAM__METRIC_TEST_ACCURACY:
    case DAM__METRIC_TEST_F1:
        return dam__model_compares(model);
    case DAM__METRIC_DISTANCE:
    case DAM__METRIC_DISTANCE_FLIPPED:
    case DAM__METRIC_RECOVERED:
    case DAM__METRIC_ENERGY:
        return dam__sweep_recalls(experiment);
    case DAM__METRIC_MSE:
        return dam__sweep_has_mse(model);
    case DAM__METRIC_LOSS:
    case DAM__METRIC_TEST_LOSS:
    case DAM__METRICS:
        break;
    }
    return true;
}

/* A share of validation would give it what is wanted. */
static bool lacks_validation(const dam__experiment *experiment, dam__metric metric)
{
    bool of_classes =
        metric == DAM__METRIC_VALIDATION_ACCURACY || metric == DAM__METRIC_VALIDATION_F1;
    return !keeps_validation(experiment) &&
           (metric == DAM__METRIC_VALIDATION_LOSS ||
            (of_classes && dam__model_compares(&experiment->model)));
}

dam_status dam__sweep_score_check(const dam__experiment *experiment)
{
    dam_status status = DAM_OK;
    dam__text names = {0};
    if (experiment->sweep.score == DAM__SCORE_AUTO)
        return DAM_OK;
    dam__metric wanted = (dam__metric)(experiment->sweep.score - DAM__SCORE_METRICS);
    if (has(experiment, wanted))
        return DAM_OK;
    for (int m = 0; m < DAM__METRICS; m++)
        if (has(experiment, (dam__metric)m))
            dam__text_append(&names, "%s%s", names.length > 0 ? ", " : "",
                             dam__metric_name((dam__metric)m));
    DAM_TRY_CLEANUP(dam__text_status(&names));
    status = dam__fail(
        DAM_USAGE, "sweep.score = %s: there is none of such a %s model%s; take one of %s",
        dam__metric_name(wanted), dam__model_type_of(&experiment->model)->name,
        lacks_validation(experiment, wanted) ? " without data.validation" : "", names.data);
cleanup:
    dam__text_free(&names);
    return status;
}

dam_status dam__sweep_macro_f1(const int32_t *labels, const int32_t *predicted, size_t count,
                               int32_t classes, double *out)
{
    dam__classification result = {0};
    /* What the nearest memory says is of no interest here. */
    DAM_TRY(dam__classify(labels, predicted, predicted, count, classes, &result));
    *out = result.macro_f1;
    dam__classification_free(&result);
    return DAM_OK;
}
