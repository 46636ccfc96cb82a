/* Pictures from anywhere: a block of 64 levels of red, green and blue takes a bit at least, and
 * more where a JPEG's first component is the coarsest. */
#include "fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return check_parser(dam__picture_parse, data, size, (size_t)64 * 8 * 16 * 3 * sizeof(int32_t));
}
