/* The public face of a run: include/denseam/run.h. */
#include "denseam/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/tuning.h"
#include "data/teacher.h"
#include "run/run_folder.h"
#include "train/scorer.h"

struct dam_run {
    dam__run run;
    dam__device *device;
};

dam_status dam_run_open(const char *folder, const char *selector, const dam_log *log, dam_run **out)
{
    dam_status status = DAM_OK;
    dam_device_info *infos = NULL;
    size_t count = 0, index = 0;
    dam_run *run = NULL;
    dam__tuning *tuning = NULL;
    DAM_TRY(dam__alloc(1, sizeof *run, &run));
    DAM_TRY(dam__run_open(folder, NULL, 0, &run->run));
    dam__device_options options = {.log = log != NULL ? *log : (dam_log){0},
                                   .precision =
                                       (dam__precision)run->run.experiment.train.precision};
    DAM_TRY(dam_device_list(&infos, &count));
    DAM_TRY(dam_device_select(infos, count, selector, &index));
    DAM_TRY(dam__tuning_find(&infos[index], &options.log, &tuning));
    options.tuning = tuning;
    DAM_TRY(dam__device_open(&infos[index], &options, &run->device));
    *out = run;
    run = NULL;
cleanup:
    free(tuning);
    free(infos);
    dam_run_close(run);
    return status;
}

void dam_run_close(dam_run *run)
{
    if (run == NULL)
        return;
    dam__device_close(run->device);
    dam__run_free(&run->run);
    free(run);
}

int dam_run_features(const dam_run *run)
{
    return run->run.dim;
}

int dam_run_classes(const dam_run *run)
{
    return run->run.classes;
}

int dam_run_memories(const dam_run *run)
{
    return run->run.memories;
}

/* A dataset of the caller's numbers. Their labels are unknown: 0 stands in, and no score is read.
 */
static dam_status borrow_samples(const dam_run *run, const float *samples, size_t count,
                                 dam__dataset *out)
{
    dam_status status = DAM_OK;
    size_t features = (size_t)run->run.dim, items = 0;
    const size_t shape[] = {count, features};
    DAM_TRY(dam__multiply(count, features, &items));
    for (size_t i = 0; i < items; i++)
        if (!isfinite(samples[i]))
            DAM_FAIL(DAM_INPUT, "sample %zu, number %zu is not finite", i / features, i % features);
    *out = (dam__dataset){.name = "samples",
                          .count = count,
                          .features = features,
                          .classes = 1,
                          .on_sphere = dam__teacher_asked(&run->run.experiment.data)};
    DAM_TRY(dam__array_create(DAM__F32, 2, shape, &out->samples));
    DAM_TRY(dam__alloc(count, sizeof *out->labels, &out->labels));
    memcpy(out->samples.data, samples, items * sizeof *samples);
cleanup:
    return status;
}

dam_status dam_run_classify(dam_run *run, const float *samples, size_t count, int32_t *classes,
                            int32_t *nearest)
{
    dam_status status = DAM_OK;
    dam__dataset set = {0};
    dam__scorer *scorer = NULL;
    dam__score unused;
    int32_t *predicted = NULL, *closest = NULL;
    const dam__experiment *experiment = &run->run.experiment;
    if (count == 0)
        return DAM_OK;
    DAM_TRY(borrow_samples(run, samples, count, &set));
    DAM_TRY(dam__scorer_create(run->device, DAM__GEMM_AUTO, &experiment->model, run->run.dim,
                               run->run.classes, &run->run.container, &set, experiment->train.batch,
                               &scorer));
    DAM_TRY(dam__scorer_run(scorer, &unused, &predicted, &closest));
    memcpy(classes, predicted, count * sizeof *classes);
    if (nearest != NULL)
        memcpy(nearest, closest, count * sizeof *nearest);
cleanup:
    free(predicted);
    free(closest);
    dam__scorer_destroy(scorer);
    dam__dataset_free(&set);
    return status;
}
