/* A trainer before its first step, and what others look at. */
#include "train/trainer_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/notice.h"
#include "model/model_type.h"
#include "model/task.h"
#include "train/recorder.h"

static size_t validation_count(const dam__training *training)
{
    return dam__dataset_held(training->set, training->validation);
}

static dam_status create_loaders(dam__trainer *trainer)
{
    const dam__dataset *set = trainer->training.set;
    size_t held_out = validation_count(&trainer->training);
    if (trainer->training.validation > 0 && held_out == 0)
        return dam__fail(
            DAM_USAGE,
            "data.validation = %g keeps none of the %zu samples of '%s' for validation; "
            "raise it, or set it to 0",
            trainer->training.validation, set->count, set->name);
    dam__loader_options options = {
        .count = set->count - held_out,
        .batch = trainer->training.train.batch,
        .shuffle = true,
        .seed = trainer->training.seed,
        .indexed = dam__gemm_gathers(trainer->gemm),
        .stream = trainer->streams,
        .input = dam__model_input(&trainer->training.model, trainer->task.classes)};
    options.indexed = options.indexed || options.input.indexed;
    DAM_TRY(dam__loader_create(trainer->device, set, &options, &trainer->samples));
    options.first = options.count;
    options.count = held_out;
    options.shuffle = false;
    options.input.shows_label = false; /* it is what is asked for */
    if (held_out > 0)
        DAM_TRY(dam__loader_create(trainer->device, set, &options, &trainer->validation));
    return DAM_OK;
}

static void forget_plan(dam__trainer *trainer)
{
    dam__diagnostics_destroy(trainer->diagnostics);
    dam__growth_destroy(trainer->growth);
    dam__evaluator_destroy(trainer->evaluator);
    dam__evaluator_destroy(trainer->training_evaluator);
    dam__optimizer_destroy(trainer->optimizer);
    dam__shards_destroy(trainer->shards);
    dam__model_destroy(trainer->model);
    dam__loader_destroy(trainer->validation);
    dam__loader_destroy(trainer->samples);
    dam__gemm_destroy(trainer->gemm);
    dam__buffer_destroy(trainer->losses.buffer);
    dam__plan_destroy(trainer->plan);
    trainer->diagnostics = NULL;
    trainer->growth = NULL;
    trainer->evaluator = NULL;
    trainer->training_evaluator = NULL;
    trainer->optimizer = NULL;
    trainer->shards = NULL;
    trainer->model = NULL;
    trainer->validation = NULL;
    trainer->samples = NULL;
    trainer->gemm = NULL;
    trainer->losses.buffer = NULL;
    trainer->plan = NULL;
}

/* Lists everything the training needs for one choice of chunk and streaming. */
static dam_status make_plan(void *user, int chunk, bool streams, const dam__plan **plan)
{
    dam__trainer *trainer = user;
    const dam__training *training = &trainer->training;
    forget_plan(trainer);
    trainer->chunk = chunk;
    trainer->streams = streams;
    DAM_TRY(dam__plan_create(trainer->device, &trainer->plan));
    DAM_TRY(dam__gemm_create(trainer->device, training->gemm, &trainer->gemm));
    DAM_TRY(create_loaders(trainer));
    DAM_TRY(dam__model_create(trainer->device, trainer->gemm, &training->model, &trainer->task,
                              &trainer->model));
    DAM_TRY(dam__loader_plan(trainer->samples, trainer->plan));
    if (trainer->validation != NULL)
        DAM_TRY(dam__loader_plan(trainer->validation, trainer->plan));
    DAM_TRY(trainer->model->ops->plan(trainer->model, trainer->plan, chunk));
    const dam__sharing sharing = {training->train.shards, training->comm};
    DAM_TRY(dam__shards_create(trainer->model, &sharing, trainer->plan, &trainer->shards));
    DAM_TRY(dam__optimizer_create(trainer->model, trainer->plan, &trainer->optimizer));
    if (trainer->validation != NULL) {
        DAM_TRY(dam__evaluator_create(trainer->model, trainer->validation, trainer->plan,
                                      &trainer->evaluator));
        dam__evaluator_share(trainer->evaluator, training->comm);
    }
    if (training->evaluates)
        DAM_TRY(dam__evaluator_create(trainer->model, trainer->samples, trainer->plan,
                                      &trainer->training_evaluator));
    if (training->grow.to > 0)
        DAM_TRY(dam__growth_create(trainer->model, trainer->samples, &training->grow,
                                   training->seed, trainer->plan, &trainer->growth));
    if (training->train.diagnostics[0] != '\0')
        DAM_TRY(dam__diagnostics_create(trainer->model, training->train.diagnostics, trainer->plan,
                                        &trainer->diagnostics));
    DAM_TRY(dam__plan_matrix(trainer->plan, "losses", 1, dam__loader_steps(trainer->samples), 1,
                             &trainer->losses));
    DAM_TRY(dam__gemm_plan(trainer->gemm, trainer->plan));
    *plan = trainer->plan;
    return DAM_OK;
}

/* Whether the preset's limit on the samples' memory asks for streaming. */
static bool must_stream(const dam__training *training, const dam__device *device)
{
    double bytes = dam__loader_resident_bytes(device, training->set);
    return training->data_memory > 0 && bytes > 1048576.0 * training->data_memory;
}

static dam_status plan_what_fits(dam__trainer *trainer)
{
    int batch = trainer->training.train.batch;
    if ((size_t)batch > trainer->training.set->count)
        batch = (int)trainer->training.set->count;
    return dam__plan_fit(make_plan, trainer,
                         dam__shards_size(trainer->training.train.shards, batch),
                         must_stream(&trainer->training, trainer->device));
}

static dam_status name_columns(dam__trainer *trainer)
{
    const char *const fixed[] = {"epoch", "loss", "validation_loss", "validation_accuracy",
                                 "seconds"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        DAM_TRY(dam__history_column(&trainer->history, fixed[i]));
    /* Parameters that are one number are part of every row. */
    for (int i = 0; i < trainer->model->parameter_count; i++)
        if (dam__matrix_items(&trainer->model->parameters[i].value) == 1)
            DAM_TRY(dam__history_column(&trainer->history, trainer->model->parameters[i].name));
    if (trainer->growth != NULL) {
        DAM_TRY(dam__history_column(&trainer->history, "stage"));
        DAM_TRY(dam__history_column(&trainer->history, "memories"));
        DAM_TRY(dam__history_column(&trainer->history, "normalised_loss"));
        DAM_TRY(dam__history_column(&trainer->history, "validation_normalised_loss"));
        DAM_TRY(dam__history_column(&trainer->history, "split_seconds"));
        DAM_TRY(dam__history_column(&trainer->history, "split_epochs"));
    }
    return DAM_OK;
}

static int most_memories(const dam__training *training)
{
    return training->grow.to > 0 ? training->grow.to : training->model.memories;
}

dam_status dam__trainer_create(dam__device *device, const dam__training *training,
                               dam__trainer **out)
{
    dam_status status = DAM_OK;
    dam__trainer *trainer = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *trainer, &trainer));
    trainer->device = device;
    trainer->training = *training;
    if (training->grow.to > 0)
        trainer->training.model.max_memories = training->grow.to;
    trainer->position.best = INFINITY;
    /* The prior is that of the samples trained on, without the validation set. */
    DAM_TRY_CLEANUP(dam__task_create(&training->model, training->set,
                                     training->set->count - validation_count(training),
                                     &trainer->task));
    trainer->task.batch = dam__shards_size(training->train.shards, training->train.batch);
    const dam__sharing sharing = {training->train.shards, training->comm};
    DAM_TRY_CLEANUP(dam__sharing_own(&sharing, &trainer->task.shards));
    DAM_TRY_CLEANUP(plan_what_fits(trainer));
    DAM_TRY_CLEANUP(name_columns(trainer));
    if (training->train.record > 0)
        DAM_TRY_CLEANUP(
            dam__recorder_check(trainer->model, most_memories(training), &training->train));
    *out = trainer;
    trainer = NULL;
cleanup:
    dam__trainer_destroy(trainer);
    return status;
}

void dam__trainer_destroy(dam__trainer *trainer)
{
    if (trainer == NULL)
        return;
    forget_plan(trainer);
    dam__history_free(&trainer->history);
    dam__record_free(&trainer->record);
    dam__task_free(&trainer->task);
    free(trainer);
}

static dam_status measure(dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    dam__model *model = trainer->model;
    dam__text text = {0};
    if (model->ops->measure == NULL)
        return DAM_OK;
    DAM_TRY_CLEANUP(model->ops->measure(model, trainer->samples, &text));
    DAM_TRY_CLEANUP(dam__text_status(&text));
    if (text.length > 0)
        dam__info(dam__device_log(trainer->device), "%s", text.data);
cleanup:
    dam__text_free(&text);
    return status;
}

dam_status dam__trainer_prepare(dam__trainer *trainer)
{
    DAM_TRY(dam__plan_allocate(trainer->plan));
    DAM_TRY(dam__loader_prepare(trainer->samples));
    if (trainer->validation != NULL)
        DAM_TRY(dam__loader_prepare(trainer->validation));
    DAM_TRY(trainer->model->ops->prepare(trainer->model));
    DAM_TRY(dam__shards_prepare(trainer->shards));
    DAM_TRY(dam__optimizer_prepare(trainer->optimizer));
    if (trainer->growth != NULL)
        DAM_TRY(dam__growth_prepare(trainer->growth));
    DAM_TRY(dam__diagnostics_prepare(trainer->diagnostics));
    DAM_TRY(trainer->model->ops->initialise(trainer->model, trainer->training.seed));
    return measure(trainer);
}

/* --- what others look at ---------------------------------------------------------------------- */

const dam__plan *dam__trainer_plan(const dam__trainer *trainer)
{
    return trainer->plan;
}

bool dam__trainer_streams(const dam__trainer *trainer)
{
    return trainer->streams;
}

int dam__trainer_chunk(const dam__trainer *trainer)
{
    return trainer->chunk;
}

size_t dam__trainer_traffic(const dam__trainer *trainer)
{
    return dam__shards_traffic(trainer->shards);
}

const char *dam__trainer_gemm(const dam__trainer *trainer)
{
    return dam__gemm_name(trainer->gemm);
}

int dam__trainer_steps(const dam__trainer *trainer)
{
    return dam__loader_steps(trainer->samples);
}

dam__model *dam__trainer_model(dam__trainer *trainer)
{
    return trainer->model;
}

dam__optimizer *dam__trainer_optimizer(dam__trainer *trainer)
{
    return trainer->optimizer;
}

dam__growth *dam__trainer_growth(dam__trainer *trainer)
{
    return trainer->growth;
}

dam__position *dam__trainer_position(dam__trainer *trainer)
{
    return &trainer->position;
}

dam__history *dam__trainer_history(dam__trainer *trainer)
{
    return &trainer->history;
}

dam__record *dam__trainer_record(dam__trainer *trainer)
{
    return &trainer->record;
}

dam__diagnostics *dam__trainer_diagnostics(dam__trainer *trainer)
{
    return trainer->diagnostics;
}

dam_status dam__trainer_predictions(dam__trainer *trainer, int32_t **predicted, size_t *count)
{
    int32_t *nearest = NULL;
    *predicted = NULL;
    *count = 0;
    if (!trainer->is_evaluated)
        return DAM_OK;
    *count = (size_t)dam__loader_range(trainer->validation);
    dam_status status = dam__evaluator_predictions(trainer->evaluator, predicted, &nearest);
    free(nearest);
    return status;
}

dam_status dam__trainer_read_losses(dam__trainer *trainer, double *losses)
{
    return dam__matrix_read_unchecked(&trainer->losses, losses, "losses so far");
}

dam_status dam__trainer_last_loss(dam__trainer *trainer, double *loss)
{
    dam_status status = DAM_OK;
    double *losses = NULL;
    DAM_TRY_CLEANUP(dam__alloc((size_t)dam__trainer_steps(trainer), sizeof *losses, &losses));
    DAM_TRY_CLEANUP(dam__trainer_read_losses(trainer, losses));
    *loss = losses[trainer->position.step - 1];
cleanup:
    free(losses);
    return status;
}

dam_status dam__trainer_write_losses(dam__trainer *trainer, const double *losses)
{
    return dam__matrix_write_doubles(&trainer->losses, losses, "losses so far");
}
