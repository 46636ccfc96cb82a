/* Host allocation that checks products for overflow and records a failure. Free with free(). */
#ifndef DAM__BASE_MEMORY_H
#define DAM__BASE_MEMORY_H

#include <stddef.h>

#include "base/try.h"

/* *out = zeroed memory for count items of size bytes (at least one byte); DAM_NO_MEMORY. */
dam_status dam__alloc(size_t count, size_t size, void *out);

/* Grows *array (NULL at first) to hold count items of size bytes; old items stay; DAM_NO_MEMORY. */
dam_status dam__grow(void *array, size_t count, size_t size);

/* *product = a * b, or DAM_NO_MEMORY where it does not fit a size_t. */
dam_status dam__multiply(size_t a, size_t b, size_t *product);

#endif
