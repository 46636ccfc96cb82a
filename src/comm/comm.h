/*
 * The processes that work on one training: ranks 0 ... size - 1, numbered by whoever started them.
 * A NULL dam__comm is a process alone, for which nothing here waits or copies; one of several comes
 * from dam__comm_open. Only host memory is exchanged. docs/cluster.md has what they do together.
 *
 * All ranks call the same functions in the same order, but for tickets and letters, which are for
 * work that each does at its own pace. Whoever cannot go on calls dam__comm_abort, because the
 * others would wait for it for ever.
 */
#ifndef DAM__COMM_COMM_H
#define DAM__COMM_COMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/try.h"

typedef struct dam__comm dam__comm;

/* What a way of communicating provides. */
typedef struct dam__comm_ops {
    dam_status (*exchange)(dam__comm *comm, int partner, const void *given, void *taken,
                           size_t bytes);
    dam_status (*gather)(dam__comm *comm, const void *own, size_t bytes, void *all);
    dam_status (*begin_tickets)(dam__comm *comm);
    dam_status (*ticket)(dam__comm *comm, int64_t *out);
    dam_status (*post)(dam__comm *comm, int to, const void *letter, size_t bytes);
    dam_status (*receive)(dam__comm *comm, void **letter, size_t *bytes, int *from);
    void (*abort)(dam__comm *comm, int code);
    void (*close)(dam__comm *comm);
} dam__comm_ops;

struct dam__comm {
    const dam__comm_ops *ops;
    int rank, size;
    int local_rank, local_size; /* among those of this machine */
};

/*
 * In comm_mpi.c or, in a build without MPI, comm_without_mpi.c; neither is a part of the library.
 * *out stays NULL where no mpirun or srun has started this process as one of several: then MPI is
 * not even initialised. DAM_USAGE where one has, but this build has no MPI.
 */
dam_status dam__comm_open(dam__comm **out);

/* Waits for the others to close, too. */
void dam__comm_close(dam__comm *comm);

int dam__comm_rank(const dam__comm *comm);
int dam__comm_size(const dam__comm *comm);

/* Gives bytes to another rank, which gives as many. */
dam_status dam__comm_exchange(dam__comm *comm, int partner, const void *given, void *taken,
                              size_t bytes);

/* Everybody gets everybody's bytes, in the order of ranks. */
dam_status dam__comm_gather(dam__comm *comm, const void *own, size_t bytes, void *all);

/* Whether it holds at any rank. */
dam_status dam__comm_any(dam__comm *comm, bool own, bool *any);

/* Collective: tickets begin at 0. */
dam_status dam__comm_begin_tickets(dam__comm *comm);

/* A number that no other rank gets, and nobody twice: 0, 1, 2, ... in the order of the calls. Waits
 * for no other rank's call. */
dam_status dam__comm_ticket(dam__comm *comm, int64_t *out);

/* Sends a copy of these bytes to a rank, without waiting for it. */
dam_status dam__comm_post(dam__comm *comm, int to, const void *letter, size_t bytes);

/* The next letter that has come, in the order in which its rank has posted them: free(). NULL where
 * there is none now. */
dam_status dam__comm_receive(dam__comm *comm, void **letter, size_t *bytes, int *from);

/* Ends all ranks with this exit code; returns only to a process alone. */
void dam__comm_abort(dam__comm *comm, int code);

#endif
