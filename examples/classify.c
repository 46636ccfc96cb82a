/*
 * Classifies samples that training never saw.      classify FOLDER
 *
 * FOLDER is what train.c, or the tool, left.
 */
#include <stdio.h>
#include <stdlib.h>

#include <denseam/denseam.h>

static void need(dam_status status)
{
    if (status == DAM_OK)
        return;
    fprintf(stderr, "classify: %s\n", dam_error());
    exit((int)status);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "example-run";
    dam_run *run = NULL;
    dam_preset *preset = NULL;
    dam_dataset *test = NULL;

    /* The test split of the data that the run was trained on. */
    need(dam_run_open(folder, NULL, NULL, &run));
    need(dam_preset_of_run(folder, &preset));
    need(dam_dataset_load(preset, DAM_SPLIT_TEST, NULL, &test));

    size_t count = dam_dataset_count(test), features = dam_dataset_features(test), right = 0;
    float *samples = calloc(count * features, sizeof *samples);
    int32_t *classes = calloc(count, sizeof *classes);
    if (samples == NULL || classes == NULL) {
        free(samples);
        free(classes);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < count; i++)
        need(dam_dataset_sample(test, i, samples + i * features));

    need(dam_run_classify(run, samples, count, classes, NULL));
    for (size_t i = 0; i < count; i++)
        right += classes[i] == dam_dataset_label(test, i);
    printf("%zu of %zu right: %.3f\n", right, count, (double)right / (double)count);

    /* One at a time works as well: the first call has planned and loaded everything. */
    int32_t alone = -1, nearest = -1;
    need(dam_run_classify(run, samples, 1, &alone, &nearest));
    printf("sample 0 is of class %d; the memory most like it is of class %d\n", (int)alone,
           (int)nearest);

    free(samples);
    free(classes);
    dam_dataset_free(test);
    dam_preset_free(preset);
    dam_run_close(run);
    return EXIT_SUCCESS;
}
