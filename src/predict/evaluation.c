#include "predict/evaluation.h"

#include <stdlib.h>

#include "command/session.h"
#include "model/model_type.h"
#include "run/learned_notes.h"
#include "train/run_evaluator.h"

void evaluation_free(evaluation *done)
{
    dam__classification_free(&done->result);
    dam__dataset_free(&done->set);
}

size_t evaluation_rows(const dam__classification *result)
{
    return (size_t)result->classes + (result->unclassed > 0);
}

bool evaluation_occurs(const dam__classification *result, size_t class)
{
    size_t width = (size_t)result->classes + 1, all = 0;
    for (size_t other = 0; other < width; other++)
        all += result->confusion[class * width + other] + result->confusion[other * width + class];
    return all > 0;
}

/* What is likely wrong where the predictions are no better than guesses. */
static void note(const dam_log *log, const dam__run *run, const dam__dataset *set,
                 const int32_t *predicted)
{
    const dam__learned learned = {.which = "test",
                                  .labels = set->labels,
                                  .predicted = predicted,
                                  .count = set->count,
                                  .classes = run->classes,
                                  .memories = run->memories,
                                  .is_unlike = dam__note_unlike(log, run, set)};
    if (dam__model_compares(&run->experiment.model))
        dam__note_learned(log, &run->experiment, &learned);
}

/* Chunks are no larger than the set; --set may have asked for more. */
static int batch_of(const dam__run *run, const dam__dataset *set)
{
    int batch = run->experiment.train.batch;
    return (size_t)batch > set->count ? (int)set->count : batch;
}

dam_status evaluation_make(const arguments *args, const dam__run *run, const dam_log *log,
                           evaluation *out)
{
    dam_status status = DAM_OK;
    const dam__model_config *model = &run->experiment.model;
    dam__dataset *set = &out->set;
    dam__device *device = NULL;
    dam__run_evaluator *evaluator = NULL;
    int32_t *predicted = NULL, *nearest = NULL;
    DAM_TRY_CLEANUP(
        open_device(args, (dam__precision)run->experiment.train.precision, log, &device));
    DAM_TRY_CLEANUP(dam__run_load(run, device, DAM__SPLIT_TEST, set));
    int batch = batch_of(run, set);
    const dam__selftest_subject subject = {.model = model,
                                           .set = set,
                                           .memories = run->memories,
                                           .dim = run->dim,
                                           .batch = batch,
                                           .classes = run->classes};
    DAM_TRY_CLEANUP(check_device(args, device, &subject));
    DAM_TRY_CLEANUP(dam__run_evaluator_create(device, gemm_choice(args), model, run->dim,
                                              run->classes, &run->container, set, batch,
                                              &evaluator));
    DAM_TRY_CLEANUP(dam__run_evaluator_run(evaluator, &out->metrics, &predicted, &nearest));
    note(log, run, set, predicted);
    out->compares = dam__model_compares(model);
    if (out->compares)
        DAM_TRY_CLEANUP(
            dam__classify(set->labels, predicted, nearest, set->count, run->classes, &out->result));
    DAM_TRY_CLEANUP(give_profile(args, device, log));
cleanup:
    free(predicted);
    free(nearest);
    dam__run_evaluator_destroy(evaluator);
    dam__device_close(device);
    return status;
}
