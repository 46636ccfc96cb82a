/*
 * What a command does as one of several ranks (comm/comm.h): who speaks, which device it takes, how
 * all end together. With a NULL dam__comm all of it is as for a process alone.
 */
#ifndef COMMAND_RANKS_H
#define COMMAND_RANKS_H

#include "comm/comm.h"
#include "denseam/log.h"

/* Joins the ranks, if there are others. Before the first call of OpenCL: a CPU's driver is told how
 * many threads are its share of the machine. */
dam_status ranks_begin(dam__comm **out);

/*
 * The selector of this rank's device, of the wanted one (NULL: $DENSEAM_DEVICE or the default),
 * which may be a list with commas: each rank of a machine takes one, in their order. Without a list
 * it is of all GPUs, where the default is one. DAM_USAGE where there are fewer devices than ranks,
 * unless they share them. free().
 */
dam_status ranks_device(const dam__comm *comm, const char *wanted, bool share, char **selector);

/* Tells rank 0's log which device each rank has. Collective. */
dam_status ranks_tell_device(dam__comm *comm, const char *device, const dam_log *log);

/*
 * Collective: fails at all ranks where it failed at any. One of these tells its message here, and
 * nobody says more (DAM__ADVICE_TOLD).
 */
dam_status ranks_agree(dam__comm *comm, dam_status status);

/*
 * After work in which all ranks wait for each other: what all have come to is agreed upon; any
 * other failure is told here, and ends all ranks.
 */
dam_status ranks_end(dam__comm *comm, dam_status status);

#endif
