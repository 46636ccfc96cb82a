#include "model/vmf/vmf_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/notice.h"
#include "base/text.h"
#include "compute/random.h"
#include "compute/tuning.h"
#include "model/task.h"

/* Class columns summed in one pass over a row: what fits the registers beside the rest. */
enum { LARGEST_TILE = 12 };

/* A work-group keeps one number a class column in local memory, of which devices have 32 KiB. */
enum { MOST_CLASSES = 1023 };

static struct vmf *vmf_of(dam__model *model)
{
    return (struct vmf *)model;
}

static double varsigma_of(const struct vmf *vmf)
{
    return vmf->base.config.vmf.varsigma;
}

static bool is_unsupervised(const struct vmf *vmf)
{
    return vmf->base.config.vmf.loss == DAM__LOSS_UNSUPERVISED;
}

static void destroy(dam__model *model)
{
    struct vmf *vmf = vmf_of(model);
    for (int i = 0; i < model->parameter_count; i++) {
        dam__buffer_destroy(model->parameters[i].value.buffer);
        dam__buffer_destroy(model->parameters[i].gradient.buffer);
    }
    dam__buffer_destroy(vmf->similarities.buffer);
    dam__buffer_destroy(vmf->activations.buffer);
    dam__buffer_destroy(vmf->ratios.buffer);
    dam__buffer_destroy(vmf->statistics.buffer);
    dam__buffer_destroy(vmf->gradient_parts.buffer);
    dam__buffer_destroy(vmf->scalars.buffer);
    dam__program_destroy(vmf->program);
    dam__vmf_growth_free(&vmf->growth);
    dam__buffer_destroy(vmf->probe.along.buffer);
    free(vmf);
}

/* --- memory ------------------------------------------------------------------------------------- */

static dam_status plan_parameters(struct vmf *vmf, dam__plan *plan)
{
    static const struct {
        const char *name, *gradient_name;
        dam__rule rule;
        dam__constraint constraint;
        bool trained;
    } descriptions[PARAMETERS] = {
        [MEMORIES] = {"memories", "memories: gradient", DAM__RULE_MOMENTUM,
                      DAM__CONSTRAINT_UNIT_ROWS, true},
        [CLASS_WEIGHTS] = {"class_weights", "class_weights: gradient", DAM__RULE_MIRROR,
                           DAM__CONSTRAINT_NONE, true},
        [BETA] = {"beta", "beta: gradient", DAM__RULE_MOMENTUM, DAM__CONSTRAINT_NONE, true},
        [COUNTS] = {.name = "counts"},
        [PRIOR] = {.name = "class_prior"},
    };
    const int shapes[PARAMETERS][2] = {
        [MEMORIES] = {vmf->max_memories, vmf->base.task.dim},
        [CLASS_WEIGHTS] = {vmf->columns, vmf->max_memories + 1},
        [BETA] = {1, 1},
        [COUNTS] = {1, vmf->max_memories + 1},
        [PRIOR] = {1, vmf->columns},
    };
    vmf->base.parameter_count = PARAMETERS;
    for (int i = 0; i < PARAMETERS; i++) {
        dam__parameter *parameter = &vmf->base.parameters[i];
        parameter->name = descriptions[i].name;
        parameter->rule = descriptions[i].rule;
        parameter->constraint = descriptions[i].constraint;
        parameter->trained = descriptions[i].trained;
        DAM_TRY(dam__plan_matrix(plan, parameter->name, shapes[i][0], shapes[i][1], 1,
                                 &parameter->value));
        if (parameter->trained)
            DAM_TRY(dam__plan_matrix(plan, descriptions[i].gradient_name, shapes[i][0],
                                     shapes[i][1], 1, &parameter->gradient));
    }
    vmf->base.parameters[BETA].trained = vmf->base.config.vmf.beta_rule == DAM__BETA_LEARNED;
    return DAM_OK;
}

void dam__vmf_show(struct vmf *vmf, int memories)
{
    dam__parameter *parameters = vmf->base.parameters;
    vmf->memories = memories;
    parameters[MEMORIES].value.rows = memories;
    parameters[MEMORIES].gradient.rows = memories;
    parameters[CLASS_WEIGHTS].value.cols = memories + 1;
    parameters[CLASS_WEIGHTS].gradient.cols = memories + 1;
    parameters[COUNTS].value.cols = memories + 1;
    vmf->similarities.cols = memories + 1;
    vmf->activations.cols = memories + 1;
    vmf->gradient_parts.cols = memories + 1;
    vmf->probe.along.cols = memories + 1;
}

dam__matrix dam__vmf_columns(const dam__matrix *matrix, int columns)
{
    dam__matrix view = *matrix;
    view.cols = columns;
    return view;
}

/* The matrix without its background column, for the products: rows of `memories` columns. */
static dam__matrix memory_columns(const struct vmf *vmf, const dam__matrix *matrix)
{
    return dam__vmf_columns(matrix, vmf->memories);
}

dam__operand dam__vmf_rows(const dam__matrix *matrix, int rows, bool transposed)
{
    return (dam__operand){.matrix = matrix, .transposed = transposed, .height = rows};
}

static dam_status reserve_products(struct vmf *vmf)
{
    const dam__matrix *memories = &vmf->base.parameters[MEMORIES].value;
    const dam__matrix *gradient = &vmf->base.parameters[MEMORIES].gradient;
    /* Only the shape of the samples matters here. */
    const dam__matrix samples = {.rows = vmf->chunk,
                                 .cols = vmf->base.task.dim,
                                 .count = 1,
                                 .ld = memories->ld,
                                 .stride = memories->ld * (size_t)vmf->chunk};
    dam__matrix similarities = memory_columns(vmf, &vmf->similarities);
    DAM_TRY(dam__gemm_reserve(vmf->base.gemm, dam__whole(&samples, false),
                              dam__whole(memories, true), &similarities));
    return dam__gemm_reserve(vmf->base.gemm, dam__whole(&similarities, true),
                             dam__whole(&samples, false), gradient);
}

static dam_status plan(dam__model *model, dam__plan *plan, int chunk)
{
    struct vmf *vmf = vmf_of(model);
    int width = vmf->max_memories + 1;
    vmf->chunk = chunk;
    DAM_TRY(plan_parameters(vmf, plan));
    DAM_TRY(dam__plan_matrix(plan, "similarities", chunk, width, 1, &vmf->similarities));
    DAM_TRY(dam__plan_matrix(plan, "activations", chunk, width, 1, &vmf->activations));
    DAM_TRY(dam__plan_matrix(plan, "class ratios", chunk, vmf->columns, 1, &vmf->ratios));
    DAM_TRY(dam__plan_matrix(plan, "sample statistics", 1, 4 * chunk, 1, &vmf->statistics));
    DAM_TRY(dam__plan_matrix(plan, "class gradient, parts", vmf->columns, width, vmf->parts,
                             &vmf->gradient_parts));
    DAM_TRY(dam__plan_matrix(plan, "scalars", 1, 3, 1, &vmf->scalars));
    /* Wide products need the most scratch; narrow ones may take another route through it. */
    dam__vmf_show(vmf, vmf->max_memories);
    DAM_TRY(reserve_products(vmf));
    dam__vmf_show(vmf, vmf->base.config.memories);
    if (vmf->max_memories > vmf->memories)
        DAM_TRY(reserve_products(vmf));
    return DAM_OK;
}

/*
 * beta converges to where varsigma times the overlap is tau'(beta), which is about beta / N, so the
 * effective inverse temperature ends below varsigma^2 N. Where that is small the background
 * explains every sample.
 */
static void warn_of_small_varsigma(const dam__model *model)
{
    const double least = 4;
    double limit = model->config.vmf.varsigma * model->config.vmf.varsigma * model->task.dim;
    if (model->config.vmf.beta_rule == DAM__BETA_LEARNED && limit < least)
        dam__warn(dam__device_log(model->device),
                  "model.varsigma = %g is small for samples of %d features: the model may learn "
                  "nothing; try model.varsigma = 1",
                  model->config.vmf.varsigma, model->task.dim);
}

static dam_status prepare(dam__model *model)
{
    dam_status status = DAM_OK;
    struct vmf *vmf = vmf_of(model);
    char *options = NULL;
    DAM_TRY_CLEANUP(dam__format(&options, "-DCOLUMNS=%d -DTILE=%d -DUNSUPERVISED=%d", vmf->columns,
                                vmf->tile, is_unsupervised(vmf)));
    DAM_TRY_CLEANUP(dam__program_create(model->device, "vmf", options, &vmf->program));
    DAM_TRY_CLEANUP(dam__program_kernel(vmf->program, "vmf_scalars", &vmf->update_scalars));
    DAM_TRY_CLEANUP(dam__program_kernel(vmf->program, "vmf_forward", &vmf->forward));
    DAM_TRY_CLEANUP(dam__program_kernel(vmf->program, "vmf_evaluate", &vmf->evaluate));
    DAM_TRY_CLEANUP(dam__program_kernel(vmf->program, "vmf_class_gradient", &vmf->class_gradient));
    DAM_TRY_CLEANUP(dam__program_kernel(vmf->program, "vmf_fold", &vmf->fold));
    DAM_TRY_CLEANUP(dam__program_kernel(vmf->program, "vmf_metrics", &vmf->metrics));
    DAM_TRY_CLEANUP(dam__program_kernel(vmf->program, "vmf_project", &vmf->project));
cleanup:
    free(options);
    return status;
}

/* --- first values ------------------------------------------------------------------------------- */

/* Samples of the task, which are unit vectors already, what is near their mean, or random ones. */
static dam_status initialise_memories(struct vmf *vmf, uint64_t seed)
{
    dam_status status = DAM_OK;
    double *memories = NULL;
    size_t dim = (size_t)vmf->base.task.dim, count = (size_t)vmf->memories;
    DAM_TRY_CLEANUP(dam__alloc(count * dim, sizeof *memories, &memories));
    const dam__vmf_config *config = &vmf->base.config.vmf;
    if (config->initial == DAM__INITIAL_DATA)
        DAM_TRY_CLEANUP(dam__task_samples(&vmf->base.task, seed, count, memories));
    else if (config->initial == DAM__INITIAL_MEAN)
        DAM_TRY_CLEANUP(
            dam__task_near_mean(&vmf->base.task, seed, config->initial_spread, count, memories));
    else
        dam__unit_vectors(seed, DAM__STREAM_WEIGHTS, MEMORIES, count, dim, memories);
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&vmf->base.parameters[MEMORIES].value, memories,
                                              "first memories"));
cleanup:
    free(memories);
    return status;
}

/* Columns that start equal get equal gradients: only their differences can separate them. */
static void warn_of_uniform_prior(const struct vmf *vmf, const double *prior)
{
    for (int y = 1; y + 1 < vmf->columns; y++)
        if (prior[y] != prior[0])
            return;
    dam__warn(dam__device_log(vmf->base.device),
              "the class prior is uniform, so all class columns will stay equal; give the classes "
              "different model.class_counts");
}

/* counts = 1 each, a share of memories / capacity for the background; weights = count * prior. */
static dam_status initialise_classes(struct vmf *vmf)
{
    dam_status status = DAM_OK;
    double *prior = NULL, *counts = NULL, *weights = NULL;
    size_t columns = (size_t)vmf->columns, width = (size_t)vmf->memories + 1;
    double softening = vmf->base.config.vmf.softening;
    int capacity =
        vmf->base.config.vmf.capacity > 0 ? vmf->base.config.vmf.capacity : vmf->max_memories;
    DAM_TRY_CLEANUP(dam__alloc(columns, sizeof *prior, &prior));
    DAM_TRY_CLEANUP(dam__alloc(width, sizeof *counts, &counts));
    DAM_TRY_CLEANUP(dam__alloc(columns * width, sizeof *weights, &weights));
    const dam__task *task = &vmf->base.task;
    double background = vmf->base.config.vmf.background > 0 ? vmf->base.config.vmf.background : 1;
    /* The last column is the softening class. */
    for (size_t y = 0; y < columns; y++)
        prior[y] =
            softening / (double)columns +
            (1 - softening) * (y + 1 < columns ? task->class_share[y] : task->softening_share);
    for (size_t j = 0; j < width; j++)
        counts[j] = j + 1 < width ? 1 : background * vmf->memories / capacity;
    for (size_t y = 0; y < columns; y++)
        for (size_t j = 0; j < width; j++)
            weights[y * width + j] = counts[j] * prior[y];
    if (is_unsupervised(vmf))
        warn_of_uniform_prior(vmf, prior);
    DAM_TRY_CLEANUP(
        dam__matrix_write_doubles(&vmf->base.parameters[PRIOR].value, prior, "class prior"));
    DAM_TRY_CLEANUP(
        dam__matrix_write_doubles(&vmf->base.parameters[COUNTS].value, counts, "counts"));
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&vmf->base.parameters[CLASS_WEIGHTS].value, weights,
                                              "first class weights"));
cleanup:
    free(prior);
    free(counts);
    free(weights);
    return status;
}

static dam_status write_beta(struct vmf *vmf, double beta)
{
    return dam__matrix_write_doubles(&vmf->base.parameters[BETA].value, &beta, "beta");
}

/* b, tau and tau' of the present beta. */
static dam_status refresh(dam__model *model)
{
    struct vmf *vmf = vmf_of(model);
    return dam__launch(vmf->update_scalars, (dam__range){.global = {1}}, (dam__work){.flops = 30},
                       DAM_ARGUMENTS(&vmf->base.parameters[BETA].value, &vmf->scalars,
                                     varsigma_of(vmf), vmf->base.task.dim));
}

static dam_status initialise(dam__model *model, uint64_t seed)
{
    struct vmf *vmf = vmf_of(model);
    warn_of_small_varsigma(model);
    DAM_TRY(initialise_memories(vmf, seed));
    DAM_TRY(initialise_classes(vmf));
    DAM_TRY(write_beta(vmf, model->config.vmf.beta));
    return refresh(model);
}

double dam__vmf_annealed_beta(const dam__model_config *config, int epoch)
{
    double p = ((double)epoch + 1) / config->vmf.anneal_epochs;
    if (p >= 1)
        return config->vmf.anneal_to;
    double rise = pow(p, config->vmf.anneal_exponent),
           rest = pow(1 - p, config->vmf.anneal_exponent);
    return config->vmf.beta + (config->vmf.anneal_to - config->vmf.beta) * rise / (rise + rest);
}

static int schedule_epochs(const dam__model *model)
{
    return model->config.vmf.beta_rule == DAM__BETA_ANNEALED ? model->config.vmf.anneal_epochs : 0;
}

static dam_status begin_epoch(dam__model *model, int epoch)
{
    struct vmf *vmf = vmf_of(model);
    if (model->config.vmf.beta_rule != DAM__BETA_ANNEALED)
        return DAM_OK;
    dam_status status = write_beta(vmf, dam__vmf_annealed_beta(&model->config, epoch));
    return status == DAM_OK ? refresh(model) : status;
}

/* Sinkhorn-Knopp on the class weights, and what follows from the new beta. */
static dam_status project(dam__model *model)
{
    struct vmf *vmf = vmf_of(model);
    const dam__parameter *parameters = model->parameters;
    const dam__matrix *weights = &parameters[CLASS_WEIGHTS].value;
    double entries = (double)vmf->columns * (vmf->memories + 1);
    int classes = vmf->columns - 1;
    return dam__launch(vmf->project, dam__range_groups(model->device, 1, 1),
                       (dam__work){.flops = 4 * entries * model->config.vmf.sinkhorn,
                                   .bytes = 2 * entries * (double)dam__real_size(model->device)},
                       DAM_ARGUMENTS(weights, &parameters[COUNTS].value, &parameters[PRIOR].value,
                                     &parameters[BETA].value, &vmf->scalars, vmf->memories,
                                     weights->ld, model->config.vmf.sinkhorn, 1e-7 * classes,
                                     varsigma_of(vmf), vmf->base.task.dim));
}

/* S = X W' and Q' X. */
static double product_flops(const dam__model *model, int batch)
{
    return 4.0 * batch * model->task.dim * ((const struct vmf *)model)->memories;
}

const dam__model_ops dam__vmf_ops = {
    .divergence_advice = "lower train.learning_rate, model.beta or model.varsigma",
    /* The background alone keeps it near log M, for any number of classes: 65536 make 11. */
    .worst_loss = 30,
    .schedule_epochs = schedule_epochs,
    .plan = plan,
    .prepare = prepare,
    .initialise = initialise,
    .begin_epoch = begin_epoch,
    .loss_gradient = dam__vmf_loss_gradient,
    .project = project,
    .refresh = refresh,
    .evaluate = dam__vmf_evaluate,
    .answer = dam__vmf_answer,
    .product_flops = product_flops,
    .grow = &dam__vmf_grow_ops,
    .probe = &dam__vmf_probe_ops,
    .destroy = destroy,
};

dam_status dam__vmf_create(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                           const dam__task *task, dam__model **out)
{
    if (task->classes < 1)
        return dam__fail(DAM_USAGE, "the vmf model learns classes, but the data has no labels; "
                                    "set data.labels, or model.loss = \"unsupervised\"");
    if (task->dim < 3)
        return dam__fail(DAM_USAGE, "the vmf model needs samples of at least 3 features, not %d",
                         task->dim);
    if (task->classes > MOST_CLASSES)
        return dam__fail(DAM_USAGE, "the vmf model takes at most %d classes, not %d", MOST_CLASSES,
                         task->classes);
    struct vmf *vmf = NULL;
    dam_status status = dam__alloc(1, sizeof *vmf, &vmf);
    if (status != DAM_OK)
        return status;
    vmf->base = (dam__model){
        .ops = &dam__vmf_ops, .device = device, .gemm = gemm, .config = *config, .task = *task};
    vmf->memories = config->memories;
    vmf->max_memories =
        config->max_memories > config->memories ? config->max_memories : config->memories;
    vmf->columns = task->classes + 1;
    int largest = dam__tuned(device, DAM__KERNEL_VMF_CLASSES, LARGEST_TILE);
    int tiles = (vmf->columns + largest - 1) / largest;
    vmf->tile = (vmf->columns + tiles - 1) / tiles;
    enum { PARTS_ON_CPU = 8, PARTS_ON_GPU = 32 };
    bool cpu = dam__device_shape(device) == DAM__SHAPE_CPU;
    vmf->parts = dam__tuned(device, DAM__KERNEL_PARTS, cpu ? PARTS_ON_CPU : PARTS_ON_GPU);
    *out = &vmf->base;
    return DAM_OK;
}
