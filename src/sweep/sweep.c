#include "sweep/sweep.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
    const char *name;
    bool rises;
} metrics[DAM__METRICS] = {
    [DAM__METRIC_LOSS] = {"loss", false},
    [DAM__METRIC_VALIDATION_LOSS] = {"validation_loss", false},
    [DAM__METRIC_VALIDATION_ACCURACY] = {"validation_accuracy", true},
    [DAM__METRIC_TEST_LOSS] = {"test_loss", false},
    [DAM__METRIC_TEST_ACCURACY] = {"test_accuracy", true},
    [DAM__METRIC_DISTANCE] = {"distance", false},
    [DAM__METRIC_DISTANCE_FLIPPED] = {"distance_flipped", false},
    [DAM__METRIC_RECOVERED] = {"recovered", true},
    [DAM__METRIC_MSE] = {"mse", false},
    [DAM__METRIC_VALIDATION_F1] = {"validation_f1", true},
    [DAM__METRIC_TEST_F1] = {"test_f1", true},
    [DAM__METRIC_ENERGY] = {"energy", false},
};

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

void dam__axis_free(dam__axis *axis)
{
    for (size_t i = 0; i < axis->follower_count; i++) {
        free_texts(axis->followers[i].values, axis->count);
        free(axis->followers[i].numbers);
        free(axis->followers[i].key);
    }
    free(axis->followers);
    free_texts(axis->values, axis->count);
    free(axis->numbers);
    free(axis->key);
    free(axis->grid);
    *axis = (dam__axis){0};
}

void dam__sweep_free(dam__sweep *sweep)
{
    for (size_t i = 0; i < sweep->axis_count; i++)
        dam__axis_free(&sweep->axes[i]);
    free(sweep->results);
    free(sweep->curves);
    *sweep = (dam__sweep){0};
}

/* Key i of an axis: its own, then those that follow it. */
static const char *key_of(const dam__axis *axis, size_t i)
{
    return i == 0 ? axis->key : axis->followers[i - 1].key;
}

static bool has_key(const dam__axis *axis, const char *key, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(key_of(axis, i), key) == 0)
            return true;
    return false;
}

static dam_status check_twice(const dam__sweep *sweep)
{
    for (size_t i = 0; i < sweep->axis_count; i++)
        for (size_t k = 0; k <= sweep->axes[i].follower_count; k++) {
            const char *key = key_of(&sweep->axes[i], k);
            bool twice = has_key(&sweep->axes[i], key, k);
            for (size_t j = 0; j < i; j++)
                twice = twice || has_key(&sweep->axes[j], key, sweep->axes[j].follower_count + 1);
            if (twice)
                return dam__fail(DAM_USAGE,
                                 "the grid has %s twice; give all of its values in one list", key);
        }
    return DAM_OK;
}

dam_status dam__sweep_create(dam__axis *axes, size_t count, size_t seeds, int score,
                             dam__sweep *out)
{
    *out = (dam__sweep){.cells = 1, .seeds = seeds, .score = score};
    if (score != DAM__SCORE_AUTO)
        out->metric = (dam__metric)(score - DAM__SCORE_METRICS);
    for (size_t i = 0; i < count; i++) {
        out->axes[i] = axes[i];
        axes[i] = (dam__axis){0};
        out->axis_count = i + 1;
    }
    DAM_TRY(check_twice(out));
    for (size_t i = 0; i < count; i++) {
        out->cells *= out->axes[i].count;
        if (out->cells > DAM__SWEEP_REPLICAS / seeds)
            return dam__fail(
                DAM_USAGE,
                "the grid has more than %d trainings (cells times seeds); take fewer values, "
                "or several sweeps",
                (int)DAM__SWEEP_REPLICAS);
    }
    return dam__alloc(out->cells * seeds, sizeof *out->results, &out->results);
}

const char *dam__metric_name(dam__metric metric)
{
    return metrics[metric].name;
}

bool dam__metric_rises(dam__metric metric)
{
    return metrics[metric].rises;
}

/* Chooses what an automatic score compares by, as soon as a result has it. */
static void note_metric(dam__sweep *sweep, const dam__replica_result *result)
{
    static const dam__metric order[] = {DAM__METRIC_DISTANCE, DAM__METRIC_VALIDATION_ACCURACY,
                                        DAM__METRIC_VALIDATION_LOSS, DAM__METRIC_MSE};
    if (sweep->score != DAM__SCORE_AUTO || result->status != DAM__REPLICA_DONE)
        return;
    for (size_t i = 0; i < sizeof order / sizeof *order && sweep->metric != order[i]; i++)
        if (isfinite(result->metrics[order[i]])) {
            sweep->metric = order[i];
            break;
        }
}

void dam__sweep_note(dam__sweep *sweep, size_t replica, const dam__replica_result *result)
{
    sweep->results[replica] = *result;
    sweep->results[replica].curve = NULL;
    if (sweep->curves != NULL && result->curve != NULL)
        memcpy(sweep->curves + replica * DAM__SWEEP_POINTS, result->curve,
               DAM__SWEEP_POINTS * sizeof *result->curve);
    note_metric(sweep, result);
}

size_t dam__sweep_index(const dam__sweep *sweep, size_t cell, size_t axis)
{
    for (size_t i = sweep->axis_count - 1; i > axis; i--)
        cell /= sweep->axes[i].count;
    return cell % sweep->axes[axis].count;
}

const char *dam__replica_status_name(dam__replica_status status)
{
    static const char *const names[] = {"pending", "done", "diverged", "failed", "outside"};
    return names[status];
}

int dam__curve_epoch(int point, int epochs)
{
    if (epochs <= DAM__SWEEP_POINTS)
        return point < epochs ? point + 1 : 0;
    return (int)(((int64_t)point + 1) * epochs / DAM__SWEEP_POINTS);
}

void dam__curve_take(const double *losses, int epochs, double *curve)
{
    for (int i = 0; i < DAM__SWEEP_POINTS; i++) {
        int epoch = dam__curve_epoch(i, epochs);
        curve[i] = epoch > 0 ? losses[epoch - 1] : NAN;
    }
}

/*
 * Mean and sample standard deviation of a metric over the seeds that are done. Relative to the
 * first of them, so that equal values have exactly their own mean.
 */
static void average(const dam__replica_result *results, size_t seeds, dam__metric metric,
                    double *mean, double *spread)
{
    size_t done = 0;
    double first = NAN, sum = 0, squares = 0;
    for (size_t i = 0; i < seeds; i++) {
        if (results[i].status != DAM__REPLICA_DONE)
            continue;
        first = done++ == 0 ? results[i].metrics[metric] : first;
        sum += results[i].metrics[metric] - first;
    }
    *mean = first + sum / (double)done;
    for (size_t i = 0; i < seeds; i++)
        if (results[i].status == DAM__REPLICA_DONE)
            squares += (results[i].metrics[metric] - *mean) * (results[i].metrics[metric] - *mean);
    *spread = done < 2 ? NAN : sqrt(squares / (double)(done - 1));
}

void dam__sweep_cell(const dam__sweep *sweep, size_t cell, dam__cell *out)
{
    const dam__replica_result *results = sweep->results + cell * sweep->seeds;
    double epochs = 0;
    bool outside = false;
    *out = (dam__cell){0};
    for (size_t i = 0; i < sweep->seeds; i++) {
        dam__replica_status status = results[i].status;
        outside = outside || status == DAM__REPLICA_OUTSIDE;
        out->done += status == DAM__REPLICA_DONE;
        out->diverged += status == DAM__REPLICA_DIVERGED;
        out->failed += status == DAM__REPLICA_FAILED;
        out->pending += status == DAM__REPLICA_PENDING;
        out->seconds += results[i].seconds;
        epochs += results[i].epochs;
    }
    for (int m = 0; m < DAM__METRICS; m++) {
        double spread;
        average(results, sweep->seeds, (dam__metric)m, &out->mean[m], &spread);
        out->spread = m == (int)sweep->metric ? spread : out->spread;
    }
    out->epochs = out->done + out->diverged > 0 ? epochs / (double)(out->done + out->diverged) : 0;
    out->status = outside             ? DAM__REPLICA_OUTSIDE
                  : out->failed > 0   ? DAM__REPLICA_FAILED
                  : out->pending > 0  ? DAM__REPLICA_PENDING
                  : out->diverged > 0 ? DAM__REPLICA_DIVERGED
                                      : DAM__REPLICA_DONE;
}

bool dam__sweep_best(const dam__sweep *sweep, size_t first, size_t step, size_t *best)
{
    dam__metric metric = sweep->metric;
    double record = NAN;
    for (size_t cell = first; cell < sweep->cells; cell += step) {
        dam__cell seen;
        dam__sweep_cell(sweep, cell, &seen);
        double value = dam__metric_rises(metric) ? -seen.mean[metric] : seen.mean[metric];
        if (seen.status != DAM__REPLICA_DONE || !isfinite(value) || value >= record)
            continue;
        record = value;
        *best = cell;
    }
    return isfinite(record);
}

size_t dam__sweep_count(const dam__sweep *sweep, dam__replica_status status)
{
    size_t count = 0;
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        count += sweep->results[p].status == status;
    return count;
}

size_t dam__sweep_trainings(const dam__sweep *sweep)
{
    return sweep->cells * sweep->seeds - dam__sweep_count(sweep, DAM__REPLICA_OUTSIDE);
}

/* --- running ---------------------------------------------------------------------------------- */

static bool is_to_run(const dam__sweep *sweep, size_t replica)
{
    dam__replica_status status = sweep->results[replica].status;
    return status == DAM__REPLICA_PENDING || status == DAM__REPLICA_FAILED;
}

/* The replicas of a group, or those that are to be run; returns how many. */
static size_t gather(const dam__sweep *sweep, const size_t *group, size_t wanted, bool every,
                     size_t *out)
{
    size_t count = 0;
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        if (group[p] == wanted && (every || is_to_run(sweep, p)))
            out[count++] = p;
    return count;
}

/* Allocates the results of a run, with curves where the sweep has them. */
static void clear_results(const dam__sweep *sweep, dam__replica_result *results, double *curves,
                          size_t count)
{
    memset(results, 0, count * sizeof *results);
    for (size_t i = 0; sweep->curves != NULL && i < count * DAM__SWEEP_POINTS; i++)
        curves[i] = NAN;
    for (size_t i = 0; sweep->curves != NULL && i < count; i++)
        results[i].curve = curves + i * DAM__SWEEP_POINTS;
}

/* What a run of several groups has at hand. */
struct work {
    dam__sweep *sweep;
    const dam__sweep_runner *runner;
    size_t *replicas; /* of the present group */
    size_t runs;      /* so far, those of others included */
    dam__replica_result *results;
    double *curves;
};

static dam_status run_together(const struct work *work, const size_t *replicas, size_t count)
{
    const dam__sweep_runner *runner = work->runner;
    clear_results(work->sweep, work->results, work->curves, count);
    DAM_TRY(runner->run(runner->user, replicas, count, work->results));
    for (size_t i = 0; i < count; i++)
        dam__sweep_note(work->sweep, replicas[i], &work->results[i]);
    return runner->on_results(runner->user);
}

/* Whether the next run is this process's. */
static dam_status next_is_own(struct work *work, bool *own)
{
    const dam__sweep_part *part = &work->sweep->part;
    size_t run = work->runs++;
    *own = part->count == 0 || run % part->count + 1 == part->number;
    return work->runner->claim != NULL ? work->runner->claim(work->runner->user, run, own) : DAM_OK;
}

static dam_status run_group(struct work *work, size_t count)
{
    for (size_t first = 0, taken = 0; first < count; first += taken) {
        size_t *replicas = work->replicas + first, left = 0;
        bool own = true;
        taken = work->runner->together(work->runner->user, replicas, count - first);
        DAM_TRY(next_is_own(work, &own));
        if (!own)
            continue;
        for (size_t i = 0; i < taken; i++)
            if (is_to_run(work->sweep, replicas[i]))
                replicas[left++] = replicas[i];
        if (left > 0)
            DAM_TRY(run_together(work, replicas, left));
    }
    return DAM_OK;
}

dam_status dam__sweep_run(dam__sweep *sweep, const size_t *group, size_t groups,
                          const dam__sweep_runner *runner)
{
    dam_status status = DAM_OK;
    struct work work = {.sweep = sweep, .runner = runner};
    bool parts = sweep->part.count > 0, every = parts || runner->claim != NULL;
    size_t all = sweep->cells * sweep->seeds;
    DAM_TRY_CLEANUP(dam__alloc(all, sizeof *work.replicas, &work.replicas));
    DAM_TRY_CLEANUP(dam__alloc(all, sizeof *work.results, &work.results));
    if (sweep->curves != NULL)
        DAM_TRY_CLEANUP(dam__alloc(all * DAM__SWEEP_POINTS, sizeof *work.curves, &work.curves));
    for (size_t g = 0; g < groups; g++)
        DAM_TRY_CLEANUP(run_group(&work, gather(sweep, group, g, every, work.replicas)));
    sweep->part.finished = parts;
cleanup:
    free(work.replicas);
    free(work.results);
    free(work.curves);
    return status;
}
