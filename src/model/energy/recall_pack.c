#include <string.h>

#include "model/energy/recall_internal.h"

bool dam__all_signs(const dam__array *array)
{
    size_t items = dam__array_items(array);
    for (size_t i = 0; i < items; i++) {
        double value = dam__array_at(array, i);
        if (value != 1 && value != -1)
            return false;
    }
    return true;
}

void dam__pack_signs(const float *signs, size_t rows, size_t cols, size_t ld, bool transposed,
                     uint32_t *out)
{
    size_t words = (cols + 31) / 32;
    memset(out, 0, (transposed ? words : rows) * ld * sizeof *out);
    for (size_t row = 0; row < rows; row++)
        for (size_t col = 0; col < cols; col++) {
            size_t word = col / 32;
            uint32_t bit = (uint32_t)(signs[row * cols + col] > 0) << (col % 32);
            out[transposed ? word * ld + row : row * ld + word] |= bit;
        }
}
