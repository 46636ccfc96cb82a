/*
 * The search of `denseam tune`: which candidates are measured, and what follows from the results.
 * It measures nothing itself and knows no device; its evaluator does both.
 */
#ifndef DAM__TUNE_TUNER_H
#define DAM__TUNE_TUNER_H

#include "compute/tuning.h"

enum { DAM__MOST_SHAPES = DAM__MOST_CHOICES, DAM__MOST_PRESETS = 32 };

#define DAM__WORTH 0.97 /* of the time: what is not this much faster may be noise */

/* A product that presets ask for. */
typedef struct dam__tuned_product {
    dam__product_shape shape;
    unsigned presets;                   /* bit p: preset p has it */
    double shares[DAM__GEMM_PROVIDERS]; /* of the FMA peak untuned; 0 = none */
    double best;                        /* of what was chosen */
} dam__tuned_product;

/* A preset whose training steps are to become faster. */
typedef struct dam__tuned_preset {
    const char *name;
    int kind;     /* dam__model_kind */
    double ratio; /* time of a step with the part over untuned; 0 = not measured */
} dam__tuned_preset;

/* How the measurement of a candidate ended. */
typedef enum dam__candidate_status {
    DAM__CANDIDATE_MEASURED,
    DAM__CANDIDATE_REFUSED, /* wrong, hung or crashed: never to be used */
    DAM__CANDIDATE_SKIPPED  /* not measured: no time is left, or the user wants to stop */
} dam__candidate_status;

/* Measures candidates. `part` is the candidate's tuning; what it lacks is built in. */
typedef struct dam__tuner_evaluator {
    void *user;
    /* shares[i] of the FMA peak for each shape, or 0 for those not reached. */
    dam_status (*products)(void *user, const dam__tuning_part *part, dam__gemm_provider provider,
                           const dam__product_shape *shapes, size_t count, double *shares,
                           dam__candidate_status *end);
    /* *ratio of the times of a step, tuned over untuned. */
    dam_status (*step)(void *user, const dam__tuning_part *part, int preset, double *ratio,
                       dam__candidate_status *end);
    /* A line on what goes on; may be NULL. */
    void (*note)(void *user, const char *line);
    double (*left)(void *user); /* share of the budget that is left, 1 ... 0 */
} dam__tuner_evaluator;

typedef struct dam__tuner {
    dam__shape shape;         /* of the kernels; never AUTO */
    dam__gemm_provider usual; /* the built-in choice of the provider; never AUTO */
    int vector_width;         /* built in */
    dam__tuned_product products[DAM__MOST_SHAPES];
    int product_count;
    dam__tuned_preset presets[DAM__MOST_PRESETS];
    int preset_count;
    dam__tuning_part part;   /* what was found */
    int candidates, refused; /* candidates */
} dam__tuner;

/* Adds a preset's product; nearly equal shapes (within a quarter of a doubling) share one entry.
 * Shapes beyond DAM__MOST_SHAPES are left out. */
void dam__tuner_add(dam__tuner *tuner, int preset, const dam__product_shape *shape);

/*
 * Searches until the budget is over. Then tuner->part holds choices that were measured to be faster
 * than the built-in ones by more than the noise, and no preset's step was measured slower with it.
 * The same measurements give the same search.
 */
dam_status dam__tuner_run(dam__tuner *tuner, const dam__tuner_evaluator *evaluator);

/* --- what the search is made of --------------------------------------------------------------- */

/* *out = candidate i of the space's curated list; false beyond it. */
bool dam__curated(dam__space_kind kind, int i, dam__set *out);

/*
 * With the products in tuner->part: takes back what makes a preset's step slower or fail, in the
 * end all of it, and adds shapes of the other kernels that make steps faster and none slower.
 */
dam_status dam__tuner_steps(dam__tuner *tuner, const dam__tuner_evaluator *evaluator);

/* A valid neighbour: one or two tunables of `from` changed. The same step gives the same. */
dam__set dam__neighbour(dam__space_kind kind, const dam__set *from, uint32_t step);

#endif
