#include "analyse/adversary.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compute/program.h"
#include "model/linear.h"
#include "model/model_type.h"
#include "train/checkpoint.h"
#include "train/optimizer.h"

/* --- the linear classifier ------------------------------------------------------------------------ */

struct fitting {
    dam__workbench bench;
    const dam__workbench_options *options;
    dam__model *model;
    dam__optimizer *optimizer;
    dam__matrix losses;
};

static void forget_fitting(void *user)
{
    struct fitting *fitting = user;
    dam__optimizer_destroy(fitting->optimizer);
    dam__model_destroy(fitting->model);
    dam__buffer_destroy(fitting->losses.buffer);
    fitting->optimizer = NULL;
    fitting->model = NULL;
    fitting->losses.buffer = NULL;
}

static dam_status create_linear(const dam__workbench_options *options, dam__workbench *bench,
                                dam__model **out)
{
    const dam__task task = {.dim = options->dim, .classes = options->classes};
    dam_status status = dam__linear_create(options->device, bench->gemm, &task, out);
    return status == DAM_OK ? (*out)->ops->plan(*out, bench->plan, bench->chunk) : status;
}

static dam_status plan_fitting(void *user, dam__workbench *bench)
{
    struct fitting *fitting = user;
    DAM_TRY(create_linear(fitting->options, bench, &fitting->model));
    DAM_TRY(dam__optimizer_create(fitting->model, bench->plan, &fitting->optimizer));
    return dam__plan_matrix(bench->plan, "losses", 1, 1, 1, &fitting->losses);
}

/*
 * On unit vectors the loss's second derivative is at most 1/2, so steps of 1 are safe with heavy
 * momentum (heavy ball: below 2 (1 + momentum) / (1/2)); the rate enters twice.
 */
static dam_status descend_loss(struct fitting *fitting, int steps)
{
    const double rate = 1, momentum = 0.95;
    dam__loader *loader = fitting->bench.loader;
    for (int step = 0; step < steps; step++) {
        dam__batch batch;
        if (step % dam__loader_steps(loader) == 0)
            DAM_TRY(dam__loader_begin(loader, step / dam__loader_steps(loader), 0));
        DAM_TRY(dam__loader_next(loader, &batch));
        DAM_TRY(
            fitting->model->ops->loss_gradient(fitting->model, &batch, fitting->losses.buffer, 0));
        DAM_TRY(dam__optimizer_step(fitting->optimizer, rate, momentum));
        DAM_TRY(dam__device_pace(fitting->options->device));
    }
    return DAM_OK;
}

dam_status dam__linear_train(const dam__workbench_options *options, int steps, dam__linear_fit *out)
{
    dam_status status = DAM_OK;
    dam__workbench_options alone = *options;
    struct fitting fitting = {.options = &alone};
    alone.config = NULL;
    alone.whole = true;
    *out = (dam__linear_fit){.classes = (size_t)options->classes, .dim = (size_t)options->dim};
    DAM_TRY_CLEANUP(dam__workbench_labels(options->set, options->classes, "data.labels"));
    DAM_TRY_CLEANUP(dam__workbench_open(
        &alone,
        &(dam__workbench_extras){.user = &fitting, .plan = plan_fitting, .forget = forget_fitting},
        &fitting.bench));
    DAM_TRY_CLEANUP(fitting.model->ops->prepare(fitting.model));
    DAM_TRY_CLEANUP(dam__optimizer_prepare(fitting.optimizer));
    DAM_TRY_CLEANUP(fitting.model->ops->initialise(fitting.model, 0));
    DAM_TRY_CLEANUP(descend_loss(&fitting, steps));
    DAM_TRY_CLEANUP(dam__alloc(out->classes * out->dim, sizeof *out->weights, &out->weights));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&fitting.model->parameters[0].value, out->weights,
                                             "linear weights"));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&fitting.losses, &out->loss, "linear loss"));
cleanup:
    if (status != DAM_OK)
        dam__linear_fit_free(out);
    forget_fitting(&fitting);
    dam__workbench_close(&fitting.bench);
    return status;
}

void dam__linear_fit_free(dam__linear_fit *fit)
{
    free(fit->weights);
    *fit = (dam__linear_fit){0};
}

/* --- perturbing samples --------------------------------------------------------------------------- */

struct attack {
    dam__workbench bench;
    const dam__workbench_options *options;
    dam__model *linear;
    dam__matrix directions, angles; /* of a batch */
    dam__buffer *columns, *landed;
    dam__program *program;
    dam__kernel *tangent;
};

static void forget_attack(void *user)
{
    struct attack *attack = user;
    dam__model_destroy(attack->linear);
    dam__buffer_destroy(attack->directions.buffer);
    dam__buffer_destroy(attack->angles.buffer);
    dam__buffer_destroy(attack->columns);
    dam__buffer_destroy(attack->landed);
    attack->linear = NULL;
    attack->directions.buffer = NULL;
    attack->angles.buffer = NULL;
    attack->columns = NULL;
    attack->landed = NULL;
}

static dam_status plan_attack(void *user, dam__workbench *bench)
{
    struct attack *attack = user;
    dam__model *model = bench->model;
    size_t integers = (size_t)bench->chunk * sizeof(int32_t);
    if (model->ops->probe == NULL || model->ops->probe->descend == NULL)
        return dam__fail(DAM_USAGE,
                         "the %s model does not tell in which direction a prediction changes",
                         dam__model_type_of(&model->config)->name);
    DAM_TRY(create_linear(attack->options, bench, &attack->linear));
    DAM_TRY(model->ops->probe->plan(model, bench->plan));
    DAM_TRY(attack->linear->ops->probe->plan(attack->linear, bench->plan));
    DAM_TRY(dam__plan_matrix(bench->plan, "directions", bench->chunk, attack->options->dim, 1,
                             &attack->directions));
    DAM_TRY(dam__plan_matrix(bench->plan, "angles", 1, bench->chunk, 1, &attack->angles));
    DAM_TRY(dam__plan_buffer(bench->plan, "class columns", 2 * integers, &attack->columns));
    return dam__plan_buffer(bench->plan, "landed", integers, &attack->landed);
}

static dam_status prepare_attack(struct attack *attack, const dam__linear_fit *fit)
{
    dam__model *linear = attack->linear;
    const dam__probe_ops *probe = attack->bench.model->ops->probe;
    DAM_TRY(probe->prepare(attack->bench.model));
    DAM_TRY(linear->ops->prepare(linear));
    DAM_TRY(linear->ops->probe->prepare(linear));
    DAM_TRY(
        dam__matrix_write_doubles(&linear->parameters[0].value, fit->weights, "linear weights"));
    DAM_TRY(dam__program_create(attack->options->device, "probe", "", &attack->program));
    return dam__program_kernel(attack->program, "probe_tangent", &attack->tangent);
}

static dam_status make_tangent(struct attack *attack, const dam__batch *batch)
{
    const dam__matrix *directions = &attack->directions;
    double items = (double)batch->size * directions->cols;
    return dam__launch(
        attack->tangent, dam__range_groups(attack->options->device, (size_t)batch->size, 1),
        (dam__work){.flops = 12 * items,
                    .bytes = 3 * items * (double)dam__real_size(attack->options->device)},
        DAM_ARGUMENTS(directions, batch->samples, batch->first, directions->cols, directions->ld,
                      batch->samples->ld, !attack->options->set->on_sphere));
}

static dam_status read_margins(const struct attack *attack, size_t offset, size_t size,
                               dam__margins *out)
{
    dam_status status = DAM_OK;
    int32_t *columns = NULL, classes = attack->options->classes;
    dam__matrix angles = attack->angles, directions = attack->directions;
    angles.cols = (int)size;
    DAM_TRY_CLEANUP(dam__alloc(2 * size, sizeof *columns, &columns));
    DAM_TRY_CLEANUP(dam__integers_read(attack->columns, 2 * size, classes, columns, "columns"));
    for (size_t i = 0; i < size; i++) {
        out->predicted[offset + i] = columns[2 * i];
        out->rival[offset + i] = columns[2 * i + 1];
    }
    DAM_TRY_CLEANUP(
        dam__integers_read(attack->landed, size, classes, out->landed + offset, "columns"));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&angles, out->angles + offset, "angles"));
    if (offset < out->kept) {
        directions.rows = (int)(out->kept - offset < size ? out->kept - offset : size);
        DAM_TRY_CLEANUP(dam__matrix_read_doubles(&directions, out->directions + offset * out->dim,
                                                 "directions"));
    }
cleanup:
    free(columns);
    return status;
}

static dam_status perturb_batch(struct attack *attack, dam__model *model, const dam__batch *batch,
                                double limit, size_t offset, dam__margins *out)
{
    enum { SCANS = 64, HALVINGS = 16 };
    const dam__probe_ops *probe = model->ops->probe;
    const dam__perturbation_search search = {.limit = limit, .scans = SCANS, .halvings = HALVINGS};
    DAM_TRY(probe->descend(model, batch, &attack->directions, attack->columns));
    DAM_TRY(make_tangent(attack, batch));
    DAM_TRY(probe->perturb(model, batch, &attack->directions, &search, attack->columns,
                           &attack->angles, attack->landed));
    return read_margins(attack, offset, (size_t)batch->size, out);
}

void dam__margins_free(dam__margins *margins)
{
    free(margins->predicted);
    free(margins->rival);
    free(margins->landed);
    free(margins->angles);
    free(margins->directions);
    *margins = (dam__margins){0};
}

static dam_status make_margins(size_t samples, size_t dim, size_t kept, dam__margins *out)
{
    *out = (dam__margins){.samples = samples, .dim = dim, .kept = kept < samples ? kept : samples};
    DAM_TRY(dam__alloc(samples, sizeof *out->predicted, &out->predicted));
    DAM_TRY(dam__alloc(samples, sizeof *out->rival, &out->rival));
    DAM_TRY(dam__alloc(samples, sizeof *out->landed, &out->landed));
    DAM_TRY(dam__alloc(samples, sizeof *out->angles, &out->angles));
    return dam__alloc(out->kept * dim, sizeof *out->directions, &out->directions);
}

dam_status dam__adversary_run(const dam__workbench_options *options, const dam__linear_fit *fit,
                              double limit, size_t kept, dam__margins margins[2])
{
    dam_status status = DAM_OK;
    dam__model_config config = *options->config;
    dam__workbench_options bench = *options;
    struct attack attack = {.options = &bench};
    const dam__workbench_extras extras = {
        .user = &attack, .plan = plan_attack, .forget = forget_attack};
    bench.config = &config;
    DAM_TRY_CLEANUP(dam__checkpoint_memories(bench.run, &config.memories));
    for (int i = 0; i < 2; i++)
        DAM_TRY_CLEANUP(make_margins(options->count, (size_t)options->dim, kept, &margins[i]));
    DAM_TRY_CLEANUP(dam__workbench_open(&bench, &extras, &attack.bench));
    DAM_TRY_CLEANUP(prepare_attack(&attack, fit));
    DAM_TRY_CLEANUP(dam__loader_begin(attack.bench.loader, 0, 0));
    for (size_t offset = 0; offset < options->count;) {
        dam__batch batch;
        DAM_TRY_CLEANUP(dam__loader_next(attack.bench.loader, &batch));
        DAM_TRY_CLEANUP(
            perturb_batch(&attack, attack.bench.model, &batch, limit, offset, &margins[0]));
        DAM_TRY_CLEANUP(perturb_batch(&attack, attack.linear, &batch, limit, offset, &margins[1]));
        offset += (size_t)batch.size;
    }
cleanup:
    forget_attack(&attack);
    dam__program_destroy(attack.program);
    dam__workbench_close(&attack.bench);
    if (status != DAM_OK)
        for (int i = 0; i < 2; i++)
            dam__margins_free(&margins[i]);
    return status;
}
