#include "programs/rehearsal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bench/bench_recall.h"
#include "data/teacher.h"
#include "model/model_type.h"
#include "recall/recall_run.h"
#include "selftest/selftest.h"
#include "sweep/sweep_plan.h"
#include "train/batched.h"
#include "train/trainer.h"

void rehearsal_free(rehearsal *r)
{
    dam__dataset_free(&r->set);
}

/* A card like many: where it matters, plans are made for its memory and its local memory. */
static dam_device_info card(const rehearsal *r)
{
    dam_device_info info = {.type = r->shape == DAM__SHAPE_CPU ? DAM_DEVICE_CPU : DAM_DEVICE_GPU,
                            .global_memory = 16ULL << 30,
                            .largest_allocation = 4ULL << 30,
                            .local_memory = 64 << 10,
                            .compute_units = 32,
                            .largest_work_group = 1024,
                            .native_float_width = (uint32_t)r->vector_width,
                            .fp64 = true,
                            .usable = true};
    (void)snprintf(info.name, sizeof info.name, "a recording");
    return info;
}

static dam_status open_card(const rehearsal *r, dam__precision precision, dam__device **out)
{
    const dam_device_info info = card(r);
    const dam__device_options options = {.log = r->log, .precision = precision, .shape = r->shape};
    return dam__recording_open(r->recording, &info, &options, out);
}

/* --- samples ---------------------------------------------------------------------------------- */

/* The files of named sets need not be there: "random" has MNIST's shape, and Fashion-MNIST's. */
static dam__data_config without_files(const dam__data_config *config)
{
    enum { MNIST_TRAIN = 60000 };
    dam__data_config data = *config;
    if (strcmp(data.name, "mnist") == 0 || strcmp(data.name, "fashion-mnist") == 0) {
        (void)snprintf(data.name, sizeof data.name, "random");
        data.samples = data.samples > 0 ? data.samples : MNIST_TRAIN;
    }
    return data;
}

/* The samples of an experiment, into r->set. */
static dam_status load(rehearsal *r, dam__device *device, const dam__experiment *experiment)
{
    const dam__data_config *config = &experiment->data;
    bool drawn = dam__dataset_is_drawn(config); /* by the seed and the device's precision */
    if (!drawn && r->set.count > 0 && memcmp(config, &r->config, sizeof *config) == 0)
        return DAM_OK;
    dam__dataset_free(&r->set);
    dam__device_phase(device, "samples");
    DAM_TRY(dam__dataset_load_on(device, config, (uint64_t)experiment->seed, DAM__SPLIT_TRAIN,
                                 &r->set));
    r->config = *config;
    return DAM_OK;
}

/* --- a training ------------------------------------------------------------------------------- */

static dam_status rehearse_training(rehearsal *r, dam__device *device,
                                    const dam__experiment *experiment)
{
    dam_status status = DAM_OK;
    dam__trainer *trainer = NULL;
    dam__training training = dam__experiment_training(experiment, &r->set, r->gemm);
    training.grow.threshold = 1; /* above the zeros that a recording gives */
    /* As sweeps do. */
    training.evaluates = dam__model_type_of(&training.model)->zero_mse != NULL;
    DAM_TRY_CLEANUP(dam__trainer_create(device, &training, &trainer));
    dam__device_phase(device, "before the first step");
    DAM_TRY_CLEANUP(dam__trainer_prepare(trainer));
    DAM_TRY_CLEANUP(dam__trainer_rehearse(trainer));
cleanup:
    dam__trainer_destroy(trainer);
    return status;
}

/* An epoch of replicas side by side, each with samples of its own where patterns are stored. */
static dam_status rehearse_side_by_side(rehearsal *r, dam__device *device,
                                        const dam__experiment *experiment)
{
    enum { COUNT = 8 }; /* each draws first values on the host: a few show what is launched */
    dam_status status = DAM_OK;
    dam__batched *batched = NULL;
    dam__dataset sets[COUNT];
    const dam__dataset *pointers[COUNT];
    dam__replica replicas[COUNT];
    dam__metrics metrics[COUNT];
    const dam__model_type *type = dam__model_type_of(&experiment->model);
    bool own = dam__model_stores(&experiment->model);
    dam__batched_training training = {.model = experiment->model,
                                      .train = experiment->train,
                                      .count = COUNT,
                                      .sets = pointers,
                                      .replicas = replicas,
                                      .gemm = r->gemm};
    training.train.epochs = 1;
    for (int p = 0; p < COUNT; p++) {
        sets[p] = r->set;
        pointers[p] = own ? &sets[p] : &r->set;
        replicas[p] = type->replica(&experiment->model, (int)r->set.features,
                                    (uint64_t)experiment->seed, experiment->train.learning_rate);
    }
    DAM_TRY_CLEANUP(dam__batched_create(device, &training, &batched));
    dam__device_phase(device, "epoch side by side");
    DAM_TRY_CLEANUP(dam__batched_run(batched, NULL, NULL, NULL));
    dam__device_phase(device, "evaluation side by side");
    if (!own)
        DAM_TRY_CLEANUP(dam__batched_evaluate(batched, metrics));
cleanup:
    dam__batched_destroy(batched);
    return status;
}

/* --- recall ----------------------------------------------------------------------------------- */

/* A sweep of one probe a sample of a batch, from memories that no longer are patterns. */
static dam_status rehearse_run_recall(rehearsal *r, dam__device *device,
                                      const dam__experiment *experiment)
{
    dam_status status = DAM_OK;
    dam__array memories = {0};
    float *probes = NULL;
    dam__recalled recalled = {0};
    const dam__model_config *model = &experiment->model;
    int classes = dam__model_classes(model, &r->set);
    size_t dim = (size_t)dam__model_neurons(model, (int)r->set.features, classes);
    size_t count = (size_t)experiment->train.batch;
    count = count < r->set.count ? count : r->set.count;
    DAM_TRY_CLEANUP(
        dam__array_create(DAM__F32, 2, (const size_t[]){(size_t)model->memories, dim}, &memories));
    for (size_t i = 0; i < dam__array_items(&memories); i++)
        ((float *)memories.data)[i] = 0.5F;
    DAM_TRY_CLEANUP(dam__alloc(count * dim, sizeof *probes, &probes));
    for (size_t i = 0; i < count * dim; i++)
        probes[i] = 1;
    dam__recall_config config = dam__recall_config_of(experiment, NULL, dim, true);
    config.sweeps = 1;
    config.gemm = r->gemm;
    const dam__recall_task task = {.memories = &memories, .probes = probes, .count = count};
    dam__device_phase(device, "recall");
    DAM_TRY_CLEANUP(dam__recall(device, &config, &task, NULL, &recalled));
cleanup:
    dam__recalled_free(&recalled);
    dam__array_free(&memories);
    free(probes);
    return status;
}

/* A sweep of each cell of a preset that recalls its patterns. */
static dam_status rehearse_recall(rehearsal *r, dam__device *device, const char *name,
                                  const char *const *overrides, size_t override_count)
{
    dam_status status = DAM_OK;
    dam__recall_source source = {0};
    dam__recall_cells cells = {0};
    DAM_TRY_CLEANUP(dam__recall_source_open(name, overrides, override_count, &source));
    DAM_TRY_CLEANUP(dam__recall_cells_create(name, &source.experiment, &cells));
    source.experiment.data = without_files(&source.experiment.data);
    source.experiment.recall.sweeps = 1;
    DAM_TRY_CLEANUP(dam__recall_source_load(&source, device));
    dam__device_phase(device, "recall");
    for (size_t i = 0; i < cells.count; i++) {
        dam__recall_result result = {0};
        DAM_TRY_CLEANUP(
            dam__recall_cell_run(&source, device, r->gemm, &cells.cells[i], NULL, &result));
        dam__recall_result_free(&result);
    }
cleanup:
    dam__recall_cells_free(&cells);
    dam__recall_source_free(&source);
    return status;
}

/* --- presets ---------------------------------------------------------------------------------- */

static dam_status rehearse_experiment(rehearsal *r, dam__device *device,
                                      const dam__experiment *given)
{
    dam__experiment experiment = *given;
    const dam__model_config *model = &experiment.model;
    experiment.data = without_files(&given->data);
    DAM_TRY(load(r, device, &experiment));
    DAM_TRY(rehearse_training(r, device, &experiment));
    bool own = dam__model_stores(model);
    if (dam__model_side_by_side(model, experiment.train.batch, &r->set, own))
        DAM_TRY(rehearse_side_by_side(r, device, &experiment));
    if (dam__model_type_of(model)->recall != NULL)
        DAM_TRY(rehearse_run_recall(r, device, &experiment));
    return DAM_OK;
}

/* One replica of each group stands for all of it. */
static dam_status rehearse_sweep(rehearsal *r, dam__device *device, const dam__experiment *base)
{
    dam_status status = DAM_OK;
    dam__sweep_plan plan = {0};
    DAM_TRY_CLEANUP(dam__sweep_plan_create(base, NULL, 0, NULL, 0, &plan));
    size_t all = plan.sweep.cells * plan.sweep.seeds;
    for (size_t group = 0; group < plan.groups; group++) {
        dam__experiment experiment;
        size_t first = 0;
        while (first < all && plan.group[first] != group)
            first++;
        if (first == all)
            continue;
        DAM_TRY_CLEANUP(dam__sweep_plan_experiment(&plan, first, &experiment));
        experiment.train.precision = base->train.precision;
        DAM_TRY_CLEANUP(rehearse_experiment(r, device, &experiment));
    }
cleanup:
    dam__sweep_plan_free(&plan);
    return status;
}

dam_status rehearse_preset(rehearsal *r, const char *name, const char *const *overrides,
                           size_t override_count, dam__precision precision)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    dam__experiment experiment;
    DAM_TRY_CLEANUP(dam__experiment_load(name, overrides, override_count, &experiment));
    experiment.train.precision = (int)precision;
    dam__recording_begin(r->recording, name, "samples");
    DAM_TRY_CLEANUP(open_card(r, precision, &device));
    if (dam__is_recall(&experiment))
        DAM_TRY_CLEANUP(rehearse_recall(r, device, name, overrides, override_count));
    else if (experiment.sweep.x[0] != '\0')
        DAM_TRY_CLEANUP(rehearse_sweep(r, device, &experiment));
    else
        DAM_TRY_CLEANUP(rehearse_experiment(r, device, &experiment));
cleanup:
    dam__device_close(device);
    return status == DAM_OK ? status : dam__fail_within(status, "'%s'", name);
}

/* --- the self-test ---------------------------------------------------------------------------- */

/* How wrong a case finds the zeros that it reads is not asked: it has launched its kernels. A
 * status is a failure, and less would be recorded. */
static dam_status rehearse_case(dam__device *device, const dam__selftest_case *item)
{
    static const dam__gemm_provider providers[] = {DAM__GEMM_PANEL, DAM__GEMM_TILED};
    dam__device_phase(device, "self-test");
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        dam__test test = {.device = device,
                          .provider = providers[i],
                          .use = {.memories = 1000, .dim = 784, .batch = 1000}};
        if ((i > 0 && !item->products) || (providers[i] != DAM__GEMM_PANEL && item->gathers))
            continue;
        DAM_TRY(dam__test_run(&test, item));
    }
    return DAM_OK;
}

dam_status rehearse_selftest(rehearsal *r, dam__precision precision)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    dam__selftest_list all;
    dam__recording_begin(r->recording, "selftest", "self-test");
    DAM_TRY_CLEANUP(open_card(r, precision, &device));
    dam__selftest_all(&all);
    for (const dam__selftest_case *const *table = all.tables; *table != NULL; table++)
        for (const dam__selftest_case *item = *table; item->name != NULL; item++)
            DAM_TRY_CLEANUP(rehearse_case(device, item));
cleanup:
    dam__device_close(device);
    return status;
}
