/*
 * A preset and a grid of its keys as replicas: the experiment of each, and which of them can be
 * trained as one batched model.
 */
#ifndef DAM__SWEEP_SWEEP_PLAN_H
#define DAM__SWEEP_SWEEP_PLAN_H

#include "compute/opencl_device.h"
#include "run/experiment.h"
#include "sweep/sweep.h"

typedef struct dam__sweep_plan {
    dam__experiment base;
    dam__sweep sweep;
    const dam__option *keys[DAM__SWEEP_AXES][DAM__AXIS_KEYS]; /* of the axes and their followers */
    size_t *group; /* of each replica; those of a group differ in DAM__OPTION_BATCH keys only */
    size_t groups;
} dam__sweep_plan;

/*
 * A preset and the grids of the command line ("section.key=VALUES"), which take the place of the
 * preset's sweep.x, y and z; `set` are the overrides that base was loaded with. Every cell's
 * experiment is checked. DAM_USAGE: no grid, see dam__grid_parse and dam__sweep_create, a key that
 * is overridden too, a cell whose values contradict each other. Free with dam__sweep_plan_free in
 * any case.
 */
dam_status dam__sweep_plan_create(const dam__experiment *base, const char *const *grids,
                                  size_t grid_count, const char *const *set, size_t set_count,
                                  dam__sweep_plan *out);
void dam__sweep_plan_free(dam__sweep_plan *plan);

/*
 * Goes on with a search: adds the values that its lines want, within sweep.extend and the key's
 * range, and makes their replicas pending. *asked = how many; 0 where the search is over.
 */
dam_status dam__sweep_plan_extend(dam__sweep_plan *plan, size_t *asked);

/* Adds a value of the first key in front of the others, or behind; *added is false where the key
 * allows none. */
dam_status dam__sweep_plan_insert(dam__sweep_plan *plan, bool in_front, bool *added);

/* The experiment of one replica. */
dam_status dam__sweep_plan_experiment(const dam__sweep_plan *plan, size_t replica,
                                      dam__experiment *out);

/* Appends "model.beta = 8, train.batch = 100": the values of a cell. */
void dam__sweep_plan_describe(const dam__sweep *sweep, size_t cell, dam__text *out);

/* --- sweep.h5 --------------------------------------------------------------------------------- */

/* What a sweep ran on, as texts of its file. */
typedef struct dam__sweep_facts {
    const char *device, *platform, *driver, *kernels, *tuning;
    const char *gemm; /* provider as asked for */
} dam__sweep_facts;

dam__sweep_facts dam__sweep_facts_of(const dam__device *device, const char *gemm);

/* Writes the sweep to folder/sweep.h5, atomically. */
dam_status dam__sweep_plan_save(const dam__sweep_plan *plan, const dam__sweep_facts *facts,
                                const char *folder);

/*
 * Reads folder/sweep.h5 and makes the plan that it was written from, with its results. DAM_INPUT:
 * absent, damaged, or not ours; *out is then empty.
 */
dam_status dam__sweep_plan_open(const char *folder, dam__sweep_plan *out);

/* "3/8" of a command line or a file. DAM_USAGE. */
dam_status dam__sweep_part_read(const char *text, dam__sweep_part *out);

/* Appends the grid as --grid takes it: one line a key. */
void dam__sweep_plan_print_grid(const dam__sweep *sweep, dam__text *out);

/*
 * Whether a plan asks for the same as one that is stored: the same preset, grid and seeds.
 * DAM_USAGE names folder and the first difference.
 */
dam_status dam__sweep_plan_compare(const char *folder, const dam__sweep_plan *stored,
                                   const dam__sweep_plan *asked);

#endif
