#include "model/model.h"

#include <string.h>

#include "model/vmf.h"

dam_status dam__model_create(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                             const dam__task *task, dam__model **out)
{
    switch ((dam__model_kind)config->kind) {
    case DAM__KIND_VMF:
        return dam__vmf_create(device, gemm, config, task, out);
    case DAM__KIND_ENERGY:
    case DAM__KINDS:
        break;
    }
    return dam__fail(DAM_INTERNAL, "model kind %d does not exist", config->kind);
}

void dam__model_destroy(dam__model *model)
{
    if (model != NULL)
        model->ops->destroy(model);
}

bool dam__model_compares(const dam__model_config *config)
{
    return config->kind == DAM__KIND_ENERGY ? config->energy.task == DAM__TASK_CLASSIFY
                                            : config->vmf.loss == DAM__LOSS_SUPERVISED;
}

dam__parameter *dam__model_parameter(dam__model *model, const char *name)
{
    for (int i = 0; i < model->parameter_count; i++)
        if (strcmp(model->parameters[i].name, name) == 0)
            return &model->parameters[i];
    return NULL;
}
