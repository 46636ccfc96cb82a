#include "run/run_folder.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "data/teacher.h"
#include "denseam/version.h"
#include "model/model_type.h"

#define RUN_FORMAT "denseam run 1"

enum { SHAPE = 4, SHAPE_IN_COLOUR = 5 }; /* numbers of a sample's shape */

void dam__run_free(dam__run *run)
{
    free(run->folder);
    free(run->file);
    dam__container_free(&run->container);
    *run = (dam__run){0};
}

dam__training dam__experiment_training(const dam__experiment *experiment, const dam__dataset *set,
                                       dam__gemm_provider gemm)
{
    return (dam__training){.seed = (uint64_t)experiment->seed,
                           .set = set,
                           .validation = experiment->data.validation,
                           .data_memory = experiment->data.memory,
                           .model = experiment->model,
                           .train = experiment->train,
                           .grow = experiment->grow,
                           .gemm = gemm};
}

bool dam__run_is(const char *path)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char head[sizeof signature] = {0};
    char *file = NULL;
    bool folder = dam__folder_exists(path);
    if (folder && dam__path_join(&file, path, "run.h5") != DAM_OK)
        return false;
    FILE *stream = folder || dam__file_exists(path) ? fopen(folder ? file : path, "rb") : NULL;
    if (stream != NULL) {
        (void)!fread(head, 1, sizeof head, stream);
        (void)fclose(stream);
    }
    free(file);
    return memcmp(head, signature, sizeof head) == 0;
}

bool dam__sweep_is(const char *path)
{
    char *file = NULL;
    bool is = dam__folder_exists(path) && dam__path_join(&file, path, "sweep.h5") == DAM_OK &&
              dam__file_exists(file);
    free(file);
    return is;
}

static dam_status locate(const char *path, dam__run *run)
{
    if (dam__folder_exists(path)) {
        DAM_TRY(dam__format(&run->folder, "%s", path));
        DAM_TRY(dam__path_join(&run->file, path, "run.h5"));
        if (dam__sweep_is(path))
            return dam__fail(DAM_INPUT,
                             "'%s' is a sweep, which keeps no run; train its best cell to have one",
                             path);
        if (!dam__file_exists(run->file))
            return dam__fail(
                DAM_INPUT,
                "'%s' is no run: it has no run.h5; a training that was killed before its first "
                "checkpoint (train.checkpoint) leaves none",
                path);
    } else if (access(path, F_OK) != 0) {
        return dam__fail(DAM_INPUT, "there is no run '%s': %s; give the folder of a training", path,
                         strerror(errno));
    } else {
        const char *slash = strrchr(path, '/');
        int length = slash != NULL && slash > path ? (int)(slash - path) : 1;
        DAM_TRY(dam__format(&run->folder, "%.*s", length, slash != NULL ? path : "."));
        DAM_TRY(dam__format(&run->file, "%s", path));
    }
    return DAM_OK;
}

dam_status dam__run_find_folder(const char *path, char **folder)
{
    dam__run run = {0};
    dam_status status = locate(path, &run);
    if (status == DAM_OK) {
        *folder = run.folder;
        run.folder = NULL;
    }
    dam__run_free(&run);
    return status;
}

/* The shape of the training samples: dim, classes, height, width; of colours their pixels. */
static dam_status read_shape(dam__run *run)
{
    const dam__array *shape = dam__container_array(&run->container, "shape");
    int pixels = DAM__PIXELS_GREY;
    int *const items[] = {&run->dim, &run->classes, &run->height, &run->width, &pixels};
    size_t count = shape != NULL ? dam__array_items(shape) : 0;
    if (count != SHAPE && count != SHAPE_IN_COLOUR)
        return dam__fail(DAM_INPUT, "'%s' does not say the shape of its samples", run->file);
    for (size_t i = 0; i < count; i++) {
        double value = dam__array_at(shape, i);
        if (!(value >= 0 && value < 1e9))
            return dam__fail(DAM_INPUT, "'%s' gives its samples an impossible shape", run->file);
        *items[i] = (int)value;
    }
    if (pixels >= DAM__PIXELS_KINDS)
        return dam__fail(DAM_INPUT, "'%s' gives its samples an impossible shape", run->file);
    run->pixels = (dam__pixels)pixels;
    return DAM_OK;
}

/* A feature's numbers, which stay the container's; *out = NULL where it has none. */
static dam_status read_feature(const dam__run *run, const char *name, double **out)
{
    const dam__array *array = dam__container_array(&run->container, name);
    if (array == NULL)
        return DAM_OK;
    if (array->element != DAM__F64 || dam__array_items(array) != (size_t)run->dim)
        return dam__fail(DAM_INPUT, "'%s' has other than %d numbers '%s'; use another copy of it",
                         run->file, run->dim, name);
    *out = array->data;
    return DAM_OK;
}

static dam_status read_scaler(dam__run *run)
{
    dam__scaler *scaler = &run->scaler;
    DAM_TRY(read_feature(run, "features/offsets", &scaler->offsets));
    DAM_TRY(read_feature(run, "features/scales", &scaler->scales));
    DAM_TRY(read_feature(run, "features/means", &scaler->means));
    const dam__data_config *data = &run->experiment.data;
    bool scaled = scaler->offsets != NULL && scaler->scales != NULL;
    if ((data->scaling != DAM__SCALING_NONE && !scaled) ||
        (data->missing == DAM__MISSING_MEAN && scaler->means == NULL))
        return dam__fail(DAM_INPUT,
                         "'%s' was trained without data.scaling or data.missing, so it has no "
                         "numbers for them; leave the change out, or train again",
                         run->file);
    for (int j = 0; scaled && j < run->dim; j++)
        if (!(scaler->scales[j] > 0))
            return dam__fail(DAM_INPUT, "'%s' scales feature %d by %g; use another copy of it",
                             run->file, j, scaler->scales[j]);
    scaler->features = (size_t)run->dim;
    return DAM_OK;
}

/* Rows and columns of a parameter, or DAM_INPUT; rows < 0 stands for any. */
static dam_status check_parameter(const dam__run *run, const char *name, long rows, long cols)
{
    const dam__array *array = dam__container_array(&run->container, name);
    if (array == NULL || array->rank != 2)
        return dam__fail(DAM_INPUT, "'%s' has no matrix '%s'; use another copy of it", run->file,
                         name);
    if ((rows >= 0 && array->shape[0] != (size_t)rows) || array->shape[1] != (size_t)cols)
        return dam__fail(
            DAM_INPUT,
            "'%s': '%s' is of %zu x %zu, which does not go with its %d features and %d "
            "classes; use another copy of it",
            run->file, name, array->shape[0], array->shape[1], run->dim, run->classes);
    return DAM_OK;
}

/* The matrices that every kind of model has for pictures and sizes. */
static dam_status check_parameters(const dam__run *run, long memories)
{
    const dam__model_config *model = &run->experiment.model;
    DAM_TRY(check_parameter(run, "parameters/memories", memories,
                            dam__model_neurons(model, run->dim, run->classes)));
    if (dam__model_type_of(model)->class_weights)
        DAM_TRY(check_parameter(run, "parameters/class_weights", run->classes + 1L, memories + 1));
    return DAM_OK;
}

/* What a model is made of; a history may have gaps. */
static dam_status check_numbers(const dam__run *run)
{
    static const char *const groups[] = {"parameters/", "velocities/", "squares/", "teacher/",
                                         "features/"};
    for (size_t i = 0; i < run->container.array_count; i++) {
        const struct dam__container_array *named = &run->container.arrays[i];
        bool wanted = false;
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
            wanted = wanted || strncmp(named->name, groups[g], strlen(groups[g])) == 0;
        size_t items = wanted ? dam__array_items(&named->array) : 0;
        for (size_t n = 0; n < items; n++)
            if (!isfinite(dam__array_at(&named->array, n)))
                return dam__fail(
                    DAM_INPUT,
                    "'%s': '%s' has %g, which is no finite number, at %zu; use another "
                    "copy of it",
                    run->file, named->name, dam__array_at(&named->array, n), n);
    }
    return DAM_OK;
}

/* A seal says that a file is complete, not that its content is valid. */
static dam_status check_shape(dam__run *run)
{
    int least = dam__model_type_of(&run->experiment.model)->class_weights ? 1 : 0;
    if (run->dim < 1 || run->classes < least ||
        (run->height > 0 &&
         (long)run->height * run->width * (long)dam__channels(run->pixels) != run->dim))
        return dam__fail(DAM_INPUT, "'%s' gives its samples an impossible shape", run->file);
    const dam__array *memories = dam__container_array(&run->container, "parameters/memories");
    if (memories == NULL || memories->rank != 2)
        return dam__fail(DAM_INPUT,
                         "'%s' has no matrix 'parameters/memories'; use another copy of it",
                         run->file);
    if (memories->shape[0] < 1 || memories->shape[0] > INT_MAX)
        return dam__fail(DAM_INPUT, "'%s' has %zu memories; use another copy of it", run->file,
                         memories->shape[0]);
    DAM_TRY(check_parameters(run, (long)memories->shape[0]));
    run->memories = (int)memories->shape[0];
    return DAM_OK;
}

/* What the file holds was read: the rest of a run follows from it. */
static dam_status complete(dam__run *run, const char *const *overrides, size_t override_count)
{
    const char *format = dam__container_text(&run->container, "format");
    const char *preset = dam__container_text(&run->container, "preset");
    if (format == NULL || strcmp(format, RUN_FORMAT) != 0 || preset == NULL)
        return dam__fail(DAM_INPUT,
                         "'%s' has format '%s', not '" RUN_FORMAT "'; use the denseam that "
                         "wrote it",
                         run->file, format != NULL ? format : "");
    DAM_TRY(
        dam__experiment_parse_run(run->file, preset, overrides, override_count, &run->experiment));
    DAM_TRY(read_shape(run));
    DAM_TRY(check_shape(run));
    DAM_TRY(read_scaler(run));
    return check_numbers(run);
}

dam_status dam__run_open(const char *path, const char *const *overrides, size_t override_count,
                         dam__run *out)
{
    dam_status status = DAM_OK;
    dam__run run = {0};
    DAM_TRY_CLEANUP(locate(path, &run));
    DAM_TRY_CLEANUP(dam__container_read(run.file, &run.container));
    DAM_TRY_CLEANUP(complete(&run, overrides, override_count));
    *out = run;
    run = (dam__run){0};
cleanup:
    dam__run_free(&run);
    return status;
}

bool dam__run_is_finished(const dam__run *run)
{
    enum { FINISHED = 5 }; /* its place in state/position, see train/checkpoint.c */
    const dam__array *position = dam__container_array(&run->container, "state/position");
    return position != NULL && dam__array_items(position) > FINISHED &&
           dam__array_at(position, FINISHED) != 0;
}

const dam__names *dam__run_class_names(const dam__run *run)
{
    const dam__names *names = dam__container_list(&run->container, "class_names");
    return names != NULL && names->count == (size_t)run->classes ? names : NULL;
}

void dam__run_data(const dam__run *run, dam__data_config *config)
{
    config->knows_classes = dam__run_class_names(run) != NULL;
    config->scaler = dam__scaler_asked(config) ? &run->scaler : NULL;
    config->run_features = run->experiment.data.patch > 0 ? 0 : (size_t)run->dim;
}

dam_status dam__run_load(const dam__run *run, dam__device *device, dam__split split,
                         dam__dataset *out)
{
    dam_status status = DAM_OK;
    dam__dataset set = {0};
    dam__data_config config = run->experiment.data;
    dam__run_data(run, &config);
    *out = (dam__dataset){0};
    DAM_TRY_CLEANUP(
        dam__dataset_load_on(device, &config, (uint64_t)run->experiment.seed, split, &set));
    DAM_TRY_CLEANUP(dam__dataset_align(
        dam__run_class_names(run), dam__container_list(&run->container, "feature_names"), &set));
    *out = set;
    set = (dam__dataset){0};
cleanup:
    dam__dataset_free(&set);
    return status;
}

dam__survey dam__run_survey(const dam__run *run)
{
    const dam__array *range = dam__container_array(&run->container, "range");
    if (range == NULL || dam__array_items(range) != 3)
        return (dam__survey){0};
    return (dam__survey){.least = dam__array_at(range, 0),
                         .most = dam__array_at(range, 1),
                         .mean = dam__array_at(range, 2)};
}

dam_status dam__run_take(dam__container *container, const char *name, dam__run *out)
{
    dam_status status = DAM_OK;
    dam__run run = {.container = *container};
    *container = (dam__container){0};
    DAM_TRY_CLEANUP(dam__format(&run.file, "%s", name));
    DAM_TRY_CLEANUP(complete(&run, NULL, 0));
    *out = run;
    run = (dam__run){0};
cleanup:
    dam__run_free(&run);
    return status;
}

static dam_status save_shape(const dam__dataset *set, const dam__task *task, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    const int64_t items[] = {task->dim, task->classes, (int64_t)set->height, (int64_t)set->width,
                             set->pixels};
    size_t count = set->pixels == DAM__PIXELS_GREY ? SHAPE : SHAPE_IN_COLOUR;
    DAM_TRY_CLEANUP(dam__array_create(DAM__I64, 1, &count, &array));
    memcpy(array.data, items, count * sizeof *items);
    DAM_TRY_CLEANUP(dam__container_add(out, "shape", &array));
cleanup:
    dam__array_free(&array);
    return status;
}

/* What the numbers that were read are like, to compare other samples with. */
static dam_status save_survey(const dam__dataset *set, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    const dam__survey *survey = &set->survey;
    const double items[] = {survey->least, survey->most, survey->mean};
    const size_t count = sizeof items / sizeof *items;
    if (!dam__survey_is(survey))
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__array_create(DAM__F64, 1, &count, &array));
    memcpy(array.data, items, sizeof items);
    DAM_TRY_CLEANUP(dam__container_add(out, "range", &array));
cleanup:
    dam__array_free(&array);
    return status;
}

static dam_status save_feature(const char *name, const double *numbers, size_t count,
                               dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    if (numbers == NULL)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__array_create(DAM__F64, 1, &count, &array));
    memcpy(array.data, numbers, count * sizeof *numbers);
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    return status;
}

/* What features were scaled and filled by, for other samples. */
static dam_status save_scaler(const dam__scaler *scaler, dam__container *out)
{
    DAM_TRY(save_feature("features/offsets", scaler->offsets, scaler->features, out));
    DAM_TRY(save_feature("features/scales", scaler->scales, scaler->features, out));
    return save_feature("features/means", scaler->means, scaler->features, out);
}

/* The memories that a teacher's samples were drawn from, to compare with. */
static dam_status save_teacher(const dam__dataset *set, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    const dam__array *teacher = &set->teacher;
    if (teacher->data == NULL)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__array_create(teacher->element, teacher->rank, teacher->shape, &array));
    memcpy(array.data, teacher->data,
           dam__array_items(teacher) * dam__element_size(teacher->element));
    DAM_TRY_CLEANUP(dam__container_add(out, "teacher/memories", &array));
cleanup:
    dam__array_free(&array);
    return status;
}

/* Names that samples came with. */
static dam_status save_names(const dam__dataset *set, dam__container *out)
{
    if (set->class_names.count > 0)
        DAM_TRY(dam__container_set_list(out, "class_names", &set->class_names));
    if (set->feature_names.count > 0 && set->features == set->feature_names.count)
        DAM_TRY(dam__container_set_list(out, "feature_names", &set->feature_names));
    return DAM_OK;
}

static dam_status save_facts(const dam__run_facts *facts, const dam__task *task,
                             dam__container *out)
{
    dam_status status = DAM_OK;
    dam__text preset = {0};
    const dam_device_info *info = dam__device_facts(facts->device);
    bool cpu = dam__device_shape(facts->device) == DAM__SHAPE_CPU;
    dam__experiment_print(facts->experiment, &preset);
    DAM_TRY_CLEANUP(dam__text_status(&preset));
    const char *const texts[][2] = {
        {"format", RUN_FORMAT},           {"version", DENSEAM_VERSION},
        {"preset", preset.data},          {"device", info->name},
        {"platform", info->platform},     {"driver", info->driver},
        {"kernels", cpu ? "cpu" : "gpu"}, {"gemm", facts->gemm},
        {"data", facts->set->name},       {"tuning", dam__device_tuning_digest(facts->device)},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        DAM_TRY_CLEANUP(dam__container_set_text(out, texts[i][0], texts[i][1]));
    DAM_TRY_CLEANUP(save_shape(facts->set, task, out));
    DAM_TRY_CLEANUP(save_survey(facts->set, out));
    DAM_TRY_CLEANUP(save_scaler(&facts->set->scaler, out));
    DAM_TRY_CLEANUP(save_teacher(facts->set, out));
    DAM_TRY_CLEANUP(save_names(facts->set, out));
cleanup:
    dam__text_free(&preset);
    return status;
}

dam_status dam__run_collect(const dam__run_facts *facts, dam__trainer *trainer, dam__container *out)
{
    dam_status status = save_facts(facts, &dam__trainer_model(trainer)->task, out);
    return status == DAM_OK ? dam__checkpoint_save(trainer, out) : status;
}

dam_status dam__run_save(const char *folder, const dam__run_facts *facts, dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    char *file = NULL;
    DAM_TRY_CLEANUP(dam__path_join(&file, folder, "run.h5"));
    DAM_TRY_CLEANUP(dam__run_collect(facts, trainer, &container));
    DAM_TRY_CLEANUP(dam__container_write(&container, file));
cleanup:
    dam__container_free(&container);
    free(file);
    return status;
}
