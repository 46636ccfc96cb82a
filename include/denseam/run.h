/*
 * Using what a run learned: open a run folder on a device and classify samples.
 */
#ifndef DENSEAM_RUN_H
#define DENSEAM_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "denseam/log.h"
#include "denseam/status.h"

typedef struct dam_run dam_run;

/*
 * Opens the run in folder (see `denseam train`) on the device that selector names (see
 * dam_device_select; NULL takes the default). log may be NULL; it is copied. DAM_INPUT where the
 * folder holds no whole run, DAM_NO_DEVICE, DAM_NO_MEMORY. Close with dam_run_close.
 */
dam_status dam_run_open(const char *folder, const char *selector, const dam_log *log,
                        dam_run **out);
void dam_run_close(dam_run *run); /* accepts NULL */

int dam_run_features(const dam_run *run); /* N: numbers a sample has */
int dam_run_classes(const dam_run *run);  /* C: classes are 0 ... C - 1 */
int dam_run_memories(const dam_run *run); /* K */

/*
 * Classifies count samples of dam_run_features numbers each, row-major, as raw as those of the
 * training data: centring and scaling are the library's. classes[i] is the predicted class, or C
 * where the model prefers none (its softening class); nearest[i], unless nearest is NULL, the class
 * of the memory most similar to sample i. Every call plans and loads anew: classify many samples in
 * one. DAM_INPUT where a number is not finite.
 */
dam_status dam_run_classify(dam_run *run, const float *samples, size_t count, int32_t *classes,
                            int32_t *nearest);

#endif
