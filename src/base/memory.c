#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The out-parameters are `T **` seen as void *: copied by bytes, so no pointer type is punned. */

dam_status dam__multiply(size_t a, size_t b, size_t *product)
{
    if (__builtin_mul_overflow(a, b, product))
        return dam__fail(DAM_NO_MEMORY, "a size of %zu x %zu does not fit this machine's memory", a,
                         b);
    return DAM_OK;
}

dam_status dam__alloc(size_t count, size_t size, void *out)
{
    size_t bytes = 0;
    void *memory = NULL;
    /* Checked here, because sanitizers abort on a calloc that overflows. */
    if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= PTRDIFF_MAX)
        memory = calloc(bytes > 0 ? bytes : 1, 1);
    memcpy(out, &memory, sizeof memory);
    if (memory == NULL)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for %zu items of %zu bytes", count,
                         size);
    return DAM_OK;
}

dam_status dam__grow(void *array, size_t count, size_t size)
{
    void *memory = NULL;
    memcpy(&memory, array, sizeof memory);
    size_t bytes = 0;
    void *grown = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= PTRDIFF_MAX)
        grown = realloc(memory, bytes > 0 ? bytes : 1);
    if (grown == NULL)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for %zu items of %zu bytes", count,
                         size);
    memcpy(array, &grown, sizeof grown);
    return DAM_OK;
}
