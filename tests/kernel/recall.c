/*
 * Recall on a device: against relaxations of a slow reference with the same orders of the neurons,
 * the energies of specification and reference, and what has to hold of any relaxation: energies
 * never rise, a second one changes nothing, fixed neurons stay, capacity is what theory says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/golden.h"
#include "model/energy/recall.h"

/* --- golden cases ----------------------------------------------------------------------------- */

static const char *const cases[] = {
    "signs-poly",
    "signs-ties",
    "signs-rect",
    "signs-leaky",
    "signs-exp",
    "signs-steep",
    "signs-together",
    "reals-poly",
    "reals-rect",
    "reals-leaky",
    "reals-exp",
    "reals-together",
    /* b at which the leak is felt; above F(N), and beyond single precision. */
    "signs-leaky-scaled",
    "signs-leaky-wide",
    "reals-leaky-scaled",
    "reals-leaky-wide",
};

static float *floats_of(const dam__array *array)
{
    size_t items = dam__array_items(array);
    float *out = calloc(items, sizeof *out);
    for (size_t i = 0; i < items; i++)
        out[i] = (float)dam__array_at(array, i);
    return out;
}

struct golden_case {
    const char *name;
    dam__array setup, memories, probes, fixed, states, energies;
    dam__recall_config config;
    float *x;
    uint8_t *marks;
};

static struct golden_case read_case(const char *name)
{
    struct golden_case p = {.name = name};
    p.setup = load_golden("recall/%s/%s", name, "setup");
    p.memories = load_golden("recall/%s/%s", name, "memories");
    p.probes = load_golden("recall/%s/%s", name, "probes");
    p.fixed = load_golden("recall/%s/%s", name, "fixed");
    p.states = load_golden("recall/%s/%s", name, "states");
    p.energies = load_golden("recall/%s/%s", name, "energies");
    const double *setup = p.setup.data;
    p.config = (dam__recall_config){
        .interaction = {.kind = (int)setup[0], .exponent = (int)setup[1], .leak = setup[2]},
        .scale = setup[3],
        .dynamics = setup[4] != 0 ? DAM__DYNAMICS_SYNCHRONOUS : DAM__DYNAMICS_ASYNCHRONOUS,
        .sweeps = 100,
        .seed = 5};
    p.x = floats_of(&p.probes);
    p.marks = calloc(p.fixed.shape[0], 1);
    for (size_t i = 0; i < p.fixed.shape[0]; i++)
        p.marks[i] = dam__array_at(&p.fixed, i) != 0;
    return p;
}

static void free_case(struct golden_case *p)
{
    dam__array *const arrays[] = {&p->setup, &p->memories, &p->probes,
                                  &p->fixed, &p->states,   &p->energies};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        dam__array_free(arrays[i]);
    free(p->x);
    free(p->marks);
}

static dam__recalled recall(dam__device *device, const dam__recall_config *config,
                            const dam__array *memories, const float *probes, size_t count,
                            const uint8_t *fixed)
{
    const dam__recall_task task = {
        .memories = memories, .probes = probes, .count = count, .fixed = fixed};
    dam__recalled out = {0};
    OK(dam__recall(device, config, &task, NULL, &out));
    return out;
}

/* Energies before the first sweep and after the last one. */
static void check_energies(const struct golden_case *p, const dam__recalled *got,
                           const setting *how)
{
    double tolerance = how->precision == DAM__PRECISION_DOUBLE ? 1e-10 : 2e-4;
    for (size_t a = 0; a < got->count; a++) {
        const double *energies = got->energies + a * (got->sweeps + 1);
        const double found[] = {energies[0], energies[got->taken[a]]};
        for (size_t when = 0; when < 2; when++) {
            double wanted = dam__array_at(&p->energies, 2 * a + when);
            if (!(fabs(found[when] - wanted) <= tolerance * fmax(fabs(wanted), 1e-3)))
                fail_msg("%s, %s, probe %zu: energy %.9g, wanted %.9g", p->name, setting_name(how),
                         a, found[when], wanted);
        }
        for (size_t s = (size_t)got->taken[a] + 1; s <= got->sweeps; s++)
            assert_true(isnan(energies[s]));
    }
}

static void check_golden(const dam_device_info *info, const setting *how)
{
    dam__device *device = shared_device(info, how);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct golden_case p = read_case(cases[i]);
        size_t count = p.probes.shape[0], dim = p.probes.shape[1];
        p.config.gemm = how->provider;
        dam__recalled got = recall(device, &p.config, &p.memories, p.x, count, p.marks);
        assert_int_equal(got.signs, strncmp(p.name, "signs", 5) == 0);
        for (size_t a = 0; a < count; a++)
            for (size_t j = 0; j < dim; j++)
                if ((double)got.states[a * dim + j] != dam__array_at(&p.states, a * dim + j))
                    fail_msg("%s, %s: probe %zu differs at neuron %zu", p.name, setting_name(how),
                             a, j);
        check_energies(&p, &got, how);
        assert_int_equal(got.rising, 0);
        dam__recalled_free(&got);
        free_case(&p);
    }
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(check_golden);
}

/* --- what has to hold ------------------------------------------------------------------------- */

/* One configuration of each shape: what does not depend on provider or precision. */
static void for_both_shapes(void (*what)(dam__device *, const setting *))
{
    const dam_device_info info = test_device();
    for (int s = 0; s < 2; s++) {
        const setting how = {.shape = s == 0 ? DAM__SHAPE_CPU : DAM__SHAPE_GPU,
                             .provider = s == 0 ? DAM__GEMM_PANEL : dam__gemm_for_gpus()};
        bool few = at_most(&info, BREADTH_EVERY) == BREADTH_ONE;
        if (is_slow(&info) ? how.shape == DAM__SHAPE_CPU : few && how.shape == DAM__SHAPE_GPU)
            continue;
        dam__device *device = shared_device(&info, &how);
        what(device, &how);
    }
}

/* The small case of the specification, section 12. */
static void check_specified_energies(dam__device *device, const setting *how)
{
    enum { N = 6, K = 3, A = 2 };
    const double poly[A] = {-0.0525872185911, -0.1033867247};
    const double rect[A] = {-0.0167413874916, -0.0379379443451};
    double values[K * N];
    float x[A * N];
    for (int i = 0; i < K * N; i++)
        values[i] = 0.8 * sin(1 + i);
    for (int i = 0; i < A * N; i++)
        x[i] = (7 * i + 3) % 5 < 3 ? 1 : -1;
    const dam__array memories = {.element = DAM__F64, .rank = 2, .shape = {K, N}, .data = values};
    for (int kind = 0; kind < 2; kind++) {
        int n = kind == 0 ? 3 : 4;
        const dam__recall_config config = {
            .interaction = {kind == 0 ? DAM__INTERACTION_POLY : DAM__INTERACTION_RECT, n, 0},
            .sweeps = 10,
            .gemm = how->provider};
        dam__recalled got = recall(device, &config, &memories, x, A, NULL);
        /* Theirs are at alpha = 1/3, ours in units of F(N): alpha = 1/6. */
        for (size_t a = 0; a < A; a++) {
            double wanted = kind == 0 ? poly[a] : rect[a];
            double energy = got.energies[a * (got.sweeps + 1)] * pow(2, n);
            if (!(fabs(energy - wanted) <= 1e-6 * fabs(wanted)))
                fail_msg("%s: energy %.12g, wanted %.12g", setting_name(how), energy, wanted);
        }
        dam__recalled_free(&got);
    }
}

static void test_specified_energies(void **state)
{
    (void)state;
    for_both_shapes(check_specified_energies);
}

/* Random patterns, and probes of the first `count` with `flips` neurons flipped. */
struct load {
    size_t patterns, dim, count;
    float *stored, *probes;
    dam__array memories;
};

static struct load make_load(size_t patterns, size_t dim, size_t count, size_t flips, bool reals)
{
    struct load l = {.patterns = patterns, .dim = dim, .count = count};
    uint64_t state = 77 + patterns;
    l.stored = calloc(patterns * dim, sizeof *l.stored);
    l.probes = calloc(count * dim, sizeof *l.probes);
    for (size_t i = 0; i < patterns * dim; i++)
        l.stored[i] = test_number(&state) >= 0 ? 1 : -1;
    for (size_t p = 0; p < count; p++) {
        float *x = l.probes + p * dim;
        size_t flipped = 0;
        memcpy(x, l.stored + p * (patterns / count) * dim, dim * sizeof *x);
        while (flipped < flips) {
            size_t i = (size_t)((test_number(&state) + 1) / 2 * (double)dim);
            if (x[i] == l.stored[p * (patterns / count) * dim + i]) {
                x[i] = -x[i];
                flipped++;
            }
        }
    }
    for (size_t i = 0; i < patterns * dim && reals; i++)
        l.stored[i] *= (float)(0.6 + 0.4 * test_number(&state));
    l.memories =
        (dam__array){.element = DAM__F32, .rank = 2, .shape = {patterns, dim}, .data = l.stored};
    return l;
}

static void free_load(struct load *l)
{
    free(l->stored);
    free(l->probes);
}

static double share_recovered(const struct load *l, const dam__recalled *got)
{
    size_t recovered = 0;
    for (size_t p = 0; p < l->count; p++)
        recovered +=
            memcmp(got->states + p * l->dim, l->stored + p * (l->patterns / l->count) * l->dim,
                   l->dim * sizeof *l->stored) == 0;
    return (double)recovered / (double)l->count;
}

/* Acceptance test 5 of the specification, and 50,000 patterns of the exponential interaction. */
static void check_capacity(dam__device *device, const setting *how)
{
    static const struct {
        dam__interaction interaction;
        size_t patterns, count, flips;
        double least, most;
    } loads[] = {
        {{DAM__INTERACTION_POLY, 2, 0}, 8, 8, 10, 0.95, 1},
        {{DAM__INTERACTION_RECT, 3, 0}, 300, 100, 10, 0.95, 1},
        {{DAM__INTERACTION_RECT, 5, 0}, 10000, 100, 20, 0.95, 1},
        {{DAM__INTERACTION_POLY, 2, 0}, 40, 40, 10, 0, 0.05},
        {{DAM__INTERACTION_EXP, 2, 0}, 50000, 50, 20, 1, 1},
        {{DAM__INTERACTION_POLY, 100, 0}, 300, 50, 20, 1, 1},
    };
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        struct load l = make_load(loads[i].patterns, 100, loads[i].count, loads[i].flips, false);
        const dam__recall_config config = {.interaction = loads[i].interaction,
                                           .scale = 1,
                                           .sweeps = 100,
                                           .seed = 9,
                                           .gemm = how->provider};
        dam__recalled got = recall(device, &config, &l.memories, l.probes, l.count, NULL);
        double share = share_recovered(&l, &got);
        if (share < loads[i].least || share > loads[i].most)
            fail_msg("%s, load %zu: %.4f recovered", setting_name(how), i, share);
        assert_true(got.signs);
        assert_int_equal(got.rising, 0);
        dam__recalled_free(&got);
        free_load(&l);
    }
}

static void test_capacity(void **state)
{
    (void)state;
    for_both_shapes(check_capacity);
}

/* Energies fall from sweep to sweep until nothing changes; a second relaxation changes nothing. */
static void check_rest(dam__device *device, const setting *how)
{
    for (int reals = 0; reals < 2; reals++) {
        struct load l = make_load(60, 90, 30, 30, reals != 0);
        dam__recall_config config = {.interaction = {DAM__INTERACTION_POLY, 3, 0},
                                     .sweeps = 100,
                                     .seed = 2,
                                     .gemm = how->provider};
        dam__recalled first = recall(device, &config, &l.memories, l.probes, l.count, NULL);
        assert_int_equal(first.signs, reals == 0);
        assert_int_equal(first.rising, 0);
        for (size_t p = 0; p < l.count; p++) {
            const double *energies = first.energies + p * (first.sweeps + 1);
            const int32_t *flips = first.flips + p * first.sweeps;
            int taken = first.taken[p];
            assert_int_equal(first.ends[p], DAM__RECALL_CONVERGED);
            assert_int_equal(flips[taken - 1], 0);
            for (int s = 0; s + 1 < taken; s++) {
                assert_true(flips[s] > 0);
                assert_true(energies[s + 1] <= energies[s] + 1e-6 * fabs(energies[s]));
            }
        }
        config.seed = 3;
        dam__recalled second = recall(device, &config, &l.memories, first.states, l.count, NULL);
        assert_memory_equal(second.states, first.states, l.count * l.dim * sizeof *l.probes);
        assert_int_equal(second.sweeps, 1);
        dam__recalled_free(&first);
        dam__recalled_free(&second);
        free_load(&l);
    }
}

static void test_rest(void **state)
{
    (void)state;
    for_both_shapes(check_rest);
}

/* Fixed neurons stay, though they are wrong or no signs at all; chunks change nothing. */
static void check_fixed(dam__device *device, const setting *how)
{
    struct load l = make_load(20, 64, 20, 10, false);
    uint8_t fixed[64] = {0};
    dam__recall_config config = {
        .interaction = {DAM__INTERACTION_RECT, 4, 0}, .sweeps = 50, .gemm = how->provider};
    memset(fixed, 1, 24);
    for (int grey = 0; grey < 2; grey++) {
        for (size_t p = 0; p < l.count && grey != 0; p++)
            l.probes[p * l.dim + 5] = 0.25F;
        config.chunk = 0;
        dam__recalled whole = recall(device, &config, &l.memories, l.probes, l.count, fixed);
        assert_int_equal(whole.signs, grey == 0);
        for (size_t p = 0; p < l.count; p++)
            assert_memory_equal(whole.states + p * l.dim, l.probes + p * l.dim,
                                24 * sizeof *l.probes);
        config.chunk = 7;
        dam__recalled parts = recall(device, &config, &l.memories, l.probes, l.count, fixed);
        assert_memory_equal(parts.states, whole.states, l.count * l.dim * sizeof *l.probes);
        assert_memory_equal(parts.nearest, whole.nearest, l.count * sizeof *whole.nearest);
        assert_int_equal(parts.sweeps, whole.sweeps);
        dam__recalled_free(&whole);
        dam__recalled_free(&parts);
    }
    free_load(&l);
}

static void test_fixed(void **state)
{
    (void)state;
    for_both_shapes(check_fixed);
}

/* The class neuron alone decides, once, from -1: as the sign of its field. */
static void check_class(dam__device *device, const setting *how)
{
    struct load l = make_load(30, 40, 30, 6, true);
    uint8_t fixed[40];
    const dam__recall_config config = {.interaction = {DAM__INTERACTION_RECT, 6, 0},
                                       .dynamics = DAM__DYNAMICS_CLASS,
                                       .sweeps = 100,
                                       .gemm = how->provider};
    memset(fixed, 1, sizeof fixed);
    fixed[39] = 0;
    dam__recalled got = recall(device, &config, &l.memories, l.probes, l.count, fixed);
    assert_int_equal(got.sweeps, 1);
    for (size_t p = 0; p < l.count; p++) {
        double field = 0;
        for (size_t mu = 0; mu < l.patterns; mu++) {
            double rest = 0, own = (double)l.stored[mu * 40 + 39];
            for (size_t i = 0; i < 39; i++)
                rest += (double)l.stored[mu * 40 + i] * (double)l.probes[p * 40 + i];
            field += pow(fmax(rest + own, 0), 6) - pow(fmax(rest - own, 0), 6);
        }
        assert_true(got.states[p * 40 + 39] == (field >= 0 ? 1 : -1));
        assert_memory_equal(got.states + p * 40, l.probes + p * 40, 39 * sizeof *l.probes);
    }
    dam__recalled_free(&got);
    free_load(&l);
}

static void test_class(void **state)
{
    (void)state;
    for_both_shapes(check_class);
}

/* Two neurons that each want what the other has keep cycling. */
static void check_cycle(dam__device *device, const setting *how)
{
    float stored[] = {1, 1}, probe[] = {1, -1};
    const dam__array memories = {.element = DAM__F32, .rank = 2, .shape = {1, 2}, .data = stored};
    const dam__recall_config config = {.interaction = {DAM__INTERACTION_POLY, 2, 0},
                                       .dynamics = DAM__DYNAMICS_SYNCHRONOUS,
                                       .sweeps = 100,
                                       .gemm = how->provider};
    dam__recalled got = recall(device, &config, &memories, probe, 1, NULL);
    assert_int_equal(got.ends[0], DAM__RECALL_CYCLING);
    assert_int_equal(got.taken[0], 2);
    assert_memory_equal(got.states, probe, sizeof probe);
    dam__recalled_free(&got);
}

static void test_cycle(void **state)
{
    (void)state;
    for_both_shapes(check_cycle);
}

static void check_refusals(dam__device *device, const setting *how)
{
    float stored[] = {1, 1, -1, 1}, probes[] = {1, 0.5F, 1, -1};
    uint8_t fixed[] = {1, 1};
    dam__array memories = {.element = DAM__F32, .rank = 2, .shape = {2, 2}, .data = stored};
    const dam__recall_config config = {
        .interaction = {DAM__INTERACTION_POLY, 2, 0}, .sweeps = 5, .gemm = how->provider};
    dam__recall_task task = {.memories = &memories, .probes = probes, .count = 2};
    dam__recalled out;
    assert_int_equal(dam__recall(device, &config, &task, NULL, &out), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "probe 0 holds 0.5 at neuron 1"));
    task.fixed = fixed;
    assert_int_equal(dam__recall(device, &config, &task, NULL, &out), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "the mask keeps every neuron"));
    fixed[0] = 0;
    probes[3] = NAN;
    assert_int_equal(dam__recall(device, &config, &task, NULL, &out), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "probe 1 holds nan at neuron 1"));
    probes[3] = 1;
    stored[2] = INFINITY;
    assert_int_equal(dam__recall(device, &config, &task, NULL, &out), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "memory 1 holds inf"));
    task.count = 0;
    stored[2] = 1;
    assert_int_equal(dam__recall(device, &config, &task, NULL, &out), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "no probe"));
}

static void test_refusals(void **state)
{
    (void)state;
    for_both_shapes(check_refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),   cmocka_unit_test(test_specified_energies),
        cmocka_unit_test(test_rest),     cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_class),    cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_capacity), cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
