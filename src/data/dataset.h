/*
 * A labelled or unlabelled set of samples on the host, raw as in its file.
 */
#ifndef DAM__DATA_DATASET_H
#define DAM__DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/pixels.h"
#include "data/scaler.h"
#include "data/survey.h"

/* Variances of made-up vectors; they sum to the number of features. */
typedef enum dam__spectrum {
    DAM__SPECTRUM_ANISOTROPIC, /* as i^(-2/5) */
    DAM__SPECTRUM_ISOTROPIC    /* 1 */
} dam__spectrum;

enum { DAM__LARGEST_LABEL = 65535 };

/* data.name of a run whose samples a program handed over: they are in no place to load them from.
 */
#define DAM__DATA_MEMORY "memory"

/* Which of the training samples are kept apart for validation; see data/holdout.h. */
typedef enum dam__holdout {
    DAM__HOLDOUT_AUTO, /* END, but STRATIFIED where the end has not the classes of the rest */
    DAM__HOLDOUT_END,
    DAM__HOLDOUT_SHUFFLED,
    DAM__HOLDOUT_STRATIFIED
} dam__holdout;

enum { DAM__THRESHOLD_BYTES = 32, DAM__RESIZE_BYTES = 32 };

/* Whether images lie on their side. */
typedef enum dam__transpose {
    DAM__TRANSPOSE_AUTO, /* those of files that are called as EMNIST's */
    DAM__TRANSPOSE_NO,
    DAM__TRANSPOSE_YES
} dam__transpose;

typedef enum dam__split { DAM__SPLIT_TRAIN, DAM__SPLIT_TEST } dam__split;

/* Where samples come from; empty strings mean "not given". Filled from the preset's data section.
 */
typedef struct dam__data_config {
    char name[256]; /* "mnist", "fashion-mnist": found in the search folders; or made up */
    char images[1024], labels[1024];           /* or files (see dam__array_read) for training */
    char test_images[1024], test_labels[1024]; /* and for testing */
    char validation_images[1024], validation_labels[1024]; /* and for validation, or none */
    int dim;           /* features of made-up patterns and vectors */
    int plaquette;     /* side of the square plaquettes that images are averaged over; 1 = pixels */
    int samples;       /* use the first so many training samples; 0 = all */
    int patch;         /* side of the square patches that images are cut into; 0 = none */
    double validation; /* share of the training samples kept for validation, in [0, 1) */
    int split;         /* dam__holdout: which ones */
    int invert;        /* of files: white for black; or not */
    int transpose;     /* of files: dam__transpose */
    int colour;        /* of pictures: dam__colour_wish */
    char resize[DAM__RESIZE_BYTES]; /* of pictures: "28x28", or "" */
    int scaling;                    /* of features: dam__scaling */
    int missing;                    /* dam__missing */
    const dam__scaler *scaler;      /* no key: the numbers of a run's samples; borrowed; or NULL */
    bool only_scaler;               /* no key: of the training samples nothing else is wanted */
    size_t run_features;            /* no key: of the samples of a run; 0 where there is none */
    uint64_t seed;                  /* no key: draws the samples for validation */
    char threshold[DAM__THRESHOLD_BYTES]; /* of states: data/threshold.h */
    bool levels; /* no key: the model needs the numbers, not only how they differ in a sample */
    bool knows_classes; /* no key: what words stand for is known, without the training's labels */
    int patch_stride;   /* pixels from one patch to the next */
    int memory;         /* MiB of device memory the training set may take; 0 = what fits */
    /* The teacher of made-up samples (name "teacher"): see data/teacher.h. */
    int teacher_memories, teacher_dim;
    double teacher_beta,
        teacher_softening; /* concentration; share of samples of no certain class */
    int teacher_classes;
    int spectrum; /* of made-up vectors: dam__spectrum */
} dam__data_config;

/* How images are cut into samples; see data/patches.h. */
typedef struct dam__patches {
    size_t size, stride;          /* size 0: samples are not cut */
    size_t images, height, width; /* what is cut */
    size_t rows, columns;         /* patches of an image */
    uint32_t multiplier;          /* sample i is patch i * multiplier modulo their number */
} dam__patches;

typedef struct dam__dataset {
    char name[256];     /* for messages and the run file */
    dam__array samples; /* n x features, uint8 or float32 (float64 and integers are converted); with
                         * patches, the images that they are cut from */
    dam__patches patches;
    bool held_out;  /* the test split: samples are numbered apart from those trained on */
    bool standard;  /* samples are standardised already: denoisers neither centre nor scale them */
    bool on_sphere; /* samples are unit vectors already: they are not centred */
    dam__array teacher; /* memories x features that samples are drawn from, if they are synthetic */
    dam__survey survey; /* of what was read, before it was cut to states; none of made-up sets */
    dam__scaler scaler; /* what features were scaled and filled by; empty where nothing was asked */
    bool is_turned;     /* while it is read: numbers x become turned_about - x */
    double turned_about;
    char threshold[DAM__THRESHOLD_BYTES]; /* what it was cut by; "" where nothing was asked */
    bool threshold_is_auto;
    size_t recentred, lossy; /* samples: centred in double; hurt by float32 */
    size_t filled;           /* numbers that were missing */
    dam__picture_facts pictures;
    bool by_order;        /* pictures whose labels are of another file, in the order of names */
    bool is_upright;      /* was on its side, by its name */
    size_t held;          /* its last samples are those of a validation file; 0: a share of it */
    bool is_arranged;     /* the samples for validation are at its end already */
    dam__holdout holdout; /* how its end was chosen; DAM__HOLDOUT_AUTO where nothing was */
    bool holdout_is_auto;
    dam__names class_names;   /* of labels that were words, class by class; else empty */
    dam__names feature_names; /* of the columns of a table with a head; else empty */
    int32_t *labels; /* n, or NULL; 0 ... classes - 1; a teacher's also `classes`: none of them */
    size_t count;    /* n */
    size_t features; /* product of all axes but the first */
    size_t height, width; /* of the image; 0 where a sample is not a 2-D image */
    dam__pixels pixels;   /* of the image */
    int32_t classes;      /* largest label of the file + 1, subset or not; 0 without labels */
    int32_t occurring;    /* classes that the file has a sample of; 0 where it is not known */
} dam__dataset;

void dam__dataset_free(dam__dataset *set);

/*
 * Labels that were words become the numbers that `classes` has for them, features must be called as
 * in `features`; either may be NULL. DAM_INPUT: another word, another column.
 */
dam_status dam__dataset_align(const dam__names *classes, const dam__names *features,
                              dam__dataset *set);

/* How many of its last samples are for validation, of which `share` are where no file has them. */
size_t dam__dataset_held(const dam__dataset *set, double share);

/* "28x28" or "" (0, 0): width and height. DAM_USAGE, with the key. */
dam_status dam__resize_read(const char *text, size_t *width, size_t *height);

/* What "auto" became for the training samples, into the configuration: so that it holds for test
 * samples, too, and a run says it. */
void dam__dataset_resolve(const dam__dataset *set, dam__data_config *config);

/*
 * Loads one split. A name is searched as an IDX set in $DENSEAM_DATA, then data/, then the Debian
 * package's folder /usr/share/datasets/NAME (in each: folder/NAME/ and folder/ itself, plain and
 * .gz; MNIST's and Fashion-MNIST's files have the same names, so folder/ itself is only taken for
 * "mnist"). "random" needs no file (data/synthetic.h), and "patterns" none (data/patterns.h: those
 * of seed 0). DAM_INPUT where it is absent (lists the folders searched and how to get it), where
 * counts of images and labels differ, where a label is negative or above 65535, where there is no
 * sample, or where a value is not finite.
 */
dam_status dam__dataset_load(const dam__data_config *config, dam__split split, dam__dataset *out);

#endif
