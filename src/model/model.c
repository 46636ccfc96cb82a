#include "model/model.h"

#include <string.h>

#include "model/denoise/denoise.h"
#include "model/energy/energy.h"
#include "model/vmf/vmf.h"

dam_status dam__model_create(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                             const dam__task *task, dam__model **out)
{
    switch ((dam__model_kind)config->kind) {
    case DAM__KIND_VMF:
        return dam__vmf_create(device, gemm, config, task, out);
    case DAM__KIND_ENERGY:
        return dam__energy_create(device, gemm, config, task, out);
    case DAM__KIND_DENOISE:
        return dam__denoise_create(device, gemm, config, task, out);
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

const char *dam__model_advice(const dam__model *model)
{
    return model->ops->advise != NULL ? model->ops->advise(model) : model->ops->divergence_advice;
}

dam__input dam__model_input(const dam__model_config *config, int classes)
{
    const dam__energy_config *energy = &config->energy;
    if (config->kind == DAM__KIND_DENOISE)
        return (dam__input){
            .plain = true, .indexed = true, .numbered = true, .full = true, .shared = true};
    if (config->kind != DAM__KIND_ENERGY)
        return (dam__input){0};
    if (energy->task == DAM__TASK_STORE)
        return (dam__input){.states = true};
    return (dam__input){
        .states = true, .classes = classes, .shows_label = energy->targets == DAM__TARGETS_VISIBLE};
}

const char *dam__model_loss_unit(const dam__model_config *config)
{
    static const char *const units[DAM__KINDS] = {
        [DAM__KIND_VMF] = "nat", [DAM__KIND_ENERGY] = "/neuron", [DAM__KIND_DENOISE] = "/feature"};
    return units[config->kind];
}

const char *dam__model_loss_words(const dam__model_config *config)
{
    if (config->kind == DAM__KIND_ENERGY)
        return "loss (per neuron)";
    if (config->kind == DAM__KIND_DENOISE)
        return "loss (half the squared error, per feature)";
    return config->vmf.loss == DAM__LOSS_SUPERVISED ? "loss (softened labels)"
                                                    : "loss (per sample)";
}

bool dam__model_compares(const dam__model_config *config)
{
    if (config->kind == DAM__KIND_DENOISE)
        return false;
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
