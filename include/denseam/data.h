/*
 * Datasets: samples in memory, in files, or those of a preset's data section.
 */
#ifndef DENSEAM_DATA_H
#define DENSEAM_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "denseam/api.h"
#include "denseam/preset.h"
#include "denseam/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dam_dataset dam_dataset;

/* --- simple ----------------------------------------------------------------------------------- */

/*
 * A dataset of samples in memory, count x features, which are copied. labels has a class for each,
 * 0 ... 65535, or is NULL. Numbers are not scaled here: models of kind "vmf" centre and normalise
 * them, "energy" wants states of +1 and -1, "denoise" standardises them to mean 0 and mean
 * square 1. DAM_INPUT names the first sample with a number that is not finite or a label that is
 * out of range; DAM_NO_MEMORY. Release with dam_dataset_free.
 */
DAM_API dam_status dam_dataset_from_floats(const float *samples, const int32_t *labels,
                                           size_t count, size_t features, dam_dataset **out);

/*
 * A dataset from files: IDX (also gzipped, as MNIST comes), NPY, NPZ ("file.npz:name"), HDF5
 * ("file.h5:/path/inside") or tables (CSV, TSV), of which labels may name a column
 * ("file.csv:column"). The first axis of `samples` counts them; with three axes they are images.
 * labels has as many whole numbers or words, or is NULL. A sample that float32 cannot tell from its
 * mean (float64 with a large offset, numbers below 1e-38) is centred and scaled while it is read.
 * DAM_INPUT says which file is wrong, where, and how.
 */
DAM_API dam_status dam_dataset_read(const char *samples, const char *labels, dam_dataset **out);

DAM_API void dam_dataset_free(dam_dataset *set);

/* --- explicit --------------------------------------------------------------------------------- */

/* Samples in memory, as floats or as bytes; the other pointer is NULL. */
typedef struct dam_samples {
    const float *floats;   /* count x features */
    const uint8_t *bytes;  /* likewise, such as pixels; an energy model cuts them to -1 and +1 as
                              data.threshold of its preset says, a denoiser divides by 255 */
    const int32_t *labels; /* count, or NULL */
    size_t count, features;
    size_t height, width; /* of images, with height * width = features; 0, 0: not images */
    int32_t classes;      /* labels are below it; 0: the largest label and 1 */
    bool borrow;          /* nothing is copied: the arrays must outlive the dataset, unchanged */
    const char *name;     /* for messages and the run's record; copied. NULL: "memory" */
} dam_samples;

/* Like dam_dataset_from_floats; *samples itself is not kept. */
DAM_API dam_status dam_dataset_create(const dam_samples *samples, dam_dataset **out);

typedef enum dam_split { DAM_SPLIT_TRAIN, DAM_SPLIT_TEST } dam_split;

/*
 * The dataset of a preset's data section: a set by its name ("mnist"), files, or synthetic samples
 * ("random", "teacher", "gaussian", "patterns"; some are drawn on a device: that which `device`
 * names, see dam_device_select; NULL takes the default). DAM_INPUT: absent or unreadable;
 * DAM_USAGE; DAM_NO_DEVICE.
 */
DAM_API dam_status dam_dataset_load(const dam_preset *preset, dam_split split, const char *device,
                                    dam_dataset **out);

/* --- what is in it ---------------------------------------------------------------------------- */

DAM_API size_t dam_dataset_count(const dam_dataset *set);    /* samples; 0 of NULL */
DAM_API size_t dam_dataset_features(const dam_dataset *set); /* numbers of a sample */
DAM_API int32_t dam_dataset_classes(const dam_dataset *set); /* 0 without labels */

/* Copies one sample, dam_dataset_features numbers; bytes become 0 ... 255. DAM_USAGE beyond the
 * last.
 */
DAM_API dam_status dam_dataset_sample(const dam_dataset *set, size_t index, float *out);

/* The label of a sample; -1 where it has none. */
DAM_API int32_t dam_dataset_label(const dam_dataset *set, size_t index);

#ifdef __cplusplus
}
#endif

#endif
