/*
 * The public library: recalling, denoising and energies, against plain C in double.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "kernel/public.h"

/* --- an energy model that stores -------------------------------------------------------------- */

enum { PATTERNS = 8, NEURONS = 64, MEMORIES = 40, WRONG = 6, EXPONENT = 5 };

static const char storing[] =
    "model { kind = energy  task = store  memories = 40  interaction = poly  exponent = 5 }\n"
    "train { batch = 8  epochs = 150  learning_rate = 0.5  momentum = 0  decay = 0.999 }\n";

static dam_run *store(const float *patterns)
{
    dam_preset *preset = preset_of(storing);
    dam_dataset *set = NULL;
    dam_run *run = NULL;
    OK(dam_dataset_from_floats(patterns, NULL, PATTERNS, NEURONS, &set));
    OK(dam_train(preset, set, NULL, &run));
    dam_dataset_free(set);
    dam_preset_free(preset);
    return run;
}

/* E(x) = -sum (zeta x / N)^n, in units of F(N). */
static double energy_of(const double *memories, const float *x)
{
    double energy = 0;
    for (size_t mu = 0; mu < MEMORIES; mu++) {
        double similarity = 0;
        for (size_t i = 0; i < NEURONS; i++)
            similarity += memories[mu * NEURONS + i] * (double)x[i];
        energy -= pow(similarity / NEURONS, EXPONENT);
    }
    return energy;
}

static void assert_near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance * fmax(1, fabs(wanted))))
        fail_msg("%.12g, wanted %.12g", got, wanted);
}

/* No flip of one neuron leads lower. */
static void assert_minimum(const double *memories, const float *state)
{
    float x[NEURONS];
    memcpy(x, state, sizeof x);
    double energy = energy_of(memories, x);
    for (int i = 0; i < NEURONS; i++) {
        x[i] = -x[i];
        assert_true(energy_of(memories, x) >= energy - 1e-6);
        x[i] = -x[i];
    }
}

static void stored_patterns_are_recalled(void **state)
{
    (void)state;
    float patterns[PATTERNS][NEURONS], damaged[PATTERNS][NEURONS], states[PATTERNS][NEURONS];
    double energies[PATTERNS], before[PATTERNS], distances[PATTERNS];
    int32_t sweeps[PATTERNS], nearest[PATTERNS];
    dam_recall_end ends[PATTERNS];
    fill_signs(3, &patterns[0][0], (size_t)PATTERNS * NEURONS);
    memcpy(damaged, patterns, sizeof damaged);
    for (int p = 0; p < PATTERNS; p++)
        for (int i = 0; i < WRONG; i++)
            damaged[p][(5 * p + i) % NEURONS] *= -1;
    dam_run *run = store(&patterns[0][0]);
    double *memories = parameter_of(run, "memories");
    assert_string_equal(dam_run_model(run), "energy");
    assert_int_equal(dam_run_classes(run), 0);
    assert_int_equal(dam_run_neurons(run), NEURONS);

    const dam_recalled out = {.states = &states[0][0],
                              .ends = ends,
                              .sweeps = sweeps,
                              .energies = energies,
                              .nearest = nearest,
                              .distances = distances};
    OK(dam_run_recall_with(run, &damaged[0][0], PATTERNS, NULL, &out));
    OK(dam_run_energy(run, &damaged[0][0], PATTERNS, before));
    for (int p = 0; p < PATTERNS; p++) {
        assert_memory_equal(states[p], patterns[p], sizeof states[p]);
        assert_int_equal(ends[p], DAM_RECALL_CONVERGED);
        assert_true(sweeps[p] >= 2);
        assert_near(before[p], energy_of(memories, damaged[p]), 1e-9);
        assert_near(energies[p], energy_of(memories, states[p]), 1e-4);
        assert_true(energies[p] < before[p]);
        assert_minimum(memories, states[p]);
        double squares = 0;
        for (size_t i = 0; i < NEURONS; i++)
            squares += pow(memories[(size_t)nearest[p] * NEURONS + i] - (double)states[p][i], 2);
        assert_near(distances[p], sqrt(squares), 1e-3);
    }
    /* In place, and all at once, which may cycle. */
    OK(dam_run_recall(run, &damaged[0][0], PATTERNS, &damaged[0][0], ends));
    assert_memory_equal(damaged, patterns, sizeof damaged);
    OK(dam_run_recall_with(run, &damaged[0][0], PATTERNS,
                           &(dam_recall_options){.synchronous = true}, &out));
    assert_memory_equal(states, patterns, sizeof states);
    free(memories);
    dam_run_close(run);
}

static bool at_once(void *context)
{
    ++*(int *)context;
    return true;
}

static void recalls_do_as_they_are_told(void **state)
{
    (void)state;
    float patterns[PATTERNS][NEURONS], damaged[NEURONS], recalled[NEURONS];
    uint8_t fixed[NEURONS] = {0};
    dam_recall_end end;
    int asked = 0;
    fill_signs(3, &patterns[0][0], (size_t)PATTERNS * NEURONS);
    memcpy(damaged, patterns[0], sizeof damaged);
    for (int i = 0; i < WRONG; i++)
        damaged[i] *= -1;
    dam_run *run = store(&patterns[0][0]);
    const dam_recalled out = {.states = recalled, .ends = &end};
    /* Neurons that are fixed stay wrong. */
    fixed[0] = fixed[1] = 1;
    OK(dam_run_recall_with(run, damaged, 1, &(dam_recall_options){.fixed = fixed}, &out));
    assert_true(recalled[0] == damaged[0] && recalled[1] == damaged[1]);
    assert_memory_equal(recalled + 2, patterns[0] + 2, (NEURONS - 2) * sizeof *recalled);
    /* One sweep is too few to know that it was the last. */
    OK(dam_run_recall_with(run, damaged, 1, &(dam_recall_options){.sweeps = 1}, &out));
    assert_int_equal(end, DAM_RECALL_MOVING);
    assert_int_equal(
        dam_run_recall_with(run, damaged, 1,
                            &(dam_recall_options){.should_stop = at_once, .context = &asked}, &out),
        DAM_INTERRUPTED);
    assert_true(asked > 0);
    REFUSED(dam_run_recall_with(run, damaged, 1, &(dam_recall_options){.sweeps = -1}, &out),
            DAM_USAGE, "a recall takes 1 to 100000 sweeps, not -1");
    damaged[3] = 0.5F;
    assert_int_equal(dam_run_recall(run, damaged, 1, recalled, NULL), DAM_INPUT);
    damaged[3] = NAN;
    REFUSED(dam_run_recall(run, damaged, 1, recalled, NULL), DAM_INPUT,
            "sample 0, number 3 is not finite");
    assert_int_equal(dam_run_recall(run, NULL, 1, recalled, NULL), DAM_USAGE);
    assert_int_equal(dam_run_recall_with(run, damaged, 1, NULL, NULL), DAM_USAGE);
    OK(dam_run_recall(run, NULL, 0, NULL, NULL));
    int32_t class = 0;
    damaged[3] = 1;
    REFUSED(dam_run_classify(run, damaged, 1, &class, NULL), DAM_USAGE,
            "this run of kind \"energy\" has no classes; it learned without labels");
    REFUSED(dam_run_denoise(run, damaged, 1, recalled), DAM_USAGE,
            "a run of kind \"energy\" denoises nothing");
    dam_run_close(run);
}

/* Patterns to store must be states. */
static void what_is_no_state_is_not_stored(void **state)
{
    (void)state;
    float patterns[PATTERNS][NEURONS];
    dam_preset *preset = preset_of(storing);
    dam_dataset *set = NULL;
    dam_run *run = NULL;
    fill_signs(3, &patterns[0][0], (size_t)PATTERNS * NEURONS);
    patterns[2][7] = 0.25F;
    OK(dam_dataset_from_floats(&patterns[0][0], NULL, PATTERNS, NEURONS, &set));
    REFUSED(dam_train(preset, set, NULL, &run), DAM_INPUT,
            "sample 2 of 'memory' has 0.25 at place 7; states that are stored are +1 and -1: "
            "set data.threshold to \"mean\", \"median\" or a number");
    assert_null(run);
    dam_dataset_free(set);
    dam_preset_free(preset);
}

/* --- a denoiser ------------------------------------------------------------------------------- */

enum { SAMPLES = 160, FEATURES = 24, UNITS = 16, STEPS = 12 };

static const char denoising[] =
    "data  { noise = 0.5 }\n"
    "model { kind = denoise  memories = 16  activation = relu  centring = batch }\n"
    "train { optimizer = adam  eta0 = 0.125  batch = 40  epochs = 30 }\n";

/* All that f and E are made of (docs/models/denoise.md). */
typedef struct denoiser {
    double *memories, *inner, *outer, *means, *standards;
} denoiser;

static denoiser read_denoiser(const dam_run *run)
{
    return (denoiser){.memories = parameter_of(run, "memories"),
                      .inner = parameter_of(run, "inner_biases"),
                      .outer = parameter_of(run, "outer_biases"),
                      .means = parameter_of(run, "activation_means"),
                      .standards = parameter_of(run, "standards")};
}

static void free_denoiser(denoiser *d)
{
    free(d->memories);
    free(d->inner);
    free(d->outer);
    free(d->means);
    free(d->standards);
}

/* f of a standardised x, and its energy. */
static double apply(const denoiser *d, const double *x, double *f)
{
    const double s1 = 1 / sqrt(FEATURES), s2 = 1 / sqrt(UNITS);
    double energy = 0;
    for (size_t i = 0; i < FEATURES; i++) {
        f[i] = d->outer[i];
        energy += x[i] * x[i] / 2 - d->outer[i] * x[i];
    }
    for (size_t k = 0; k < UNITS; k++) {
        double z = d->inner[k];
        for (size_t i = 0; i < FEATURES; i++)
            z += s1 * d->memories[k * FEATURES + i] * x[i];
        for (size_t i = 0; i < FEATURES; i++)
            f[i] += s2 * d->memories[k * FEATURES + i] * (fmax(z, 0) - d->means[k]);
        energy -= s2 / s1 * (fmax(z, 0) * fmax(z, 0) / 2 - d->means[k] * z);
    }
    return energy;
}

static void standardise(const denoiser *d, const float *sample, double *x)
{
    for (size_t i = 0; i < FEATURES; i++)
        x[i] = ((double)sample[i] - d->standards[i]) * d->standards[FEATURES + i];
}

static void assert_samples(const denoiser *d, const float *got, const double *x)
{
    for (size_t i = 0; i < FEATURES; i++)
        assert_near((double)got[i], x[i] / d->standards[FEATURES + i] + d->standards[i], 1e-4);
}

static dam_run *train_denoiser(const float *samples)
{
    dam_preset *preset = preset_of(denoising);
    dam_dataset *set = NULL;
    dam_run *run = NULL;
    OK(dam_dataset_from_floats(samples, NULL, SAMPLES, FEATURES, &set));
    OK(dam_train(preset, set, NULL, &run));
    dam_dataset_free(set);
    dam_preset_free(preset);
    return run;
}

static void samples_are_denoised_as_the_equations_say(void **state)
{
    (void)state;
    static float samples[SAMPLES][FEATURES], out[SAMPLES][FEATURES];
    double before[SAMPLES], after[SAMPLES], x[FEATURES], f[FEATURES];
    fill_numbers(11, &samples[0][0], (size_t)SAMPLES * FEATURES);
    for (int s = 0; s < SAMPLES; s++) /* two directions are more than noise */
        for (int i = 0; i < FEATURES; i++)
            samples[s][i] = samples[s][i] / 4 + (i % 2 == 0 ? samples[s][0] : samples[s][1]) + 2;
    dam_run *run = train_denoiser(&samples[0][0]);
    denoiser d = read_denoiser(run);

    /* One alone first, so that there is something to plan larger. */
    OK(dam_run_denoise(run, samples[0], 1, out[0]));
    standardise(&d, samples[0], x);
    (void)apply(&d, x, f);
    assert_samples(&d, out[0], f);
    OK(dam_run_denoise(run, &samples[0][0], SAMPLES, &out[0][0]));
    OK(dam_run_energy(run, &samples[0][0], SAMPLES, before));
    for (size_t s = 0; s < SAMPLES; s++) {
        standardise(&d, samples[s], x);
        assert_near(before[s], apply(&d, x, f), 1e-4);
        assert_samples(&d, out[s], f);
    }
    const dam_denoise_options options = {.steps = STEPS, .dt = 0.25, .clip = -1};
    OK(dam_run_denoise_with(run, &samples[0][0], SAMPLES, &options, &out[0][0], after));
    for (size_t s = 0; s < SAMPLES; s++) {
        standardise(&d, samples[s], x);
        for (int step = 0; step < STEPS; step++) {
            (void)apply(&d, x, f);
            for (size_t i = 0; i < FEATURES; i++)
                x[i] += 0.25 * (f[i] - x[i]);
        }
        assert_near(after[s], apply(&d, x, f), 1e-3);
        assert_samples(&d, out[s], x);
        assert_true(after[s] <= before[s] + 1e-4);
    }
    /* In place. */
    OK(dam_run_denoise_with(run, &samples[0][0], SAMPLES, &options, &samples[0][0], NULL));
    assert_memory_equal(samples, out, sizeof out);
    free_denoiser(&d);
    dam_run_close(run);
}

static void wrong_denoising_is_refused(void **state)
{
    (void)state;
    static float samples[SAMPLES][FEATURES];
    float out[FEATURES];
    int asked = 0;
    fill_numbers(12, &samples[0][0], (size_t)SAMPLES * FEATURES);
    dam_run *run = train_denoiser(&samples[0][0]);
    REFUSED(dam_run_recall(run, samples[0], 1, out, NULL), DAM_USAGE,
            "a run of kind \"denoise\" recalls no states");
    REFUSED(dam_run_denoise_with(run, samples[0], 1, &(dam_denoise_options){.dt = 2}, out, NULL),
            DAM_USAGE, "a relaxation takes 1 step or more of a length in (0, 1], not 0 of 2");
    assert_int_equal(
        dam_run_denoise_with(
            run, samples[0], 1,
            &(dam_denoise_options){.steps = 3, .should_stop = at_once, .context = &asked}, out,
            NULL),
        DAM_INTERRUPTED);
    assert_int_equal(asked, 1);
    samples[0][3] = INFINITY;
    REFUSED(dam_run_denoise(run, samples[0], 1, out), DAM_INPUT,
            "sample 0, number 3 is not finite");
    assert_int_equal(dam_run_denoise(run, samples[1], 1, NULL), DAM_USAGE);
    OK(dam_run_denoise(run, NULL, 0, NULL));
    dam_run_close(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_patterns_are_recalled),
        cmocka_unit_test(recalls_do_as_they_are_told),
        cmocka_unit_test(what_is_no_state_is_not_stored),
        cmocka_unit_test(samples_are_denoised_as_the_equations_say),
        cmocka_unit_test(wrong_denoising_is_refused),
    };
    return cmocka_run_group_tests_name("public_recall", tests, NULL, NULL);
}
