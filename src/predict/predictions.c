#include "predict/predictions.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model_type.h"
#include "train/run_evaluator.h"

dam_status dam__predictions_check(const dam__run *run)
{
    const dam__model_type *type = dam__model_type_of(&run->experiment.model);
    if (type->ops->answer != NULL && run->classes > 0)
        return DAM_OK;
    if (type->relaxes)
        return dam__fail(DAM_USAGE,
                         "'%s' is a denoiser, which has no classes to predict; 'denseam recall %s' "
                         "denoises samples",
                         run->file, run->folder);
    return dam__fail(
        DAM_USAGE,
        "'%s' stores patterns and has no classes to predict; 'denseam recall %s' finds "
        "what states relax to, and the nearest memories",
        run->file, run->folder);
}

/* What is known before it becomes arrays. */
struct found {
    size_t count, columns;
    int32_t classes;
    dam__answers answers;
    int32_t *predicted, *nearest;
};

static void found_free(struct found *found)
{
    free(found->answers.scores);
    free(found->answers.memory);
    free(found->answers.similarity);
    free(found->predicted);
    free(found->nearest);
}

static dam_status ask(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                      const dam__dataset *set, struct found *out)
{
    dam_status status = DAM_OK;
    dam__run_evaluator *evaluator = NULL;
    dam__metrics unused;
    const dam__model_config *model = &run->experiment.model;
    dam__answers *answers = &out->answers;
    out->count = set->count;
    out->columns = (size_t)dam__model_columns(model, run->classes);
    out->classes = run->classes;
    DAM_TRY_CLEANUP(dam__run_evaluator_create(device, gemm, model, run->dim, run->classes,
                                              &run->container, set, run->experiment.train.batch,
                                              &evaluator));
    size_t scores = 0;
    DAM_TRY_CLEANUP(dam__multiply(out->count, out->columns, &scores));
    DAM_TRY_CLEANUP(dam__alloc(scores, sizeof *answers->scores, &answers->scores));
    DAM_TRY_CLEANUP(dam__alloc(out->count, sizeof *answers->memory, &answers->memory));
    DAM_TRY_CLEANUP(dam__alloc(out->count, sizeof *answers->similarity, &answers->similarity));
    DAM_TRY_CLEANUP(dam__run_evaluator_run(evaluator, &unused, &out->predicted, &out->nearest));
    DAM_TRY_CLEANUP(dam__run_evaluator_answer(evaluator, answers));
cleanup:
    dam__run_evaluator_destroy(evaluator);
    return status;
}

/* In a table there is no class beyond the last: it is none. */
static dam_status add_classes(dam__container *out, const char *name, const int32_t *classes,
                              size_t count, int32_t beyond)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    DAM_TRY_CLEANUP(dam__array_create(DAM__I32, 1, &count, &array));
    int32_t *to = array.data;
    for (size_t i = 0; i < count; i++)
        to[i] = classes[i] < beyond ? classes[i] : -1;
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    return status;
}

/* Numbers are no more exact than the device that they come from. */
static dam_status add_numbers(dam__container *out, const char *name, const double *numbers,
                              int rank, const size_t *shape, dam__element element)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    DAM_TRY_CLEANUP(dam__array_create(element, rank, shape, &array));
    for (size_t i = 0; i < dam__array_items(&array); i++)
        if (element == DAM__F32)
            ((float *)array.data)[i] = (float)numbers[i];
        else
            ((double *)array.data)[i] = numbers[i];
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    return status;
}

static dam_status add_all(const dam__run *run, const dam__device *device, const struct found *found,
                          const int32_t *labels, dam__container *out)
{
    const size_t shape[] = {found->count, found->columns};
    const char *score = dam__model_type_of(&run->experiment.model)->score;
    const dam__names *names = dam__run_class_names(run);
    dam__element element = dam__real_size(device) == sizeof(float) ? DAM__F32 : DAM__F64;
    DAM_TRY(add_classes(out, "class", found->predicted, found->count, found->classes));
    DAM_TRY(add_numbers(out, score, found->answers.scores, 2, shape, element));
    DAM_TRY(add_classes(out, "memory", found->answers.memory, found->count, INT32_MAX));
    DAM_TRY(add_numbers(out, "similarity", found->answers.similarity, 1, shape, element));
    if (labels != NULL)
        DAM_TRY(add_classes(out, "label", labels, found->count, found->classes));
    return names == NULL ? DAM_OK : dam__container_set_list(out, "class_names", names);
}

dam_status dam__predictions_make(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                                 dam__dataset *set, dam__container *out)
{
    dam_status status = DAM_OK;
    struct found found = {0};
    bool is_labelled = set->labels != NULL;
    if (!is_labelled)
        DAM_TRY(dam__alloc(set->count, sizeof *set->labels, &set->labels));
    DAM_TRY_CLEANUP(ask(run, device, gemm, set, &found));
    DAM_TRY_CLEANUP(add_all(run, device, &found, is_labelled ? set->labels : NULL, out));
cleanup:
    found_free(&found);
    return status;
}
