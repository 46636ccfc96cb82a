/* NPY and NPZ files, as numpy.load reads them. */
#ifndef DAM__STORE_NPY_WRITE_H
#define DAM__STORE_NPY_WRITE_H

#include "base/text.h"
#include "store/container.h"

/* numpy's name of an element type: "<f4". */
const char *dam__npy_descr(dam__element element);

/*
 * Appends what an NPY file of that shape begins with. `type` is the item's as the header has it:
 * "'<f4'", or the list of a structured one's fields.
 */
void dam__npy_start(dam__text *out, const char *type, int rank, const size_t *shape);

/* Appends the text as numpy keeps it, so many characters of four bytes; of more only the first. */
void dam__npy_text(dam__text *out, const char *text, size_t characters);

/* Characters of a text. */
size_t dam__npy_characters(const char *text);

/*
 * Replaces path by an NPZ file, atomically: each array under its name, each text as an array
 * without axes, each list as one of one axis. Nothing is packed, so arrays can be mapped where they
 * lie. DAM_INPUT.
 */
dam_status dam__npz_write(const dam__container *container, const char *path);

#endif
