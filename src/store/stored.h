/* Numbers as files store them, more kinds than arrays have: each becomes the least that holds it.
 */
#ifndef DAM__STORE_STORED_H
#define DAM__STORE_STORED_H

#include "store/array.h"

typedef enum dam__stored {
    DAM__STORED_U8,
    DAM__STORED_I8,
    DAM__STORED_BOOL, /* a byte, 0 or not */
    DAM__STORED_U16,
    DAM__STORED_I16,
    DAM__STORED_U32,
    DAM__STORED_I32,
    DAM__STORED_U64,
    DAM__STORED_I64,
    DAM__STORED_F16,
    DAM__STORED_F32,
    DAM__STORED_F64,
    DAM__STORED_KINDS
} dam__stored;

size_t dam__stored_size(dam__stored stored);
const char *dam__stored_name(dam__stored stored);     /* "int16" */
dam__element dam__stored_element(dam__stored stored); /* never smaller */

/* The kind of a stored element as it is. */
dam__stored dam__stored_of(dam__element element);

/*
 * Converts items of this host's byte order, which lie at the end of the space of their elements, in
 * place. false: one does not fit, a uint64 beyond int64.
 */
bool dam__stored_convert(dam__stored stored, size_t items, void *data);

#endif
