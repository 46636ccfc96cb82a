/* The classes that the memories of a trained model represent, computed on the host without a
 * device. */
#ifndef DAM__MODEL_MEMORY_CLASSES_H
#define DAM__MODEL_MEMORY_CLASSES_H

#include <stddef.h>
#include <stdint.h>

/*
 * From the vmf model's class weights (columns x (memories + 1), class by class, the background
 * last): labels[mu] = the class with most weight, or -1 where that is the softening class (the last
 * column); purity[mu] = its share of the memory's weight, in (0, 1].
 */
void dam__memory_classes(const double *weights, size_t columns, size_t memories, int32_t *labels,
                         float *purity);

#endif
