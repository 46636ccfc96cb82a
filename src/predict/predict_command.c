/* `denseam predict`: what a run says of samples, as a file. */
#include <stdlib.h>

#include "base/memory.h"
#include "command/command.h"
#include "command/output.h"
#include "command/session.h"
#include "denseam/version.h"
#include "model/model_type.h"
#include "predict/predictions.h"
#include "run/learned_notes.h"
#include "store/results.h"

enum {
    WANTED = 1u << DAM__RESULTS_HDF5 | 1u << DAM__RESULTS_NPZ | 1u << DAM__RESULTS_NPY |
             1u << DAM__RESULTS_CSV
};

/* A file of samples is a test set without labels, unless --set names some. */
static dam_status open_run(const arguments *args, dam__run *out)
{
    dam_status status = DAM_OK;
    const words *operands = &args->operands;
    const char **overrides = NULL;
    char *samples = NULL;
    size_t count = 0;
    DAM_TRY_CLEANUP(dam__alloc(args->set.count + 2, sizeof *overrides, &overrides));
    if (operands->count > 1) {
        DAM_TRY_CLEANUP(dam__format(&samples, "data.test_images=%s", operands->items[1]));
        overrides[count++] = samples;
        overrides[count++] = "data.test_labels=";
    }
    for (size_t i = 0; i < args->set.count; i++)
        overrides[count++] = args->set.items[i];
    DAM_TRY_CLEANUP(dam__run_open(operands->items[0], overrides, count, out));
cleanup:
    free(samples);
    free(overrides);
    return status;
}

/* Where the table comes from, for formats that keep texts. */
static dam_status add_texts(const dam__run *run, const dam__dataset *set, dam__container *out)
{
    const char *const texts[][2] = {{"format", "denseam predictions 1"},
                                    {"version", DENSEAM_VERSION},
                                    {"run", run->folder},
                                    {"data", set->name}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        DAM_TRY(dam__container_set_text(out, texts[i][0], texts[i][1]));
    return DAM_OK;
}

/* How often each class was predicted, none last; free(). */
static dam_status count_classes(const dam__run *run, const dam__container *table, size_t **counts)
{
    const dam__array *classes = dam__container_array(table, "class");
    DAM_TRY(dam__alloc((size_t)run->classes + 1, sizeof **counts, counts));
    for (size_t i = 0; i < classes->shape[0]; i++) {
        int32_t class = ((const int32_t *)classes->data)[i];
        (*counts)[class < 0 ? run->classes : class]++;
    }
    return DAM_OK;
}

static dam_status print_counts(const arguments *args, const dam__run *run, const dam__dataset *set,
                               const dam__container *table)
{
    enum { CLASSES_SHOWN = 20 };
    dam_status status = DAM_OK;
    size_t *counts = NULL;
    dam__text text = {0};
    size_t classes = (size_t)run->classes;
    const dam__names *names = dam__container_list(table, "class_names");
    DAM_TRY(count_classes(run, table, &counts));
    if (args->json) {
        json_t *list = json_array();
        for (size_t y = 0; y < classes; y++)
            (void)json_array_append_new(list, json_integer((json_int_t)counts[y]));
        status =
            print_json(json_pack("{so so sI so sI so so}", "run", json_text(run->folder), "data",
                                 json_text(set->name), "samples", (json_int_t)set->count,
                                 "predicted", list, "predicted_none", (json_int_t)counts[classes],
                                 "class_names", json_names(names), "out", json_text(args->out)));
    } else {
        dam__text_append(&text, "%-24s %s, %zu samples\n", "data", set->name, set->count);
        for (size_t y = 0; y <= classes && classes <= CLASSES_SHOWN; y++)
            if (y < classes && names != NULL)
                dam__text_append(&text, "%-24s %zu\n", names->items[y], counts[y]);
            else if (y < classes)
                dam__text_append(&text, "class %-18zu %zu\n", y, counts[y]);
            else if (counts[y] > 0)
                dam__text_append(&text, "%-24s %zu\n", "no class", counts[y]);
        dam__text_append(&text, "%-24s %s\n", "written to", args->out);
        status = print_text(&text);
    }
    free(counts);
    return status;
}

static dam_status run_predict(const arguments *args)
{
    dam_status status = DAM_OK;
    console notices = console_open(args->quiet);
    dam_log log = console_log(&notices);
    dam__results_format format = DAM__RESULTS_CSV;
    dam__run run = {0};
    dam__dataset set = {0};
    dam__device *device = NULL;
    dam__container table = {0};
    if (args->out == NULL)
        DAM_FAIL(DAM_USAGE, "predict wants -o FILE, a name that ends in .csv, .npy, .npz or .h5");
    DAM_TRY_CLEANUP(dam__results_format_of(args->out, WANTED, &format));
    DAM_TRY_CLEANUP(open_run(args, &run));
    DAM_TRY_CLEANUP(dam__predictions_check(&run));
    DAM_TRY_CLEANUP(
        open_device(args, (dam__precision)run.experiment.train.precision, &log, &device));
    DAM_TRY_CLEANUP(dam__run_load(&run, device, DAM__SPLIT_TEST, &set));
    int batch = run.experiment.train.batch;
    const dam__selftest_subject subject = {.model = &run.experiment.model,
                                           .set = &set,
                                           .memories = run.memories,
                                           .dim = run.dim,
                                           .batch =
                                               (size_t)batch < set.count ? batch : (int)set.count,
                                           .classes = run.classes};
    DAM_TRY_CLEANUP(check_device(args, device, &subject));
    (void)dam__note_unlike(&log, &run, &set);
    DAM_TRY_CLEANUP(dam__predictions_make(&run, device, gemm_choice(args), &set, &table));
    DAM_TRY_CLEANUP(add_texts(&run, &set, &table));
    DAM_TRY_CLEANUP(dam__results_write(&table, format, args->out));
    DAM_TRY_CLEANUP(print_counts(args, &run, &set, &table));
    DAM_TRY_CLEANUP(give_profile(args, device, &log));
cleanup:
    dam__container_free(&table);
    dam__device_close(device);
    dam__dataset_free(&set);
    dam__run_free(&run);
    return status;
}

static const flag flags[] = {
    FLAG_OUT_FILE("write the table into this file; its name ends in .csv, .npy, .npz or .h5"),
    FLAG_SET, FLAG_DEVICE, FLAGS_WORK};

static const char *const examples[] = {
    "denseam predict runs/mnist -o predictions.csv",
    "denseam predict runs/mnist new.npy -o predictions.npz",
    "denseam predict runs/mnist file.h5:/images -o predictions.h5", NULL};

const command predict_command = {
    .name = "predict",
    .operands = "RUN [DATA]",
    .least = 1,
    .most = 2,
    .summary = "what a run says of samples, as a table in a file",
    .text =
        "Writes for each sample of DATA, a file of samples as data.images may be, or else of the "
        "run's test set: the predicted class (-1: none of them), how much speaks for each class, "
        "the nearest memory and the similarity to it; and the true class where "
        "data.test_labels is set. Classes are those that eval counts. What speaks for a class is "
        "its probability, the last one that of none (vmf), or its neuron's confidence, -1 to 1 "
        "(energy). Denoisers and models that store patterns have no classes; recall is for them.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_predict,
};
