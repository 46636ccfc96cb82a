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

#include "kernel/device.h"
#include "model/recall.h"

/* --- golden problems -------------------------------------------------------------------------- */

static const char *const problems[] = {
    "signs-poly",     "signs-ties", "signs-rect", "signs-leaky", "signs-exp", "signs-steep",
    "signs-together", "reals-poly", "reals-rect", "reals-leaky", "reals-exp", "reals-together",
};

static dam__array read_golden(const char *problem, const char *name)
{
    char path[1024];
    dam__array array = {0};
    (void)snprintf(path, sizeof path, "%s/recall/%s/%s.npy", GOLDEN_FOLDER, problem, name);
    OK(dam__array_read(path, &array));
    return array;
}

static float *floats_of(const dam__array *array)
{
    size_t items = dam__array_items(array);
    float *out = calloc(items, sizeof *out);
    for (size_t i = 0; i < items; i++)
        out[i] = (float)dam__array_at(array, i);
    return out;
}

struct problem {
    const char *name;
    dam__array setup, memories, probes, fixed, states, energies;
    dam__recall_config config;
    float *x;
    uint8_t *marks;
};

static struct problem read_problem(const char *name)
{
    struct problem p = {.name = name};
    p.setup = read_golden(name, "setup");
    p.memories = read_golden(name, "memories");
    p.probes = read_golden(name, "probes");
    p.fixed = read_golden(name, "fixed");
    p.states = read_golden(name, "states");
    p.energies = read_golden(name, "energies");
    const double *setup = p.setup.data;
    p.config = (dam__recall_config){
        .interaction = {.kind = (int)setup[0], .exponent = (int)setup[1], .leak = setup[2]},
        .sharpness = setup[3],
        .dynamics = setup[4] != 0 ? DAM__DYNAMICS_SYNCHRONOUS : DAM__DYNAMICS_ASYNCHRONOUS,
        .sweeps = 100,
        .seed = 5};
    p.x = floats_of(&p.probes);
    p.marks = calloc(p.fixed.shape[0], 1);
    for (size_t i = 0; i < p.fixed.shape[0]; i++)
        p.marks[i] = dam__array_at(&p.fixed, i) != 0;
    return p;
}

static void free_problem(struct problem *p)
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
static void check_energies(const struct problem *p, const dam__recalled *got, const setting *how)
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
    dam__device *device = open_device(info, how);
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        struct problem p = read_problem(problems[i]);
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
        free_problem(&p);
    }
    dam__device_close(device);
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(check_golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
