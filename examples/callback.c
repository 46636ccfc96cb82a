/*
 * Looks on while a model trains on a program's own samples, and stops it when it is good enough.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <denseam/denseam.h>

enum { SAMPLES = 1200, FEATURES = 20, CLASSES = 4 };

static const char preset_text[] = "data  { validation = 0.25 }\n"
                                  "model { memories = 12  varsigma = 1 }\n"
                                  "train { batch = 100  epochs = 1000  patience = 0 }\n";

static void need(dam_status status)
{
    if (status == DAM_OK)
        return;
    fprintf(stderr, "callback: %s\n", dam_error());
    exit((int)status);
}

/* What the callbacks know of each other: dam_train hands it through. */
typedef struct progress {
    double wanted;
    bool reached;
} progress;

static void on_epoch(const dam_epoch *epoch, void *context)
{
    progress *p = context;
    printf("epoch %d of at most %d: loss %.4f, accuracy %.3f\n", epoch->epoch, epoch->epochs,
           epoch->loss, epoch->validation_accuracy);
    p->reached = epoch->validation_accuracy >= p->wanted;
}

static bool should_stop(void *context)
{
    return ((const progress *)context)->reached;
}

/* The library's notices and warnings. */
static void on_notice(void *user, dam_log_level level, const char *line)
{
    (void)user;
    fprintf(stderr, "%s%s\n", level == DAM_LOG_WARNING ? "warning: " : "", line);
}

int main(void)
{
    static float samples[SAMPLES][FEATURES];
    static int32_t labels[SAMPLES];
    dam_preset *preset = NULL;
    dam_dataset *set = NULL;
    dam_run *run = NULL;

    /* A class is where a sample is large: in one of four quarters. */
    srand(1);
    for (int s = 0; s < SAMPLES; s++) {
        labels[s] = rand() % CLASSES;
        for (int i = 0; i < FEATURES; i++)
            samples[s][i] =
                (float)(rand() % 100) / 100 + (i * CLASSES / FEATURES == labels[s] ? 0.5F : 0);
    }

    need(dam_preset_parse(preset_text, &preset));
    need(dam_dataset_from_floats(&samples[0][0], labels, SAMPLES, FEATURES, &set));
    progress p = {.wanted = 0.9};
    const dam_train_options options = {.on_epoch = on_epoch,
                                       .should_stop = should_stop,
                                       .context = &p,
                                       .log = {.write = on_notice}};
    dam_status status = dam_train(preset, set, &options, &run);
    if (status != DAM_INTERRUPTED) /* which gives the run as it stands */
        need(status);
    printf("%s with %d memories\n", status == DAM_INTERRUPTED ? "stopped" : "done",
           dam_run_memories(run));

    dam_run_close(run);
    dam_dataset_free(set);
    dam_preset_free(preset);
    return EXIT_SUCCESS;
}
