/*
 * Recall of a denoiser: corrupted samples relax by x <- x + dt (f(x) - x), down the model's energy;
 * and the same samples by a smaller model, on images averaged over plaquettes.
 */
#ifndef DAM__RECALL_DENOISE_RECALL_H
#define DAM__RECALL_DENOISE_RECALL_H

#include "compute/gemm.h"
#include "model/energy/recall.h"
#include "run/relax.h"

/* Samples as their data has them: bytes as parts of 255. All count x dim, on the host. */
typedef struct dam__denoise_probes {
    size_t count, dim, height, width; /* height and width 0 where they are no images */
    dam__pixels pixels;
    double *clean; /* NULL where probes come from a file */
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

/*
 * Relaxes probes as the run's keys recall.dt, recall.steps and recall.clip say; those outside of
 * the clip start at its edge. Only callbacks->stop and callbacks->progress (which counts steps) are
 * called. DAM_USAGE: an energy without lower bound; DAM_NO_MEMORY: not even one probe fits;
 * DAM_INTERRUPTED. Free with dam__denoised_free.
 */
dam_status dam__denoise_recall(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                               const dam__denoise_probes *probes,
                               const dam__recall_callbacks *callbacks, dam__denoised *out);

/* Mean squared difference of two arrays; NaN where either is NULL. */
double dam__mean_squared(const double *a, const double *b, size_t items);

#endif
