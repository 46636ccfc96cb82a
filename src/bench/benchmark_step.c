/* Whole training steps: that they learn, and how long they take. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/notice.h"
#include "bench/benchmark_rounds.h"
#include "model/model_type.h"

enum { BLOCKS = DAM__BENCH_BLOCKS };

static const double MOST_SPREAD = 0.25; /* of a step's time, before that is noise */
static const double BLOCK_SECONDS = 1.5;

static dam_status add_loss(dam__bench *bench, dam__trainer *trainer, const char *metric, int step,
                           double *loss)
{
    DAM_TRY(dam__trainer_last_loss(trainer, loss));
    if (!isfinite(*loss))
        return dam__fail(
            DAM_DIVERGED,
            "the loss is not finite at step %d of the benchmark '%s'; run 'denseam selftest', "
            "or %s",
            step, bench->what->preset, dam__model_advice(dam__trainer_model(trainer)));
    return dam__bench_add(bench, metric, *loss,
                          dam__model_type_of(&bench->what->training.model)->loss_unit, NAN, NULL);
}

dam__agreement dam__bench_compare_losses(const dam__bench_losses *got,
                                         const dam__bench_losses *reference, double *error)
{
    double begin = fabs(got->begin - reference->begin), end = fabs(got->end - reference->end);
    double worse =
        begin > end || isnan(begin) ? begin : end; /* fmax would drop what is no number */
    *error = worse / fabs(reference->begin - reference->end);
    /* Also where it is not a number. */
    return *error <= DAM__BENCH_TOLERANCE ? DAM__AGREEMENT_RIGHT : DAM__AGREEMENT_WRONG;
}

static dam_status compare_losses(dam__bench *bench, const dam__bench_losses *got)
{
    const dam__bench_losses *wanted = bench->what->losses;
    if (wanted == NULL)
        return DAM_OK;
    double error = 0;
    bench->rows->agreement = dam__bench_compare_losses(got, wanted, &error);
    DAM_TRY(dam__bench_add(bench, "loss_error", 100 * error, "%", NAN, NULL));
    if (bench->rows->agreement == DAM__AGREEMENT_WRONG)
        dam__warn(dam__device_log(bench->device),
                  "'%s': the losses %.7g and %.7g are not those of a right device, %.7g and %.7g; "
                  "trust no number before 'denseam selftest' passes",
                  bench->what->preset, got->begin, got->end, wanted->begin, wanted->end);
    return DAM_OK;
}

/* A fast device that computes wrongly learns something else. These steps are the warm-up, too. */
static dam_status check_learning(dam__bench *bench, dam__trainer *trainer)
{
    dam__bench_losses got = {0};
    DAM_TRY(dam__trainer_step(trainer));
    DAM_TRY(add_loss(bench, trainer, "loss_begin", 1, &got.begin));
    for (int step = 1; step < DAM__BENCH_STEPS; step++) {
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(dam__trainer_step(trainer));
    }
    DAM_TRY(add_loss(bench, trainer, "loss_end", DAM__BENCH_STEPS, &got.end));
    if (got.end >= got.begin)
        dam__warn(dam__device_log(bench->device),
                  "'%s': the loss did not fall in %d steps (%.6g, then %.6g); trust no number "
                  "before 'denseam selftest' passes",
                  bench->what->preset, DAM__BENCH_STEPS, got.begin, got.end);
    return compare_losses(bench, &got);
}

static dam_status queue_step(void *state)
{
    return dam__trainer_step(state);
}

/* How much longer a step takes than its two products alone, measured alternately. */
static dam_status measure_overhead(dam__bench *bench, const dam__workload *step)
{
    dam_status status = DAM_OK;
    dam__products *products = NULL;
    double ratios[DAM__BENCH_USUAL_ROUNDS];
    dam_status made = dam__products_create(bench->device, &bench->what->training,
                                           bench->what->training.gemm, &products);
    if (made == DAM_NO_MEMORY) {
        dam__warn(dam__device_log(bench->device), "step_over_products is left out: %s",
                  dam_error());
        return DAM_OK;
    }
    DAM_TRY_CLEANUP(made);
    const dam__workload both = {.queue = dam__products_queue, .state = products};
    DAM_TRY_CLEANUP(dam__bench_pair(bench, step, &both, ratios));
    DAM_TRY_CLEANUP(dam__bench_rows_measured(bench->rows, "step_over_products", ratios,
                                             DAM__BENCH_USUAL_ROUNDS, "ratio", NULL));
cleanup:
    dam__device_drain(bench->device);
    dam__products_destroy(products);
    return status;
}

/* --- blocks of steps --------------------------------------------------------------------------- */

/* The median of the blocks' medians; their range is the spread where it is wider than theirs. */
static dam__summary summary_of(const dam__summary *blocks)
{
    double medians[BLOCKS], spreads[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        medians[i] = blocks[i].median;
        spreads[i] = blocks[i].spread;
    }
    dam__summary whole = {.median = dam__summarise(medians, BLOCKS).median};
    double range = (medians[BLOCKS - 1] - medians[0]) / whole.median; /* they are sorted now */
    whole.spread = fmax(range, dam__summarise(spreads, BLOCKS).median);
    return whole;
}

/* A number of every round of some blocks, as the median of the blocks' medians. */
static dam__summary median_of(const dam__rounds *blocks, size_t count, size_t place)
{
    dam__summary found[BLOCKS];
    for (size_t b = 0; b < count; b++)
        found[b] =
            dam__bench_summary((const double *)((const char *)&blocks[b] + place), blocks[b].count);
    return count == BLOCKS ? summary_of(found) : found[0];
}

/* The rounds of a metric in its unit, block by block. */
static dam_status keep_rounds(dam__bench_row *row, const dam__rounds *blocks, size_t count,
                              double (*of)(const dam__rounds *block, size_t round, double samples),
                              double samples)
{
    double values[BLOCKS * DAM__BENCH_MOST_ROUNDS];
    size_t all = 0;
    for (size_t b = 0; b < count; b++) {
        row->blocks[b] = count > 1 ? blocks[b].count : 0;
        for (size_t i = 0; i < blocks[b].count; i++)
            values[all++] = of(&blocks[b], i, samples);
    }
    return dam__bench_row_keep(row, values, all);
}

static double time_of(const dam__rounds *block, size_t round, double samples)
{
    (void)samples;
    return 1e3 * block->seconds[round];
}

static double rate_of(const dam__rounds *block, size_t round, double samples)
{
    return samples / block->seconds[round];
}

static double products_of(const dam__rounds *block, size_t round, double samples)
{
    (void)samples;
    return 1e-9 * block->rates[round];
}

/* The numbers of so many samples a step; where they stand already they are replaced. */
static dam_status put_steps(dam__bench *bench, const dam__rounds *blocks, size_t count,
                            double samples, double *spread)
{
    enum { TIME, RATE, PRODUCTS, ROWS };
    static const char *const metrics[ROWS] = {"step_time", "step_rate", "step_products"};
    static const char *const units[ROWS] = {"ms", "samples/s", "GFLOP/s"};
    static double (*const of[ROWS])(const dam__rounds *, size_t, double) = {time_of, rate_of,
                                                                            products_of};
    const dam__summary seconds = median_of(blocks, count, offsetof(dam__rounds, seconds));
    const dam__summary rate = median_of(blocks, count, offsetof(dam__rounds, rates));
    const double values[ROWS] = {1e3 * seconds.median, samples / seconds.median,
                                 1e-9 * rate.median};
    *spread = seconds.spread;
    for (int i = 0; i < ROWS; i++) {
        dam__bench_row *row = dam__bench_rows_find(bench->rows, metrics[i]);
        if (row == NULL)
            DAM_TRY(dam__bench_add(bench, metrics[i], values[i], units[i], 0, &row));
        DAM_TRY(keep_rounds(row, blocks, count, of[i], samples));
        row->value = values[i];
        row->spread = i == PRODUCTS ? rate.spread : seconds.spread;
        if (i == PRODUCTS) {
            row->ceiling_name = DAM__BENCH_PEAK;
            row->ceiling = 1e-9 * median_of(blocks, count, offsetof(dam__rounds, peaks)).median;
            row->share = median_of(blocks, count, offsetof(dam__rounds, shares)).median;
        } else if (row->ceiling_name != NULL) {
            row->share = row->ceiling / row->value;
        }
    }
    return DAM_OK;
}

static void tell_noise(dam__bench *bench, double spread)
{
    if (spread > MOST_SPREAD)
        dam__warn(dam__device_log(bench->device),
                  "'%s': the time of a step spreads by %.0f %%: other work takes the device's "
                  "time; measure again when it is idle",
                  bench->what->preset, 100 * spread);
}

/* The last batch of an epoch may be smaller. */
static double samples_of_step(const dam__training *training, const dam__trainer *trainer)
{
    size_t held_out = dam__dataset_held(training->set, training->validation);
    return (double)(training->set->count - held_out) / dam__trainer_steps(trainer);
}

static dam_status measure_steps(dam__bench *bench, dam__trainer *trainer)
{
    const dam__training *training = &bench->what->training;
    const dam__model *model = dam__trainer_model(trainer);
    double samples = samples_of_step(training, trainer), batch = training->train.batch;
    double seconds = bench->what->seconds;
    const dam__workload step = {.queue = queue_step,
                                .state = trainer,
                                .flops = model->ops->product_flops(model, training->train.batch) /
                                         batch * samples,
                                .seconds = seconds > 0 ? seconds / 2 : BLOCK_SECONDS};
    dam_status status = DAM_OK;
    dam__rounds *blocks = NULL;
    double spread = 0;
    DAM_TRY_CLEANUP(dam__alloc(BLOCKS, sizeof *blocks, &blocks));
    DAM_TRY_CLEANUP(dam__bench_rounds(bench, &step, &blocks[0]));
    DAM_TRY_CLEANUP(put_steps(bench, blocks, 1, samples, &spread));
    DAM_TRY_CLEANUP(measure_overhead(bench, &step));
    DAM_TRY_CLEANUP(dam__bench_energy(bench, &step));
    DAM_TRY_CLEANUP(dam__bench_rounds(bench, &step, &blocks[1]));
    DAM_TRY_CLEANUP(dam__bench_kernels(bench, &step));
    DAM_TRY_CLEANUP(dam__bench_rounds(bench, &step, &blocks[2]));
    DAM_TRY_CLEANUP(put_steps(bench, blocks, BLOCKS, samples, &spread));
    tell_noise(bench, spread);
cleanup:
    free(blocks);
    return status;
}

dam_status dam__bench_step(dam__bench *bench)
{
    dam_status status = DAM_OK;
    dam__trainer *trainer = NULL;
    DAM_TRY_CLEANUP(dam__bench_check_stop(bench));
    DAM_TRY_CLEANUP(dam__trainer_create(bench->device, &bench->what->training, &trainer));
    bench->rows->gemm = dam__trainer_gemm(trainer);
    DAM_TRY_CLEANUP(dam__bench_add(bench, "device_memory",
                                   (double)dam__plan_total(dam__trainer_plan(trainer)) / (1 << 20),
                                   "MiB", NAN, NULL));
    DAM_TRY_CLEANUP(dam__trainer_prepare(trainer));
    DAM_TRY_CLEANUP(dam__profile_reset(bench->device));
    DAM_TRY_CLEANUP(check_learning(bench, trainer));
    DAM_TRY_CLEANUP(measure_steps(bench, trainer));
    if (dam__trainer_growth(trainer) != NULL)
        DAM_TRY_CLEANUP(dam__bench_split(bench, trainer));
cleanup:
    dam__device_drain(bench->device);
    dam__trainer_destroy(trainer);
    return status;
}
