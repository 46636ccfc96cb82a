#include "model/energy/selftest_recall.h"

#include <math.h>
#include <string.h>

#include "model/energy/recall.h"

enum { DIM = 37, MEMORIES = 43, PROBES = 5, SWEEPS = 40 };

/* Memories and probes, and what came of them. */
struct fixture {
    dam__recall_config config;
    double *memories; /* MEMORIES x DIM */
    float *probes;    /* PROBES x DIM */
    dam__recalled got;
};

static dam_status make_fixture(dam__test *test, bool signs, struct fixture *f)
{
    double *numbers = NULL;
    DAM_TRY(dam__test_numbers(test, (size_t)MEMORIES * DIM, -1, 1, &f->memories));
    DAM_TRY(dam__test_numbers(test, (size_t)PROBES * DIM, -1, 1, &numbers));
    DAM_TRY(dam__test_array(test, (size_t)PROBES * DIM, sizeof *f->probes, &f->probes));
    for (size_t i = 0; i < (size_t)MEMORIES * DIM && signs; i++)
        f->memories[i] = f->memories[i] >= 0 ? 1 : -1;
    for (size_t i = 0; i < (size_t)PROBES * DIM; i++)
        f->probes[i] = numbers[i] >= 0 ? 1 : -1;
    f->config.seed = 3;
    f->config.scale = 1;
    f->config.gemm = test->provider;
    return DAM_OK;
}

static dam_status recall(dam__test *test, struct fixture *f)
{
    const dam__array memories = {
        .element = DAM__F64, .rank = 2, .shape = {MEMORIES, DIM}, .data = f->memories};
    const dam__recall_task task = {.memories = &memories, .probes = f->probes, .count = PROBES};
    return dam__recall(test->device, &f->config, &task, NULL, &f->got);
}

/* S of a state, and E in units of F(N). */
static double energy_at(const struct fixture *f, const float *state)
{
    double similarities[MEMORIES] = {0};
    for (size_t mu = 0; mu < MEMORIES; mu++)
        for (size_t i = 0; i < DIM; i++)
            similarities[mu] += f->memories[mu * DIM + i] * (double)state[i];
    return dam__recall_energy(&f->config, similarities, MEMORIES, DIM);
}

/* E(neuron i flipped) - E. */
static double gap_at(const struct fixture *f, const float *state, size_t i)
{
    float flipped[DIM];
    memcpy(flipped, state, sizeof flipped);
    flipped[i] = -flipped[i];
    return energy_at(f, flipped) - energy_at(f, state);
}

static void compare_nearest(dam__test *test, const struct fixture *f, size_t probe)
{
    double least = INFINITY, mine = 0;
    for (size_t mu = 0; mu < MEMORIES; mu++) {
        double squares = 0;
        for (size_t i = 0; i < DIM; i++) {
            double difference = (double)f->got.states[probe * DIM + i] - f->memories[mu * DIM + i];
            squares += difference * difference;
        }
        least = fmin(least, squares);
        mine = mu == (size_t)f->got.nearest[probe] ? squares : mine;
    }
    dam__test_compare(test, f->got.distances[probe] * f->got.distances[probe], mine, DIM);
    dam__test_compare(test, mine, least, DIM);
}

/* Energies are those of the states, and no neuron of a state at rest would lower its own. */
static dam_status run_descent(dam__test *test, bool signs, dam__interaction interaction)
{
    dam_status status = DAM_OK;
    struct fixture f = {.config = {.interaction = interaction, .sweeps = SWEEPS}};
    DAM_TRY_CLEANUP(make_fixture(test, signs, &f));
    DAM_TRY_CLEANUP(recall(test, &f));
    for (size_t p = 0; p < PROBES; p++) {
        const float *state = f.got.states + p * DIM;
        const double *energies = f.got.energies + p * (f.got.sweeps + 1);
        double begin = energy_at(&f, f.probes + p * DIM), end = energy_at(&f, state);
        dam__test_compare(test, energies[0], begin, fabs(begin));
        dam__test_compare(test, energies[f.got.taken[p]], end, fabs(end));
        dam__test_compare(test, f.got.ends[p], DAM__RECALL_CONVERGED, 0);
        for (size_t i = 0; i < DIM; i++)
            dam__test_compare(test, fmin(gap_at(&f, state, i), 0), 0, fabs(end));
        compare_nearest(test, &f, p);
    }
    dam__test_compare(test, (double)f.got.rising, 0, 0);
cleanup:
    dam__recalled_free(&f.got);
    return status;
}

/* One step of all neurons together: each as its gap says. */
static dam_status run_together(dam__test *test, bool signs, dam__interaction interaction)
{
    dam_status status = DAM_OK;
    struct fixture f = {
        .config = {.interaction = interaction, .sweeps = 1, .dynamics = DAM__DYNAMICS_SYNCHRONOUS}};
    DAM_TRY_CLEANUP(make_fixture(test, signs, &f));
    DAM_TRY_CLEANUP(recall(test, &f));
    for (size_t p = 0; p < PROBES; p++)
        for (size_t i = 0; i < DIM; i++) {
            const float *probe = f.probes + p * DIM;
            double gap = gap_at(&f, probe, i);
            bool flips = gap < 0 || (gap == 0 && probe[i] < 0);
            double wanted = (double)(flips ? -probe[i] : probe[i]);
            dam__test_compare(test, (double)f.got.states[p * DIM + i], wanted, 0);
        }
cleanup:
    dam__recalled_free(&f.got);
    return status;
}

static const dam__interaction rect = {DAM__INTERACTION_RECT, 4, 0},
                              leaky = {DAM__INTERACTION_LEAKY, 3, -0.01},
                              poly = {DAM__INTERACTION_POLY, 3, 0},
                              steep = {DAM__INTERACTION_POLY, 60, 0},
                              exponential = {DAM__INTERACTION_EXP, 2, 0};

static dam_status run_rect(dam__test *test)
{
    return run_descent(test, false, rect);
}

static dam_status run_leaky(dam__test *test)
{
    return run_descent(test, false, leaky);
}

static dam_status run_reals_together(dam__test *test)
{
    return run_together(test, false, rect);
}

static dam_status run_signs(dam__test *test)
{
    return run_descent(test, true, poly);
}

static dam_status run_steep(dam__test *test)
{
    return run_descent(test, true, steep);
}

static dam_status run_signs_together(dam__test *test)
{
    return run_together(test, true, exponential);
}

#define EXPLAINED "powers and sums over the memories; gaps within rounding of none"

const dam__selftest_case dam__selftest_recall_cases[] = {
    {.name = "recall: any memories, rect",
     .kernels = "recall_sweep recall_nearest",
     .tolerance = 64,
     .reason = EXPLAINED,
     .products = true,
     .run = run_rect},
    {.name = "recall: any memories, leaky",
     .kernels = "recall_sweep recall_nearest",
     .tolerance = 64,
     .reason = EXPLAINED,
     .run = run_leaky},
    {.name = "recall: any memories, together",
     .kernels = "recall_sweep",
     .tolerance = 0,
     .reason = "signs",
     .run = run_reals_together},
    {.name = "recall: signs, poly",
     .kernels = "recall_signs_agree recall_signs recall_nearest",
     .tolerance = 32,
     .reason = "sums over the memories; gaps within rounding of none",
     .run = run_signs},
    {.name = "recall: signs, steep",
     .kernels = "recall_signs_agree recall_signs recall_nearest",
     .tolerance = 32,
     .reason = "sums over the memories; gaps within rounding of none",
     .run = run_steep},
    {.name = "recall: signs, together",
     .kernels = "recall_signs_agree recall_signs",
     .tolerance = 0,
     .reason = "signs",
     .run = run_signs_together},
    {0},
};
