/* Which memories respond to single samples. */
#ifndef DAM__ANALYSE_ACTIVATIONS_H
#define DAM__ANALYSE_ACTIVATIONS_H

#include "analyse/workbench.h"

/* On the host; zero-initialise, free with dam__activations_free. */
typedef struct dam__activations {
    size_t samples, memories, columns;
    double *posterior;     /* samples x (memories + 1): probability of each; the background last */
    double *probabilities; /* samples x columns: of the classes; the softening class last */
} dam__activations;

/* Of the bench's samples. DAM_USAGE where the model has no memories; else as dam__workbench_open.
 */
dam_status dam__activations_of(const dam__workbench_options *options, dam__activations *out);
void dam__activations_free(dam__activations *activations);

/* The class column of largest probability for a sample. */
size_t dam__activations_predicted(const dam__activations *activations, size_t sample);

/* The `most` memories of largest posterior for a sample, largest first; of equal ones the first. */
void dam__activations_top(const dam__activations *activations, size_t sample, size_t most,
                          size_t *memories);

#endif
