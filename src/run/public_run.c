/* The public interface of a run: include/denseam/run.h. Recalling and denoising are in
 * public_recall.c. */
#include "denseam/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/claim.h"
#include "run/key_value.h"
#include "run/public_handles.h"
#include "selftest/selftest.h"

dam_status dam__run_publish(dam__run *run, dam__device *device, dam_run **out)
{
    dam_status status = DAM_OK;
    dam_run *made = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *made, &made));
    *made = (dam_run){.run = *run, .device = device};
    *run = (dam__run){0};
    device = NULL;
    *out = made;
cleanup:
    dam__device_close(device);
    dam__run_free(run);
    return status;
}

dam_status dam_run_open(const char *folder, const char *selector, const dam_log *log, dam_run **out)
{
    dam_status status = DAM_OK;
    dam__run run = {0};
    dam__device *device = NULL;
    if (folder == NULL)
        return dam__fail(DAM_USAGE, "no run is given");
    DAM_TRY_CLEANUP(dam__run_open(folder, NULL, 0, &run));
    const dam__device_options options = {.log = log != NULL ? *log : (dam_log){0},
                                         .precision =
                                             (dam__precision)run.experiment.train.precision};
    DAM_TRY_CLEANUP(dam__device_open_selected(selector, &options, &device));
    return dam__run_publish(&run, device, out);
cleanup:
    dam__run_free(&run);
    return status;
}

void dam_run_close(dam_run *run)
{
    if (run == NULL)
        return;
    dam__classifier_destroy(run->classifier);
    dam__relaxer_destroy(run->relaxer);
    dam__device_close(run->device);
    dam__run_free(&run->run);
    free(run);
}

dam_status dam_run_save(const dam_run *run, const char *folder)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    dam__lock lock = DAM__UNLOCKED;
    if (run == NULL || folder == NULL)
        return dam__fail(DAM_USAGE, "a run is saved by run and folder; one of them is NULL");
    DAM_TRY_CLEANUP(dam__folder_claim(folder, false, NULL, &lock));
    DAM_TRY_CLEANUP(dam__path_join(&file, folder, "run.h5"));
    DAM_TRY_CLEANUP(dam__experiment_write(&run->run.experiment, folder));
    DAM_TRY_CLEANUP(dam__container_write(&run->run.container, file));
cleanup:
    free(file);
    dam__unlock(&lock);
    return status;
}

/* --- what it is ------------------------------------------------------------------------------- */

const char *dam_run_model(const dam_run *run)
{
    return run != NULL ? dam__run_type(run)->name : NULL;
}

int dam_run_features(const dam_run *run)
{
    return run != NULL ? run->run.dim : 0;
}

int dam_run_classes(const dam_run *run)
{
    return run != NULL ? run->run.classes : 0;
}

int dam_run_memories(const dam_run *run)
{
    return run != NULL ? run->run.memories : 0;
}

int dam_run_neurons(const dam_run *run)
{
    return run != NULL
               ? (int)dam__container_array(&run->run.container, "parameters/memories")->shape[1]
               : 0;
}

const dam__model_type *dam__run_type(const dam_run *run)
{
    return dam__model_type_of(&run->run.experiment.model);
}

static dam_status copy_doubles(const dam__array *array, double **values)
{
    size_t items = dam__array_items(array);
    dam_status status = dam__alloc(items, sizeof **values, values);
    for (size_t i = 0; status == DAM_OK && i < items; i++)
        (*values)[i] = dam__array_at(array, i);
    return status;
}

static const char folder_of_parameters[] = "parameters/";

static dam_status no_such_parameter(const dam__container *container, const char *name)
{
    dam_status status = DAM_OK;
    dam__text names = {0};
    size_t skip = strlen(folder_of_parameters);
    for (size_t i = 0; i < container->array_count; i++)
        if (strncmp(container->arrays[i].name, folder_of_parameters, skip) == 0)
            dam__text_append(&names, "%s%s", names.length > 0 ? ", " : "",
                             container->arrays[i].name + skip);
    DAM_TRY_CLEANUP(dam__text_status(&names));
    DAM_FAIL(DAM_USAGE, "the run has no parameter '%.60s'; it has %s", name,
             names.data != NULL ? names.data : "none");
cleanup:
    dam__text_free(&names);
    return status;
}

dam_status dam_run_parameter(const dam_run *run, const char *name, double **values, size_t *rows,
                             size_t *cols)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    if (run == NULL || name == NULL)
        return dam__fail(DAM_USAGE,
                         "a parameter is asked for by run and name; one of them is NULL");
    const dam__container *container = &run->run.container;
    DAM_TRY_CLEANUP(dam__format(&path, "%s%s", folder_of_parameters, name));
    const dam__array *array = dam__container_array(container, path);
    if (array == NULL || array->rank != 2) {
        status = no_such_parameter(container, name);
        goto cleanup;
    }
    DAM_TRY_CLEANUP(copy_doubles(array, values));
    *rows = array->shape[0];
    *cols = array->shape[1];
cleanup:
    free(path);
    return status;
}

dam_status dam_run_history(const dam_run *run, const char *column, double **values, size_t *epochs)
{
    dam_status status = DAM_OK;
    dam__history history = {0};
    double *copy = NULL;
    size_t at = 0;
    if (run == NULL || column == NULL)
        return dam__fail(DAM_USAGE,
                         "a history is asked for by run and column; one of them is NULL");
    DAM_TRY_CLEANUP(dam__checkpoint_history(&run->run.container, &history));
    while (at < history.column_count && strcmp(history.columns[at], column) != 0)
        at++;
    if (at == history.column_count)
        DAM_FAIL(DAM_USAGE, "the run's history has no column '%.60s'; it has %s", column,
                 dam__container_text(&run->run.container, "history_columns"));
    DAM_TRY_CLEANUP(dam__alloc(history.row_count, sizeof *copy, &copy));
    for (size_t row = 0; row < history.row_count; row++)
        copy[row] = history.rows[row * history.column_count + at];
    *values = copy;
    *epochs = history.row_count;
cleanup:
    dam__history_free(&history);
    return status;
}

dam_status dam__run_trust(dam_run *run)
{
    const dam__run *own = &run->run;
    if (run->trusted)
        return DAM_OK;
    const dam__selftest_subject subject = {.model = &own->experiment.model,
                                           .memories = own->memories,
                                           .dim = own->dim,
                                           .batch = own->experiment.train.batch,
                                           .classes = own->classes};
    dam_status status = dam__selftest_device(run->device, DAM__GEMM_AUTO, &subject);
    run->trusted = status == DAM_OK;
    return status;
}

/* --- classifying ------------------------------------------------------------------------------ */

static dam_status classify(dam_run *run, dam__element element, const void *samples, size_t count,
                           int32_t *classes, int32_t *nearest)
{
    if (run->classifier != NULL && !dam__classifier_suits(run->classifier, element, count)) {
        dam__classifier_destroy(run->classifier);
        run->classifier = NULL;
    }
    dam_status status = dam__run_trust(run);
    if (status == DAM_OK && run->classifier == NULL)
        status = dam__classifier_create(&run->run, run->device, element, count, &run->classifier);
    return status == DAM_OK ? dam__classifier_run(run->classifier, samples, count, classes, nearest)
                            : status;
}

static dam_status check_call(const dam_run *run, const void *samples, size_t count,
                             const int32_t *classes)
{
    if (run == NULL || (count > 0 && (samples == NULL || classes == NULL)))
        return dam__fail(DAM_USAGE,
                         "classifying wants a run, samples and room for classes; one of them is "
                         "NULL");
    if (run->run.classes == 0)
        return dam__fail(DAM_USAGE,
                         "this run of kind \"%s\" has no classes; it learned without labels",
                         dam_run_model(run));
    return DAM_OK;
}

dam_status dam_run_classify(dam_run *run, const float *samples, size_t count, int32_t *classes,
                            int32_t *nearest)
{
    dam_status status = check_call(run, samples, count, classes);
    if (status == DAM_OK && count > 0)
        status = dam__finite_check(samples, count, (size_t)run->run.dim);
    if (status != DAM_OK || count == 0)
        return status;
    return classify(run, DAM__F32, samples, count, classes, nearest);
}

dam_status dam_run_classify_bytes(dam_run *run, const uint8_t *samples, size_t count,
                                  int32_t *classes, int32_t *nearest)
{
    dam_status status = check_call(run, samples, count, classes);
    if (status != DAM_OK || count == 0)
        return status;
    if (dam__scaler_asked(&run->run.experiment.data))
        return dam__fail(DAM_USAGE,
                         "'%s' was trained with data.scaling or data.missing, which want numbers, "
                         "no bytes; classify floats",
                         run->run.file);
    return classify(run, DAM__U8, samples, count, classes, nearest);
}
