/* Ranks by MPI: all of MPI that there is in denseam. */
#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/comm.h"

enum { TAG_EXCHANGE, TAG_LETTER };

/* A letter on its way; its bytes must stay until MPI has sent them. */
struct letter {
    struct letter *next;
    MPI_Request request;
    char bytes[];
};

struct mpi_comm {
    dam__comm base; /* first, so that a pointer to it is one to this */
    MPI_Win window; /* the next ticket, at rank 0; MPI_WIN_NULL before the first */
    struct letter *posted;
};

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
        DAM_TRY(check(MPI_Sendrecv((const char *)given + at, part, MPI_BYTE, partner, TAG_EXCHANGE,
                                   (char *)taken + at, part, MPI_BYTE, partner, TAG_EXCHANGE,
                                   MPI_COMM_WORLD, MPI_STATUS_IGNORE),
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

/* --- tickets ------------------------------------------------------------------------------------ */

static dam_status open_window(struct mpi_comm *own)
{
    int64_t *counter = NULL;
    MPI_Aint bytes = own->base.rank == 0 ? sizeof *counter : 0;
    if (own->window != MPI_WIN_NULL)
        return DAM_OK;
    DAM_TRY(check(MPI_Win_allocate(bytes, sizeof *counter, MPI_INFO_NULL, MPI_COMM_WORLD,
                                   (void *)&counter, &own->window),
                  "MPI_Win_allocate"));
    return check(MPI_Win_lock_all(MPI_MODE_NOCHECK, own->window), "MPI_Win_lock_all");
}

/* What the counter was, before `value` was added to it or, by MPI_REPLACE, took its place. */
static dam_status fetch(const struct mpi_comm *own, int64_t value, MPI_Op op, int64_t *before)
{
    DAM_TRY(check(MPI_Fetch_and_op(&value, before, MPI_INT64_T, 0, 0, op, own->window),
                  "MPI_Fetch_and_op"));
    return check(MPI_Win_flush(0, own->window), "MPI_Win_flush");
}

static dam_status begin_tickets(dam__comm *comm)
{
    struct mpi_comm *own = (struct mpi_comm *)comm;
    int64_t before = 0;
    DAM_TRY(open_window(own));
    DAM_TRY(check(MPI_Barrier(MPI_COMM_WORLD), "MPI_Barrier"));
    if (comm->rank == 0)
        DAM_TRY(fetch(own, 0, MPI_REPLACE, &before));
    return check(MPI_Barrier(MPI_COMM_WORLD), "MPI_Barrier");
}

static dam_status ticket(dam__comm *comm, int64_t *out)
{
    return fetch((const struct mpi_comm *)comm, 1, MPI_SUM, out);
}

/* --- letters ------------------------------------------------------------------------------------ */

/* Forgets the letters that have been sent; with `all` waits for those that have not. */
static dam_status clear_posted(struct mpi_comm *own, bool all)
{
    for (struct letter **at = &own->posted; *at != NULL;) {
        struct letter *letter = *at;
        int sent = 1;
        DAM_TRY(check(all ? MPI_Wait(&letter->request, MPI_STATUS_IGNORE)
                          : MPI_Test(&letter->request, &sent, MPI_STATUS_IGNORE),
                      all ? "MPI_Wait" : "MPI_Test"));
        if (!sent) {
            at = &letter->next;
            continue;
        }
        *at = letter->next;
        free(letter);
    }
    return DAM_OK;
}

static dam_status post(dam__comm *comm, int to, const void *bytes, size_t count)
{
    struct mpi_comm *own = (struct mpi_comm *)comm;
    struct letter *letter = NULL;
    DAM_TRY(clear_posted(own, false));
    if (count > INT_MAX) /* MPI counts in int */
        return dam__fail(DAM_INTERNAL, "a letter of %zu bytes is too long", count);
    DAM_TRY(dam__alloc(1, sizeof *letter + count, &letter));
    memcpy(letter->bytes, bytes, count);
    dam_status status = check(MPI_Isend(letter->bytes, (int)count, MPI_BYTE, to, TAG_LETTER,
                                        MPI_COMM_WORLD, &letter->request),
                              "MPI_Isend");
    if (status != DAM_OK) {
        free(letter);
        return status;
    }
    letter->next = own->posted;
    own->posted = letter;
    return DAM_OK;
}

static dam_status receive(dam__comm *comm, void **letter, size_t *bytes, int *from)
{
    MPI_Status found;
    char *taken = NULL;
    int has_come = 0, count = 0;
    DAM_TRY(clear_posted((struct mpi_comm *)comm, false));
    DAM_TRY(check(MPI_Iprobe(MPI_ANY_SOURCE, TAG_LETTER, MPI_COMM_WORLD, &has_come, &found),
                  "MPI_Iprobe"));
    if (!has_come)
        return DAM_OK;
    DAM_TRY(check(MPI_Get_count(&found, MPI_BYTE, &count), "MPI_Get_count"));
    DAM_TRY(dam__alloc((size_t)count + 1, 1, &taken));
    dam_status status = check(MPI_Recv(taken, count, MPI_BYTE, found.MPI_SOURCE, TAG_LETTER,
                                       MPI_COMM_WORLD, MPI_STATUS_IGNORE),
                              "MPI_Recv");
    if (status != DAM_OK) {
        free(taken);
        return status;
    }
    *letter = taken;
    *bytes = (size_t)count;
    *from = found.MPI_SOURCE;
    return DAM_OK;
}

/* --- beginning and end -------------------------------------------------------------------------- */

static void abort_all(dam__comm *comm, int code)
{
    (void)comm;
    (void)MPI_Abort(MPI_COMM_WORLD, code);
}

static void close_comm(dam__comm *comm)
{
    struct mpi_comm *own = (struct mpi_comm *)comm;
    (void)clear_posted(own, true);
    if (own->window != MPI_WIN_NULL) {
        (void)MPI_Win_unlock_all(own->window);
        (void)MPI_Win_free(&own->window);
    }
    (void)MPI_Finalize();
    free(own);
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
    static const dam__comm_ops ops = {.exchange = exchange,
                                      .gather = gather,
                                      .begin_tickets = begin_tickets,
                                      .ticket = ticket,
                                      .post = post,
                                      .receive = receive,
                                      .abort = abort_all,
                                      .close = close_comm};
    dam_status status = DAM_OK;
    struct mpi_comm *own = NULL;
    int given = 0;
    if (!is_launched())
        return DAM_OK;
    DAM_TRY(check(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given), "MPI_Init_thread"));
    (void)MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *own, &own));
    dam__comm *comm = &own->base;
    own->window = MPI_WIN_NULL;
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
    free(own);
    return status;
}
