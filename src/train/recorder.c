#include "train/recorder.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/model_type.h"

static int kept(int memories, const dam__train_config *config)
{
    return memories < config->record_memories ? memories : config->record_memories;
}

/* The features of the memories: neurons that stand for classes are none of a picture's. */
static dam__matrix features_of(const dam__model *model, const dam__parameter *memories)
{
    dam__matrix features = memories->value;
    if (features.cols > model->task.dim)
        features.cols = model->task.dim;
    return features;
}

/* Class weights stand memory by memory in columns, the background last; NULL where there are none.
 */
static const dam__matrix *class_weights(dam__model *model)
{
    const dam__parameter *weights = dam__model_parameter(model, "class_weights");
    return weights != NULL ? &weights->value : NULL;
}

dam_status dam__recorder_check(dam__model *model, int max_memories, const dam__train_config *config)
{
    const dam__parameter *memories = dam__model_parameter(model, "memories");
    const dam__matrix *weights = class_weights(model);
    if (memories == NULL)
        return dam__fail(DAM_USAGE, "the %s model has no memories to record; set train.record = 0",
                         dam__model_type_of(&model->config)->name);
    return dam__record_check((size_t)kept(max_memories, config),
                             (size_t)features_of(model, memories).cols,
                             weights != NULL ? (size_t)weights->rows : 0);
}

/* The class weights of the first rows memories, one memory a row; free() them. */
static dam_status read_weights(const dam__matrix *weights, size_t rows, double **out)
{
    dam_status status = DAM_OK;
    double *all = NULL;
    size_t columns = (size_t)weights->rows, width = (size_t)weights->cols;
    DAM_TRY_CLEANUP(dam__alloc(columns * width, sizeof *all, &all));
    DAM_TRY_CLEANUP(dam__alloc(rows * columns, sizeof **out, out));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(weights, all, "recorded class weights"));
    for (size_t i = 0; i < rows; i++)
        for (size_t y = 0; y < columns; y++)
            (*out)[i * columns + y] = all[y * width + i];
cleanup:
    free(all);
    return status;
}

dam_status dam__recorder_take(dam__model *model, const dam__position *position,
                              const dam__train_config *config, dam__record *record)
{
    dam_status status = DAM_OK;
    double *values = NULL, *shares = NULL;
    const dam__matrix *weights = class_weights(model);
    dam__matrix memories = features_of(model, dam__model_parameter(model, "memories"));
    const dam__frame frame = {.epoch = position->epoch,
                              .stage = position->stage,
                              .memories = memories.rows,
                              .rows = kept(memories.rows, config)};
    memories.rows = frame.rows;
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(&memories), sizeof *values, &values));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&memories, values, "recorded memories"));
    if (weights != NULL)
        DAM_TRY_CLEANUP(read_weights(weights, (size_t)frame.rows, &shares));
    DAM_TRY_CLEANUP(dam__record_add(record, &frame, config->record, (size_t)memories.cols,
                                    weights != NULL ? (size_t)weights->rows : 0, values, shares));
cleanup:
    if (status == DAM_DIVERGED)
        (void)dam__fail(status, "%s; %s", dam_error(), dam__model_advice(model));
    free(values);
    free(shares);
    return status;
}
