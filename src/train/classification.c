#include "train/classification.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

void dam__classification_free(dam__classification *result)
{
    free(result->confusion);
    result->confusion = NULL;
}

/* Over the classes that are a label or a prediction of any sample, as scikit-learn has it; others
 * would count as wrong for nothing. */
static double macro_f1(const size_t *confusion, size_t classes, size_t *scored)
{
    double sum = 0;
    *scored = 0;
    for (size_t c = 0; c < classes; c++) {
        size_t predicted = 0, actual = 0;
        for (size_t other = 0; other <= classes; other++)
            predicted += confusion[other * (classes + 1) + c];
        for (size_t column = 0; column <= classes; column++)
            actual += confusion[c * (classes + 1) + column];
        if (predicted + actual == 0)
            continue;
        sum += 2.0 * (double)confusion[c * (classes + 1) + c] / (double)(predicted + actual);
        ++*scored;
    }
    return *scored > 0 ? sum / (double)*scored : NAN;
}

static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

dam_status dam__classify(const int32_t *labels, const int32_t *predicted, const int32_t *nearest,
                         size_t count, int32_t classes, dam__classification *out)
{
    dam_status status = DAM_OK;
    size_t width = (size_t)classes + 1, right = 0, nearest_right = 0;
    size_t faithful_right = 0, faithful_wrong = 0;
    *out = (dam__classification){.classes = classes};
    DAM_TRY_CLEANUP(dam__alloc(width * width, sizeof *out->confusion, &out->confusion));
    for (size_t i = 0; i < count; i++) {
        if (labels[i] < 0 || labels[i] > classes || predicted[i] < 0 || predicted[i] > classes)
            DAM_FAIL(DAM_INTERNAL, "sample %zu: label %d and prediction %d of %d classes", i,
                     (int)labels[i], (int)predicted[i], (int)classes);
        bool is_right = predicted[i] == labels[i], is_faithful = nearest[i] == predicted[i];
        out->confusion[(size_t)labels[i] * width + (size_t)predicted[i]]++;
        out->unclassed += labels[i] == classes;
        right += is_right;
        nearest_right += nearest[i] == labels[i];
        faithful_right += is_right && is_faithful;
        faithful_wrong += !is_right && is_faithful;
    }
    out->accuracy = share(right, count);
    out->macro_f1 = macro_f1(out->confusion, (size_t)classes, &out->scored);
    out->one_nn = share(nearest_right, count);
    out->agreement = share(faithful_right + faithful_wrong, count);
    out->agreement_right = share(faithful_right, right);
    out->agreement_wrong = share(faithful_wrong, count - right);
cleanup:
    if (status != DAM_OK)
        dam__classification_free(out);
    return status;
}
