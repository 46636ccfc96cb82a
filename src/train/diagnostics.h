/*
 * Diagnostics of chosen training steps: the model's numbers (dam__diagnose_ops), kept on the device
 * until a checkpoint saves them.
 */
#ifndef DAM__TRAIN_DIAGNOSTICS_H
#define DAM__TRAIN_DIAGNOSTICS_H

#include "model/model.h"
#include "store/container.h"

enum { DAM__DIAGNOSED_STEPS = 64 };

/*
 * The steps of a list such as "0,10,100", counted from 0, into steps (space for
 * DAM__DIAGNOSED_STEPS). DAM_USAGE where it is not a list of rising whole numbers, or too long.
 */
dam_status dam__diagnosed_steps(const char *text, double *steps, int *count);

typedef struct dam__diagnostics dam__diagnostics;

/*
 * For a planned model that is to be trained. DAM_USAGE: the list is invalid, or the model has no
 * diagnostics. The functions below accept NULL for a training without diagnostics, and do nothing.
 */
dam_status dam__diagnostics_create(dam__model *model, const char *steps, dam__plan *plan,
                                   dam__diagnostics **out);
void dam__diagnostics_destroy(dam__diagnostics *diagnostics);

/* Compiles; after the plan was allocated. */
dam_status dam__diagnostics_prepare(dam__diagnostics *diagnostics);

/* Round the optimizer's step number `step` on so many samples at this rate; queues work only. */
dam_status dam__diagnostics_before(dam__diagnostics *diagnostics, double step, int size,
                                   double rate);
dam_status dam__diagnostics_after(dam__diagnostics *diagnostics, double step, int size);

/* Saves what was measured so far to a container, and restores it from one. DAM_INPUT. */
dam_status dam__diagnostics_save(const dam__diagnostics *diagnostics, dam__container *out);
dam_status dam__diagnostics_restore(dam__diagnostics *diagnostics, const dam__container *container);

/* What a container holds: rows x columns numbers, a row a step. Free with dam__diagnosed_free. */
typedef struct dam__diagnosed {
    int rows, columns;
    char *text;                            /* of the names */
    const char *names[DAM__MAX_DIAGNOSED]; /* of the columns */
    double *steps, *values;
} dam__diagnosed;

/* No rows where it holds none. DAM_INPUT where its content is invalid. */
dam_status dam__diagnosed_read(const dam__container *container, dam__diagnosed *out);
void dam__diagnosed_free(dam__diagnosed *diagnosed);

#endif
