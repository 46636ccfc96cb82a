#include "model/energy/energy_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/random.h"
#include "compute/recording.h"
#include "compute/tuning.h"

/* Classes whose sums one work-item keeps in registers. */
enum { LARGEST_TILE = 10 };

static struct energy *energy_of(dam__model *model)
{
    return (struct energy *)model;
}

static void destroy(dam__model *model)
{
    struct energy *energy = energy_of(model);
    dam__matrix *const matrices[] = {&energy->columns,      &energy->memory_numbers,
                                     &energy->similarities, &energy->scaled,
                                     &energy->values,       &energy->gaps,
                                     &energy->states,       &energy->given,
                                     &energy->settings,     &energy->own};
    for (int i = 0; i < model->parameter_count; i++) {
        dam__buffer_destroy(model->parameters[i].value.buffer);
        dam__buffer_destroy(model->parameters[i].gradient.buffer);
    }
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        dam__buffer_destroy(matrices[i]->buffer);
    dam__energy_growth_free(energy);
    dam__program_destroy(energy->program);
    dam__program_destroy(energy->sums);
    free((void *)model->task.replicas);
    free(energy);
}

/* --- memory ------------------------------------------------------------------------------------- */

static dam_status plan_parameters(struct energy *energy, dam__plan *plan)
{
    const dam__energy_config *config = &energy->base.config.energy;
    int memories = energy->max_memories;
    dam__parameter *parameters = energy->base.parameters;
    energy->base.parameter_count = PARAMETERS;
    parameters[MEMORIES] = (dam__parameter){
        .name = "memories",
        .rule = DAM__RULE_MAX_NORM,
        .constraint = DAM__CONSTRAINT_CLAMPED,
        .trained = true,
        .scales = &parameters[SCALES].value,
        .floor = config->floor,
        .clamped = config->clamp == DAM__CLAMP_ALL ? energy->neurons : energy->base.task.dim};
    parameters[SCALES] = (dam__parameter){.name = "gradient_scales"};
    DAM_TRY(dam__plan_matrix(plan, "memories", memories, energy->neurons, energy->count,
                             &parameters[MEMORIES].value));
    DAM_TRY(dam__plan_matrix(plan, "memories: gradient", memories, energy->neurons, energy->count,
                             &parameters[MEMORIES].gradient));
    return dam__plan_matrix(plan, "gradient scales", 2, memories, energy->count,
                            &parameters[SCALES].value);
}

/* S = X M' and R' X; only the shape of the samples matters. */
static dam_status reserve_products(struct energy *energy)
{
    const dam__matrix *memories = &energy->base.parameters[MEMORIES].value;
    const dam__matrix samples = {.rows = energy->chunk,
                                 .cols = energy->neurons,
                                 .count = energy->count,
                                 .ld = memories->ld,
                                 .stride = memories->ld * (size_t)energy->chunk};
    DAM_TRY(dam__gemm_reserve(energy->base.gemm, dam__whole(&samples, false),
                              dam__whole(memories, true), &energy->similarities));
    return dam__gemm_reserve(energy->base.gemm, dam__whole(&energy->values, true),
                             dam__whole(&samples, false),
                             &energy->base.parameters[MEMORIES].gradient);
}

static dam_status plan(dam__model *model, dam__plan *plan, int chunk)
{
    struct energy *energy = energy_of(model);
    int memories = energy->max_memories, trained = energy->trained, count = energy->count;
    energy->chunk = chunk;
    DAM_TRY(plan_parameters(energy, plan));
    const struct {
        const char *name;
        int rows, cols;
        dam__matrix *out;
    } matrices[] = {
        {"trained columns", energy->classifies ? 2 * trained : trained, memories, &energy->columns},
        {"numbers of memories", DAM__ENERGY_MEMORY_NUMBERS, memories, &energy->memory_numbers},
        {"similarities", chunk, memories, &energy->similarities},
        {"similarities: scaled", chunk, memories, &energy->scaled},
        {"interactions", chunk, memories, &energy->values},
        {"energy gaps", chunk, trained, &energy->gaps},
        {"numbers of states", chunk, DAM__ENERGY_NUMBERS, &energy->states},
        {"numbers of replicas", 1, DAM__ENERGY_NUMBERS, &energy->given},
        {"settings of replicas", 1, DAM__ENERGY_NUMBERS, &energy->settings},
    };
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        DAM_TRY(dam__plan_matrix(plan, matrices[i].name, matrices[i].rows, matrices[i].cols, count,
                                 matrices[i].out));
    if (energy->classifies)
        DAM_TRY(dam__plan_matrix(plan, "own gradients, parts", trained, memories,
                                 count * energy->parts, &energy->own));
    if (memories > model->config.memories)
        DAM_TRY(dam__energy_growth_plan(energy, plan));
    /* Wide products need the most scratch; narrow ones may take another route through it. */
    DAM_TRY(reserve_products(energy));
    dam__energy_show(energy, model->config.memories);
    return memories > energy->memories ? reserve_products(energy) : DAM_OK;
}

/* --- compiling ---------------------------------------------------------------------------------- */

static dam_status take_kernels(struct energy *energy)
{
    bool few = energy->classifies;
    const struct {
        dam__program *program;
        const char *name;
        dam__kernel **out;
    } kernels[] = {
        {energy->program, "energy_settings", &energy->set},
        {energy->program, "energy_transpose", &energy->transpose},
        {energy->program, "energy_scale", &energy->scale},
        {energy->program, "energy_errors", &energy->errors},
        {energy->program, "energy_collect", &energy->collect},
        {energy->program, "energy_shrink", &energy->shrink},
        {energy->program, "energy_evaluate", &energy->evaluate},
        {energy->program, "energy_metrics", &energy->metrics},
        {energy->sums, few ? "energy_forward_few" : "energy_forward", &energy->forward},
        {energy->sums, few ? "energy_backward_few" : "energy_backward_overlaps", &energy->overlaps},
        {energy->sums, few ? "energy_add_own" : "energy_backward_own", &energy->backward_own},
    };
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        DAM_TRY(dam__program_kernel(kernels[i].program, kernels[i].name, kernels[i].out));
    return DAM_OK;
}

dam_status dam__energy_options(const struct energy *energy, char **options)
{
    dam_status status = DAM_OK;
    const dam__energy_config *config = &energy->base.config.energy;
    char *interaction = NULL;
    DAM_TRY_CLEANUP(dam__interaction_options(&config->interaction, &interaction));
    bool hidden = energy->classifies && config->targets == DAM__TARGETS_HIDDEN;
    bool wide = dam__device_precision(energy->base.device) == DAM__PRECISION_DOUBLE;
    /* Powers of small ratios underflow by the thousand: denormals would cost a hundredfold. */
    DAM_TRY_CLEANUP(dam__format(options,
                                "%s -DRULE=%d -DCLASSIFY=%d -DHIDDEN=%d -DERROR_EXPONENT=%d%s",
                                interaction, config->rule, energy->classifies, hidden,
                                config->error_exponent, wide ? "" : " -cl-denorms-are-zero"));
cleanup:
    free(interaction);
    return status;
}

static dam_status prepare(dam__model *model)
{
    dam_status status = DAM_OK;
    struct energy *energy = energy_of(model);
    char *options = NULL, *tiles = NULL;
    DAM_TRY_CLEANUP(dam__energy_options(energy, &options));
    DAM_TRY_CLEANUP(dam__format(
        &tiles,
        "%s -DFEW=%d -DTILE_STATES=%d -DTILE_MEMORIES=%d -DCOLUMN_VECTORS=%d -DMEMORY_VECTORS=%d",
        options, energy->few, energy->tile_states, energy->tile_memories, energy->column_vectors,
        energy->memory_vectors));
    DAM_TRY_CLEANUP(dam__program_create(model->device, "energy", options, &energy->program));
    DAM_TRY_CLEANUP(dam__program_create(
        model->device, energy->classifies ? "energy_few" : "energy_all", tiles, &energy->sums));
    DAM_TRY_CLEANUP(take_kernels(energy));
cleanup:
    free(options);
    free(tiles);
    return status;
}

/* --- first values ------------------------------------------------------------------------------- */

static dam__replica replica_of(const struct energy *energy, int p, uint64_t seed)
{
    const dam__energy_config *config = &energy->base.config.energy;
    if (energy->base.task.replicas != NULL)
        return energy->base.task.replicas[p];
    return (dam__replica){.seed = seed,
                          .temperature = config->temperature,
                          .temperature_to = config->temperature_to,
                          .leak = config->interaction.leak};
}

double dam__energy_temperature(const dam__energy_config *config, double given, int neurons)
{
    bool square =
        config->interaction.kind != DAM__INTERACTION_EXP && config->interaction.exponent == 2;
    double modified = square ? 1 / 2.2 : 1 / 0.9;
    if (given > 0)
        return given;
    return config->rule == DAM__RULE_ORIGINAL ? neurons * modified : modified;
}

/* Numbers of the replicas, in the order of cl/energy_numbers.cl. */
static dam_status write_given(struct energy *energy)
{
    enum { TEMPERATURE, TEMPERATURE_TO, LEAK };
    dam_status status = DAM_OK;
    double *given = NULL;
    DAM_TRY_CLEANUP(dam__alloc((size_t)energy->count * DAM__ENERGY_NUMBERS, sizeof *given, &given));
    for (int p = 0; p < energy->count; p++) {
        const dam__replica replica = replica_of(energy, p, 0);
        double *numbers = given + (size_t)p * DAM__ENERGY_NUMBERS;
        numbers[TEMPERATURE] = dam__energy_temperature(&energy->base.config.energy,
                                                       replica.temperature, energy->neurons);
        numbers[TEMPERATURE_TO] = replica.temperature_to;
        numbers[LEAK] = replica.leak;
    }
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&energy->given, given, "settings"));
cleanup:
    free(given);
    return status;
}

/* Normal numbers, cut to [-1, 1]. */
static dam_status write_first_memories(struct energy *energy, uint64_t seed)
{
    dam_status status = DAM_OK;
    const dam__model *model = &energy->base;
    const dam__energy_config *config = &model->config.energy;
    size_t items = (size_t)energy->memories * (size_t)energy->neurons;
    double *values = NULL;
    if (dam__device_records(model->device))
        return DAM_OK; /* nobody reads them */
    DAM_TRY_CLEANUP(dam__alloc(items * (size_t)energy->count, sizeof *values, &values));
    for (int p = 0; p < energy->count; p++) {
        double *own = values + (size_t)p * items;
        dam__normals(replica_of(energy, p, seed).seed, DAM__STREAM_WEIGHTS, MEMORIES, items, own);
        for (size_t i = 0; i < items; i++)
            own[i] = fmin(fmax(config->mean + config->spread * own[i], -1), 1);
    }
    DAM_TRY_CLEANUP(
        dam__matrix_write_doubles(&model->parameters[MEMORIES].value, values, "first memories"));
cleanup:
    free(values);
    return status;
}

static dam_status initialise(dam__model *model, uint64_t seed)
{
    struct energy *energy = energy_of(model);
    DAM_TRY(write_first_memories(energy, seed));
    DAM_TRY(write_given(energy));
    return dam__energy_settings(energy, 0);
}

/* Nothing follows from the parameters. Until an epoch begins, settings are those after the ramp. */
static dam_status refresh(dam__model *model)
{
    dam_status status = write_given(energy_of(model));
    return status == DAM_OK
               ? dam__energy_settings(energy_of(model), model->config.energy.temperature_epochs)
               : status;
}

static int schedule_epochs(const dam__model *model)
{
    return model->config.energy.temperature_epochs;
}

static dam_status begin_epoch(dam__model *model, int epoch)
{
    return dam__energy_settings(energy_of(model), epoch);
}

/* The optimizer keeps what is clamped. */
static dam_status project(dam__model *model)
{
    (void)model;
    return DAM_OK;
}

static double product_flops(const dam__model *model, int batch)
{
    const struct energy *energy = (const struct energy *)model;
    return 4.0 * batch * energy->neurons * energy->memories * energy->count;
}

const dam__model_ops dam__energy_ops = {
    .divergence_advice = "take model.rule = \"modified\" or a smaller model.exponent, or raise "
                         "model.temperature",
    .schedule_epochs = schedule_epochs,
    .plan = plan,
    .prepare = prepare,
    .initialise = initialise,
    .begin_epoch = begin_epoch,
    .loss_gradient = dam__energy_loss_gradient,
    .project = project,
    .refresh = refresh,
    .evaluate = dam__energy_evaluate,
    .answer = dam__energy_answer,
    .product_flops = product_flops,
    .grow = &dam__energy_grow_ops,
    .destroy = destroy,
};

int dam__energy_neurons(const dam__model_config *config, int dim, int classes)
{
    return dim + (config->energy.task == DAM__TASK_CLASSIFY ? classes : 0);
}

/*
 * Vectors of a tile. Two reuse more of what is loaded; one where two would leave much of a small
 * matrix's last tile empty.
 */
static int tile_vectors(const struct energy *energy, int items)
{
    enum { SMALL = 16 };
    int vector_width = dam__vector_width(energy->base.device),
        vectors = (items + vector_width - 1) / vector_width;
    return vectors % 2 == 1 && vectors < SMALL ? 1 : 2;
}

/* Tiles of a launch, in vectors of `items` and rows of `others`. */
static size_t groups_of(const struct energy *energy, int items, int vectors, int others, int rows)
{
    int width = vectors * dam__vector_width(energy->base.device);
    dam__range range = dam__range_items(energy->base.device, (size_t)((items + width - 1) / width),
                                        (size_t)((others + rows - 1) / rows));
    return range.global[0] / range.local[0] * range.global[1] * (size_t)energy->count;
}

/*
 * Small launches of large tiles would leave most of a GPU idle. Fewer vectors first: reuse of what
 * is loaded shrinks least. The bits stay, since a tile's sums do not meet.
 */
static void shrink_tiles(struct energy *energy)
{
    enum { ENOUGH = 256 }; /* work-groups: more than GPUs have of what works on one at a time */
    const int neurons = energy->neurons, memories = energy->memories;
    const int batch = energy->base.task.batch;
    int *states = &energy->tile_states, *columns = &energy->column_vectors;
    while (*columns > 1 && groups_of(energy, neurons, *columns, batch, *states) < ENOUGH)
        --*columns;
    while (energy->memory_vectors > 1 &&
           groups_of(energy, memories, energy->memory_vectors, batch, *states) < ENOUGH)
        --energy->memory_vectors;
    while (*states > 1 &&
           (groups_of(energy, neurons, *columns, batch, *states) < ENOUGH ||
            groups_of(energy, memories, energy->memory_vectors, batch, *states) < ENOUGH))
        *states /= 2;
    while (energy->tile_memories > 1 &&
           groups_of(energy, neurons, 1, memories, energy->tile_memories) < ENOUGH)
        energy->tile_memories /= 2;
}

static void tune_tiles(struct energy *energy)
{
    const struct {
        dam__kernel_key key;
        int *value;
    } tiles[] = {{DAM__KERNEL_ENERGY_VECTORS, &energy->column_vectors},
                 {DAM__KERNEL_ENERGY_VECTORS, &energy->memory_vectors},
                 {DAM__KERNEL_ENERGY_STATES, &energy->tile_states},
                 {DAM__KERNEL_ENERGY_MEMORIES, &energy->tile_memories}};
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++)
        *tiles[i].value = dam__tuned(energy->base.device, tiles[i].key, *tiles[i].value);
}

static void shape(struct energy *energy)
{
    enum { PARTS_ON_CPU = 8, PARTS_ON_GPU = 32, STATES = 4, OWN_MEMORIES = 8 };
    const dam__task *task = &energy->base.task;
    bool cpu = dam__device_shape(energy->base.device) == DAM__SHAPE_CPU;
    energy->classifies = energy->base.config.energy.task == DAM__TASK_CLASSIFY;
    energy->neurons = dam__energy_neurons(&energy->base.config, task->dim, task->classes);
    energy->trained = energy->classifies ? task->classes : energy->neurons;
    energy->count = task->count > 0 ? task->count : 1;
    energy->memories = energy->base.config.memories;
    energy->max_memories = energy->memories > energy->base.config.max_memories
                               ? energy->memories
                               : energy->base.config.max_memories;
    const dam__device *device = energy->base.device;
    energy->column_vectors = tile_vectors(energy, energy->neurons);
    energy->memory_vectors = tile_vectors(energy, energy->memories);
    energy->tile_states = STATES;
    energy->tile_memories = OWN_MEMORIES;
    if (!cpu && !energy->classifies && task->batch > 0)
        shrink_tiles(energy);
    tune_tiles(energy);
    int largest = dam__tuned(device, DAM__KERNEL_ENERGY_CLASSES, LARGEST_TILE);
    int tiles = (energy->trained + largest - 1) / largest;
    energy->few = (energy->trained + tiles - 1) / tiles;
    energy->parts = dam__tuned(device, DAM__KERNEL_PARTS, cpu ? PARTS_ON_CPU : PARTS_ON_GPU);
}

dam_status dam__energy_create(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                              const dam__task *task, dam__model **out)
{
    dam_status status = DAM_OK;
    struct energy *energy = NULL;
    dam__replica *replicas = NULL;
    if (config->energy.task == DAM__TASK_CLASSIFY && task->classes < 1)
        DAM_FAIL(DAM_USAGE, "model.task = \"classify\" learns classes, but the data has no labels; "
                            "set data.labels, or model.task = \"store\"");
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *energy, &energy));
    energy->base = (dam__model){
        .ops = &dam__energy_ops, .device = device, .gemm = gemm, .config = *config, .task = *task};
    shape(energy);
    if (task->count > 0) {
        DAM_TRY_CLEANUP(dam__alloc((size_t)task->count, sizeof *replicas, &replicas));
        for (int p = 0; p < task->count; p++)
            replicas[p] = task->replicas[p];
    }
    energy->base.task.replicas = replicas;
    *out = &energy->base;
    energy = NULL;
cleanup:
    free(energy);
    return status;
}
