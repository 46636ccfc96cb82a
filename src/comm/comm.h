/*
 * The processes that work on one training: ranks 0 ... size - 1, numbered by whoever started them.
 * A NULL dam__comm is a process alone, for which nothing here waits or copies; one of several comes
 * from dam__comm_open. Only host memory is exchanged. docs/cluster.md has what they do together.
 *
 * All ranks call the same functions in the same order. Whoever cannot go on calls dam__comm_abort,
 * because the others would wait for it for ever.
 */
#ifndef DAM__COMM_COMM_H
#define DAM__COMM_COMM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

typedef struct dam__comm dam__comm;

/* What a way of communicating provides. */
typedef struct dam__comm_ops {
    dam_status (*exchange)(dam__comm *comm, int partner, const void *given, void *taken,
                           size_t bytes);
    dam_status (*gather)(dam__comm *comm, const void *own, size_t bytes, void *all);
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

/* Ends all ranks with this exit code; returns only to a process alone. */
void dam__comm_abort(dam__comm *comm, int code);

#endif
