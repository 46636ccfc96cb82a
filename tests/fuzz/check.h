/* What holds for every array reader, whatever the bytes. */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/array.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef dam_status (*parser)(const char *name, const void *bytes, size_t length, dam__array *out);

/* Either an array no larger than `times` the input, all of it readable, or nothing and a one-line
 * reason. */
static inline int check_parser(parser parse, const uint8_t *data, size_t size, size_t times)
{
    dam__array array = {0};
    dam_status status = parse("input", data, size, &array);
    if (status == DAM_OK) {
        size_t items = dam__array_items(&array);
        if (array.data == NULL || array.rank < 0 || array.rank > DAM__MAX_RANK ||
            items * dam__element_size(array.element) > size * times)
            abort();
        for (size_t i = 0; i < items; i++) {
            volatile double value = dam__array_at(&array, i);
            (void)value;
        }
    } else if (status != DAM_INPUT || array.data != NULL || strchr(dam_error(), '\n') != NULL ||
               strstr(dam_error(), "'input'") == NULL) {
        abort();
    }
    dam__array_free(&array);
    return 0;
}

#endif
