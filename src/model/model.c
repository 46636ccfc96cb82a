#include "model/model.h"

#include <string.h>

#include "model/model_type.h"

dam_status dam__model_create(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                             const dam__task *task, dam__model **out)
{
    if (config->kind < 0 || config->kind >= DAM__KINDS)
        return dam__fail(DAM_INTERNAL, "model kind %d does not exist", config->kind);
    return dam__model_type_of(config)->create(device, gemm, config, task, out);
}

void dam__model_destroy(dam__model *model)
{
    if (model != NULL)
        model->ops->destroy(model);
}

const char *dam__model_advice(const dam__model *model)
{
    return model->ops->advise != NULL ? model->ops->advise(model) : model->ops->divergence_advice;
}

dam__parameter *dam__model_parameter(dam__model *model, const char *name)
{
    for (int i = 0; i < model->parameter_count; i++)
        if (strcmp(model->parameters[i].name, name) == 0)
            return &model->parameters[i];
    return NULL;
}

void dam__answers_nearest(const dam__answers *out, size_t sample, const double *similarities,
                          size_t memories)
{
    size_t best = 0;
    for (size_t mu = 1; mu < memories; mu++)
        best = similarities[mu] > similarities[best] ? mu : best;
    out->memory[sample] = (int32_t)best;
    out->similarity[sample] = similarities[best];
}
