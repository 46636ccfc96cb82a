/*
 * Ranks that run a sweep together, here as threads: every run is taken once, rank 0 has every
 * result, and all end alike, whatever happens to one of them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "thread_comm.h"

#include "sweep/sweep_ranks.h"

enum { CELLS = 40, GROUPS = 4, TOGETHER = 3 };

/* What happens to whom. */
typedef enum { NONE, STOPS, FAILS, CANNOT_SAVE } kind_of_trouble;

struct rank {
    struct thread_comm comm;
    dam__sweep sweep;
    dam__sweep_ranks *ranks;
    kind_of_trouble trouble;
    bool is_search;
    int runs[CELLS]; /* how often this rank has run a replica */
    int failures;    /* that rank 0 was told of */
    size_t saved;    /* results when rank 0 last saved */
    dam_status status;
    dam__advice advice;
    char why[128];
};

static dam_status on_results(void *user)
{
    struct rank *rank = user;
    if (rank->trouble == CANNOT_SAVE)
        return dam__fail(DAM_INPUT, "no room");
    rank->saved = dam__sweep_count(&rank->sweep, DAM__REPLICA_DONE);
    return DAM_OK;
}

static dam_status on_own_results(void *user)
{
    struct rank *rank = user;
    return rank->comm.base.rank == 0 ? on_results(user) : DAM_OK;
}

static void on_failure(void *user, size_t replica, dam_status status)
{
    struct rank *rank = user;
    rank->failures +=
        replica == 7 && status == DAM_USAGE && strstr(dam_error(), "no number") != NULL;
}

static size_t together(void *user, const size_t *replicas, size_t count)
{
    (void)user;
    (void)replicas;
    return count < TOGETHER ? count : TOGETHER;
}

/* A replica's loss is its square; number 7 cannot be run. */
static dam_status run(void *user, const size_t *replicas, size_t count,
                      dam__replica_result *results)
{
    struct rank *rank = user;
    bool first = rank->comm.base.rank == 0;
    if (dam__sweep_ranks_stop(rank->ranks))
        return dam__fail(DAM_INTERRUPTED, "stopped");
    for (size_t i = 0; i < count; i++) {
        rank->runs[replicas[i]]++;
        results[i].epochs = (int)replicas[i];
        results[i].metrics[DAM__METRIC_LOSS] = (double)(replicas[i] * replicas[i]);
        results[i].status = replicas[i] == 7 ? DAM__REPLICA_FAILED : DAM__REPLICA_DONE;
        if (results[i].curve != NULL)
            results[i].curve[0] = (double)replicas[i] / 2;
        if (replicas[i] != 7)
            continue;
        dam_status failure = dam__fail(DAM_USAGE, "7 is no number");
        if (first)
            on_failure(rank, 7, failure);
        else
            DAM_TRY(dam__sweep_ranks_tell_failure(rank->ranks, 7, failure));
    }
    return dam__sweep_ranks_give(rank->ranks, replicas, count, results);
}

static dam_status claim(void *user, size_t number, bool *own)
{
    struct rank *rank = user;
    if (rank->trouble == STOPS)
        return dam__fail(DAM_INTERRUPTED, "stopped");
    if (rank->trouble == FAILS)
        return dam__fail(DAM_NO_DEVICE, "no device");
    return dam__sweep_ranks_claim(rank->ranks, number, own);
}

static dam_status sweep(struct rank *rank)
{
    size_t group[CELLS];
    const dam__sweep_desk desk = {rank, on_results, on_failure};
    const dam__sweep_runner runner = {.user = rank,
                                      .together = together,
                                      .run = run,
                                      .on_results = on_own_results,
                                      .claim = claim};
    for (size_t p = 0; p < CELLS; p++)
        group[p] = p % GROUPS;
    DAM_TRY(dam__sweep_ranks_create(&rank->comm.base, &rank->sweep, &desk, &rank->ranks));
    DAM_TRY(dam__sweep_ranks_begin(rank->ranks));
    dam_status status = dam__sweep_run(&rank->sweep, group, GROUPS, &runner);
    return dam__sweep_ranks_end(rank->ranks, status);
}

static void *run_rank(void *user)
{
    struct rank *rank = user;
    rank->status = sweep(rank);
    rank->advice = dam__advice_of_error();
    (void)snprintf(rank->why, sizeof rank->why, "%s", rank->status != DAM_OK ? dam_error() : "");
    dam__sweep_ranks_destroy(rank->ranks);
    return NULL;
}

static void make_sweep(struct rank *rank)
{
    rank->sweep = (dam__sweep){.cells = CELLS, .seeds = 1, .extend = rank->is_search};
    rank->sweep.results = calloc(CELLS, sizeof *rank->sweep.results);
    if (rank->is_search)
        rank->sweep.curves = calloc((size_t)CELLS * DAM__SWEEP_POINTS, sizeof(double));
}

/* By `count` ranks, of which number `which` has trouble. */
static void run_ranks(struct rank *ranks, int count, int which, kind_of_trouble trouble,
                      bool is_search)
{
    struct meeting meeting;
    pthread_t threads[MOST_RANKS];
    meeting_begin(&meeting, count);
    for (int i = 0; i < count; i++) {
        ranks[i] = (struct rank){.comm = thread_comm_of(&meeting, i),
                                 .trouble = i == which ? trouble : NONE,
                                 .is_search = is_search};
        make_sweep(&ranks[i]);
        assert_int_equal(pthread_create(&threads[i], NULL, run_rank, &ranks[i]), 0);
    }
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    meeting_end(&meeting);
}

static void free_ranks(struct rank *ranks, int count)
{
    for (int i = 0; i < count; i++) {
        free(ranks[i].sweep.results);
        free(ranks[i].sweep.curves);
    }
}

static void check_results(const struct rank *rank)
{
    for (size_t p = 0; p < CELLS; p++) {
        const dam__replica_result *result = &rank->sweep.results[p];
        assert_int_equal(result->status, p == 7 ? DAM__REPLICA_FAILED : DAM__REPLICA_DONE);
        assert_int_equal(result->epochs, p);
        assert_true(result->metrics[DAM__METRIC_LOSS] == (double)(p * p));
        assert_null(result->curve);
        if (rank->is_search)
            assert_true(rank->sweep.curves[p * DAM__SWEEP_POINTS] == (double)p / 2);
    }
}

static void every_run_is_taken_once(void **state)
{
    (void)state;
    struct rank ranks[MOST_RANKS];
    for (int count = 2; count <= MOST_RANKS; count *= 2)
        for (int search = 0; search < 2; search++) {
            run_ranks(ranks, count, 0, NONE, search);
            check_results(&ranks[0]);
            assert_int_equal(ranks[0].failures, 1);
            for (size_t p = 0; p < CELLS; p++) {
                int runs = 0;
                for (int i = 0; i < count; i++)
                    runs += ranks[i].runs[p];
                assert_int_equal(runs, 1);
            }
            for (int i = 0; i < count; i++) {
                assert_int_equal(ranks[i].status, DAM_OK);
                if (search) /* which goes on by all results */
                    check_results(&ranks[i]);
            }
            free_ranks(ranks, count);
        }
}

/* Whoever is stopped or fails, all come to the same, and rank 0's message says who. */
static void all_end_alike(void **state)
{
    (void)state;
    static const struct {
        int which;
        kind_of_trouble trouble;
        dam_status status;
        const char *why;
    } cases[] = {
        {0, STOPS, DAM_INTERRUPTED, "stopped"}, {2, STOPS, DAM_INTERRUPTED, "rank 2: stopped"},
        {0, FAILS, DAM_NO_DEVICE, "no device"}, {2, FAILS, DAM_NO_DEVICE, "rank 2: no device"},
        {0, CANNOT_SAVE, DAM_INPUT, "no room"},
    };
    struct rank ranks[MOST_RANKS];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        run_ranks(ranks, 4, cases[c].which, cases[c].trouble, false);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(ranks[i].status, cases[c].status);
            if (i > 0)
                assert_int_equal(ranks[i].advice, DAM__ADVICE_TOLD);
        }
        if (strcmp(ranks[0].why, cases[c].why) != 0)
            fail_msg("case %zu: %s", c, ranks[0].why);
        free_ranks(ranks, 4);
    }
}

static void a_process_alone_asks_nobody(void **state)
{
    (void)state;
    dam__sweep_ranks *ranks = NULL;
    const dam__sweep_desk desk = {0};
    assert_int_equal(dam__sweep_ranks_create(NULL, NULL, &desk, &ranks), DAM_OK);
    assert_null(ranks);
    assert_int_equal(dam__sweep_ranks_begin(ranks), DAM_OK);
    assert_false(dam__sweep_ranks_stop(ranks));
    assert_int_equal(dam__sweep_ranks_end(ranks, DAM_INTERRUPTED), DAM_INTERRUPTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_run_is_taken_once),
                                       cmocka_unit_test(all_end_alike),
                                       cmocka_unit_test(a_process_alone_asks_nobody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
