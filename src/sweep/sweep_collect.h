/* Parts of a sweep, which processes that know nothing of each other run, and the whole of them. */
#ifndef DAM__SWEEP_SWEEP_COLLECT_H
#define DAM__SWEEP_SWEEP_COLLECT_H

#include "store/container.h"
#include "sweep/sweep_plan.h"

/*
 * The part that --part names: "3/8"; or "slurm", the task of an array job that Slurm's variables
 * name. DAM_USAGE.
 */
dam_status dam__sweep_part_of(const char *text, dam__sweep_part *out);

/* Where it lies: folder/part-3-of-8. free(). */
dam_status dam__sweep_part_folder(const char *folder, const dam__sweep_part *part, char **out);

/*
 * Joins the parts below a folder: every result of every part. *first has what the first part ran
 * on, for dam__sweep_facts_in. DAM_INPUT where parts are missing or unfinished (the message has the
 * command that makes the first of them) or do not belong together. Free both in any case.
 */
dam_status dam__sweep_collect(const char *folder, dam__sweep_plan *out, dam__container *first);

/* The facts in a sweep.h5, which must outlive them. */
dam__sweep_facts dam__sweep_facts_in(const dam__container *container);

#endif
