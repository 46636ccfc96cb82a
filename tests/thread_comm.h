/* Ranks as threads of a test: a provider of dam__comm without MPI. */
#ifndef TESTS_THREAD_COMM_H
#define TESTS_THREAD_COMM_H

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"

enum { MOST_RANKS = 8 };

struct thread_letter {
    struct thread_letter *next;
    int from;
    size_t bytes;
    void *body;
};

/* Where threads meet: all, or two; and what they leave for each other. */
struct meeting {
    pthread_barrier_t all, pairs[MOST_RANKS][MOST_RANKS];
    const void *given[MOST_RANKS];
    int size;
    pthread_mutex_t lock; /* of what follows */
    int64_t ticket;
    struct thread_letter *boxes[MOST_RANKS];
};

struct thread_comm {
    dam__comm base; /* first, so that a pointer to it is one to this */
    struct meeting *meeting;
};

static struct meeting *thread_meeting(dam__comm *comm)
{
    return ((struct thread_comm *)comm)->meeting;
}

static dam_status thread_exchange(dam__comm *comm, int partner, const void *given, void *taken,
                                  size_t bytes)
{
    struct meeting *meeting = thread_meeting(comm);
    int low = comm->rank < partner ? comm->rank : partner;
    pthread_barrier_t *pair = &meeting->pairs[low][comm->rank + partner - low];
    meeting->given[comm->rank] = given;
    (void)pthread_barrier_wait(pair);
    memcpy(taken, meeting->given[partner], bytes);
    (void)pthread_barrier_wait(pair);
    return DAM_OK;
}

static dam_status thread_gather(dam__comm *comm, const void *own, size_t bytes, void *all)
{
    struct meeting *meeting = thread_meeting(comm);
    meeting->given[comm->rank] = own;
    (void)pthread_barrier_wait(&meeting->all);
    for (size_t rank = 0; rank < (size_t)meeting->size; rank++)
        memcpy((char *)all + rank * bytes, meeting->given[rank], bytes);
    (void)pthread_barrier_wait(&meeting->all);
    return DAM_OK;
}

static dam_status thread_begin_tickets(dam__comm *comm)
{
    struct meeting *meeting = thread_meeting(comm);
    (void)pthread_barrier_wait(&meeting->all);
    if (comm->rank == 0)
        meeting->ticket = 0;
    (void)pthread_barrier_wait(&meeting->all);
    return DAM_OK;
}

static dam_status thread_ticket(dam__comm *comm, int64_t *out)
{
    struct meeting *meeting = thread_meeting(comm);
    (void)pthread_mutex_lock(&meeting->lock);
    *out = meeting->ticket++;
    (void)pthread_mutex_unlock(&meeting->lock);
    return DAM_OK;
}

static dam_status thread_post(dam__comm *comm, int to, const void *bytes, size_t count)
{
    struct meeting *meeting = thread_meeting(comm);
    struct thread_letter *letter = malloc(sizeof *letter), **end = &meeting->boxes[to];
    *letter =
        (struct thread_letter){.from = comm->rank, .bytes = count, .body = calloc(1, count + 1)};
    memcpy(letter->body, bytes, count);
    (void)pthread_mutex_lock(&meeting->lock);
    while (*end != NULL)
        end = &(*end)->next;
    *end = letter;
    (void)pthread_mutex_unlock(&meeting->lock);
    return DAM_OK;
}

static dam_status thread_receive(dam__comm *comm, void **body, size_t *bytes, int *from)
{
    struct meeting *meeting = thread_meeting(comm);
    (void)pthread_mutex_lock(&meeting->lock);
    struct thread_letter *letter = meeting->boxes[comm->rank];
    if (letter != NULL)
        meeting->boxes[comm->rank] = letter->next;
    (void)pthread_mutex_unlock(&meeting->lock);
    if (letter == NULL)
        return DAM_OK;
    *body = letter->body;
    *bytes = letter->bytes;
    *from = letter->from;
    free(letter);
    return DAM_OK;
}

static void meeting_begin(struct meeting *meeting, int size)
{
    *meeting = (struct meeting){.size = size};
    (void)pthread_mutex_init(&meeting->lock, NULL);
    (void)pthread_barrier_init(&meeting->all, NULL, (unsigned)size);
    for (int a = 0; a < size; a++)
        for (int b = a + 1; b < size; b++)
            (void)pthread_barrier_init(&meeting->pairs[a][b], NULL, 2);
}

/* Once the threads are over; letters that nobody has taken go, too. */
static void meeting_end(struct meeting *meeting)
{
    for (int a = 0; a < meeting->size; a++) {
        for (int b = a + 1; b < meeting->size; b++)
            (void)pthread_barrier_destroy(&meeting->pairs[a][b]);
        while (meeting->boxes[a] != NULL) {
            struct thread_letter *letter = meeting->boxes[a];
            meeting->boxes[a] = letter->next;
            free(letter->body);
            free(letter);
        }
    }
    (void)pthread_barrier_destroy(&meeting->all);
    (void)pthread_mutex_destroy(&meeting->lock);
}

static struct thread_comm thread_comm_of(struct meeting *meeting, int rank)
{
    static const dam__comm_ops by_threads = {.exchange = thread_exchange,
                                             .gather = thread_gather,
                                             .begin_tickets = thread_begin_tickets,
                                             .ticket = thread_ticket,
                                             .post = thread_post,
                                             .receive = thread_receive};
    return (struct thread_comm){.base = {.ops = &by_threads, .rank = rank, .size = meeting->size},
                                .meeting = meeting};
}

#endif
