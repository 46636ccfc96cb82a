/* Sparse samples from anywhere: a line may have as many features as the reader takes. */
#include "fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Zeros are not in the file: what a few bytes may stand for has no bound worth a test. */
    return size < 4096 ? check_parser(dam__libsvm_parse, data, size, (size_t)1 << 26) : 0;
}
