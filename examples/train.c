/*
 * Trains a classifier and keeps it in a folder.      train FOLDER
 *
 * The images are made up ("random"), so that nothing has to be fetched; with data { name = mnist }
 * they would be handwritten digits.
 */
#include <stdio.h>
#include <stdlib.h>

#include <denseam/denseam.h>

static const char preset_text[] = "data  { name = random  samples = 3000  validation = 0.1 }\n"
                                  "model { kind = vmf  memories = 40 }\n"
                                  "train { batch = 100  epochs = 20 }\n";

/* Ends the program where a call failed: dam_error() says what, where and what to do. */
static void need(dam_status status)
{
    if (status == DAM_OK)
        return;
    fprintf(stderr, "train: %s\n", dam_error());
    exit((int)status);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "example-run";
    dam_preset *preset = NULL;
    dam_run *run = NULL;
    double *accuracy = NULL;
    size_t epochs = 0;

    need(dam_preset_parse(preset_text, &preset));
    need(dam_preset_set(preset, "model.memories", "50")); /* as the tool's --set */
    need(dam_train(preset, NULL, NULL, &run));

    need(dam_run_history(run, "validation_accuracy", &accuracy, &epochs));
    printf("%d memories of %d numbers for %d classes\n", dam_run_memories(run),
           dam_run_features(run), dam_run_classes(run));
    printf("validation accuracy after %zu epochs: %.3f\n", epochs, accuracy[epochs - 1]);

    need(dam_run_save(run, folder));
    printf("saved in %s\n", folder);

    free(accuracy);
    dam_run_close(run);
    dam_preset_free(preset);
    return EXIT_SUCCESS;
}
