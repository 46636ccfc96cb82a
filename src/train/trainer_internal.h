/*
 * What the files of the trainer share: trainer_plan.c makes it, trainer.c runs its steps,
 * trainer_epoch.c ends its epochs, and trainer_stage.c its stages.
 */
#ifndef DAM__TRAIN_TRAINER_INTERNAL_H
#define DAM__TRAIN_TRAINER_INTERNAL_H

#include "train/shards.h"
#include "train/trainer.h"

struct dam__trainer {
    dam__device *device;
    dam__training training;
    bool streams;
    int chunk;
    dam__task task;
    dam__plan *plan;
    dam__gemm *gemm;
    dam__loader *samples, *validation; /* validation is NULL where the share is 0 */
    dam__model *model;
    dam__shards *shards;
    dam__optimizer *optimizer;
    dam__evaluator *evaluator;
    bool is_evaluated;                  /* the evaluator has run */
    dam__evaluator *training_evaluator; /* of the training samples, or NULL */
    dam__growth *growth;                /* NULL where the model keeps its memories */
    dam__diagnostics *diagnostics;      /* NULL without diagnostics */
    dam__matrix losses;                 /* 1 x steps: the mean loss of each batch of the epoch */
    dam__position position;
    dam__history history;
    dam__record record;
    double resumed_at;     /* clock when the present run, or its present stage, began */
    double seconds_before; /* position.seconds then */
    long steps_taken;      /* since then */
};

/* --- trainer.c -------------------------------------------------------------------------------- */

/* The clock of the present run or stage starts; position.seconds is brought up to date. */
void dam__trainer_begin_clock(dam__trainer *trainer);
void dam__trainer_count_seconds(dam__trainer *trainer);

/* Calls ops->finish_epoch, where the model has it, for the present parameters. */
dam_status dam__trainer_finish_model(dam__trainer *trainer, int epoch);

/* --- trainer_epoch.c -------------------------------------------------------------------------- */

/* After an epoch's last step: losses, validation, a row of the history, early stopping, saving. */
dam_status dam__trainer_finish_epoch(dam__trainer *trainer, const dam__callbacks *callbacks);

/* --- trainer_stage.c -------------------------------------------------------------------------- */

/* Of a model that grows: its memories now. */
int dam__trainer_memories(const dam__trainer *trainer);

/* The most epochs of the present stage. */
int dam__trainer_stage_epochs(const dam__trainer *trainer);
bool dam__trainer_stage_is_over(const dam__trainer *trainer);

/* After a stage: splits what is unstable and begins the next one, or finds that growth is over. */
dam_status dam__trainer_split(dam__trainer *trainer, const dam__callbacks *callbacks);

/* A frame of the record; the first one shows how the training begins. */
dam_status dam__trainer_record_frame(dam__trainer *trainer);
dam_status dam__trainer_record_first(dam__trainer *trainer);

#endif
