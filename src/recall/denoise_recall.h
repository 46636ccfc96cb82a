/*
 * Recall of a denoiser: corrupted samples relax by x <- x + dt (f(x) - x), down the model's energy;
 * and the same samples by a smaller model, on images averaged over plaquettes.
 */
#ifndef DAM__RECALL_DENOISE_RECALL_H
#define DAM__RECALL_DENOISE_RECALL_H

#include "compute/gemm.h"
#include "model/energy/recall.h"
#include "run/run_folder.h"

/* Samples as their data has them: bytes as parts of 255. All count x dim, on the host. */
typedef struct dam__denoise_probes {
    size_t count, dim, height, width; /* height and width 0 where they are no images */
    double *clean;                    /* NULL where probes come from a file */
    double *noisy;
} dam__denoise_probes;

/*
 * recall.count samples of the run's test set with normal noise of recall.noise (< 0: data.noise) on
 * them, in the scale of the run's samples; or, as they are, those of the file recall.probes. The
 * noise follows from the seed and the sample alone. DAM_INPUT: other features than the run's.
 */
dam_status dam__denoise_probes_make(const dam__run *run, dam__device *device,
                                    dam__denoise_probes *out);
void dam__denoise_probes_free(dam__denoise_probes *probes);

/* Means over side x side plaquettes; sides of the images must be multiples. DAM_USAGE. */
dam_status dam__denoise_probes_coarsen(const dam__denoise_probes *fine, size_t side,
                                       dam__denoise_probes *out);

/* What came of probes; energies are those of the run's scale, before each step and at the end. */
typedef struct dam__denoised {
    size_t count, dim, steps;
    double *states;   /* count x dim, as their data has them */
    double *once;     /* count x dim: f of the probe, which training asks for */
    double *energies; /* count x (steps + 1) */
    size_t rising;    /* probes whose energy rose in a step by more than rounding explains */
    size_t lost;      /* probes that ended in numbers that are not finite */
    double seconds;
} dam__denoised;

/*
 * Relaxes probes as the run's keys recall.dt, recall.steps and recall.clip say; those outside of
 * the clip start at its edge. Only hooks->stop
 * and hooks->progress (which counts steps) are called. DAM_USAGE: an energy without lower bound;
 * DAM_NO_MEMORY: not even one probe fits; DAM_INTERRUPTED. Free with dam__denoised_free.
 */
dam_status dam__denoise_recall(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                               const dam__denoise_probes *probes, const dam__recall_hooks *hooks,
                               dam__denoised *out);
void dam__denoised_free(dam__denoised *denoised);

/* Mean squared difference of two arrays; NaN where either is NULL. */
double dam__mean_squared(const double *a, const double *b, size_t items);

#endif
