/*
 * Ranks that run one sweep together: each takes the next run that nobody has, by a ticket, and
 * sends its results to rank 0, which alone has all of them. A NULL dam__sweep_ranks is a process
 * alone. docs/cluster.md.
 */
#ifndef DAM__SWEEP_SWEEP_RANKS_H
#define DAM__SWEEP_SWEEP_RANKS_H

#include "comm/comm.h"
#include "sweep/sweep.h"

typedef struct dam__sweep_ranks dam__sweep_ranks;

/* What rank 0 does with what comes from the others. */
typedef struct dam__sweep_desk {
    void *user;
    dam_status (*on_results)(void *user); /* the sweep has new results */
    /* A replica could not be run: dam_error() says why. */
    void (*on_failure)(void *user, size_t replica, dam_status status);
} dam__sweep_desk;

/* *out stays NULL where comm is. The others are borrowed; desk is rank 0's. */
dam_status dam__sweep_ranks_create(dam__comm *comm, dam__sweep *sweep, const dam__sweep_desk *desk,
                                   dam__sweep_ranks **out);
void dam__sweep_ranks_destroy(dam__sweep_ranks *ranks);

/* Collective: before dam__sweep_run, of which there are several in a search. */
dam_status dam__sweep_ranks_begin(dam__sweep_ranks *ranks);

/* As dam__sweep_runner.claim. */
dam_status dam__sweep_ranks_claim(dam__sweep_ranks *ranks, size_t run, bool *own);

/* What this rank has come to; rank 0 has its own already. */
dam_status dam__sweep_ranks_give(dam__sweep_ranks *ranks, const size_t *replicas, size_t count,
                                 const dam__replica_result *results);

/* The failure recorded last is that of a replica. */
dam_status dam__sweep_ranks_tell_failure(dam__sweep_ranks *ranks, size_t replica,
                                         dam_status status);

/* Takes in what has come, and whether this rank is to stop: another has. To be called often. */
bool dam__sweep_ranks_stop(dam__sweep_ranks *ranks);

/* Rank 0: how many results have come from the others. */
size_t dam__sweep_ranks_taken(const dam__sweep_ranks *ranks);

/*
 * Collective: after dam__sweep_run, with what it returned; returns the same at all ranks. Rank 0
 * has all results then; the others have them where it is a search, which goes on by them. The
 * message is rank 0's, and the others' is not to be told (DAM__ADVICE_TOLD).
 */
dam_status dam__sweep_ranks_end(dam__sweep_ranks *ranks, dam_status status);

#endif
