/*
 * Training: a preset and samples in, a run out.
 */
#ifndef DENSEAM_TRAIN_H
#define DENSEAM_TRAIN_H

#include <stdbool.h>

#include "denseam/api.h"
#include "denseam/data.h"
#include "denseam/log.h"
#include "denseam/preset.h"
#include "denseam/run.h"
#include "denseam/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of a training after an epoch. Numbers that it does not have are NaN. */
typedef struct dam_epoch {
    int epoch;                  /* epochs done */
    int epochs;                 /* most there will be; of a model that grows, of this stage */
    int stage;                  /* splits done; 0 of a model that does not grow */
    int memories;               /* that the model has now */
    double loss;                /* mean over the epoch's samples */
    double validation_loss;     /* of the share data.validation that is kept for it */
    double validation_accuracy; /* 0 ... 1 */
    double seconds;             /* of training so far, those before a resumption included */
} dam_epoch;

/* Zeros ask for the defaults. Texts and functions are only used during dam_train, but for the log,
 * which stays that of the run. */
typedef struct dam_train_options {
    const char *device; /* see dam_device_select; NULL: the default */
    const char *folder; /* where checkpoints go (train.checkpoint), with preset.conf and
                           metrics.jsonl; made where it is missing. NULL: nothing is written */
    bool resume;        /* continue the run in the folder, bit for bit as if it had not stopped */
    void (*on_epoch)(const dam_epoch *epoch, void *context); /* after each epoch; or NULL */
    bool (*should_stop)(void *context); /* asked after each step, so make it quick; or NULL */
    void *context;                      /* for both; they are called on the calling thread */
    dam_log log;                        /* notices and warnings; dropped where write is NULL */
} dam_train_options;

/*
 * Trains the model of a preset: the vMF mixture classifier of arXiv 2508.19151 (model.kind =
 * "vmf"), the energy memories of arXiv 2407.08742 ("energy"), or the denoiser of arXiv 2605.10164
 * ("denoise"); docs/models/ has the equations.
 *
 * set: what to learn from; then only the keys validation, memory, noise, pairs and test_* of the
 * preset's data section count. NULL: what the preset's data section names. options: NULL for all
 * defaults. With options->resume, preset may be NULL for that of the run; keys that shape the model
 * must stay.
 *
 * *out: the run, on the device it was trained on, to be closed with dam_run_close; out may be NULL
 * where only the folder matters. The first training of its kind on a device takes some seconds
 * longer, because the kernels are checked once.
 *
 * DAM_OK; DAM_INTERRUPTED: should_stop asked for it, the run so far is given and, with a folder,
 * saved there. DAM_USAGE: keys that do not go together, or not with the data, or a folder that
 * holds a run already or is in use; DAM_INPUT: samples or folder; DAM_DIVERGED: a loss was not
 * finite, the message names the keys to change; DAM_NO_DEVICE, DAM_NO_MEMORY, DAM_SELFTEST.
 */
DAM_API dam_status dam_train(const dam_preset *preset, const dam_dataset *set,
                             const dam_train_options *options, dam_run **out);

#ifdef __cplusplus
}
#endif

#endif
