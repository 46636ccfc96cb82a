#include "tune/tune_candidate.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "compute/ceiling.h"
#include "compute/random.h"
#include "model/model_type.h"
#include "selftest/selftest.h"

enum { MOST_ROUNDS = 9, LEAST_ROUNDS = 3, MOST_CALLS = 1 << 14 };

/* Seconds of a measurement that the clock is sure of: some systems count cores in hundredths. */
static const double WINDOW = 0.02, CORES_WINDOW = 0.1;

/*
 * The clock of a measurement. On a shared machine the wall clock says more about others than about
 * a candidate; where the device is this process's own cores, their CPU time says more.
 */
typedef struct watch {
    bool counts_cores;
    double peak; /* flops a second of that clock, measured last */
} watch;

static double now_of(const watch *w)
{
    return w->counts_cores ? dam__cpu_seconds() : dam__seconds();
}

static double window_of(const watch *w)
{
    return w->counts_cores ? CORES_WINDOW : WINDOW;
}

/* The FMA peak by the watch: flops a second of the clock, of all cores or of one. */
static dam_status sample_peak(watch *w, dam__ceiling *ceiling)
{
    double flops = 0, clock = now_of(w), passed = 0;
    do {
        double rate = 0, begin = dam__seconds();
        DAM_TRY(dam__ceiling_sample(ceiling, DAM__CEILING_FMA, &rate));
        flops += rate * (dam__seconds() - begin);
        passed = now_of(w) - clock;
    } while (passed < window_of(w) / 2);
    w->peak = flops / passed;
    return DAM_OK;
}

/* Cores are counted where a kernel that could keep them all busy does not get them. */
static dam_status choose_clock(watch *w, const dam_device_info *info, dam__ceiling *ceiling)
{
    enum { LOOKS = 3 };
    const double quiet = 0.9; /* of all cores' time */
    double begin = dam__seconds(), cores = dam__cpu_seconds();
    for (int i = 0; i < LOOKS; i++)
        DAM_TRY(sample_peak(w, ceiling));
    double busy = (dam__cpu_seconds() - cores) / (dam__seconds() - begin);
    w->counts_cores = info->type == DAM_DEVICE_CPU && busy < quiet * info->compute_units;
    return DAM_OK;
}

/* --- a product -------------------------------------------------------------------------------- */

/* Which numbers of the stream a matrix holds. */
enum { LEFT = 24, RIGHT };

typedef struct product {
    dam__device *device;
    dam__gemm *gemm;
    dam__product_shape shape;
    dam__matrix a, b, c;
    double *left, *right, *result; /* on the host */
    int cut; /* rows left out of A as it is stored, for a part of the product */
} product;

static void destroy(product *p)
{
    dam__gemm_destroy(p->gemm);
    dam__buffer_destroy(p->a.buffer);
    dam__buffer_destroy(p->b.buffer);
    dam__buffer_destroy(p->c.buffer);
    free(p->left);
    free(p->right);
    free(p->result);
}

/* Numbers in (-1/2, 1/2), exact in every precision. */
static dam_status fill(const dam__matrix *matrix, uint32_t which, double **values)
{
    size_t count = dam__matrix_items(matrix);
    DAM_TRY(dam__alloc(count, sizeof **values, values));
    for (size_t i = 0; i < count; i += 4) {
        uint32_t words[4];
        dam__random_words(0, DAM__STREAM_TEST, which, i / 4, words);
        for (size_t j = i; j < i + 4 && j < count; j++)
            (*values)[j] = dam__uniform(words[j - i]) - 0.5;
    }
    return dam__matrix_write_doubles(matrix, *values, "tuning operands");
}

static dam__operand left_of(const product *p)
{
    dam__operand a = dam__whole(&p->a, p->shape.a_transposed);
    a.height -= p->cut;
    return a;
}

/* Cutting A's depth cuts B's. */
static dam__operand right_of(const product *p)
{
    dam__operand b = dam__whole(&p->b, p->shape.b_transposed);
    b.height -= p->shape.a_transposed ? p->cut : 0;
    return b;
}

static dam_status multiply(const product *p)
{
    return dam__gemm_run(p->gemm, 1, left_of(p), right_of(p), 0, &p->c);
}

static dam_status prepare(product *p, dam__gemm_provider provider)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    const dam__product_shape *s = &p->shape;
    int a_rows = s->a_transposed ? s->k : s->m, a_cols = s->a_transposed ? s->m : s->k;
    int b_rows = s->b_transposed ? s->n : s->k, b_cols = s->b_transposed ? s->k : s->n;
    DAM_TRY_CLEANUP(dam__gemm_create(p->device, provider, &p->gemm));
    DAM_TRY_CLEANUP(dam__plan_create(p->device, &plan));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "left", a_rows, a_cols, s->count, &p->a));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "right", b_rows, b_cols, s->count, &p->b));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "product", s->m, s->n, s->count, &p->c));
    DAM_TRY_CLEANUP(dam__gemm_reserve(p->gemm, left_of(p), right_of(p), &p->c));
    DAM_TRY_CLEANUP(dam__gemm_plan(p->gemm, plan));
    DAM_TRY_CLEANUP(dam__plan_check(plan));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(fill(&p->a, LEFT, &p->left));
    DAM_TRY_CLEANUP(fill(&p->b, RIGHT, &p->right));
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(&p->c), sizeof *p->result, &p->result));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

static double stored(const dam__matrix *matrix, const double *values, bool transposed, int replica,
                     int row, int column)
{
    size_t r = (size_t)(transposed ? column : row), c = (size_t)(transposed ? row : column);
    return values[((size_t)replica * (size_t)matrix->rows + r) * (size_t)matrix->cols + c];
}

/* Entry i, j in double; *size is the sum of its terms' magnitudes. */
static double expected(const product *p, int replica, int i, int j, int depth, double *size)
{
    double sum = 0;
    *size = 0;
    for (int d = 0; d < depth; d++) {
        double term = stored(&p->a, p->left, p->shape.a_transposed, replica, i, d) *
                      stored(&p->b, p->right, p->shape.b_transposed, replica, d, j);
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

/* The first and last rows and columns, and others between them, within a rigorous bound. */
static dam_status check(const product *p)
{
    enum { PLACES = 7 };
    const dam__product_shape *s = &p->shape;
    int rows = s->m - (s->a_transposed ? 0 : p->cut);
    int depth = s->k - (s->a_transposed ? p->cut : 0);
    size_t items = (size_t)s->m * (size_t)s->n;
    DAM_TRY(dam__matrix_read_unchecked(&p->c, p->result, "tuning product"));
    for (int place = 0; place < PLACES * PLACES; place++) {
        int i = (int)((int64_t)(place / PLACES) * (rows - 1) / (PLACES - 1));
        int j = (int)((int64_t)(place % PLACES) * (s->n - 1) / (PLACES - 1));
        int replica = place % s->count;
        double size = 0, wanted = expected(p, replica, i, j, depth, &size);
        double got = p->result[(size_t)replica * items + (size_t)i * (size_t)s->n + (size_t)j];
        if (!(fabs(got - wanted) <= (depth + 2) * dam__real_epsilon(p->device) * size))
            return dam__fail(DAM_SELFTEST,
                             "entry %d, %d of a product of depth %d is %g instead of %g", i, j,
                             depth, got, wanted);
    }
    return DAM_OK;
}

/* The whole product, and where B has no depth of its own to cut, a part of it. */
static dam_status check_both(product *p)
{
    enum { LEFT_OUT = 3 };
    dam_status status = DAM_OK;
    int height = p->shape.a_transposed ? p->shape.k : p->shape.m;
    DAM_TRY(multiply(p));
    DAM_TRY(check(p));
    if (height > LEFT_OUT && !(p->shape.a_transposed && p->shape.b_transposed)) {
        p->cut = LEFT_OUT;
        status = multiply(p);
        status = status == DAM_OK ? check(p) : status;
        p->cut = 0;
    }
    return status;
}

/* --- measuring -------------------------------------------------------------------------------- */

static dam_status time_product(const product *p, const watch *w, int calls, double *seconds)
{
    DAM_TRY(dam__device_finish(p->device));
    double begin = now_of(w);
    for (int i = 0; i < calls; i++)
        DAM_TRY(multiply(p));
    DAM_TRY(dam__device_finish(p->device));
    *seconds = (now_of(w) - begin) / calls;
    return DAM_OK;
}

/* How many calls make a window. */
static dam_status count_calls(const product *p, const watch *w, int *calls, double *seconds)
{
    *calls = 1;
    DAM_TRY(time_product(p, w, 1, seconds));
    while (*seconds * *calls < window_of(w) / 2 && *calls < MOST_CALLS) {
        *calls *= 2;
        DAM_TRY(time_product(p, w, *calls, seconds));
    }
    return DAM_OK;
}

static dam_status measure(const product *p, watch *w, dam__ceiling *ceiling, double limit,
                          double *share)
{
    double shares[MOST_ROUNDS], before = 0, seconds = 0;
    double flops = 2.0 * p->shape.m * p->shape.n * p->shape.k * p->shape.count;
    int calls = 1, rounds = 0;
    double begin = dam__seconds();
    DAM_TRY(count_calls(p, w, &calls, &seconds));
    DAM_TRY(sample_peak(w, ceiling));
    do {
        before = w->peak;
        DAM_TRY(time_product(p, w, calls, &seconds));
        DAM_TRY(sample_peak(w, ceiling));
        shares[rounds++] = flops / seconds / ((before + w->peak) / 2);
    } while (rounds < LEAST_ROUNDS || (rounds < MOST_ROUNDS && dam__seconds() - begin < limit));
    *share = dam__summarise(shares, (size_t)rounds).median;
    return DAM_OK;
}

/* A few rows first: a provider may be thousands of times too slow for a device. */
static dam_status try_product(dam__device *device, dam__gemm_provider provider, watch *w,
                              dam__ceiling *ceiling, const dam__product_shape *shape,
                              double seconds, double *share)
{
    enum { FEW = 16 };
    const double most = 1; /* seconds of one product that is measured as a whole */
    dam_status status = DAM_OK;
    product p = {.device = device, .shape = *shape};
    double took = 0;
    int whole = shape->m;
    p.shape.m = whole < FEW ? whole : FEW;
    DAM_TRY_CLEANUP(prepare(&p, provider));
    DAM_TRY_CLEANUP(check_both(&p));
    DAM_TRY_CLEANUP(time_product(&p, w, 1, &took));
    if (p.shape.m < whole && took * whole / p.shape.m < most) {
        dam__device_drain(device);
        destroy(&p);
        p = (product){.device = device, .shape = *shape};
        DAM_TRY_CLEANUP(prepare(&p, provider));
        DAM_TRY_CLEANUP(check_both(&p));
    }
    DAM_TRY_CLEANUP(measure(&p, w, ceiling, seconds, share));
cleanup:
    dam__device_drain(device);
    destroy(&p);
    return status;
}

dam_status dam__candidate_products(dam__device *device, dam__gemm_provider provider,
                                   const dam__product_shape *shapes, size_t count, double seconds,
                                   dam__candidate_report report, void *user)
{
    dam_status status = DAM_OK;
    dam__ceiling *ceiling = NULL;
    watch w = {0};
    DAM_TRY_CLEANUP(dam__ceiling_create(device, &ceiling));
    DAM_TRY_CLEANUP(choose_clock(&w, dam__device_facts(device), ceiling));
    for (size_t i = 0; i < count; i++) {
        double share = 0;
        DAM_TRY_CLEANUP(try_product(device, provider, &w, ceiling, &shapes[i], seconds, &share));
        DAM_TRY_CLEANUP(report(user, i, share));
    }
cleanup:
    dam__ceiling_destroy(ceiling);
    return status;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* A training on a device of its own. */
typedef struct side {
    dam__device *device;
    dam__trainer *trainer;
    int calls;
} side;

static void close_side(side *s)
{
    if (s->device != NULL)
        dam__device_drain(s->device);
    dam__trainer_destroy(s->trainer);
    dam__device_close(s->device);
}

static dam_status open_side(const dam_device_info *info, const dam__device_options *options,
                            const dam__training *training, side *out)
{
    DAM_TRY(dam__device_open(info, options, &out->device));
    DAM_TRY(dam__trainer_create(out->device, training, &out->trainer));
    return dam__trainer_prepare(out->trainer);
}

static dam_status time_steps(side *s, const watch *w, double *seconds)
{
    DAM_TRY(dam__device_finish(s->device));
    double begin = now_of(w);
    for (int i = 0; i < s->calls; i++)
        DAM_TRY(dam__trainer_step(s->trainer));
    DAM_TRY(dam__device_finish(s->device));
    *seconds = (now_of(w) - begin) / s->calls;
    return DAM_OK;
}

static dam_status warm_up(side *s, const watch *w)
{
    double seconds = 0;
    s->calls = 1;
    DAM_TRY(time_steps(s, w, &seconds));
    do {
        DAM_TRY(time_steps(s, w, &seconds));
        if (seconds * s->calls >= window_of(w) / 2)
            break;
        s->calls *= 2;
    } while (s->calls < MOST_CALLS);
    return DAM_OK;
}

/* The kernels of such a training, as they are tuned. */
static dam_status check_kernels(const dam_device_info *info, const dam__device *device,
                                const dam__training *training, const dam__tuning *tuning)
{
    bool wide = dam__device_precision(device) == DAM__PRECISION_DOUBLE;
    const dam__selftest_subject subject = {.model = &training->model,
                                           .set = training->set,
                                           .classes =
                                               dam__model_classes(&training->model, training->set),
                                           .grows = training->grow.to > 0};
    const dam__selftest_options options = {.use = dam__selftest_use_of(&subject),
                                           .shape = dam__device_shape(device),
                                           .provider = training->gemm,
                                           .kind = training->model.kind,
                                           .single_only = !wide,
                                           .double_only = wide,
                                           .tuning = tuning};
    return dam__selftest_ensure(info, &options);
}

/* Rounds of both, alternating. */
static dam_status compare_alternately(side *ours, side *usual, const watch *w, double seconds,
                                      dam__summary *ratio)
{
    double ratios[MOST_ROUNDS], before = 0, after = 0, now = 0, begin = dam__seconds();
    int rounds = 0;
    DAM_TRY(time_steps(usual, w, &before));
    do {
        DAM_TRY(time_steps(ours, w, &now));
        DAM_TRY(time_steps(usual, w, &after));
        ratios[rounds++] = 2 * now / (before + after);
        before = after;
    } while (rounds < LEAST_ROUNDS || (rounds < MOST_ROUNDS && dam__seconds() - begin < seconds));
    *ratio = dam__summarise(ratios, (size_t)rounds);
    return DAM_OK;
}

static dam_status measure_side(side *s, const watch *w, double seconds, dam__summary *time)
{
    double times[MOST_ROUNDS], begin = dam__seconds();
    int rounds = 0;
    do
        DAM_TRY(time_steps(s, w, &times[rounds++]));
    while (rounds < LEAST_ROUNDS || (rounds < MOST_ROUNDS && dam__seconds() - begin < seconds));
    *time = dam__summarise(times, (size_t)rounds);
    return DAM_OK;
}

/* CLBlast's parameters are the process's: once it is tuned there is no way back. */
static bool lasts(const dam__tuning *tuning)
{
    for (int i = 0; i < 4; i++)
        for (int kind = 0; kind < DAM__SPACES; kind++)
            if (dam__spaces[kind].clblast != NULL && tuning->parts[i / 2][i % 2].sets[kind].given)
                return true;
    return false;
}

dam_status dam__candidate_step(const dam_device_info *info, const dam__device_options *tuned,
                               const dam__training *training, double seconds,
                               void (*alive)(const char *stage), dam__summary *ratio)
{
    dam_status status = DAM_OK;
    side ours = {0}, usual = {0};
    dam__device_options plain = *tuned;
    dam__summary before = {0}, after = {0};
    dam__ceiling *ceiling = NULL;
    watch w = {0};
    bool alternately = !lasts(tuned->tuning);
    plain.tuning = NULL;
    DAM_TRY_CLEANUP(open_side(info, &plain, training, &usual));
    alive("prepared");
    DAM_TRY_CLEANUP(dam__ceiling_create(usual.device, &ceiling));
    DAM_TRY_CLEANUP(choose_clock(&w, info, ceiling));
    DAM_TRY_CLEANUP(warm_up(&usual, &w));
    alive("warm");
    if (!alternately)
        DAM_TRY_CLEANUP(measure_side(&usual, &w, seconds / 2, &before));
    DAM_TRY_CLEANUP(open_side(info, tuned, training, &ours));
    alive("prepared as it is tuned");
    DAM_TRY_CLEANUP(check_kernels(info, ours.device, training, tuned->tuning));
    alive("checked");
    DAM_TRY_CLEANUP(warm_up(&ours, &w));
    alive("warm");
    if (alternately)
        DAM_TRY_CLEANUP(compare_alternately(&ours, &usual, &w, seconds, ratio));
    else
        DAM_TRY_CLEANUP(measure_side(&ours, &w, seconds / 2, &after));
    if (!alternately)
        *ratio = (dam__summary){after.median / before.median, after.spread + before.spread};
cleanup:
    close_side(&ours);
    dam__ceiling_destroy(ceiling);
    close_side(&usual);
    return status;
}
