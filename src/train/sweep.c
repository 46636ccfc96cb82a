#include "train/sweep.h"

#include <math.h>
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
};

void dam__axis_free(dam__axis *axis)
{
    for (size_t i = 0; axis->values != NULL && i < axis->count; i++)
        free(axis->values[i]);
    free(axis->values);
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
    *sweep = (dam__sweep){0};
}

static dam_status check_twice(const dam__sweep *sweep)
{
    for (size_t i = 0; i < sweep->axis_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(sweep->axes[i].key, sweep->axes[j].key) == 0)
                return dam__fail(DAM_USAGE,
                                 "the grid has %s twice; give all of its values in one list",
                                 sweep->axes[i].key);
    return DAM_OK;
}

dam_status dam__sweep_create(dam__axis *axes, size_t count, size_t seeds, int score,
                             dam__sweep *out)
{
    dam_status status = DAM_OK;
    *out = (dam__sweep){.cells = 1, .seeds = seeds, .score = score};
    if (score != DAM__SCORE_AUTO)
        out->metric = (dam__metric)(score - DAM__SCORE_METRICS);
    if (count > DAM__SWEEP_AXES)
        DAM_FAIL(DAM_USAGE, "the grid has %zu keys; at most %d are possible", count,
                 (int)DAM__SWEEP_AXES);
    for (size_t i = 0; i < count; i++) {
        out->axes[i] = axes[i];
        axes[i] = (dam__axis){0};
        out->axis_count = i + 1;
    }
    DAM_TRY(check_twice(out));
    for (size_t i = 0; i < count; i++) {
        out->cells *= out->axes[i].count;
        if (out->cells > DAM__SWEEP_PROBLEMS / seeds)
            DAM_FAIL(DAM_USAGE,
                     "the grid has more than %d trainings (cells times seeds); take fewer values, "
                     "or several sweeps",
                     (int)DAM__SWEEP_PROBLEMS);
    }
    DAM_TRY(dam__alloc(out->cells * seeds, sizeof *out->results, &out->results));
cleanup:
    return status;
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
static void note_metric(dam__sweep *sweep, const dam__problem_result *result)
{
    static const dam__metric order[] = {DAM__METRIC_DISTANCE, DAM__METRIC_VALIDATION_ACCURACY,
                                        DAM__METRIC_VALIDATION_LOSS};
    if (sweep->score != DAM__SCORE_AUTO || result->status != DAM__PROBLEM_DONE)
        return;
    for (size_t i = 0; i < sizeof order / sizeof *order && sweep->metric != order[i]; i++)
        if (isfinite(result->metrics[order[i]])) {
            sweep->metric = order[i];
            break;
        }
}

void dam__sweep_note(dam__sweep *sweep, size_t problem, const dam__problem_result *result)
{
    sweep->results[problem] = *result;
    note_metric(sweep, result);
}

size_t dam__sweep_index(const dam__sweep *sweep, size_t cell, size_t axis)
{
    for (size_t i = sweep->axis_count - 1; i > axis; i--)
        cell /= sweep->axes[i].count;
    return cell % sweep->axes[axis].count;
}

const char *dam__problem_status_name(dam__problem_status status)
{
    static const char *const names[] = {"pending", "done", "diverged", "failed"};
    return names[status];
}

/*
 * Mean and sample standard deviation of a metric over the seeds that are done. Relative to the
 * first of them, so that equal values have exactly their own mean.
 */
static void average(const dam__problem_result *results, size_t seeds, dam__metric metric,
                    double *mean, double *spread)
{
    size_t done = 0;
    double first = NAN, sum = 0, squares = 0;
    for (size_t i = 0; i < seeds; i++) {
        if (results[i].status != DAM__PROBLEM_DONE)
            continue;
        first = done++ == 0 ? results[i].metrics[metric] : first;
        sum += results[i].metrics[metric] - first;
    }
    *mean = first + sum / (double)done;
    for (size_t i = 0; i < seeds; i++)
        if (results[i].status == DAM__PROBLEM_DONE)
            squares += (results[i].metrics[metric] - *mean) * (results[i].metrics[metric] - *mean);
    *spread = done < 2 ? NAN : sqrt(squares / (double)(done - 1));
}

void dam__sweep_cell(const dam__sweep *sweep, size_t cell, dam__cell *out)
{
    const dam__problem_result *results = sweep->results + cell * sweep->seeds;
    double epochs = 0;
    *out = (dam__cell){0};
    for (size_t i = 0; i < sweep->seeds; i++) {
        dam__problem_status status = results[i].status;
        out->done += status == DAM__PROBLEM_DONE;
        out->diverged += status == DAM__PROBLEM_DIVERGED;
        out->failed += status == DAM__PROBLEM_FAILED;
        out->pending += status == DAM__PROBLEM_PENDING;
        out->seconds += results[i].seconds;
        epochs += results[i].epochs;
    }
    for (int m = 0; m < DAM__METRICS; m++) {
        double spread;
        average(results, sweep->seeds, (dam__metric)m, &out->mean[m], &spread);
        out->spread = m == (int)sweep->metric ? spread : out->spread;
    }
    out->epochs = out->done + out->diverged > 0 ? epochs / (double)(out->done + out->diverged) : 0;
    out->status = out->failed > 0     ? DAM__PROBLEM_FAILED
                  : out->pending > 0  ? DAM__PROBLEM_PENDING
                  : out->diverged > 0 ? DAM__PROBLEM_DIVERGED
                                      : DAM__PROBLEM_DONE;
}

bool dam__sweep_best(const dam__sweep *sweep, size_t first, size_t step, size_t *best)
{
    dam__metric metric = sweep->metric;
    double record = NAN;
    for (size_t cell = first; cell < sweep->cells; cell += step) {
        dam__cell seen;
        dam__sweep_cell(sweep, cell, &seen);
        double value = dam__metric_rises(metric) ? -seen.mean[metric] : seen.mean[metric];
        if (seen.status != DAM__PROBLEM_DONE || !isfinite(value) || value >= record)
            continue;
        record = value;
        *best = cell;
    }
    return isfinite(record);
}

size_t dam__sweep_count(const dam__sweep *sweep, dam__problem_status status)
{
    size_t count = 0;
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        count += sweep->results[p].status == status;
    return count;
}

/* --- running ---------------------------------------------------------------------------------- */

/* The problems of a group that are to be run; returns how many. */
static size_t gather(const dam__sweep *sweep, const size_t *group, size_t wanted, size_t *out)
{
    size_t count = 0;
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++) {
        dam__problem_status status = sweep->results[p].status;
        if (group[p] == wanted && (status == DAM__PROBLEM_PENDING || status == DAM__PROBLEM_FAILED))
            out[count++] = p;
    }
    return count;
}

static dam_status run_group(dam__sweep *sweep, const size_t *problems, size_t count,
                            dam__problem_result *results, const dam__sweep_runner *runner)
{
    dam_status status = DAM_OK;
    for (size_t first = 0, taken = 0; first < count; first += taken) {
        taken = runner->together(runner->user, problems + first, count - first);
        memset(results, 0, taken * sizeof *results);
        DAM_TRY(runner->run(runner->user, problems + first, taken, results));
        for (size_t i = 0; i < taken; i++)
            dam__sweep_note(sweep, problems[first + i], &results[i]);
        DAM_TRY(runner->on_results(runner->user));
    }
cleanup:
    return status;
}

dam_status dam__sweep_run(dam__sweep *sweep, const size_t *group, size_t groups,
                          const dam__sweep_runner *runner)
{
    dam_status status = DAM_OK;
    size_t *problems = NULL;
    dam__problem_result *results = NULL;
    DAM_TRY(dam__alloc(sweep->cells * sweep->seeds, sizeof *problems, &problems));
    DAM_TRY(dam__alloc(sweep->cells * sweep->seeds, sizeof *results, &results));
    for (size_t g = 0; g < groups; g++) {
        size_t count = gather(sweep, group, g, problems);
        DAM_TRY(run_group(sweep, problems, count, results, runner));
    }
cleanup:
    free(problems);
    free(results);
    return status;
}
