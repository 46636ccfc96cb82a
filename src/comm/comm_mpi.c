/* Ranks by MPI: all of MPI that there is in denseam. */
#include <mpi.h>
#include <stdlib.h>

#include "base/memory.h"
#include "comm/comm.h"

/*
 * Whether mpirun, mpiexec or srun has started this process as a rank, by what they leave in the
 * environment. Within a script of Slurm that calls the tool without srun there is none of these.
 */
static bool is_launched(void)
{
    static const char *const names[] = {
        "OMPI_COMM_WORLD_SIZE", /* Open MPI's mpirun */
        "PMI_RANK",             /* MPICH's and Intel's mpiexec; srun --mpi=pmi2 */
        "PMIX_RANK",            /* srun --mpi=pmix */
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]) != NULL)
            return true;
    return false;
}

/* A failed call, recorded with MPI's own words. */
static dam_status check(int error, const char *call)
{
    char words[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    if (error == MPI_SUCCESS)
        return DAM_OK;
    (void)MPI_Error_string(error, words, &length);
    return dam__fail(DAM_INTERNAL, "%s failed: %s", call, words);
}

static dam_status exchange(dam__comm *comm, int partner, const void *given, void *taken,
                           size_t bytes)
{
    enum { AT_ONCE = 1 << 30 }; /* MPI counts in int */
    (void)comm;
    for (size_t at = 0; at < bytes; at += AT_ONCE) {
        int part = bytes - at < AT_ONCE ? (int)(bytes - at) : AT_ONCE;
        DAM_TRY(check(MPI_Sendrecv((const char *)given + at, part, MPI_BYTE, partner, 0,
                                   (char *)taken + at, part, MPI_BYTE, partner, 0, MPI_COMM_WORLD,
                                   MPI_STATUS_IGNORE),
                      "MPI_Sendrecv"));
    }
    return DAM_OK;
}

static dam_status gather(dam__comm *comm, const void *own, size_t bytes, void *all)
{
    (void)comm;
    return check(
        MPI_Allgather(own, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, MPI_COMM_WORLD),
        "MPI_Allgather");
}

static void abort_all(dam__comm *comm, int code)
{
    (void)comm;
    (void)MPI_Abort(MPI_COMM_WORLD, code);
}

static void close_comm(dam__comm *comm)
{
    (void)MPI_Finalize();
    free(comm);
}

/* Who else is on this machine. */
static dam_status count_locals(dam__comm *comm)
{
    MPI_Comm local = MPI_COMM_NULL;
    DAM_TRY(check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, comm->rank,
                                      MPI_INFO_NULL, &local),
                  "MPI_Comm_split_type"));
    (void)MPI_Comm_rank(local, &comm->local_rank);
    (void)MPI_Comm_size(local, &comm->local_size);
    return check(MPI_Comm_free(&local), "MPI_Comm_free");
}

dam_status dam__comm_open(dam__comm **out)
{
    static const dam__comm_ops ops = {exchange, gather, abort_all, close_comm};
    dam_status status = DAM_OK;
    dam__comm *comm = NULL;
    int given = 0;
    if (!is_launched())
        return DAM_OK;
    DAM_TRY(check(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given), "MPI_Init_thread"));
    (void)MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *comm, &comm));
    comm->ops = &ops;
    (void)MPI_Comm_rank(MPI_COMM_WORLD, &comm->rank);
    (void)MPI_Comm_size(MPI_COMM_WORLD, &comm->size);
    DAM_TRY_CLEANUP(count_locals(comm));
    if (comm->size > 1) {
        *out = comm;
        return DAM_OK;
    }
cleanup:
    (void)MPI_Finalize(); /* one rank is a process alone */
    free(comm);
    return status;
}
