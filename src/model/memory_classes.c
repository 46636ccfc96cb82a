#include "model/memory_classes.h"

void dam__memory_classes(const double *weights, size_t columns, size_t memories, int32_t *labels,
                         float *purity)
{
    size_t width = memories + 1;
    for (size_t mu = 0; mu < memories; mu++) {
        size_t best = 0;
        double sum = 0;
        for (size_t y = 0; y < columns; y++) {
            sum += weights[y * width + mu];
            if (weights[y * width + mu] > weights[best * width + mu])
                best = y;
        }
        labels[mu] = best + 1 < columns ? (int32_t)best : -1;
        purity[mu] = sum > 0 ? (float)(weights[best * width + mu] / sum) : 0;
    }
}
