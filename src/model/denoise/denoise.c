#include "model/denoise/denoise_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/random.h"
#include "compute/recording.h"
#include "compute/tuning.h"

static struct denoise *denoise_of(dam__model *model)
{
    return (struct denoise *)model;
}

/* --- scales ------------------------------------------------------------------------------------- */

/* A model that grows has the scales of its largest width from the start: they are factors of what
 * the memories it has contribute. */
static int width_of(const dam__model_config *config)
{
    return config->memories > config->max_memories ? config->memories : config->max_memories;
}

/* Section 4's table. A model of standard parametrisation begins as the same function. */
dam__denoise_scales dam__denoise_scale(const dam__model_config *config, int dim)
{
    const dam__denoise_config *denoise = &config->denoise;
    const double small = 1e-8; /* Adam's usual eps */
    double n = dim, k = width_of(config), eta0 = denoise->eta0;
    bool softmax = denoise->activation == DAM__ACTIVATION_SOFTMAX;
    bool width = denoise->regime == DAM__REGIME_WIDTH;
    bool adam = denoise->algorithm == DAM__ALGORITHM_ADAM;
    /* Width only: the scaling for a growing number of memories with everything else fixed. */
    double s2 = width ? sqrt(n) / k : 1 / sqrt(k);
    dam__denoise_scales scales = {.s1 = denoise->gain / sqrt(n),
                                  .s2 = softmax ? s2 * k : s2,
                                  .spread = 1,
                                  .memories = adam ? eta0 : eta0 * n * k,
                                  .inner = adam ? eta0 : eta0 * k,
                                  .outer = adam ? eta0 : eta0 * n,
                                  .epsilon = small / (n * k)};
    if (denoise->parametrisation == DAM__PARAMETRISATION_TRANSFER)
        return scales;
    return (dam__denoise_scales){.s1 = denoise->gain,
                                 .s2 = scales.s2 * sqrt(n),
                                 .spread = 1 / sqrt(n),
                                 .memories = eta0,
                                 .inner = eta0,
                                 .outer = eta0,
                                 .epsilon = small};
}

const char *dam__denoise_caution(const dam__denoise_config *config, bool made_up)
{
    bool linear = config->activation == DAM__ACTIVATION_LINEAR;
    bool softmax = config->activation == DAM__ACTIVATION_SOFTMAX;
    if (config->parametrisation == DAM__PARAMETRISATION_STANDARD)
        return "model.parametrisation = \"standard\": the best train.eta0 changes with the sizes";
    if (config->algorithm == DAM__ALGORITHM_ADAM)
        return NULL;
    if (config->centring == DAM__CENTRING_NONE && !linear &&
        config->regime == DAM__REGIME_PROPORTIONAL)
        return "SGD without centring: the largest stable train.eta0 falls as 1 / dim; set "
               "model.centring = \"batch\"";
    if (softmax && config->gain > 0.5)
        return "SGD with softmax: the largest stable train.eta0 falls with dim; model.gain = 0.5 "
               "mends it";
    /* What is made up has a spectrum of order 1. */
    if (config->rates == DAM__RATES_SIZES && !made_up)
        return "SGD on data of a few strong directions, such as images: the largest stable "
               "train.eta0 falls as their largest eigenvalue grows; train.rates = \"spectrum\" "
               "divides by it";
    return NULL;
}

static void describe(const dam__model *model, dam__text *out, const char **caution)
{
    const dam__denoise_scales *scales = &((const struct denoise *)model)->scales;
    const dam__dataset *set = model->task.set;
    *caution = dam__denoise_caution(&model->config.denoise, set == NULL || set->standard);
    dam__text_append(out,
                     "N = %d, K = %d: s1 = %.6g, s2 = %.6g; rates of W %.6g, of b %.6g, of "
                     "c %.6g",
                     model->task.dim, width_of(&model->config), scales->s1, scales->s2,
                     scales->memories, scales->inner, scales->outer);
}

/* --- memory ------------------------------------------------------------------------------------- */

static void destroy(dam__model *model)
{
    struct denoise *denoise = denoise_of(model);
    dam__matrix *const matrices[] = {&denoise->noisy,      &denoise->clean,   &denoise->output,
                                     &denoise->hidden,     &denoise->active,  &denoise->inner_sums,
                                     &denoise->outer_sums, &denoise->squares, &denoise->means};
    for (int i = 0; i < model->parameter_count; i++) {
        dam__buffer_destroy(model->parameters[i].value.buffer);
        dam__buffer_destroy(model->parameters[i].gradient.buffer);
    }
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        dam__buffer_destroy(matrices[i]->buffer);
    dam__buffer_destroy(denoise->seeds);
    dam__denoise_shards_free(denoise);
    dam__denoise_spectrum_free(denoise);
    dam__denoise_diagnosis_free(denoise);
    dam__denoise_growth_free(denoise);
    dam__program_destroy(denoise->program);
    free((void *)model->task.replicas);
    free(denoise);
}

/* A centred linear activation cancels its bias: the gradient is 0 except for rounding, which Adam
 * would scale up to full steps. */
static bool is_idle(const dam__denoise_config *config, int parameter)
{
    return parameter == INNER && config->activation == DAM__ACTIVATION_LINEAR &&
           config->centring == DAM__CENTRING_BATCH;
}

static dam_status plan_parameters(struct denoise *denoise, dam__plan *plan)
{
    dam__model *model = &denoise->base;
    /* eta0 is a factor of the model, or of each replica. */
    dam__model_config unit = model->config;
    unit.denoise.eta0 = 1;
    const dam__denoise_scales rates = dam__denoise_scale(&unit, model->task.dim), *scales = &rates;
    int memories = denoise->max_memories, dim = model->task.dim;
    const struct {
        const char *name, *gradient;
        int rows, cols;
        double rate;
    } shapes[PARAMETERS] = {
        [MEMORIES] = {"memories", "memories: gradient", memories, dim, scales->memories},
        [INNER] = {"inner_biases", "inner biases: gradient", 1, memories, scales->inner},
        [OUTER] = {"outer_biases", "outer biases: gradient", 1, dim, scales->outer},
        [MEANS] = {"activation_means", NULL, 1, memories, 0},
        [STANDARDS] = {"standards", NULL, 2, dim, 0},
    };
    model->parameter_count = PARAMETERS;
    for (int i = 0; i < PARAMETERS; i++) {
        dam__parameter *parameter = &model->parameters[i];
        *parameter = (dam__parameter){
            .name = shapes[i].name,
            .rule = model->config.denoise.algorithm == DAM__ALGORITHM_ADAM ? DAM__RULE_ADAM
                                                                           : DAM__RULE_SGD,
            .trained = shapes[i].gradient != NULL && !is_idle(&model->config.denoise, i),
            .rate_scale = shapes[i].rate,
            .epsilon = scales->epsilon};
        DAM_TRY(dam__plan_matrix(plan, shapes[i].name, shapes[i].rows, shapes[i].cols,
                                 denoise->count, &parameter->value));
        if (shapes[i].gradient != NULL)
            DAM_TRY(dam__plan_matrix(plan, shapes[i].gradient, shapes[i].rows, shapes[i].cols,
                                     denoise->count, &parameter->gradient));
    }
    return DAM_OK;
}

static dam_status reserve_products(struct denoise *denoise)
{
    dam__gemm *gemm = denoise->base.gemm;
    const dam__parameter *memories = &denoise->base.parameters[MEMORIES];
    const dam__matrix *noisy = &denoise->noisy, *hidden = &denoise->hidden;
    const dam__matrix *active = &denoise->active, *output = &denoise->output;
    DAM_TRY(dam__gemm_reserve(gemm, dam__whole(noisy, false), dam__whole(&memories->value, true),
                              hidden));
    DAM_TRY(dam__gemm_reserve(gemm, dam__whole(active, false), dam__whole(&memories->value, false),
                              output));
    DAM_TRY(dam__gemm_reserve(gemm, dam__whole(active, true), dam__whole(output, false),
                              &memories->gradient));
    DAM_TRY(dam__gemm_reserve(gemm, dam__whole(output, false), dam__whole(&memories->value, true),
                              active));
    return dam__gemm_reserve(gemm, dam__whole(active, true), dam__whole(noisy, false),
                             &memories->gradient);
}

/* Rates matter to a model that is trained. */
static bool trains_by_spectrum(const struct denoise *denoise)
{
    return denoise->base.task.batch > 0 &&
           denoise->base.config.denoise.rates == DAM__RATES_SPECTRUM;
}

static dam_status plan(dam__model *model, dam__plan *plan, int chunk)
{
    struct denoise *denoise = denoise_of(model);
    int memories = denoise->max_memories, dim = model->task.dim, count = denoise->count;
    int vector_width = dam__vector_width(model->device),
        vectors = (dim + vector_width - 1) / vector_width;
    if (chunk < model->task.batch)
        return dam__fail(
            DAM_NO_MEMORY,
            "a batch of %d samples does not fit the device, and a denoiser takes its batch "
            "whole; lower train.batch or model.memories",
            model->task.batch);
    denoise->chunk = chunk;
    DAM_TRY(plan_parameters(denoise, plan));
    const struct {
        const char *name;
        int rows, cols;
        dam__matrix *out;
    } matrices[] = {
        {"noisy samples", chunk, dim, &denoise->noisy},
        {"clean samples", chunk, dim, &denoise->clean},
        {"outputs", chunk, dim, &denoise->output},
        {"similarities", chunk, memories, &denoise->hidden},
        {"activations", chunk, memories, &denoise->active},
        {"sums over samples, memories", denoise->parts, memories, &denoise->inner_sums},
        {"sums over samples, features", denoise->parts, dim, &denoise->outer_sums},
        {"squared errors", denoise->parts, vectors, &denoise->squares},
        {"means of the batch", 1, memories, &denoise->means},
    };
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        DAM_TRY(dam__plan_matrix(plan, matrices[i].name, matrices[i].rows, matrices[i].cols, count,
                                 matrices[i].out));
    DAM_TRY(dam__plan_buffer(plan, "seeds of noise", sizeof(uint64_t) * (size_t)count,
                             &denoise->seeds));
    DAM_TRY(reserve_products(denoise));
    DAM_TRY(dam__denoise_shards_plan(denoise, plan));
    if (trains_by_spectrum(denoise))
        DAM_TRY(dam__denoise_spectrum_plan(denoise, plan));
    if (memories > model->config.memories)
        DAM_TRY(dam__denoise_growth_plan(denoise, plan));
    dam__denoise_show(denoise, model->config.memories);
    /* Wide products need the most scratch; narrow ones may take another route through it. */
    return memories > denoise->memories ? reserve_products(denoise) : DAM_OK;
}

static dam_status prepare(dam__model *model)
{
    dam_status status = DAM_OK;
    struct denoise *denoise = denoise_of(model);
    const dam__denoise_config *config = &model->config.denoise;
    char *options = NULL;
    const struct {
        const char *name;
        dam__kernel **out;
    } kernels[] = {
        {"denoise_pairs", &denoise->pairs},
        {"denoise_softmax", &denoise->softmax},
        {"denoise_activate", &denoise->activate},
        {"denoise_fold", &denoise->fold},
        {"denoise_centre", &denoise->centre},
        {"denoise_residual", &denoise->residual},
        {"denoise_collect", &denoise->collect},
        {"denoise_sums", &denoise->sums},
        {"denoise_backward", &denoise->backward},
        {"denoise_backward_softmax", &denoise->backward_softmax},
        {"denoise_energy", &denoise->energy},
        {"denoise_advance", &denoise->advance},
        {"denoise_bound", &denoise->bound},
    };
    DAM_TRY_CLEANUP(
        dam__format(&options, "-DACTIVATION=%d -DPOWER=%d", config->activation, config->power));
    DAM_TRY_CLEANUP(dam__program_create(model->device, "denoise", options, &denoise->program));
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        DAM_TRY_CLEANUP(dam__program_kernel(denoise->program, kernels[i].name, kernels[i].out));
    if (trains_by_spectrum(denoise))
        DAM_TRY_CLEANUP(dam__denoise_spectrum_prepare(denoise));
cleanup:
    free(options);
    return status;
}

/* --- first values ------------------------------------------------------------------------------- */

/* Item i of raw samples as dam__input.plain gives it. */
static double plain(const dam__dataset *set, size_t i)
{
    double value = dam__array_at(&set->samples, i);
    return set->samples.element == DAM__U8 ? value / 255 : value;
}

/*
 * Of the samples trained on: each feature's mean, and one factor that makes their mean square 1.
 */
static dam_status measure(const dam__task *task, double *standards)
{
    size_t dim = (size_t)task->dim, items = task->trained * dim;
    double squares = 0;
    for (size_t j = 0; j < dim; j++) {
        standards[j] = 0;
        standards[dim + j] = 1;
    }
    if (task->set == NULL || task->set->standard)
        return DAM_OK;
    for (size_t i = 0; i < items; i++)
        standards[i % dim] += plain(task->set, i) / (double)task->trained;
    for (size_t i = 0; i < items; i++) {
        double centred = plain(task->set, i) - standards[i % dim];
        squares += centred * centred;
    }
    if (!(squares > 1e-12 * (double)items))
        return dam__fail(DAM_INPUT, "all samples of '%s' are alike: there is nothing to denoise",
                         task->set->name);
    for (size_t j = 0; j < dim; j++)
        standards[dim + j] = sqrt((double)items / squares);
    return DAM_OK;
}

double dam__denoise_zero(const dam__dataset *set)
{
    size_t items = set->count * set->features;
    double squares = 0;
    if (!set->standard)
        return 1; /* as measure() makes it */
    for (size_t i = 0; i < items; i++)
        squares += dam__array_at(&set->samples, i) * dam__array_at(&set->samples, i);
    return squares / (double)items;
}

static dam_status write_standards(struct denoise *denoise)
{
    dam_status status = DAM_OK;
    const dam__task *task = &denoise->base.task;
    double *standards = NULL;
    size_t items = 2 * (size_t)task->dim;
    DAM_TRY_CLEANUP(dam__alloc(items * (size_t)denoise->count, sizeof *standards, &standards));
    DAM_TRY_CLEANUP(measure(task, standards));
    for (size_t i = items; i < items * (size_t)denoise->count; i++)
        standards[i] = standards[i % items];
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&denoise->base.parameters[STANDARDS].value, standards,
                                              "standards"));
cleanup:
    free(standards);
    return status;
}

static uint64_t seed_of(const struct denoise *denoise, int p, uint64_t seed)
{
    return denoise->base.task.replicas != NULL ? denoise->base.task.replicas[p].seed : seed;
}

/* Normal memories; biases are 0. */
static dam_status initialise(dam__model *model, uint64_t seed)
{
    dam_status status = DAM_OK;
    struct denoise *denoise = denoise_of(model);
    const dam__parameter *parameters = model->parameters;
    size_t items = (size_t)denoise->memories * (size_t)model->task.dim;
    size_t replicas = (size_t)denoise->count;
    double *values = NULL;
    uint32_t *seeds = NULL;
    if (dam__device_records(model->device))
        return DAM_OK; /* nobody reads them, and nothing is launched for them */
    DAM_TRY_CLEANUP(dam__alloc(items * replicas, sizeof *values, &values));
    DAM_TRY_CLEANUP(dam__alloc(2 * replicas, sizeof *seeds, &seeds));
    for (size_t p = 0; p < replicas; p++) {
        uint64_t own = seed_of(denoise, (int)p, seed);
        dam__normals(own, DAM__STREAM_WEIGHTS, MEMORIES, items, values + p * items);
        seeds[2 * p] = (uint32_t)own;
        seeds[2 * p + 1] = (uint32_t)(own >> 32);
    }
    for (size_t i = 0; i < items * replicas; i++)
        values[i] *= denoise->scales.spread;
    DAM_TRY_CLEANUP(
        dam__matrix_write_doubles(&parameters[MEMORIES].value, values, "first memories"));
    DAM_TRY_CLEANUP(dam__buffer_write(denoise->seeds, 0, seeds, 2 * replicas * sizeof *seeds, true,
                                      "seeds of noise"));
    DAM_TRY_CLEANUP(dam__buffer_clear(parameters[INNER].value.buffer));
    DAM_TRY_CLEANUP(dam__buffer_clear(parameters[OUTER].value.buffer));
    DAM_TRY_CLEANUP(dam__buffer_clear(parameters[MEANS].value.buffer));
    DAM_TRY_CLEANUP(write_standards(denoise));
cleanup:
    free(values);
    free(seeds);
    return status;
}

/* --- verbs -------------------------------------------------------------------------------------- */

static int schedule_epochs(const dam__model *model)
{
    (void)model;
    return 0;
}

static dam_status begin_epoch(dam__model *model, int epoch)
{
    denoise_of(model)->epoch = epoch;
    return DAM_OK;
}

/* Nothing binds the parameters, and nothing follows from them. */
static dam_status nothing(dam__model *model)
{
    (void)model;
    return DAM_OK;
}

static double product_flops(const dam__model *model, int batch)
{
    const struct denoise *denoise = (const struct denoise *)model;
    return 10.0 * batch * model->task.dim * denoise->memories * denoise->count;
}

/* The keys that would help and are not set yet. */
static const char *advise(const dam__model *model)
{
    const dam__denoise_config *config = &model->config.denoise;
    if (config->algorithm == DAM__ALGORITHM_ADAM)
        return config->centring == DAM__CENTRING_BATCH
                   ? "lower train.eta0"
                   : "lower train.eta0, or take model.centring = \"batch\"";
    if (config->centring == DAM__CENTRING_NONE)
        return "lower train.eta0, or take model.centring = \"batch\" or train.optimizer = "
               "\"adam\"";
    if (config->activation == DAM__ACTIVATION_SOFTMAX && config->gain > 0.5)
        return "lower train.eta0, or take model.gain = 0.5 or train.optimizer = \"adam\"";
    return "lower train.eta0, or take train.optimizer = \"adam\"";
}

const dam__model_ops dam__denoise_ops = {
    .advise = advise,
    .worst_loss = 5000, /* samples have a mean square of 1: the mean squared error is 10^4 */
    .schedule_epochs = schedule_epochs,
    .plan = plan,
    .prepare = prepare,
    .initialise = initialise,
    .measure = dam__denoise_measure,
    .begin_epoch = begin_epoch,
    .loss_gradient = dam__denoise_loss_gradient,
    .passes = &dam__denoise_passes,
    .project = nothing,
    .finish_epoch = dam__denoise_finish_epoch,
    .describe = describe,
    .refresh = nothing,
    .evaluate = dam__denoise_evaluate,
    .product_flops = product_flops,
    .grow = &dam__denoise_grow_ops,
    .diagnose = &dam__denoise_diagnose,
    .destroy = destroy,
};

dam_status dam__denoise_create(dam__device *device, dam__gemm *gemm,
                               const dam__model_config *config, const dam__task *task,
                               dam__model **out)
{
    enum { PARTS_ON_CPU = 8, PARTS_ON_GPU = 32 };
    dam_status status = DAM_OK;
    struct denoise *denoise = NULL;
    dam__replica *replicas = NULL;
    bool cpu = dam__device_shape(device) == DAM__SHAPE_CPU;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *denoise, &denoise));
    denoise->base = (dam__model){.ops = &dam__denoise_ops,
                                 .device = device,
                                 .gemm = gemm,
                                 .config = *config,
                                 .task = *task,
                                 .rate = config->denoise.eta0};
    denoise->scales = dam__denoise_scale(config, task->dim);
    denoise->memories = config->memories;
    denoise->max_memories = width_of(config);
    denoise->count = task->count > 0 ? task->count : 1;
    denoise->parts = dam__tuned(device, DAM__KERNEL_PARTS, cpu ? PARTS_ON_CPU : PARTS_ON_GPU);
    if (task->count > 0) {
        DAM_TRY_CLEANUP(dam__alloc((size_t)task->count, sizeof *replicas, &replicas));
        for (int p = 0; p < task->count; p++)
            replicas[p] = task->replicas[p];
    }
    denoise->base.task.replicas = replicas;
    *out = &denoise->base;
    denoise = NULL;
cleanup:
    free(denoise);
    return status;
}
