#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The out-parameters are `T **` seen as void *: copied by bytes, so no pointer type is punned. */

dam_status dam__multiply(size_t a, size_t b, size_t *product)
{
    if (__builtin_mul_overflow(a, b, product))
        return dam__fail(DAM_NO_MEMORY, "a size of %zu x %zu does not fit this machine's memory",
                         a, b);
    return DAM_OK;
}

dam_status dam__alloc(size_t count, size_t size, void *out)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
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
    void *grown = reallocarray(memory, count > 0 ? count : 1, size > 0 ? size : 1);
    if (grown == NULL)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for %zu items of %zu bytes", count,
                         size);
    memcpy(array, &grown, sizeof grown);
    return DAM_OK;
}
