/*
 * The training loop: batches -> the model's loss and gradients -> the optimizer -> the model's
 * constraints, epoch after epoch, with validation, early stopping, divergence and interruption.
 * Independent of the model.
 */
#ifndef DAM__TRAIN_TRAINER_H
#define DAM__TRAIN_TRAINER_H

#include "comm/comm.h"
#include "model/grow.h"
#include "train/diagnostics.h"
#include "train/evaluator.h"
#include "train/history.h"
#include "train/optimizer.h"
#include "train/record.h"
#include "train/train_config.h"

/* What to train on what. All pointers are borrowed and must outlive the trainer. */
typedef struct dam__training {
    uint64_t seed;
    const dam__dataset *set; /* the training file */
    double validation;       /* share of its end that is kept for validation */
    int data_memory;         /* MiB its samples may take on the device; 0 = what fits */
    dam__model_config model;
    dam__train_config train;
    dam__grow_config grow; /* to = 0: the model keeps its memories */
    dam__gemm_provider gemm;
    bool evaluates;  /* dam__trainer_evaluate may be called */
    dam__comm *comm; /* the ranks that train it together; NULL: this process alone */
} dam__training;

/*
 * Where training stands; what a checkpoint holds besides parameters and velocities. A stage lasts
 * from one split to the next; a training that does not grow is stage 0 throughout.
 */
typedef struct dam__position {
    int epoch, step; /* the next step to take; step = all of them before the epoch's validation */
    int wait;        /* epochs since the stage's best validation loss */
    double best;     /* that loss; infinite before the first */
    double seconds;  /* spent training so far, splits included */
    int stage, stage_epoch; /* splits so far; the stage's first epoch */
    bool stable;            /* at the end of the stage no memory was unstable: growth is over */
    /* What the split before the epoch took, and in epochs of the stage before; 0 but after one. */
    double split_seconds, split_epochs;
} dam__position;

/* Where the loop is, for progress lines. */
typedef struct dam__training_progress {
    int stage, memories;            /* 0, 0 where the model does not grow */
    int epoch, epochs, step, steps; /* of the stage */
    double samples_per_second;
    double seconds_left; /* to the stage's last epoch, should it not stop early */
} dam__training_progress;

typedef struct dam__callbacks {
    void *user;
    /* Whether to stop after this step; the position is then saved by on_checkpoint, which must be
     * given with it. */
    bool (*stop)(void *user);
    void (*on_step)(void *user, const dam__training_progress *progress);
    /* After an epoch and its validation: the history has a new row. */
    dam_status (*on_epoch)(void *user, const dam__history *history);
    /* Time to save: every few epochs, at the end of a stage and of all, and when stopped. */
    dam_status (*on_checkpoint)(void *user);
} dam__callbacks;

typedef struct dam__trainer dam__trainer;

/*
 * Plans a training: data resident if it fits, else streamed; batches in one chunk if that fits,
 * else in smaller ones. Nothing is allocated on the device. DAM_NO_MEMORY where even the smallest
 * chunk does not fit.
 */
dam_status dam__trainer_create(dam__device *device, const dam__training *training,
                               dam__trainer **out);
void dam__trainer_destroy(dam__trainer *trainer);

const dam__plan *dam__trainer_plan(const dam__trainer *trainer);
bool dam__trainer_streams(const dam__trainer *trainer);
int dam__trainer_chunk(const dam__trainer *trainer); /* samples of a batch worked off at once */
const char *dam__trainer_gemm(const dam__trainer *trainer);

size_t dam__trainer_traffic(const dam__trainer *trainer); /* see dam__shards_traffic */

/* Allocates, compiles, loads the data and sets first values. */
dam_status dam__trainer_prepare(dam__trainer *trainer);

/*
 * Trains from the present position. DAM_INTERRUPTED when stopped and saved, DAM_DIVERGED when a
 * loss was not finite (nothing is saved then, so that the last good checkpoint stays).
 */
dam_status dam__trainer_run(dam__trainer *trainer, const dam__callbacks *callbacks);

/* Evaluates the present model, after ops->finish_epoch, on all its training samples, in batches
 * like those of training. Needs training.evaluates. */
dam_status dam__trainer_evaluate(dam__trainer *trainer, dam__metrics *out);

/* Predicted classes of the validation samples after the last epoch, *count of them; free(). NULL
 * where there are none, or nothing was evaluated since the trainer was made. */
dam_status dam__trainer_predictions(dam__trainer *trainer, int32_t **predicted, size_t *count);

/*
 * Whether training is over: all its epochs were run, or it stopped early, and it does not grow any
 * further. It follows from position and configuration, so a finished run can continue with more
 * epochs or patience.
 */
bool dam__trainer_is_over(const dam__trainer *trainer);
bool dam__trainer_stopped_early(const dam__trainer *trainer);

/* One step without bookkeeping, for benchmarks: the next batch of the present epoch, or of the
 * next. */
dam_status dam__trainer_step(dam__trainer *trainer);

/*
 * After dam__trainer_prepare, on a device that records (compute/recording.h): one of everything
 * that the training queues, each a phase of the recording: a first step, a step, the end of an
 * epoch, an evaluation, a split and a step after it. The device gives zeros: grow.threshold must be
 * above 0 for memories to split.
 */
dam_status dam__trainer_rehearse(dam__trainer *trainer);

int dam__trainer_steps(const dam__trainer *trainer); /* of an epoch */
dam__model *dam__trainer_model(dam__trainer *trainer);
dam__optimizer *dam__trainer_optimizer(dam__trainer *trainer);
dam__growth *
dam__trainer_growth(dam__trainer *trainer); /* NULL where the model keeps its memories */
dam__position *dam__trainer_position(dam__trainer *trainer);
dam__history *dam__trainer_history(dam__trainer *trainer);
dam__record *dam__trainer_record(dam__trainer *trainer);
dam__diagnostics *dam__trainer_diagnostics(dam__trainer *trainer); /* NULL without diagnostics */

/* The losses of the present epoch's steps, dam__trainer_steps of them (those to come are not valid
 * yet), for checkpoints inside an epoch. */
dam_status dam__trainer_read_losses(dam__trainer *trainer, double *losses);
dam_status dam__trainer_write_losses(dam__trainer *trainer, const double *losses);

/* The loss of the step taken last, which is of the present epoch. */
dam_status dam__trainer_last_loss(dam__trainer *trainer, double *loss);

#endif
