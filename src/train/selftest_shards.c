#include "train/selftest_shards.h"

#include <math.h>

#include "train/shards.h"

/* A batch of three samples in four shards, of which the first is empty. */
enum { SHARDS = 4, PARTS = 3, ROWS = 3, REPLICAS = 2, COUNT = ROWS * REPLICAS };

/* A model of one parameter, whose gradient of a shard is what the test has prepared. */
struct stub {
    dam__model base; /* first, so that a pointer to it is one to this */
    bool scaled;
    dam__matrix gradients[PARTS], scales[PARTS], losses[PARTS]; /* prepared */
    dam__matrix scales_now;
};

static dam_status copy(const dam__device *device, const dam__matrix *from, dam__buffer *to)
{
    size_t bytes = from->stride * (size_t)from->count * dam__real_size(device);
    return dam__buffer_copy(from->buffer, 0, to, 0, bytes);
}

/* The sample that a shard has is its number. */
static dam_status give_part(dam__model *model, const dam__batch *batch, const dam__buffer *losses,
                            int slot)
{
    const struct stub *stub = (const struct stub *)model;
    size_t bytes = REPLICAS * dam__real_size(model->device);
    DAM_TRY(
        copy(model->device, &stub->gradients[batch->first], model->parameters[0].gradient.buffer));
    if (stub->scaled)
        DAM_TRY(copy(model->device, &stub->scales[batch->first], stub->scales_now.buffer));
    return dam__buffer_copy(stub->losses[batch->first].buffer, 0, (dam__buffer *)losses,
                            (size_t)slot * bytes, bytes);
}

/* What the device adds up, in double: row k of total and scale gets what part has. */
static void add_row(double *total, double *scale, const double *part, double part_scale, int cols)
{
    double larger = fmax(*scale, part_scale);
    for (int j = 0; j < cols; j++)
        total[j] = total[j] * exp(*scale - larger) + part[j] * exp(part_scale - larger);
    *scale = larger;
}

/* The parts of the test, on the device, and their sums in double. */
static dam_status prepare_parts(dam__test *test, struct stub *stub, int cols, double *sums,
                                double *scales, double *losses)
{
    const size_t width = (size_t)cols;
    double *part = NULL, *loss = NULL, *part_scales = NULL;
    for (int i = 0; i < PARTS; i++) {
        DAM_TRY(dam__test_numbers(test, COUNT * width, -1, 1, &part));
        DAM_TRY(dam__test_numbers(test, REPLICAS, -1, 1, &loss));
        DAM_TRY(dam__test_numbers(test, (size_t)2 * COUNT, -3, 3, &part_scales));
        part_scales[0] = 1; /* the same in each */
        for (size_t k = 0; k < COUNT; k++) {
            /* Two rows of scales a replica: the gradient's, and what is none of the shards'. */
            size_t at = k / ROWS * ROWS + k;
            part_scales[at + ROWS] = 0.5;
            if (!stub->scaled)
                part_scales[at] = 0;
            if (i == 0)
                scales[at] = part_scales[at];
            scales[at + ROWS] = 0.5;
            add_row(sums + k * width, &scales[at], part + k * width, part_scales[at], cols);
        }
        for (size_t p = 0; p < REPLICAS; p++)
            losses[p] += loss[p];
        DAM_TRY(dam__test_matrix(test, ROWS, cols, REPLICAS, part, &stub->gradients[i]));
        DAM_TRY(dam__test_matrix(test, 2, ROWS, REPLICAS, part_scales, &stub->scales[i]));
        DAM_TRY(dam__test_matrix(test, 1, REPLICAS, 1, loss, &stub->losses[i]));
    }
    return DAM_OK;
}

static dam_status compare(dam__test *test, const struct stub *stub, const double *sums,
                          const double *scales, const dam__matrix *loss, const double *losses)
{
    DAM_TRY(dam__test_compare_matrix(test, &stub->base.parameters[0].gradient, sums, 1));
    DAM_TRY(dam__test_compare_matrix(test, loss, losses, 1));
    return stub->scaled ? dam__test_compare_matrix(test, &stub->scales_now, scales, 1) : DAM_OK;
}

static dam_status check_sum(dam__test *test, bool scaled, int cols)
{
    static const dam__model_ops ops = {.loss_gradient = give_part};
    dam_status status = DAM_OK;
    double *sums = NULL, scales[2 * COUNT] = {0}, losses[REPLICAS] = {0};
    struct stub *stub = NULL;
    dam__plan *plan = NULL;
    dam__shards *shards = NULL;
    const dam__sharing sharing = {.count = SHARDS};
    dam__matrix loss = {0}, *gradient = NULL;
    DAM_TRY_CLEANUP(dam__test_array(test, 1, sizeof *stub, &stub));
    DAM_TRY_CLEANUP(dam__test_array(test, COUNT * (size_t)cols, sizeof *sums, &sums));
    stub->scaled = scaled;
    stub->base.ops = &ops;
    stub->base.device = test->device;
    stub->base.task.count = REPLICAS;
    stub->base.parameter_count = 1;
    stub->base.parameters[0] = (dam__parameter){.name = "self-test",
                                                .rule = scaled ? DAM__RULE_MAX_NORM : DAM__RULE_SGD,
                                                .trained = true,
                                                .scales = scaled ? &stub->scales_now : NULL};
    gradient = &stub->base.parameters[0].gradient;
    DAM_TRY_CLEANUP(prepare_parts(test, stub, cols, sums, scales, losses));
    DAM_TRY_CLEANUP(dam__test_matrix(test, 2, ROWS, REPLICAS, NULL, &stub->scales_now));
    DAM_TRY_CLEANUP(dam__test_matrix(test, 1, REPLICAS, 1, NULL, &loss));
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "gradient", ROWS, cols, REPLICAS, gradient));
    DAM_TRY_CLEANUP(dam__shards_create(&stub->base, &sharing, plan, &shards));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__shards_prepare(shards));
    const dam__batch batch = {.size = PARTS};
    DAM_TRY_CLEANUP(dam__shards_gradient(shards, &batch, loss.buffer, 0));
    DAM_TRY_CLEANUP(compare(test, stub, sums, scales, &loss, losses));
cleanup:
    dam__shards_destroy(shards);
    if (gradient != NULL)
        dam__buffer_destroy(gradient->buffer); /* the shards may have exchanged it */
    dam__plan_destroy(plan);
    return status;
}

static dam_status run_plain(dam__test *test)
{
    dam_status status = check_sum(test, false, 1);
    return status == DAM_OK ? check_sum(test, false, test->tiny ? 18 : 333) : status;
}

static dam_status run_scaled(dam__test *test)
{
    dam_status status = check_sum(test, true, 1);
    return status == DAM_OK ? check_sum(test, true, test->tiny ? 18 : 701) : status;
}

static bool uses_max_norm(const dam__selftest_use *use)
{
    return (use->rules & 1u << DAM__RULE_MAX_NORM) != 0;
}

const dam__selftest_case dam__selftest_shards_cases[] = {
    {.name = "shards: sums",
     .kernels = "shards_add",
     .tolerance = 4,
     .reason = "two additions",
     .run = run_plain},
    {.name = "shards: sums of rows that have scales",
     .kernels = "shards_add_scaled",
     .tolerance = 32,
     .reason = "two additions, and exponentials of up to 3 ulp",
     .suits = uses_max_norm,
     .run = run_scaled},
    {0},
};
