#include "model/model_type.h"

#include "model/denoise/denoise.h"
#include "model/energy/energy.h"
#include "model/vmf/vmf.h"

const dam__model_type *const dam__model_types[DAM__KINDS] = {
    [DAM__KIND_VMF] = &dam__vmf_type,
    [DAM__KIND_ENERGY] = &dam__energy_type,
    [DAM__KIND_DENOISE] = &dam__denoise_type,
};

const dam__model_type *dam__model_type_of(const dam__model_config *config)
{
    return dam__model_types[config->kind];
}

dam_status dam__model_check(const dam__model_config *config, const dam__model_setting *setting)
{
    const dam__model_type *type = dam__model_type_of(config);
    return type->check != NULL ? type->check(config, setting) : DAM_OK;
}

dam__input dam__model_input(const dam__model_config *config, int classes)
{
    const dam__model_type *type = dam__model_type_of(config);
    return type->input != NULL ? type->input(config, classes) : (dam__input){0};
}

int dam__model_classes(const dam__model_config *config, const dam__dataset *set)
{
    const dam__model_type *type = dam__model_type_of(config);
    return type->classes != NULL ? type->classes(config, set) : 0;
}

int dam__model_neurons(const dam__model_config *config, int dim, int classes)
{
    const dam__model_type *type = dam__model_type_of(config);
    return type->neurons != NULL ? type->neurons(config, dim, classes) : dim;
}

int dam__model_columns(const dam__model_config *config, int classes)
{
    return classes + (dam__model_type_of(config)->class_weights ? 1 : 0);
}

bool dam__model_stores(const dam__model_config *config)
{
    const dam__model_type *type = dam__model_type_of(config);
    return type->stores != NULL && type->stores(config);
}

bool dam__model_compares(const dam__model_config *config)
{
    const dam__model_type *type = dam__model_type_of(config);
    return type->compares != NULL && type->compares(config);
}

bool dam__model_side_by_side(const dam__model_config *config, int batch, const dam__dataset *set,
                             bool own_sets)
{
    const dam__model_type *type = dam__model_type_of(config);
    return type->side_by_side != NULL && type->side_by_side(config, batch, set, own_sets);
}
