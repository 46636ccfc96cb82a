#include "run/classifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/teacher.h"
#include "data/threshold.h"
#include "train/run_evaluator.h"

struct dam__classifier {
    const dam__run *run;
    dam__dataset set; /* space for the samples of a piece; their labels are unknown: 0 stands in */
    size_t capacity;
    dam__run_evaluator *evaluator;
};

enum { LEAST = 16, PIECE_BYTES = 16 << 20 };

/* Capacities are powers of two, so that slowly growing calls are not planned again each time. */
static size_t capacity_for(size_t row_bytes, size_t count)
{
    size_t most = PIECE_BYTES / row_bytes, capacity = LEAST;
    while (capacity < count && capacity < most)
        capacity *= 2;
    return capacity;
}

static size_t row_bytes(const dam__run *run, dam__element element)
{
    return (size_t)run->dim * dam__element_size(element);
}

static dam_status make_space(dam__classifier *c, dam__element element)
{
    const dam__run *run = c->run;
    size_t features = (size_t)run->dim;
    c->set = (dam__dataset){.count = c->capacity,
                            .features = features,
                            .classes = 1,
                            .on_sphere = dam__teacher_asked(&run->experiment.data)};
    (void)snprintf(c->set.name, sizeof c->set.name, "samples");
    DAM_TRY(dam__threshold_choose(run->experiment.data.threshold, &c->set));
    DAM_TRY(
        dam__array_create(element, 2, (const size_t[]){c->capacity, features}, &c->set.samples));
    return dam__alloc(c->capacity, sizeof *c->set.labels, &c->set.labels);
}

dam_status dam__classifier_create(const dam__run *run, dam__device *device, dam__element element,
                                  size_t count, dam__classifier **out)
{
    dam_status status = DAM_OK;
    dam__classifier *c = NULL;
    const dam__experiment *experiment = &run->experiment;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *c, &c));
    c->run = run;
    c->capacity = capacity_for(row_bytes(run, element), count);
    DAM_TRY_CLEANUP(make_space(c, element));
    DAM_TRY_CLEANUP(dam__run_evaluator_create(device, DAM__GEMM_AUTO, &experiment->model, run->dim,
                                              run->classes, &run->container, &c->set,
                                              experiment->train.batch, &c->evaluator));
    *out = c;
    c = NULL;
cleanup:
    dam__classifier_destroy(c);
    return status;
}

void dam__classifier_destroy(dam__classifier *classifier)
{
    if (classifier == NULL)
        return;
    dam__run_evaluator_destroy(classifier->evaluator);
    dam__dataset_free(&classifier->set);
    free(classifier);
}

bool dam__classifier_suits(const dam__classifier *classifier, dam__element element, size_t count)
{
    return classifier->set.samples.element == element &&
           classifier->capacity >= capacity_for(row_bytes(classifier->run, element), count);
}

static dam_status run_piece(dam__classifier *c, const void *samples, size_t count, int32_t *classes,
                            int32_t *nearest)
{
    dam_status status = DAM_OK;
    dam__metrics unused;
    int32_t *predicted = NULL, *closest = NULL;
    memcpy(c->set.samples.data, samples, count * row_bytes(c->run, c->set.samples.element));
    c->set.count = c->set.samples.shape[0] = count;
    status = dam__scaler_asked(&c->run->experiment.data)
                 ? dam__scaler_apply(&c->run->scaler, c->set.name, &c->set)
                 : DAM_OK;
    if (status == DAM_OK)
        status = dam__threshold_apply(&c->set);
    c->set.count = c->set.samples.shape[0] = c->capacity;
    DAM_TRY_CLEANUP(status);
    DAM_TRY_CLEANUP(dam__run_evaluator_reload(c->evaluator, count));
    DAM_TRY_CLEANUP(dam__run_evaluator_run(c->evaluator, &unused, &predicted, &closest));
    memcpy(classes, predicted, count * sizeof *classes);
    if (nearest != NULL)
        memcpy(nearest, closest, count * sizeof *nearest);
cleanup:
    free(predicted);
    free(closest);
    return status;
}

dam_status dam__classifier_run(dam__classifier *classifier, const void *samples, size_t count,
                               int32_t *classes, int32_t *nearest)
{
    dam_status status = DAM_OK;
    size_t bytes = row_bytes(classifier->run, classifier->set.samples.element);
    for (size_t at = 0; at < count && status == DAM_OK; at += classifier->capacity) {
        size_t left = count - at;
        status = run_piece(classifier, (const char *)samples + at * bytes,
                           left < classifier->capacity ? left : classifier->capacity, classes + at,
                           nearest != NULL ? nearest + at : NULL);
    }
    return status;
}
