/* The largest eigenvalue of a matrix on the device, by power iteration. */
#ifndef DAM__MODEL_POWER_H
#define DAM__MODEL_POWER_H

#include "compute/program.h"

/* Zero-initialise; free with dam__power_free. */
typedef struct dam__power {
    dam__device *device;
    dam__matrix v, w, first; /* 1 x size, of the largest matrix: the vector, A v, its beginning */
    dam__program *program;
    dam__kernel *multiply, *normalise;
} dam__power;

/* Lists its memory; prepare compiles, after the plan was allocated. */
dam_status dam__power_plan(dam__power *power, dam__device *device, int size, dam__plan *plan);
dam_status dam__power_prepare(dam__power *power);
void dam__power_free(dam__power *power);

/*
 * Queues out[index] = scale times the largest eigenvalue of the first size rows and columns of a
 * symmetric matrix without negative ones; where centred, of those only that belong to vectors whose
 * entries sum to 0. The number of iterations is fixed, so the same matrix gives the same bits. It
 * is never above the eigenvalue; at the edge of a dense spectrum of 500 it is below by about 0.1 %.
 */
dam_status dam__power_top(dam__power *power, const dam__matrix *matrix, int size, bool centred,
                          double scale, const dam__buffer *out, size_t index);

#endif
