/* Words of an HDF5 dataset, of one length or of any. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/hdf5_dataset.h"

enum { LONGEST_WORD = 1 << 16 };

/* Words of one length each, filled up with zeros or blanks. */
static dam_status read_fixed(const dam__hdf5_dataset *from, size_t count, dam__names *out)
{
    dam_status status = DAM_OK;
    char *bytes = NULL;
    size_t each = H5Tget_size(from->type);
    bool blanks = H5Tget_strpad(from->type) == H5T_STR_SPACEPAD;
    if (each == 0 || each > LONGEST_WORD)
        DAM_FAIL(DAM_INPUT, "it has words of %zu bytes; up to %d are read", each, LONGEST_WORD);
    DAM_TRY_CLEANUP(dam__alloc(count, each, &bytes));
    if (H5Dread(from->dataset, from->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("it cannot be read"));
    for (size_t i = 0; i < count; i++) {
        const char *word = bytes + i * each;
        size_t length = strnlen(word, each);
        while (blanks && length > 0 && word[length - 1] == ' ')
            length--;
        DAM_TRY_CLEANUP(dam__names_add(out, word, length));
    }
cleanup:
    free(bytes);
    return status;
}

/* Words of any length, which HDF5 allocates one by one. */
static dam_status read_any(const dam__hdf5_dataset *from, size_t count, dam__names *out)
{
    dam_status status = DAM_OK;
    char **words = NULL;
    DAM_TRY(dam__alloc(count, sizeof *words, &words));
    if (H5Dread(from->dataset, from->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, words) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("it cannot be read"));
    for (size_t i = 0; i < count; i++) {
        const char *word = words[i] != NULL ? words[i] : "";
        DAM_TRY_CLEANUP(dam__names_add(out, word, strlen(word)));
    }
cleanup:
    (void)H5Dvlen_reclaim(from->type, from->space, H5P_DEFAULT, (void *)words);
    free(words);
    return status;
}

dam_status dam__hdf5_words(const dam__hdf5_dataset *from, dam__names *out)
{
    size_t count = 1;
    for (int axis = 0; axis < from->rank; axis++)
        DAM_TRY(dam__multiply(count, from->shape[axis], &count));
    if (from->rank < 1 || count != from->shape[0])
        return dam__fail(DAM_INPUT, "it holds words on %d axes; names of classes are one a sample",
                         from->rank);
    return H5Tis_variable_str(from->type) > 0 ? read_any(from, count, out)
                                              : read_fixed(from, count, out);
}
