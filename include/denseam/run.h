/*
 * A trained model on a device: it classifies, recalls or denoises, and can be saved.
 */
#ifndef DENSEAM_RUN_H
#define DENSEAM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "denseam/api.h"
#include "denseam/log.h"
#include "denseam/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A run has a device of its own. One thread at a time may use it; several threads open it once
 * each. Before it is first used on a device, driver and tuning, the kernels are checked, which
 * takes some seconds once (DAM_SELFTEST where they cannot be trusted).
 */
typedef struct dam_run dam_run;

/*
 * Opens the run in folder, or a run file, on the device that selector names (see dam_device_select;
 * NULL takes the default). log may be NULL; it is copied. DAM_INPUT where the folder does not hold
 * a complete run, DAM_NO_DEVICE, DAM_NO_MEMORY. Close with dam_run_close.
 */
DAM_API dam_status dam_run_open(const char *folder, const char *selector, const dam_log *log,
                                dam_run **out);

/*
 * Writes the run into a folder, which is made where it is missing: run.h5 and preset.conf. The run
 * is what it was when it was opened or trained. DAM_USAGE: the folder holds another run already, or
 * a training is using it; DAM_INPUT: it cannot be written.
 */
DAM_API dam_status dam_run_save(const dam_run *run, const char *folder);

DAM_API void dam_run_close(dam_run *run);

/* --- what it is (0 or NULL of NULL) ----------------------------------------------------------- */

DAM_API const char *dam_run_model(const dam_run *run); /* "vmf", "energy" or "denoise"; static */
DAM_API int dam_run_features(const dam_run *run);      /* N: numbers a sample has */
DAM_API int dam_run_classes(const dam_run *run);  /* C: classes are 0 ... C - 1; 0: it has none */
DAM_API int dam_run_memories(const dam_run *run); /* K */

/* Neurons of a state, of an energy model: its features, and a neuron a class where it has classes.
 * Of other models the features. */
DAM_API int dam_run_neurons(const dam_run *run);

/*
 * A copy of a parameter, rows x cols; free() it. "memories" is K x neurons; docs/format.md
 * (run.h5) lists the others of each model. DAM_USAGE: it has none of that name (the message
 * lists those it has).
 */
DAM_API dam_status dam_run_parameter(const dam_run *run, const char *name, double **values,
                                     size_t *rows, size_t *cols);

/* A copy of a column of the history, a number an epoch, NaN where there is none: "loss",
 * "validation_loss", "validation_accuracy", "seconds", ... free() it. DAM_USAGE: no such column. */
DAM_API dam_status dam_run_history(const dam_run *run, const char *column, double **values,
                                   size_t *epochs);

/* --- classifying ------------------------------------------------------------------------------ */

/*
 * Classifies count samples of dam_run_features numbers each, in the units of the training data: the
 * library centres and scales them. (An energy model takes states, +1 and -1.) classes[i] is the
 * predicted class, or C for the softening class; nearest[i], unless nearest is NULL, the class of
 * the memory most similar to sample i.
 *
 * The first call plans, compiles and loads; later ones of no more samples reuse all of it.
 * DAM_INPUT where a number is not finite; DAM_USAGE of a run that has no classes; DAM_NO_MEMORY.
 */
DAM_API dam_status dam_run_classify(dam_run *run, const float *samples, size_t count,
                                    int32_t *classes, int32_t *nearest);

/* The same for samples of bytes, such as pixels, of a run that was trained on bytes. */
DAM_API dam_status dam_run_classify_bytes(dam_run *run, const uint8_t *samples, size_t count,
                                          int32_t *classes, int32_t *nearest);

/* --- recalling, of an energy model (DAM_USAGE of others) --------------------------------------- */

/* How a recall ended. */
typedef enum dam_recall_end {
    DAM_RECALL_MOVING,    /* it still changed in the last sweep that was allowed */
    DAM_RECALL_CONVERGED, /* a whole sweep changed nothing: a minimum of the energy */
    DAM_RECALL_CYCLING    /* synchronous: it cycles between two states */
} dam_recall_end;

/*
 * Lets count states of dam_run_neurons numbers, +1 or -1, descend the energy E(x) = -sum F(zeta x)
 * (arXiv 2407.08742, equations 1 to 4) as the preset's recall section says: each neuron in turn, in
 * a random order, takes the sign of the lower energy, until a sweep changes nothing. recalled:
 * count states; it may be `states` itself. ends, unless NULL: how each ended. DAM_INPUT: a neuron
 * that is not +1 or -1; DAM_NO_MEMORY.
 */
DAM_API dam_status dam_run_recall(dam_run *run, const float *states, size_t count, float *recalled,
                                  dam_recall_end *ends);

/* Zeros mean the values of the run's preset, in its recall section. */
typedef struct dam_recall_options {
    int sweeps;       /* at most */
    bool synchronous; /* all neurons decide from the same state, then flip together */
    const uint8_t
        *fixed; /* a mark a neuron: other than 0, it stays as given and may be any number */
    bool (*should_stop)(void *context); /* asked every few sweeps; DAM_INTERRUPTED. Or NULL */
    void *context;
} dam_recall_options;

/* Where results go, count of each; NULL for those not wanted. */
typedef struct dam_recalled {
    float *states;        /* count x neurons */
    dam_recall_end *ends; /* how each ended */
    int32_t *sweeps;      /* that each took, the one that changed nothing included */
    double *energies;     /* at the end, as dam_run_energy gives them */
    int32_t *nearest;     /* the memory nearest to the state, 0 ... K - 1 */
    double *distances;    /* to it, |x - zeta|: 2 sqrt(wrong neurons) for memories of +1 and -1 */
} dam_recalled;

/* dam_run_recall with options and more results; options may be NULL. */
DAM_API dam_status dam_run_recall_with(dam_run *run, const float *states, size_t count,
                                       const dam_recall_options *options, const dam_recalled *out);

/* --- denoising, of a denoiser (DAM_USAGE of others) -------------------------------------------- */

/*
 * f(x) of count samples of dam_run_features numbers, which training asks to be the sample without
 * its noise (arXiv 2605.10164). Samples are as the training data has them, bytes as parts of 255;
 * denoised, which may be `samples` itself, is of the same scale. DAM_INPUT: a number that is not
 * finite; DAM_NO_MEMORY.
 */
DAM_API dam_status dam_run_denoise(dam_run *run, const float *samples, size_t count,
                                   float *denoised);

/* A relaxation x <- x + dt (f(x) - x), down the model's energy. Zeros mean the values of the run's
 * preset, in its recall section. */
typedef struct dam_denoise_options {
    int steps;
    double dt;   /* length of a step, in (0, 1] */
    double clip; /* features stay within +-clip, in units of the data's standard deviation; below 0:
                    they are free */
    bool (*should_stop)(void *context); /* asked after each step; DAM_INTERRUPTED. Or NULL */
    void *context;
} dam_denoise_options;

/*
 * Relaxes samples; options may be NULL. energies, unless NULL: those at the end, count. DAM_USAGE
 * also where the energy has no lower bound (model.power above 1) and nothing clips the features;
 * DAM_DIVERGED where a sample ended in numbers that are not finite.
 */
DAM_API dam_status dam_run_denoise_with(dam_run *run, const float *samples, size_t count,
                                        const dam_denoise_options *options, float *denoised,
                                        double *energies);

/* --- energy, of both -------------------------------------------------------------------------- */

/*
 * The energies of count states or samples, as dam_run_recall and dam_run_denoise take them.
 *
 * Of an energy model: in units of F(N), what one memory gives a state that agrees with it in every
 * neuron, so -1 is a stored pattern that no other memory resembles; computed on the host, in
 * double. Of a denoiser: E of docs/models/denoise.md (Energy and dynamics), whose gradient is x -
 * f(x), in the scale of the run's standardised samples. DAM_USAGE: a model that has no energy.
 */
DAM_API dam_status dam_run_energy(dam_run *run, const float *states, size_t count,
                                  double *energies);

#ifdef __cplusplus
}
#endif

#endif
