/* From a small tuned run of a denoiser, the experiment of a large one (docs/transfer.md). */
#ifndef DAM__PRESET_TRANSFER_H
#define DAM__PRESET_TRANSFER_H

#include "denseam/log.h"
#include "model/denoise.h"
#include "preset/run.h"

/* N, K, P and B: features, memories, training samples, and those of a step. */
typedef struct dam__sizes {
    int dim, memories, samples, batch;
} dam__sizes;

/*
 * Sizes as text: "N,K,P,B"; "K,P,B" keeps N; "N" alone keeps the ratios of the others to it.
 * DAM_USAGE: not whole positive numbers, or B > P.
 */
dam_status dam__sizes_read(const char *text, const dam__sizes *from, dam__sizes *out);

/* The sizes of a denoiser's run. Loads its data where only that says P. DAM_USAGE: no denoiser. */
dam_status dam__transfer_sizes(const dam__run *run, dam__sizes *out);

/*
 * *out = the run's experiment at other sizes, with its eta0. Images take the plaquettes that give
 * them N features. What the prescription does not carry over is warned about. DAM_USAGE: N that
 * the data cannot have, sizes out of range.
 */
dam_status dam__transfer(const dam__run *run, const dam__sizes *from, const dam__sizes *to,
                         const dam_log *log, dam__experiment *out);

#endif
