/* The two large products of a step, alone: S = X W' and Q'X. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/notice.h"
#include "bench/benchmark_rounds.h"
#include "compute/random.h"
#include "model/model_type.h"

/* Which numbers of the stream a matrix holds. */
enum operand { SAMPLES = 16, MEMORIES, OWED };

enum {
    POOL_BATCHES = 16, /* the batches' rows are gathered from so many at most */
    PROBE_ROWS = 48    /* of a batch, to see whether a product would take minutes */
};

static const double MOST_SECONDS = 20; /* of one product */

typedef struct dam__products products;

struct dam__products {
    dam__device *device;
    dam__gemm *gemm;
    int batch, dim, memories, pool;
    int rows;                 /* of the batch that take part: all, or a few for the probe */
    int first;                /* of the next batch */
    dam__matrix samples;      /* pool x dim */
    dam__matrix weights;      /* memories x dim */
    dam__matrix owed;         /* batch x memories: Q */
    dam__matrix similarities; /* batch x memories: S */
    dam__matrix gradient;     /* memories x dim */
    dam__buffer *order;       /* int32 a row of the pool */
};

static void destroy(products *p)
{
    dam__gemm_destroy(p->gemm);
    dam__buffer_destroy(p->samples.buffer);
    dam__buffer_destroy(p->weights.buffer);
    dam__buffer_destroy(p->owed.buffer);
    dam__buffer_destroy(p->similarities.buffer);
    dam__buffer_destroy(p->gradient.buffer);
    dam__buffer_destroy(p->order);
}

/* Entry i of a made-up matrix, in (-1/2, 1/2), exact in every precision. */
static double entry(enum operand operand, uint64_t i)
{
    uint32_t words[4];
    dam__random_words(0, DAM__STREAM_DATA, (uint32_t)operand, i / 4, words);
    return dam__uniform(words[i % 4]) - 0.5;
}

static dam_status fill(const dam__matrix *matrix, enum operand operand)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    size_t count = dam__matrix_items(matrix);
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *values, &values));
    for (size_t i = 0; i < count; i += 4) {
        uint32_t words[4];
        dam__random_words(0, DAM__STREAM_DATA, (uint32_t)operand, i / 4, words);
        for (size_t j = i; j < i + 4 && j < count; j++)
            values[j] = dam__uniform(words[j - i]) - 0.5;
    }
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(matrix, values, "benchmark operands"));
cleanup:
    free(values);
    return status;
}

/* --- the products ----------------------------------------------------------------------------- */

/* The batch's samples: gathered through the order where the provider can, as in training. */
static dam__operand batch_of(const products *p)
{
    return (dam__operand){.matrix = &p->samples,
                          .height = p->rows,
                          .rows = dam__gemm_gathers(p->gemm) ? p->order : NULL,
                          .first = p->first};
}

static void next_batch(products *p)
{
    p->first = p->first + 2 * p->batch <= p->pool ? p->first + p->batch : 0;
}

static dam__operand owed_of(const products *p)
{
    return (dam__operand){.matrix = &p->owed, .transposed = true, .height = p->rows};
}

static dam_status multiply_similarities(products *p)
{
    return dam__gemm_run(p->gemm, 1, batch_of(p), dam__whole(&p->weights, true), 0,
                         &p->similarities);
}

static dam_status multiply_gradient(products *p)
{
    return dam__gemm_run(p->gemm, 1, owed_of(p), batch_of(p), 0, &p->gradient);
}

static dam_status queue_similarities(void *state)
{
    next_batch(state);
    return multiply_similarities(state);
}

static dam_status queue_gradient(void *state)
{
    next_batch(state);
    return multiply_gradient(state);
}

dam_status dam__products_queue(void *state)
{
    dam_status status = queue_similarities(state);
    return status == DAM_OK ? multiply_gradient(state) : status;
}

static dam_status reserve(products *p, int rows)
{
    p->rows = rows;
    p->first = p->pool - p->batch;
    DAM_TRY(
        dam__gemm_reserve(p->gemm, batch_of(p), dam__whole(&p->weights, true), &p->similarities));
    DAM_TRY(dam__gemm_reserve(p->gemm, owed_of(p), batch_of(p), &p->gradient));
    p->first = 0;
    return DAM_OK;
}

static dam_status write_order(products *p)
{
    dam_status status = DAM_OK;
    int32_t *order = NULL;
    DAM_TRY_CLEANUP(dam__alloc((size_t)p->pool, sizeof *order, &order));
    for (int i = 0; i < p->pool; i++)
        order[i] = (int32_t)dam__permuted(0, 0, (uint32_t)p->pool, (uint32_t)i);
    DAM_TRY_CLEANUP(dam__buffer_write(p->order, 0, order, (size_t)p->pool * sizeof *order, true,
                                      "benchmark order"));
cleanup:
    free(order);
    return status;
}

static dam_status prepare(products *p, const dam__training *training, dam__gemm_provider provider)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    size_t count = training->set->count;
    p->dim = (int)training->set->features +
             dam__model_input(&training->model, training->set->classes).classes;
    p->memories = training->model.memories;
    p->batch = (size_t)training->train.batch < count ? training->train.batch : (int)count;
    size_t most = (size_t)p->batch * POOL_BATCHES;
    p->pool = (int)(most < count ? most : count);
    DAM_TRY_CLEANUP(dam__gemm_create(p->device, provider, &p->gemm));
    DAM_TRY_CLEANUP(dam__plan_create(p->device, &plan));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "samples", p->pool, p->dim, 1, &p->samples));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "memories", p->memories, p->dim, 1, &p->weights));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "responsibilities", p->batch, p->memories, 1, &p->owed));
    DAM_TRY_CLEANUP(
        dam__plan_matrix(plan, "similarities", p->batch, p->memories, 1, &p->similarities));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "gradient", p->memories, p->dim, 1, &p->gradient));
    DAM_TRY_CLEANUP(dam__plan_buffer(plan, "order", (size_t)p->pool * sizeof(int32_t), &p->order));
    DAM_TRY_CLEANUP(reserve(p, p->batch < PROBE_ROWS ? p->batch : PROBE_ROWS));
    DAM_TRY_CLEANUP(reserve(p, p->batch));
    DAM_TRY_CLEANUP(dam__gemm_plan(p->gemm, plan));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(fill(&p->samples, SAMPLES));
    DAM_TRY_CLEANUP(fill(&p->weights, MEMORIES));
    DAM_TRY_CLEANUP(fill(&p->owed, OWED));
    DAM_TRY_CLEANUP(write_order(p));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

dam_status dam__products_create(dam__device *device, const dam__training *training,
                                dam__gemm_provider provider, dam__products **out)
{
    dam_status status = DAM_OK;
    products *p = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *p, &p));
    p->device = device;
    DAM_TRY_CLEANUP(prepare(p, training, provider));
    *out = p;
    p = NULL;
cleanup:
    dam__products_destroy(p);
    return status;
}

void dam__products_destroy(dam__products *p)
{
    if (p == NULL)
        return;
    destroy(p);
    free(p);
}

/* --- right, and worth the wait? --------------------------------------------------------------- */

static uint64_t sample_row(const products *p, int i)
{
    bool gathered = dam__gemm_gathers(p->gemm);
    return gathered ? dam__permuted(0, 0, (uint32_t)p->pool, (uint32_t)(p->first + i))
                    : (uint64_t)(p->first + i);
}

/* Entry i, j of the latest product in double; *size is the sum of its terms' magnitudes. */
static double expected(const products *p, bool gradient, int i, int j, double *size)
{
    double sum = 0;
    uint64_t dim = (uint64_t)p->dim, row = gradient ? 0 : sample_row(p, i);
    *size = 0;
    for (int k = 0; k < (gradient ? p->rows : p->dim); k++) {
        uint64_t depth = (uint64_t)k;
        double term = gradient ? entry(OWED, depth * (uint64_t)p->memories + (uint64_t)i) *
                                     entry(SAMPLES, sample_row(p, k) * dim + (uint64_t)j)
                               : entry(SAMPLES, row * dim + depth) *
                                     entry(MEMORIES, (uint64_t)j * dim + depth);
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

/* A few entries all over the latest product against sums in double, within a rigorous bound. */
static dam_status check(const products *p, bool gradient)
{
    enum { CHECKED = 32 };
    dam_status status = DAM_OK;
    double *values = NULL;
    const dam__matrix *product = gradient ? &p->gradient : &p->similarities;
    int rows = gradient ? p->memories : p->rows, depth = gradient ? p->rows : p->dim;
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(product), sizeof *values, &values));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(product, values, "benchmark product"));
    for (int c = 0; c < CHECKED; c++) {
        int i = (int)((int64_t)c * (rows - 1) / (CHECKED - 1));
        int j = (int)((int64_t)(c * 7 % CHECKED) * (product->cols - 1) / (CHECKED - 1));
        double size = 0, wanted = expected(p, gradient, i, j, &size);
        double got = values[(size_t)i * (size_t)product->cols + (size_t)j];
        if (!(fabs(got - wanted) <= (depth + 2) * dam__real_epsilon(p->device) * size))
            DAM_FAIL(DAM_SELFTEST,
                     "entry %d, %d of a product of depth %d is %g instead of %g; do not train with "
                     "it: take another --gemm",
                     i, j, depth, got, wanted);
    }
cleanup:
    free(values);
    return status;
}

/* Runs and checks a product of a few rows, and says how long the whole would take. */
static dam_status probe(products *p, bool gradient, double *seconds)
{
    dam_status (*queue)(void *) = gradient ? queue_gradient : queue_similarities;
    p->rows = p->batch < PROBE_ROWS ? p->batch : PROBE_ROWS;
    DAM_TRY(queue(p));
    DAM_TRY(check(p, gradient));
    double begin = dam__seconds();
    DAM_TRY(queue(p));
    DAM_TRY(dam__device_finish(p->device));
    *seconds = (dam__seconds() - begin) * p->batch / p->rows;
    p->rows = p->batch;
    return DAM_OK;
}

/* --- rows ------------------------------------------------------------------------------------- */

static dam_status measure(dam__bench *bench, products *p, bool gradient)
{
    const char *name = dam__gemm_name(p->gemm);
    char metric[64];
    double seconds = 0;
    dam__rounds rounds;
    (void)snprintf(metric, sizeof metric, "gemm_%s_%s", gradient ? "gradient" : "similarities",
                   name);
    DAM_TRY(dam__bench_check_stop(bench));
    DAM_TRY(probe(p, gradient, &seconds));
    if (seconds > MOST_SECONDS) {
        dam__warn(dam__device_log(bench->device), "%s is left out: one would take about %.0f s",
                  metric, seconds);
        return DAM_OK;
    }
    const dam__workload workload = {.queue = gradient ? queue_gradient : queue_similarities,
                                    .state = p,
                                    .flops = 2.0 * p->batch * p->dim * p->memories};
    DAM_TRY(dam__bench_rounds(bench, &workload, &rounds));
    DAM_TRY(check(p, gradient));
    return dam__bench_add_rate(bench, metric, &rounds);
}

static dam_status measure_provider(dam__bench *bench, dam__gemm_provider provider)
{
    dam_status status = DAM_OK;
    products p = {.device = bench->device};
    if (provider == DAM__GEMM_CLBLAST)
        dam__info(
            dam__device_log(bench->device),
            "CLBlast compiles its kernels on its first call: tens of seconds on some drivers");
    DAM_TRY_CLEANUP(prepare(&p, &bench->what->training, provider));
    DAM_TRY_CLEANUP(measure(bench, &p, false));
    DAM_TRY_CLEANUP(measure(bench, &p, true));
cleanup:
    dam__device_drain(bench->device);
    destroy(&p);
    return status;
}

dam_status dam__bench_products(dam__bench *bench)
{
    dam__gemm_provider asked = bench->what->training.gemm;
    bool automatic = asked == DAM__GEMM_AUTO; /* then both that it could take */
    const dam__gemm_provider providers[] = {automatic ? DAM__GEMM_PANEL : asked,
                                            dam__gemm_for_gpus()};
    for (int i = 0; i < (automatic ? 2 : 1); i++) {
        dam_status status = measure_provider(bench, providers[i]);
        if (status == DAM_INTERRUPTED)
            return status;
        if (status != DAM_OK)
            dam__warn(dam__device_log(bench->device), "GEMM provider '%s' is left out: %s",
                      dam__gemm_provider_name(providers[i]), dam_error());
    }
    return DAM_OK;
}
