/*
 * A run's model on a device, planned once to classify samples call after call.
 */
#ifndef DAM__RUN_CLASSIFIER_H
#define DAM__RUN_CLASSIFIER_H

#include "run/run_folder.h"

typedef struct dam__classifier dam__classifier;

/*
 * For samples of `element` (DAM__F32, or DAM__U8) of the run, which must outlive it; space for
 * count of them, or as many as are uploaded at once. DAM_NO_MEMORY. Destroy with
 * dam__classifier_destroy.
 */
dam_status dam__classifier_create(const dam__run *run, dam__device *device, dam__element element,
                                  size_t count, dam__classifier **out);
void dam__classifier_destroy(dam__classifier *classifier);

/* Whether it takes such samples, and would not be planned larger for so many. */
bool dam__classifier_suits(const dam__classifier *classifier, dam__element element, size_t count);

/* Of count samples: the predicted class columns, and unless NULL the classes of the nearest
 * memories. */
dam_status dam__classifier_run(dam__classifier *classifier, const void *samples, size_t count,
                               int32_t *classes, int32_t *nearest);

#endif
