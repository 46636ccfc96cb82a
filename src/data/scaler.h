/* Features brought to one scale, and gaps filled, by numbers of the training samples alone. */
#ifndef DAM__DATA_SCALER_H
#define DAM__DATA_SCALER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

struct dam__dataset;
struct dam__data_config;

typedef enum dam__scaling {
    DAM__SCALING_NONE,
    DAM__SCALING_STANDARD, /* less the mean, by the deviation */
    DAM__SCALING_MINMAX    /* 0 is the least, 1 the most */
} dam__scaling;

typedef enum dam__missing {
    DAM__MISSING_REFUSE,
    DAM__MISSING_MEAN /* a number that is missing is its feature's mean */
} dam__missing;

/* A number x of feature j becomes (x - offsets[j]) / scales[j]. Free with dam__scaler_free. */
typedef struct dam__scaler {
    size_t features;          /* 0: nothing is done */
    double *offsets, *scales; /* NULL: features are not scaled */
    double *means;            /* NULL: nothing is filled */
} dam__scaler;

void dam__scaler_free(dam__scaler *scaler);

/* Whether a configuration asks for any of it. */
bool dam__scaler_asked(const struct dam__data_config *config);

/* Room for the numbers that a configuration asks for; DAM_NO_MEMORY. */
dam_status dam__scaler_create(const struct dam__data_config *config, size_t features,
                              dam__scaler *out);

/*
 * The numbers of the first `trained` samples, as read, in double. Of a feature that is the same
 * throughout the scale is 1. DAM_INPUT: a feature without any number; another that is not finite.
 */
dam_status dam__scaler_measure(const struct dam__data_config *config,
                               const struct dam__dataset *set, const char *path, size_t trained,
                               dam__scaler *out);

/*
 * Fills and scales the samples in place: scaled ones become float32 and turned no more. DAM_INPUT:
 * other features, what is not finite then.
 */
dam_status dam__scaler_apply(const dam__scaler *scaler, const char *path, struct dam__dataset *set);

/* The place of a number for messages: "sample 3 of 'x.csv', feature 1 ('width')"; free(). */
dam_status dam__number_place(const struct dam__dataset *set, const char *path, size_t sample,
                             size_t feature, char **out);

#endif
