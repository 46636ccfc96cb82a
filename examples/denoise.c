/*
 * Learns to remove noise (arXiv 2605.10164) from waves of any phase, then removes it from waves
 * that it has not seen.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <denseam/denseam.h>

enum { SAMPLES = 640, TESTS = 100, FEATURES = 64 };

static const char preset_text[] =
    "data  { noise = 0.5 }\n"
    "model { kind = denoise  memories = 64  activation = relu  centring = batch }\n"
    "train { optimizer = adam  eta0 = 0.125  batch = 64  epochs = 60 }\n";

static void need(dam_status status)
{
    if (status == DAM_OK)
        return;
    fprintf(stderr, "denoise: %s\n", dam_error());
    exit((int)status);
}

static double uniform(void)
{
    return (rand() + 0.5) / (RAND_MAX + 1.0);
}

/* A sine of a random phase, and two periods over all features; its mean square is 1. */
static void make_wave(float *wave)
{
    const double pi = 3.14159265358979323846;
    double phase = 2 * pi * uniform();
    for (int i = 0; i < FEATURES; i++)
        wave[i] = (float)(sqrt(2) * sin(phase + 4 * pi * i / FEATURES));
}

static double mean_squared(const float *a, const float *b, int items)
{
    double sum = 0;
    for (int i = 0; i < items; i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]) / items;
    return sum;
}

int main(void)
{
    static float samples[SAMPLES][FEATURES];
    static float clean[TESTS][FEATURES], noisy[TESTS][FEATURES], denoised[TESTS][FEATURES];
    dam_preset *preset = NULL;
    dam_dataset *set = NULL;
    dam_run *run = NULL;

    srand(1);
    for (int s = 0; s < SAMPLES; s++)
        make_wave(samples[s]);
    for (int t = 0; t < TESTS; t++) {
        make_wave(clean[t]);
        for (int i = 0; i < FEATURES; i++) /* uniform noise of standard deviation 0.5 */
            noisy[t][i] = clean[t][i] + (float)(sqrt(3) * (uniform() - 0.5));
    }

    need(dam_preset_parse(preset_text, &preset));
    need(dam_dataset_from_floats(&samples[0][0], NULL, SAMPLES, FEATURES, &set));
    need(dam_train(preset, set, NULL, &run));
    need(dam_run_denoise(run, &noisy[0][0], TESTS, &denoised[0][0]));

    printf("mean squared error %.4f before, %.4f after\n",
           mean_squared(&clean[0][0], &noisy[0][0], TESTS * FEATURES),
           mean_squared(&clean[0][0], &denoised[0][0], TESTS * FEATURES));

    dam_run_close(run);
    dam_dataset_free(set);
    dam_preset_free(preset);
    return EXIT_SUCCESS;
}
