#include "sweep/sweep_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

size_t dam__sweep_lines(const dam__sweep *sweep)
{
    return sweep->cells / sweep->axes[0].count;
}

const char *dam__place_name(dam__place place)
{
    static const char *const names[] = {"none", "unknown", "interior", "edge", "open"};
    return names[place];
}

double dam__parabola_vertex(double middle, double step, double before, double at, double after)
{
    double bend = before - 2 * at + after;
    return bend > 0 ? middle + step * 0.5 * (before - after) / bend : NAN;
}

/* One value of a line, less being better. */
typedef struct point {
    dam__replica_status status;
    double score;
} point;

static point point_at(const dam__sweep *sweep, size_t line, size_t i)
{
    dam__cell cell;
    dam__sweep_cell(sweep, line + i * dam__sweep_lines(sweep), &cell);
    double score = cell.mean[sweep->metric];
    if (cell.status == DAM__REPLICA_DONE && !isfinite(score))
        cell.status = DAM__REPLICA_FAILED;
    return (point){cell.status, dam__metric_rises(sweep->metric) ? -score : score};
}

static double logarithm(const dam__sweep *sweep, size_t i)
{
    return log(sweep->axes[0].numbers[i]);
}

/* The first and last value that a line was asked for; false where it has results to come. */
static bool find_window(const dam__sweep *sweep, size_t line, size_t *first, size_t *last)
{
    bool known = true;
    *first = SIZE_MAX;
    *last = 0;
    for (size_t i = 0; i < sweep->axes[0].count; i++) {
        dam__replica_status status = point_at(sweep, line, i).status;
        if (status == DAM__REPLICA_OUTSIDE)
            continue;
        known = known && (status == DAM__REPLICA_DONE || status == DAM__REPLICA_DIVERGED);
        *first = *first < i ? *first : i;
        *last = i;
    }
    return known && *first <= *last;
}

/* What stands beside the best value; an end of the window is OUTSIDE. */
static point neighbour(const dam__sweep *sweep, size_t line, size_t first, size_t last, size_t i,
                       int side)
{
    if ((side < 0 && i == first) || (side > 0 && i == last))
        return (point){.status = DAM__REPLICA_OUTSIDE};
    return point_at(sweep, line, side < 0 ? i - 1 : i + 1);
}

static void find_place(const dam__sweep *sweep, point before, point after, dam__optimum *out)
{
    size_t i = out->index;
    double score = dam__metric_rises(sweep->metric) ? -out->score : out->score;
    if (before.status == DAM__REPLICA_OUTSIDE || after.status == DAM__REPLICA_OUTSIDE) {
        out->place = DAM__PLACE_OPEN;
        out->wants = before.status == DAM__REPLICA_OUTSIDE ? -1 : 1;
    } else if (before.status == DAM__REPLICA_DIVERGED || after.status == DAM__REPLICA_DIVERGED) {
        out->place = DAM__PLACE_EDGE;
    } else {
        out->place = DAM__PLACE_INTERIOR;
        double step = (logarithm(sweep, i + 1) - logarithm(sweep, i - 1)) / 2;
        out->refined =
            exp(dam__parabola_vertex(logarithm(sweep, i), step, before.score, score, after.score));
    }
}

void dam__sweep_optimum(const dam__sweep *sweep, size_t line, dam__optimum *out)
{
    size_t first, last;
    double record = INFINITY;
    *out = (dam__optimum){.place = DAM__PLACE_UNKNOWN, .refined = NAN, .score = NAN, .value = NAN};
    if (!find_window(sweep, line, &first, &last))
        return;
    out->place = DAM__PLACE_NOWHERE;
    out->wants = -1; /* what diverges may be stable at less */
    for (size_t i = first; i <= last; i++) {
        point here = point_at(sweep, line, i);
        if (here.status != DAM__REPLICA_DONE || here.score >= record)
            continue;
        record = here.score;
        out->index = i;
        out->wants = 0;
    }
    out->cell = line + out->index * dam__sweep_lines(sweep);
    if (!isfinite(record))
        return;
    out->value = sweep->axes[0].numbers[out->index];
    out->score = dam__metric_rises(sweep->metric) ? -record : record;
    find_place(sweep, neighbour(sweep, line, first, last, out->index, -1),
               neighbour(sweep, line, first, last, out->index, 1), out);
}

dam__transfer dam__sweep_transfer(const dam__sweep *sweep)
{
    enum { SAME = 1 }; /* values apart */
    dam__transfer transfer = {.known = true};
    size_t least = SIZE_MAX, most = 0;
    for (size_t line = 0; line < dam__sweep_lines(sweep); line++) {
        dam__optimum best;
        dam__sweep_optimum(sweep, line, &best);
        if (best.place != DAM__PLACE_INTERIOR && best.place != DAM__PLACE_EDGE)
            return (dam__transfer){.known = false};
        transfer.edges += best.place == DAM__PLACE_EDGE;
        least = best.index < least ? best.index : least;
        most = best.index > most ? best.index : most;
    }
    transfer.steps = most - least;
    if (transfer.steps > SAME)
        transfer.verdict = DAM__TRANSFER_NO;
    else if (transfer.edges == 0)
        transfer.verdict = DAM__TRANSFER_YES;
    return transfer;
}

dam_status dam__sweep_make_search(dam__sweep *sweep, int extend)
{
    const double equal = 1e-6; /* of ranges, whose values are rounded */
    const dam__axis *axis = &sweep->axes[0];
    bool fits = axis->numbers != NULL && axis->count > 1 && axis->follower_count == 0 &&
                axis->numbers[0] > 0 && axis->numbers[1] > axis->numbers[0];
    double factor = fits ? axis->numbers[1] / axis->numbers[0] : 0;
    for (size_t i = 2; fits && i < axis->count; i++)
        fits = fabs(axis->numbers[i] / axis->numbers[i - 1] / factor - 1) < equal;
    if (!fits)
        return dam__fail(
            DAM_USAGE,
            "sweep.extend = %d goes on with equal factors, which %s=%s has not; give two "
            "values or more that rise so, such as 2^-6:2^-2:5:log",
            extend, axis->key, axis->grid);
    sweep->extend = extend;
    size_t points = sweep->cells * sweep->seeds * DAM__SWEEP_POINTS;
    DAM_TRY(dam__alloc(points, sizeof *sweep->curves, &sweep->curves));
    for (size_t i = 0; i < points; i++)
        sweep->curves[i] = NAN;
    return DAM_OK;
}

/* --- more values ------------------------------------------------------------------------------ */

static dam_status insert_value(dam__axis *axis, size_t at, char *text, double number)
{
    DAM_TRY(dam__grow(&axis->numbers, axis->count + 1, sizeof *axis->numbers));
    DAM_TRY(dam__grow(&axis->values, axis->count + 1, sizeof *axis->values));
    memmove(axis->numbers + at + 1, axis->numbers + at, (axis->count - at) * sizeof *axis->numbers);
    memmove(axis->values + at + 1, axis->values + at, (axis->count - at) * sizeof *axis->values);
    axis->numbers[at] = number;
    axis->values[at] = text;
    axis->count++;
    return DAM_OK;
}

/* The first key varies slowest: what was there moves as a whole. */
dam_status dam__sweep_insert(dam__sweep *sweep, bool in_front, char *text, double number)
{
    dam_status status = DAM_OK;
    dam__axis *axis = &sweep->axes[0];
    size_t more = dam__sweep_lines(sweep) * sweep->seeds, before = sweep->cells * sweep->seeds;
    size_t new = in_front ? 0 : before, old = in_front ? more : 0;
    if (before + more > DAM__SWEEP_REPLICAS || axis->count == DAM__SWEEP_VALUES)
        DAM_FAIL(DAM_USAGE, "the search has too many trainings; lower sweep.extend");
    DAM_TRY_CLEANUP(dam__grow(&sweep->results, before + more, sizeof *sweep->results));
    if (sweep->curves != NULL)
        DAM_TRY_CLEANUP(
            dam__grow(&sweep->curves, (before + more) * DAM__SWEEP_POINTS, sizeof *sweep->curves));
    DAM_TRY_CLEANUP(insert_value(axis, in_front ? 0 : axis->count, text, number));
    text = NULL;
    memmove(sweep->results + old, sweep->results, before * sizeof *sweep->results);
    for (size_t i = 0; i < more; i++)
        sweep->results[new + i] = (dam__replica_result){.status = DAM__REPLICA_OUTSIDE};
    if (sweep->curves != NULL) {
        memmove(sweep->curves + old * DAM__SWEEP_POINTS, sweep->curves,
                before * DAM__SWEEP_POINTS * sizeof *sweep->curves);
        for (size_t i = 0; i < more * DAM__SWEEP_POINTS; i++)
            sweep->curves[new *DAM__SWEEP_POINTS + i] = NAN;
    }
    sweep->cells += more / sweep->seeds;
    sweep->added[in_front ? 0 : 1]++;
cleanup:
    free(text);
    return status;
}

/* The value that a line wants next; false where that is beyond those that there are. */
static bool next_value(const dam__sweep *sweep, size_t line, int wants, size_t *i)
{
    size_t first, last;
    (void)find_window(sweep, line, &first, &last);
    *i = wants < 0 ? first - 1 : last + 1;
    return wants < 0 ? first > 0 : last + 1 < sweep->axes[0].count;
}

dam__wanted dam__sweep_wanted(const dam__sweep *sweep)
{
    dam__wanted wanted = {false, false};
    for (size_t line = 0; line < dam__sweep_lines(sweep); line++) {
        dam__optimum best;
        size_t i;
        dam__sweep_optimum(sweep, line, &best);
        if (best.wants == 0 || next_value(sweep, line, best.wants, &i))
            continue;
        wanted.front = wanted.front || best.wants < 0;
        wanted.behind = wanted.behind || best.wants > 0;
    }
    wanted.front = wanted.front && sweep->added[0] < (size_t)sweep->extend;
    wanted.behind = wanted.behind && sweep->added[1] < (size_t)sweep->extend;
    return wanted;
}

size_t dam__sweep_ask(dam__sweep *sweep)
{
    size_t asked = 0, lines = dam__sweep_lines(sweep);
    for (size_t line = 0; line < lines && sweep->extend > 0; line++) {
        dam__optimum best;
        size_t i;
        dam__sweep_optimum(sweep, line, &best);
        if (best.wants == 0 || !next_value(sweep, line, best.wants, &i))
            continue;
        for (size_t seed = 0; seed < sweep->seeds; seed++)
            sweep->results[(line + i * lines) * sweep->seeds + seed].status = DAM__REPLICA_PENDING;
        asked += sweep->seeds;
    }
    return asked;
}
