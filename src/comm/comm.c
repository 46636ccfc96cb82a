#include "comm/comm.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void dam__comm_close(dam__comm *comm)
{
    if (comm != NULL)
        comm->ops->close(comm);
}

int dam__comm_rank(const dam__comm *comm)
{
    return comm != NULL ? comm->rank : 0;
}

int dam__comm_size(const dam__comm *comm)
{
    return comm != NULL ? comm->size : 1;
}

dam_status dam__comm_exchange(dam__comm *comm, int partner, const void *given, void *taken,
                              size_t bytes)
{
    if (comm == NULL || partner < 0 || partner >= comm->size || partner == comm->rank)
        return dam__fail(DAM_INTERNAL, "there is no rank %d to exchange with", partner);
    return comm->ops->exchange(comm, partner, given, taken, bytes);
}

dam_status dam__comm_gather(dam__comm *comm, const void *own, size_t bytes, void *all)
{
    if (comm != NULL)
        return comm->ops->gather(comm, own, bytes, all);
    memcpy(all, own, bytes);
    return DAM_OK;
}

dam_status dam__comm_any(dam__comm *comm, bool own, bool *any)
{
    dam_status status = DAM_OK;
    char *all = NULL, mine = (char)own;
    *any = own;
    if (comm == NULL)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__alloc((size_t)comm->size, 1, &all));
    DAM_TRY_CLEANUP(dam__comm_gather(comm, &mine, 1, all));
    *any = memchr(all, 1, (size_t)comm->size) != NULL;
cleanup:
    free(all);
    return status;
}

dam_status dam__comm_begin_tickets(dam__comm *comm)
{
    return comm != NULL ? comm->ops->begin_tickets(comm)
                        : dam__fail(DAM_INTERNAL, "a process alone needs no tickets");
}

dam_status dam__comm_ticket(dam__comm *comm, int64_t *out)
{
    return comm != NULL ? comm->ops->ticket(comm, out)
                        : dam__fail(DAM_INTERNAL, "a process alone needs no tickets");
}

dam_status dam__comm_post(dam__comm *comm, int to, const void *letter, size_t bytes)
{
    if (comm == NULL || to < 0 || to >= comm->size || to == comm->rank)
        return dam__fail(DAM_INTERNAL, "there is no rank %d to write to", to);
    return comm->ops->post(comm, to, letter, bytes);
}

dam_status dam__comm_receive(dam__comm *comm, void **letter, size_t *bytes, int *from)
{
    *letter = NULL;
    return comm != NULL ? comm->ops->receive(comm, letter, bytes, from) : DAM_OK;
}

void dam__comm_abort(dam__comm *comm, int code)
{
    if (comm != NULL)
        comm->ops->abort(comm, code);
}
