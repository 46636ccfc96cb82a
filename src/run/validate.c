/* What the ranges of single keys cannot say. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/teacher.h"
#include "model/task.h"
#include "run/experiment.h"
#include "run/recall_lists.h"
#include "train/diagnostics.h"

static dam_status check_data(const char *name, const dam__data_config *data)
{
    bool named = data->name[0] != '\0', images = data->images[0] != '\0';
    bool test_images = data->test_images[0] != '\0';
    if (!named && !images)
        return dam__fail(DAM_USAGE,
                         "%s: no data; give data.name (such as \"mnist\") or data.images", name);
    if (named && images)
        return dam__fail(DAM_USAGE, "%s: data.name and data.images are both given; keep one", name);
    if (data->labels[0] != '\0' && !images)
        return dam__fail(DAM_USAGE, "%s: data.labels is given without data.images; %s", name,
                         named ? "the set called data.name has its own" : "give both");
    if (data->patch > 0 && dam__teacher_asked(data))
        return dam__fail(DAM_USAGE, "%s: a teacher makes no images to cut; set data.patch = 0",
                         name);
    if (data->patch > 0 && data->labels[0] != '\0')
        return dam__fail(DAM_USAGE,
                         "%s: patches have no labels; leave out data.labels, or set data.patch = 0",
                         name);
    if (data->test_labels[0] != '\0' && !test_images)
        return dam__fail(DAM_USAGE,
                         "%s: data.test_labels is given without data.test_images; give both", name);
    return DAM_OK;
}

static dam_status check_classes(const char *name, const dam__model_config *model)
{
    dam_status status = DAM_OK;
    double *shares = NULL;
    if (model->vmf.loss == DAM__LOSS_UNSUPERVISED) {
        DAM_TRY(dam__alloc((size_t)model->vmf.classes, sizeof *shares, &shares));
        status = dam__class_shares(model, shares);
        if (status == DAM_USAGE)
            status = dam__fail_within(status, "%s", name);
    } else if (model->vmf.class_counts[0] != '\0') {
        status = dam__fail(DAM_USAGE,
                           "%s: model.class_counts goes with model.loss = \"unsupervised\" only; "
                           "labels have counts of their own",
                           name);
    }
cleanup:
    free(shares);
    return status;
}

static dam_status check_vmf(const char *name, const dam__model_config *model)
{
    if (model->vmf.capacity != 0 && model->vmf.capacity < model->memories)
        return dam__fail(DAM_USAGE,
                         "%s: model.capacity = %d is less than model.memories = %d; raise it, or 0 "
                         "for as many as memories",
                         name, model->vmf.capacity, model->memories);
    if (model->vmf.beta_rule == DAM__BETA_ANNEALED && !(model->vmf.anneal_to > 0))
        return dam__fail(
            DAM_USAGE,
            "%s: model.beta_rule = \"annealed\" needs model.anneal_to, beta at the end "
            "of the schedule",
            name);
    if (model->vmf.beta_rule == DAM__BETA_ANNEALED && model->vmf.anneal_epochs == 0)
        return dam__fail(DAM_USAGE,
                         "%s: model.beta_rule = \"annealed\" needs model.anneal_epochs, the length "
                         "of the schedule",
                         name);
    return check_classes(name, model);
}

static dam_status check_energy(const char *name, const dam__model_config *model)
{
    const dam__energy_config *energy = &model->energy;
    bool by_shift = energy->rule == DAM__RULE_SHIFT;
    if (by_shift && energy->interaction.kind != DAM__INTERACTION_EXP)
        return dam__fail(
            DAM_USAGE,
            "%s: model.rule = \"shift\" is for model.interaction = \"exp\" alone; take "
            "\"modified\"",
            name);
    if ((energy->temperature_to > 0) != (energy->temperature_epochs > 0))
        return dam__fail(DAM_USAGE,
                         "%s: model.temperature_to and model.temperature_epochs, the end of the "
                         "ramp and its length, go together; give both or leave out both",
                         name);
    return DAM_OK;
}

static dam_status check_denoise(const char *name, const dam__experiment *experiment)
{
    const dam__denoise_config *denoise = &experiment->model.denoise;
    double steps[DAM__DIAGNOSED_STEPS];
    int count = 0;
    if (denoise->power > 1 && denoise->activation != DAM__ACTIVATION_RELU)
        return dam__fail(DAM_USAGE,
                         "%s: model.power = %d is for model.activation = \"relu\" alone; leave it "
                         "out",
                         name, denoise->power);
    if (denoise->algorithm == DAM__ALGORITHM_ADAM && experiment->train.momentum > 0)
        return dam__fail(DAM_USAGE,
                         "%s: train.momentum = %g is for train.optimizer = \"sgd\" alone; leave it "
                         "out",
                         name, experiment->train.momentum);
    if (denoise->centring == DAM__CENTRING_BATCH && experiment->train.batch < 2)
        return dam__fail(DAM_USAGE,
                         "%s: model.centring = \"batch\" needs train.batch of at least 2, not %d",
                         name, experiment->train.batch);
    if (experiment->train.diagnostics[0] != '\0' &&
        dam__diagnosed_steps(experiment->train.diagnostics, steps, &count) != DAM_OK)
        return dam__fail_within(DAM_USAGE, "%s", name);
    return DAM_OK;
}

static dam_status check_grow(const char *name, const dam__experiment *experiment)
{
    const dam__model_config *model = &experiment->model;
    int to = experiment->grow.to;
    if (to == 0)
        return DAM_OK;
    if (to <= model->memories)
        return dam__fail(DAM_USAGE,
                         "%s: grow.to = %d is not more than model.memories = %d; raise it, or 0 "
                         "for no growth",
                         name, to, model->memories);
    if (model->vmf.loss == DAM__LOSS_UNSUPERVISED)
        return dam__fail(
            DAM_USAGE,
            "%s: grow.to = %d: a model that learns without labels cannot grow yet; set "
            "grow.to = 0",
            name, to);
    if (model->vmf.capacity != 0 && model->vmf.capacity != to)
        return dam__fail(DAM_USAGE,
                         "%s: model.capacity = %d, but grow.to = %d is the capacity of a model "
                         "that grows; leave out model.capacity",
                         name, model->vmf.capacity, to);
    return DAM_OK;
}

static dam_status check_recall(const char *name, const dam__experiment *experiment)
{
    const dam__recall_keys *recall = &experiment->recall;
    dam__recall_cells cells = {0};
    dam_status status = dam__recall_cells_create(name, experiment, &cells);
    if (status != DAM_OK)
        return status;
    size_t count = cells.count;
    dam__recall_cells_free(&cells);
    if (recall->noise < 0)
        return dam__fail(DAM_USAGE,
                         "%s: recall.noise = %g is out of range: at least 0; below it, a denoiser "
                         "takes data.noise",
                         name, recall->noise);
    if (recall->probes[0] != '\0' &&
        (count > 1 || recall->flips[0] != '\0' || recall->mask[0] != '\0' || recall->noise > 0))
        return dam__fail(DAM_USAGE,
                         "%s: recall.probes are taken as they are; leave out recall.flips, mask, "
                         "noise and lists, or the file",
                         name);
    if (strcmp(recall->clamp, "given") == 0 && recall->mask[0] == '\0')
        return dam__fail(DAM_USAGE,
                         "%s: recall.clamp = \"given\" keeps what recall.mask leaves; give a mask",
                         name);
    return DAM_OK;
}

dam_status dam__experiment_check(const char *name, const dam__experiment *experiment)
{
    dam_status status = check_data(name, &experiment->data);
    if (status == DAM_OK && experiment->model.kind == DAM__KIND_VMF)
        status = check_vmf(name, &experiment->model);
    if (status == DAM_OK && experiment->model.kind == DAM__KIND_ENERGY)
        status = check_energy(name, &experiment->model);
    if (status == DAM_OK && experiment->model.kind == DAM__KIND_ENERGY)
        status = check_recall(name, experiment);
    if (status == DAM_OK && experiment->model.kind == DAM__KIND_DENOISE)
        status = check_denoise(name, experiment);
    return status == DAM_OK ? check_grow(name, experiment) : status;
}
