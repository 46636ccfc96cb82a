/*
 * Stores patterns of +1 and -1 in an energy model (arXiv 2407.08742), then recalls them from copies
 * with wrong neurons.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <denseam/denseam.h>

enum { PATTERNS = 10, NEURONS = 100, WRONG = 10 };

static const char preset_text[] =
    "model { kind = energy  task = store  memories = 100  interaction = poly  exponent = 5 }\n"
    "train { batch = 10  epochs = 200  learning_rate = 0.5  momentum = 0  decay = 0.999 }\n";

static void need(dam_status status)
{
    if (status == DAM_OK)
        return;
    fprintf(stderr, "store_recall: %s\n", dam_error());
    exit((int)status);
}

static double mean(const double *numbers, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i] / (double)count;
    return sum;
}

int main(void)
{
    float patterns[PATTERNS][NEURONS], states[PATTERNS][NEURONS];
    double before[PATTERNS], after[PATTERNS];
    dam_recall_end ends[PATTERNS];
    dam_preset *preset = NULL;
    dam_dataset *set = NULL;
    dam_run *run = NULL;

    srand(1);
    for (int p = 0; p < PATTERNS; p++)
        for (int i = 0; i < NEURONS; i++)
            patterns[p][i] = rand() % 2 == 0 ? -1 : 1;

    need(dam_preset_parse(preset_text, &preset));
    need(dam_dataset_from_floats(&patterns[0][0], NULL, PATTERNS, NEURONS, &set));
    need(dam_train(preset, set, NULL, &run));

    /* Pattern p loses the signs of WRONG neurons in a row, from neuron 7 p on. */
    memcpy(states, patterns, sizeof states);
    for (int p = 0; p < PATTERNS; p++)
        for (int i = 0; i < WRONG; i++)
            states[p][(7 * p + i) % NEURONS] *= -1;

    need(dam_run_energy(run, &states[0][0], PATTERNS, before));
    need(dam_run_recall(run, &states[0][0], PATTERNS, &states[0][0], ends));
    need(dam_run_energy(run, &states[0][0], PATTERNS, after));

    int recovered = 0, converged = 0;
    for (int p = 0; p < PATTERNS; p++) {
        recovered += memcmp(states[p], patterns[p], sizeof states[p]) == 0;
        converged += ends[p] == DAM_RECALL_CONVERGED;
    }
    printf("%d of %d patterns recovered from %d wrong neurons; %d converged\n", recovered, PATTERNS,
           WRONG, converged);
    printf("mean energy %.4f before, %.4f after\n", mean(before, PATTERNS), mean(after, PATTERNS));

    dam_run_close(run);
    dam_dataset_free(set);
    dam_preset_free(preset);
    return EXIT_SUCCESS;
}
