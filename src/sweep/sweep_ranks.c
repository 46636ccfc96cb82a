#include "sweep/sweep_ranks.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"

enum kind {
    RESULT,  /* to rank 0: of a replica */
    FAILURE, /* to rank 0: a replica could not be run */
    DONE,    /* to rank 0: this rank's work has come to its end */
    STOP,    /* from rank 0: somebody was stopped or has failed */
    OVER     /* from rank 0: all ranks are done */
};

/* What a letter begins with; ranks are the same program, so it travels as it is. */
struct head {
    enum kind kind;
    dam_status status;
    size_t replica;
};

/* A result's numbers, and its curve in a search. */
struct result {
    dam__replica_result result;
    double curve[DAM__SWEEP_POINTS];
};

struct dam__sweep_ranks {
    dam__comm *comm;
    dam__sweep *sweep;
    dam__sweep_desk desk;
    int64_t next; /* the run that this rank is to take; -1: it has no ticket */
    bool stops, is_over;
    size_t taken;      /* rank 0: results of others */
    int done;          /* rank 0: others that have come to their end */
    dam_status status; /* what all come to: the first failure, else whether any was stopped */
    char *why;         /* its message; of rank 0 */
};

dam_status dam__sweep_ranks_create(dam__comm *comm, dam__sweep *sweep, const dam__sweep_desk *desk,
                                   dam__sweep_ranks **out)
{
    if (comm == NULL)
        return DAM_OK;
    DAM_TRY(dam__alloc(1, sizeof **out, out));
    **out = (dam__sweep_ranks){.comm = comm, .sweep = sweep, .desk = *desk, .next = -1};
    return DAM_OK;
}

void dam__sweep_ranks_destroy(dam__sweep_ranks *ranks)
{
    if (ranks == NULL)
        return;
    free(ranks->why);
    free(ranks);
}

/* --- letters ------------------------------------------------------------------------------------ */

static dam_status post(const dam__sweep_ranks *ranks, int to, struct head head, const void *body,
                       size_t bytes)
{
    char *letter = NULL;
    DAM_TRY(dam__alloc(sizeof head + bytes, 1, &letter));
    memcpy(letter, &head, sizeof head);
    if (bytes > 0)
        memcpy(letter + sizeof head, body, bytes);
    dam_status status = dam__comm_post(ranks->comm, to, letter, sizeof head + bytes);
    free(letter);
    return status;
}

static dam_status post_all(const dam__sweep_ranks *ranks, struct head head, const void *body,
                           size_t bytes)
{
    for (int to = 1; to < dam__comm_size(ranks->comm); to++)
        DAM_TRY(post(ranks, to, head, body, bytes));
    return DAM_OK;
}

static dam_status post_message(const dam__sweep_ranks *ranks, enum kind kind, dam_status status,
                               size_t replica)
{
    const char *text = status != DAM_OK ? dam_error() : "";
    const struct head head = {.kind = kind, .status = status, .replica = replica};
    return post(ranks, 0, head, text, strlen(text) + 1);
}

/* --- rank 0 ------------------------------------------------------------------------------------- */

/* What a rank has come to: a failure counts before a stop, and the first of them. */
static dam_status note_end(dam__sweep_ranks *ranks, int rank, dam_status status, const char *text)
{
    bool counts =
        ranks->status == DAM_OK || (ranks->status == DAM_INTERRUPTED && status != DAM_INTERRUPTED);
    if (status == DAM_OK)
        return DAM_OK;
    if (counts) {
        free(ranks->why);
        ranks->why = NULL;
        ranks->status = status;
        DAM_TRY(rank > 0 ? dam__format(&ranks->why, "rank %d: %s", rank, text)
                         : dam__format(&ranks->why, "%s", text));
    }
    if (ranks->stops)
        return DAM_OK;
    ranks->stops = true;
    return post_all(ranks, (struct head){.kind = STOP}, NULL, 0);
}

static dam_status take_result(dam__sweep_ranks *ranks, size_t replica, const void *body,
                              size_t bytes)
{
    struct result came;
    if (bytes != sizeof came || replica >= ranks->sweep->cells * ranks->sweep->seeds)
        return dam__fail(DAM_INTERNAL, "another rank has a result that cannot be");
    memcpy(&came, body, sizeof came);
    came.result.curve = ranks->sweep->curves != NULL ? came.curve : NULL;
    dam__sweep_note(ranks->sweep, replica, &came.result);
    ranks->taken++;
    return DAM_OK;
}

/* --- whatever comes ----------------------------------------------------------------------------- */

/* All results, for a search. */
static dam_status take_all(dam__sweep_ranks *ranks, const char *body, size_t bytes)
{
    size_t count = bytes / sizeof(struct result);
    for (size_t p = 0; p < count; p++)
        DAM_TRY(take_result(ranks, p, body + p * sizeof(struct result), sizeof(struct result)));
    return DAM_OK;
}

static dam_status take_letter(dam__sweep_ranks *ranks, int from, const char *letter, size_t bytes,
                              bool *has_results)
{
    struct head head;
    if (bytes < sizeof head)
        return dam__fail(DAM_INTERNAL, "rank %d has sent %zu bytes", from, bytes);
    memcpy(&head, letter, sizeof head);
    const char *body = letter + sizeof head;
    bytes -= sizeof head;
    switch (head.kind) {
    case RESULT:
        *has_results = true;
        return take_result(ranks, head.replica, body, bytes);
    case FAILURE:
        ranks->desk.on_failure(ranks->desk.user, head.replica,
                               dam__fail(head.status, "rank %d: %s", from, body));
        return DAM_OK;
    case DONE:
        ranks->done++;
        return note_end(ranks, from, head.status, body);
    case STOP:
        ranks->stops = true;
        return DAM_OK;
    case OVER:
        ranks->is_over = true;
        ranks->status = head.status;
        return take_all(ranks, body, bytes);
    }
    return dam__fail(DAM_INTERNAL, "rank %d has sent what cannot be read", from);
}

static dam_status take_letters(dam__sweep_ranks *ranks)
{
    bool has_results = false;
    for (;;) {
        void *letter = NULL;
        size_t bytes = 0;
        int from = 0;
        DAM_TRY(dam__comm_receive(ranks->comm, &letter, &bytes, &from));
        if (letter == NULL)
            break;
        dam_status status = take_letter(ranks, from, letter, bytes, &has_results);
        free(letter);
        DAM_TRY(status);
    }
    return has_results ? ranks->desk.on_results(ranks->desk.user) : DAM_OK;
}

/* --- a round ------------------------------------------------------------------------------------ */

dam_status dam__sweep_ranks_begin(dam__sweep_ranks *ranks)
{
    if (ranks == NULL)
        return DAM_OK;
    ranks->next = -1;
    ranks->done = 0;
    ranks->is_over = false;
    return dam__comm_begin_tickets(ranks->comm);
}

dam_status dam__sweep_ranks_claim(dam__sweep_ranks *ranks, size_t run, bool *own)
{
    if (dam__sweep_ranks_stop(ranks))
        return dam__fail(DAM_INTERRUPTED, "stopped");
    if (ranks->next < 0)
        DAM_TRY(dam__comm_ticket(ranks->comm, &ranks->next));
    *own = ranks->next == (int64_t)run;
    if (*own)
        ranks->next = -1;
    return DAM_OK;
}

static struct result packed(const dam__replica_result *result)
{
    struct result out;
    memset(&out, 0, sizeof out);
    out.result = *result;
    out.result.curve = NULL;
    if (result->curve != NULL)
        memcpy(out.curve, result->curve, sizeof out.curve);
    return out;
}

dam_status dam__sweep_ranks_give(dam__sweep_ranks *ranks, const size_t *replicas, size_t count,
                                 const dam__replica_result *results)
{
    if (ranks == NULL || dam__comm_rank(ranks->comm) == 0)
        return DAM_OK;
    for (size_t i = 0; i < count; i++) {
        const struct head head = {.kind = RESULT, .replica = replicas[i]};
        const struct result body = packed(&results[i]);
        DAM_TRY(post(ranks, 0, head, &body, sizeof body));
    }
    return DAM_OK;
}

dam_status dam__sweep_ranks_tell_failure(dam__sweep_ranks *ranks, size_t replica, dam_status status)
{
    return post_message(ranks, FAILURE, status, replica);
}

bool dam__sweep_ranks_stop(dam__sweep_ranks *ranks)
{
    if (ranks == NULL)
        return false;
    dam_status status = take_letters(ranks);
    if (status == DAM_OK)
        return ranks->stops;
    /* The file of results cannot be written, or no letters come: nothing more is worth training. */
    ranks->stops = false; /* the others have yet to be told */
    if (dam__comm_rank(ranks->comm) > 0 || note_end(ranks, 0, status, dam_error()) != DAM_OK)
        dam__comm_abort(ranks->comm, (int)status);
    return true;
}

size_t dam__sweep_ranks_taken(const dam__sweep_ranks *ranks)
{
    return ranks != NULL ? ranks->taken : 0;
}

/* A rank that waits leaves its processor to those that work. */
static void nap(void)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    (void)nanosleep(&pause, NULL);
}

static dam_status end_first(dam__sweep_ranks *ranks, dam_status status)
{
    const dam__sweep *sweep = ranks->sweep;
    struct result *all = NULL;
    size_t count = sweep->extend > 0 ? sweep->cells * sweep->seeds : 0;
    DAM_TRY_CLEANUP(note_end(ranks, 0, status, dam_error()));
    while (ranks->done < dam__comm_size(ranks->comm) - 1) {
        (void)dam__sweep_ranks_stop(ranks);
        nap();
    }
    DAM_TRY_CLEANUP(dam__alloc(count + 1, sizeof *all, &all));
    for (size_t p = 0; p < count; p++) {
        dam__replica_result result = sweep->results[p];
        result.curve = sweep->curves != NULL ? sweep->curves + p * DAM__SWEEP_POINTS : NULL;
        all[p] = packed(&result);
    }
    DAM_TRY_CLEANUP(post_all(ranks, (struct head){.kind = OVER, .status = ranks->status}, all,
                             count * sizeof *all));
    status = ranks->status;
    if (status != DAM_OK)
        status = dam__fail(status, "%s", ranks->why);
cleanup:
    free(all);
    return status;
}

static dam_status end_other(dam__sweep_ranks *ranks, dam_status status)
{
    DAM_TRY(post_message(ranks, DONE, status, 0));
    while (!ranks->is_over) {
        DAM_TRY(take_letters(ranks));
        nap();
    }
    return ranks->status == DAM_OK
               ? DAM_OK
               : dam__advise(DAM__ADVICE_TOLD, dam__fail(ranks->status, "the sweep has ended"));
}

dam_status dam__sweep_ranks_end(dam__sweep_ranks *ranks, dam_status status)
{
    if (ranks == NULL)
        return status;
    return dam__comm_rank(ranks->comm) == 0 ? end_first(ranks, status) : end_other(ranks, status);
}
