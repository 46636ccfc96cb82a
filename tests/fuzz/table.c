/* Tables as text from anywhere: an array no larger than a cell for every byte, or a reason. */
#include "fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return check_parser(dam__table_parse, data, size, sizeof(double));
}
