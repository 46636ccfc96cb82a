/*
 * A sweep: one training for every cell of a grid of preset keys and for every seed.
 *
 * A cell is one value of every key; the last key varies fastest. A replica is a cell with one seed:
 * replica = cell * seeds + seed. Keys and values are only texts here, and a runner trains the
 * replicas. A sweep may also search for the best value of its first key: sweep/sweep_search.h.
 */
#ifndef DAM__SWEEP_SWEEP_H
#define DAM__SWEEP_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "run/sweep_config.h"
#include "store/container.h"

enum {
    DAM__SWEEP_AXES = 6,          /* keys of a grid; an axis more is for the seeds */
    DAM__AXIS_KEYS = 8,           /* keys that move together */
    DAM__SWEEP_VALUES = 1000,     /* of a key */
    DAM__SWEEP_REPLICAS = 100000, /* cells times seeds */
    DAM__SWEEP_POINTS = 64        /* of a curve over the epochs */
};

/* How a key's values are spaced: equal steps of what. Lists have no spacing. */
typedef enum dam__spacing {
    DAM__SPACING_LIST,
    DAM__SPACING_LINEAR,
    DAM__SPACING_LOGARITHMIC, /* of their logarithms */
    DAM__SPACING_INVERSE      /* of their reciprocals */
} dam__spacing;

/* A key that moves with that of an axis: it has a value for each of that one's. */
typedef struct dam__follower {
    char *key;
    char **values;   /* the axis's count */
    double *numbers; /* the same; NULL where they are no numbers */
} dam__follower;

/* One key and its values; all owned. */
typedef struct dam__axis {
    char *key;       /* "model.varsigma", or "seed" */
    char *grid;      /* the values as they were given: "0.1:0.4:4" */
    char **values;   /* as they stand in a preset, without quotes */
    double *numbers; /* the same; NULL where they are no numbers */
    size_t count;
    dam__spacing spacing;
    dam__follower *followers;
    size_t follower_count;
} dam__axis;

typedef enum dam__replica_status {
    DAM__REPLICA_PENDING,
    DAM__REPLICA_DONE,
    DAM__REPLICA_DIVERGED, /* a loss was not finite, or above the limit of its kind of model */
    DAM__REPLICA_FAILED,   /* could not be run; it is tried again when the sweep is resumed */
    DAM__REPLICA_OUTSIDE   /* not requested: only other lines of a search reached this value */
} dam__replica_status;

typedef struct dam__replica_result {
    dam__replica_status status;
    int epochs;
    double seconds;
    double metrics[DAM__METRICS]; /* after the last epoch; NaN where there is none */
    double *curve; /* where a runner is to leave it, borrowed: DAM__SWEEP_POINTS, or NULL */
} dam__replica_result;

/* A share of the runs of a sweep: number 1 ... count of count; zeros: all of them. */
typedef struct dam__sweep_part {
    size_t number, count;
    bool finished; /* each of its runs has been run */
} dam__sweep_part;

typedef struct dam__sweep {
    dam__axis axes[DAM__SWEEP_AXES];
    size_t axis_count;
    size_t cells, seeds;
    int score;          /* dam__sweep_score_choice */
    dam__metric metric; /* what cells are compared by: follows from score and the results */
    dam__replica_result *results; /* cells x seeds; their curves are NULL */
    double *curves;               /* DAM__SWEEP_POINTS a replica, of a search; NULL otherwise */
    int extend;      /* most values that a search adds to either end of the first key; 0: none */
    size_t added[2]; /* those it has added, in front and behind */
    dam__sweep_part part; /* that dam__sweep_run takes */
} dam__sweep;

void dam__axis_free(dam__axis *axis);

/*
 * Takes over axes[0 ... count) (zeroed), at most DAM__SWEEP_AXES, and makes every replica pending.
 * DAM_USAGE: a key given twice, or too many replicas. Free with dam__sweep_free in any case.
 */
dam_status dam__sweep_create(dam__axis *axes, size_t count, size_t seeds, int score,
                             dam__sweep *out);

/* Makes it a search (sweep/sweep_search.h) before it is run. DAM_USAGE where the first key's values
 * have no equal factors between. */
dam_status dam__sweep_make_search(dam__sweep *sweep, int extend);
void dam__sweep_free(dam__sweep *sweep);

/* "loss", "validation_accuracy", ...; whether more of it is better. */
const char *dam__metric_name(dam__metric metric);
bool dam__metric_rises(dam__metric metric);

/* Enters the result of a replica. */
void dam__sweep_note(dam__sweep *sweep, size_t replica, const dam__replica_result *result);

/* The index of a cell's value on an axis. */
size_t dam__sweep_index(const dam__sweep *sweep, size_t cell, size_t axis);

/*
 * A curve of losses, one an epoch, as DAM__SWEEP_POINTS numbers: point i is epoch
 * dam__curve_epoch(i, epochs), 0 and NaN where there are fewer epochs than points.
 */
void dam__curve_take(const double *losses, int epochs, double *curve);
int dam__curve_epoch(int point, int epochs);

/* The seeds of one cell together. */
typedef struct dam__cell {
    size_t done, diverged, failed, pending; /* seeds */
    dam__replica_status status; /* the first that any has of outside, failed, pending, diverged,
                                 * done */
    double mean[DAM__METRICS];  /* over the seeds that are done; NaN without any */
    double spread;              /* sample standard deviation of the metric; NaN below two seeds */
    double epochs;              /* mean over the seeds that are done or diverged */
    double seconds;             /* of all seeds */
} dam__cell;

void dam__sweep_cell(const dam__sweep *sweep, size_t cell, dam__cell *out);
const char *dam__replica_status_name(dam__replica_status status);

/*
 * The cell with the best mean of the metric among first, first + step, ... of those whose seeds are
 * all done; the first of equal ones. False where there is none.
 */
bool dam__sweep_best(const dam__sweep *sweep, size_t first, size_t step, size_t *best);

/* How many replicas there are but those outside, and how many have that status. */
size_t dam__sweep_trainings(const dam__sweep *sweep);
size_t dam__sweep_count(const dam__sweep *sweep, dam__replica_status status);

/* --- running ---------------------------------------------------------------------------------- */

/* What trains replicas, and what it reports. */
typedef struct dam__sweep_runner {
    void *user;
    /*
     * How many of these pending replicas of one group (at least 1) go into the next run, which
     * takes the first so many.
     */
    size_t (*together)(void *user, const size_t *replicas, size_t count);
    /*
     * Trains them and fills their results: a replica that diverges or cannot be run is a result,
     * not a failure. DAM_INTERRUPTED: stopped, and results mean nothing.
     */
    dam_status (*run)(void *user, const size_t *replicas, size_t count,
                      dam__replica_result *results);
    /* After every run: new results are in the sweep. */
    dam_status (*on_results)(void *user);
    /*
     * Whether this process takes run number `run` (0, 1, 2, ... over all groups), or NULL: then it
     * takes all, or those of its part. Runs are offered in order, each once.
     */
    dam_status (*claim)(void *user, size_t run, bool *own);
} dam__sweep_runner;

/*
 * Runs what is pending or has failed before, group by group: group[p] is that of replica p, below
 * groups. Replicas of one group have one shape and may be trained as one batched model. Of a part,
 * what goes into one run is as it would be for all, so that results do not depend on the parts; the
 * runs are dealt out to the parts in turn. The same holds for runs that are claimed.
 */
dam_status dam__sweep_run(dam__sweep *sweep, const size_t *group, size_t groups,
                          const dam__sweep_runner *runner);

/* --- storing ---------------------------------------------------------------------------------- */

/*
 * Adds the arrays of a sweep: axes/KEY, its numbers, or 0, 1, ... where they are none; and
 * results/status (uint8), results/epochs, results/seconds and results/METRIC, all of them values of
 * key 0 x values of key 1 x ... x seeds; of a search also results/curve, with its points behind.
 */
dam_status dam__sweep_save(const dam__sweep *sweep, dam__container *out);

/* Fills the results of a sweep of the same grid. DAM_INPUT where they do not fit or make no sense.
 */
dam_status dam__sweep_restore(dam__sweep *sweep, const dam__container *container);

#endif
