/*
 * What a denoiser computes from noisy samples: f(x) in one step, or the relaxation x <- x + dt
 * (f(x) - x), down the model's energy (docs/models/denoise.md, Energy and dynamics).
 */
#ifndef DAM__RUN_RELAX_H
#define DAM__RUN_RELAX_H

#include "compute/gemm.h"
#include "model/energy/recall.h"
#include "run/run_folder.h"

/* Samples as their data has them: bytes as parts of 255. */
typedef struct dam__relax_task {
    const double *noisy; /* count x dim */
    size_t count;
    double dt;
    int steps;
    double clip; /* features stay within +-clip, in the run's scale; 0: they are free */
    bool once;   /* f(x) is asked for as well */
} dam__relax_task;

/* The results; energies are in the run's scale, before each step and at the end. */
typedef struct dam__denoised {
    size_t count, dim, steps;
    double *states;   /* count x dim, as their data has them */
    double *once;     /* count x dim: f of the sample, which training asks for; or NULL */
    double *energies; /* count x (steps + 1) */
    size_t rising;    /* samples whose energy rose in a step by more than rounding explains */
    size_t lost;      /* samples that ended in numbers that are not finite */
    double seconds;
} dam__denoised;
void dam__denoised_free(dam__denoised *denoised);

/*
 * *out: what the samples of a denoiser's run lost before it saw them, and below, what they were
 * then multiplied with, feature by feature; 2 x dim, the run's. DAM_INPUT where it has none.
 */
dam_status dam__denoise_standards(const dam__run *run, const dam__array **out);

typedef struct dam__relaxer dam__relaxer;

/*
 * A denoiser's run on a device, planned for so many samples at once, or what fits, and so many
 * steps. The run must outlive it. DAM_NO_MEMORY: not even one sample fits. Destroy with
 * dam__relaxer_destroy.
 */
dam_status dam__relaxer_create(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                               size_t count, int steps, dam__relaxer **out);
void dam__relaxer_destroy(dam__relaxer *relaxer);

/* Whether a relaxer may run a task, and would not be planned larger for it. */
bool dam__relaxer_suits(const dam__relaxer *relaxer, size_t count, int steps);

/*
 * Relaxes the samples; those outside of the clip start at its edge. Of the callbacks only stop and
 * progress (which counts steps) are called. DAM_USAGE: an energy without lower bound;
 * DAM_INTERRUPTED. Free with dam__denoised_free.
 */
dam_status dam__relaxer_run(dam__relaxer *relaxer, const dam__relax_task *task,
                            const dam__recall_callbacks *callbacks, dam__denoised *out);

#endif
