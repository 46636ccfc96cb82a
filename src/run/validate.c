/* Checks that the ranges of single keys cannot express. */
#include <string.h>

#include "data/teacher.h"
#include "data/threshold.h"
#include "model/model_type.h"
#include "run/experiment.h"
#include "run/recall_lists.h"
#include "train/diagnostics.h"

dam_status dam__data_check(const char *name, const dam__data_config *data)
{
    bool named = data->name[0] != '\0', images = data->images[0] != '\0';
    bool test_images = data->test_images[0] != '\0';
    dam__threshold threshold;
    dam_status status = dam__threshold_read(data->threshold, &threshold);
    if (status != DAM_OK)
        return dam__fail_within(status, "%s", name);
    if (!named && !images)
        return dam__fail(DAM_USAGE,
                         "%s: no data; give data.name (such as \"mnist\") or data.images", name);
    if (named && images)
        return dam__fail(DAM_USAGE, "%s: data.name and data.images are both given; keep one", name);
    if (data->labels[0] != '\0' && !images)
        return dam__fail(DAM_USAGE, "%s: data.labels is given without data.images; %s", name,
                         named ? "the set called data.name has its own" : "give both");
    size_t width = 0, height = 0;
    status = dam__resize_read(data->resize, &width, &height);
    if (status != DAM_OK)
        return dam__fail_within(status, "%s", name);
    if (data->validation_labels[0] != '\0' && data->validation_images[0] == '\0')
        return dam__fail(DAM_USAGE,
                         "%s: data.validation_labels is given without data.validation_images; give "
                         "both",
                         name);
    if (data->validation_images[0] != '\0' && (!images || data->patch > 0))
        return dam__fail(DAM_USAGE,
                         "%s: data.validation_images goes with data.images, and not with patches; "
                         "data.validation keeps a share of other samples",
                         name);
    if (dam__scaler_asked(data) && (!images || data->patch > 0 || data->plaquette > 1))
        return dam__fail(DAM_USAGE,
                         "%s: data.scaling and data.missing are for whole samples of files; leave "
                         "them out with data.name, data.patch and data.plaquette",
                         name);
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

/* Of models that grow; others have no such keys. */
static dam_status check_grow(const char *name, const dam__experiment *experiment)
{
    int to = experiment->grow.to, memories = experiment->model.memories;
    if (to > 0 && to <= memories)
        return dam__fail(DAM_USAGE,
                         "%s: grow.to = %d is not more than model.memories = %d; raise it, or 0 "
                         "for no growth",
                         name, to, memories);
    return DAM_OK;
}

static dam_status check_model(const char *name, const dam__experiment *experiment)
{
    const dam__model_setting setting = {.batch = experiment->train.batch,
                                        .momentum = experiment->train.momentum,
                                        .grow = &experiment->grow};
    dam_status status = dam__model_check(&experiment->model, &setting);
    return status == DAM_OK || status == DAM_NO_MEMORY ? status
                                                       : dam__fail_within(status, "%s", name);
}

static dam_status check_shards(const char *name, const dam__train_config *train)
{
    if ((train->shards & (train->shards - 1)) != 0)
        return dam__fail(DAM_USAGE, "%s: train.shards = %d is no power of two; take 2, 4, 8, ...",
                         name, train->shards);
    if (train->shards > train->batch)
        return dam__fail(DAM_USAGE,
                         "%s: train.shards = %d are more than the samples of a batch; lower it, or "
                         "raise train.batch from %d",
                         name, train->shards, train->batch);
    if (train->shards > 1 && train->diagnostics[0] != '\0')
        return dam__fail(
            DAM_USAGE,
            "%s: train.diagnostics looks into batches as one; set train.shards = 1, or "
            "leave it out",
            name);
    return DAM_OK;
}

static dam_status check_diagnostics(const char *name, const char *list)
{
    double steps[DAM__DIAGNOSED_STEPS];
    int count = 0;
    dam_status status = list[0] != '\0' ? dam__diagnosed_steps(list, steps, &count) : DAM_OK;
    return status == DAM_OK ? status : dam__fail_within(status, "%s", name);
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
    DAM_TRY(dam__data_check(name, &experiment->data));
    DAM_TRY(check_grow(name, experiment));
    DAM_TRY(check_model(name, experiment));
    if (experiment->grow.to > 0 && experiment->train.diagnostics[0] != '\0')
        return dam__fail(DAM_USAGE,
                         "%s: train.diagnostics looks into steps of one width; set grow.to = 0, or "
                         "leave it out",
                         name);
    DAM_TRY(check_shards(name, &experiment->train));
    if (dam__model_type_of(&experiment->model)->recall != NULL)
        DAM_TRY(check_recall(name, experiment));
    return check_diagnostics(name, experiment->train.diagnostics);
}
