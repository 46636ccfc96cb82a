/* IDX files from anywhere. */
#include "fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return check_parser(dam__idx_parse, data, size, 1);
}
