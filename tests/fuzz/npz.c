/* NPZ files from anywhere; deflate makes at most 1032 bytes of one. */
#include "fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return check_parser(dam__npz_parse, data, size, 1032);
}
