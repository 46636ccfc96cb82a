/* The output of a denoiser's recall in a folder: states and energies, and a sheet of its images. */
#ifndef DAM__RECALL_DENOISE_REPORT_H
#define DAM__RECALL_DENOISE_REPORT_H

#include "recall/denoise_recall.h"
#include "recall/recall_files.h"

/* A recall, and where a smaller model took part, the same of it. */
typedef struct dam__denoise_result {
    const dam__run *run;
    dam__denoise_probes probes;
    dam__denoised denoised;
    const dam__run *small;      /* NULL: none */
    size_t side;                /* of the plaquettes between both */
    dam__denoise_probes coarse; /* probes for the smaller model */
    dam__denoised by_small;
    double *by_large; /* the larger model's states averaged over plaquettes */
} dam__denoise_result;

/*
 * Writes into folder, atomically: recall.h5, or states.npy, once.npy, energies.npy, probes.npy,
 * clean.npy and, with a smaller model, small_states.npy, small_probes.npy and large_states.npy.
 * DAM_INPUT.
 */
dam_status dam__denoise_result_write(const char *folder, const dam__denoise_result *result,
                                     dam__recall_format format);

/*
 * Replaces folder/recall.png by rows of clean, corrupted and denoised images, of the first probes;
 * with a smaller model also the averaged ones. *drawn is false, and nothing is written, where
 * samples are no images. DAM_INPUT.
 */
dam_status dam__denoise_result_draw(const char *folder, const dam__denoise_result *result,
                                    bool *drawn);

#endif
