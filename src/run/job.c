#include "run/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "model/model_type.h"
#include "run/data_notes.h"
#include "run/job_notes.h"
#include "run/job_samples.h"
#include "run/learned_notes.h"
#include "run/metrics.h"
#include "selftest/selftest.h"

static const double METRICS_SECONDS = 1;

void dam__job_free(dam__job *job)
{
    dam__trainer_destroy(job->trainer);
    dam__dataset_free(&job->loaded);
    job->trainer = NULL;
}

/* --- setting up ------------------------------------------------------------------------------- */

dam_status dam__job_plan(dam__job *job)
{
    const dam__experiment *experiment = &job->experiment;
    DAM_TRY(dam__job_warn_of_unused(job));
    DAM_TRY(dam__job_take_samples(job));
    dam__training plan = dam__experiment_training(experiment, job->set, job->gemm);
    plan.comm = job->comm;
    DAM_TRY(dam__trainer_create(job->device, &plan, &job->trainer));
    DAM_TRY(dam__note_samples(dam__device_log(job->device), experiment, job->set));
    DAM_TRY(dam__job_describe(job));
    dam__job_note_left_out(job);
    return DAM_OK;
}

static int most_memories(const dam__experiment *experiment)
{
    int grown = experiment->grow.to, first = experiment->model.memories;
    return grown > first ? grown : first;
}

static dam_status restore(const dam__job *job)
{
    dam_status status = dam__checkpoint_restore(job->trainer, &job->resumed->container);
    return status != DAM_INPUT ? status : dam__fail_within(status, "'%s'", job->resumed->file);
}

/* An unwritable place fails before training. A resumed run has its preset already. */
static dam_status write_preset(const dam__job *job)
{
    char *path = NULL;
    dam_status status = dam__path_join(&path, job->folder, "preset.conf");
    if (status == DAM_OK && (job->resumed == NULL || job->changed || !dam__file_exists(path)))
        status = dam__experiment_write(&job->experiment, job->folder);
    free(path);
    return status;
}

dam_status dam__job_prepare(dam__job *job)
{
    const dam__selftest_subject subject = {.model = &job->experiment.model,
                                           .set = job->set,
                                           .memories = most_memories(&job->experiment),
                                           .dim = (int)job->set->features,
                                           .batch = dam__trainer_chunk(job->trainer),
                                           .classes =
                                               dam__model_classes(&job->experiment.model, job->set),
                                           .grows = job->experiment.grow.to > 0,
                                           .shards = job->experiment.train.shards};
    DAM_TRY(dam__selftest_device(job->device, job->gemm, &subject));
    DAM_TRY(dam__trainer_prepare(job->trainer));
    if (job->resumed != NULL) {
        dam__job_compare_device(job);
        DAM_TRY(restore(job));
        dam__job_note_over(job);
    }
    if (job->folder != NULL && !dam__trainer_is_over(job->trainer))
        DAM_TRY(write_preset(job));
    return DAM_OK;
}

/* --- while it runs ---------------------------------------------------------------------------- */

/* The user pointer of the trainer's callbacks. */
struct caller {
    dam__job *job;
    const dam__job_callbacks *callbacks;
};

static bool on_stop(void *user)
{
    const struct caller *caller = user;
    return caller->callbacks->stop != NULL && caller->callbacks->stop(caller->callbacks->user);
}

static void on_step(void *user, const dam__training_progress *progress)
{
    const struct caller *caller = user;
    if (caller->callbacks->on_step != NULL)
        caller->callbacks->on_step(caller->callbacks->user, progress);
}

static dam_status write_metrics(dam__job *job)
{
    dam_status status = DAM_OK;
    const char *names[DAM__HISTORY_COLUMNS];
    const dam__table table = dam__table_of_history(dam__trainer_history(job->trainer), names);
    char *path = NULL;
    job->metrics_at = dam__seconds();
    if (job->folder == NULL)
        return DAM_OK;
    if (job->lock != NULL)
        DAM_TRY_CLEANUP(dam__lock_check(job->lock));
    DAM_TRY_CLEANUP(dam__path_join(&path, job->folder, "metrics.jsonl"));
    DAM_TRY_CLEANUP(dam__metrics_write(path, &table));
cleanup:
    free(path);
    return status;
}

/* One file a second is enough for readers: writing it may take longer than an epoch. */
static dam_status on_epoch(void *user, const dam__history *history)
{
    const struct caller *caller = user;
    (void)history; /* the trainer's, which the job has */
    if (caller->callbacks->on_epoch != NULL)
        caller->callbacks->on_epoch(caller->callbacks->user, caller->job);
    bool due = dam__seconds() - caller->job->metrics_at >= METRICS_SECONDS;
    return due ? write_metrics(caller->job) : DAM_OK;
}

static dam__run_facts facts_of(const dam__job *job)
{
    return (dam__run_facts){.experiment = &job->experiment,
                            .set = job->set,
                            .device = job->device,
                            .gemm = dam__trainer_gemm(job->trainer)};
}

static dam_status on_checkpoint(void *user)
{
    const struct caller *caller = user;
    dam__job *job = caller->job;
    const dam__run_facts facts = facts_of(job);
    dam_status status = write_metrics(job);
    if (status != DAM_OK || job->folder == NULL)
        return status;
    return dam__run_save(job->folder, &facts, job->trainer);
}

dam_status dam__job_collect(dam__job *job, dam__container *out)
{
    const dam__run_facts facts = facts_of(job);
    return dam__run_collect(&facts, job->trainer, out);
}

/* --- when it is over -------------------------------------------------------------------------- */

/* Says what remains of a training that diverged. */
static dam_status diverged(dam__job *job)
{
    dam_status status = DAM_OK;
    char *file = NULL, *why = NULL;
    if (job->folder == NULL)
        return DAM_DIVERGED;
    DAM_TRY_CLEANUP(dam__format(&why, "%s", dam_error()));
    if (dam__trainer_history(job->trainer)->row_count > 0)
        (void)write_metrics(job);
    DAM_TRY_CLEANUP(dam__path_join(&file, job->folder, "run.h5"));
    if (dam__file_exists(file))
        DAM_FAIL(DAM_DIVERGED, "%s; '%s' keeps the last good checkpoint", why, file);
    DAM_FAIL(DAM_DIVERGED, "%s; there was no checkpoint yet", why);
cleanup:
    free(why);
    free(file);
    return status;
}

dam_status dam__job_run(dam__job *job, const dam__job_callbacks *callbacks)
{
    struct caller caller = {.job = job, .callbacks = callbacks};
    const dam__callbacks all = {.user = &caller,
                                .stop = on_stop,
                                .on_step = on_step,
                                .on_epoch = on_epoch,
                                .on_checkpoint = on_checkpoint};
    dam_status status = dam__trainer_run(job->trainer, &all);
    if (status == DAM_DIVERGED)
        return diverged(job);
    if (status == DAM_INTERRUPTED && job->folder != NULL)
        return dam__fail(status, "%s; everything is saved", dam_error());
    if (status != DAM_OK)
        return status;
    dam__job_note_unreached(job);
    return dam__note_trained(dam__device_log(job->device), &job->experiment, job->set,
                             job->trainer);
}
