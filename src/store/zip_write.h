/*
 * ZIP files whose entries are stored as they are, for NPZ. (libzip would bring GnuTLS and three
 * packers with it, for what is a header before each entry and a list at the end.)
 */
#ifndef DAM__STORE_ZIP_WRITE_H
#define DAM__STORE_ZIP_WRITE_H

#include "base/temporary.h"
#include "base/text.h"
#include "store/array.h"

/* Zero-initialise; discard in either case. Equal entries give equal bytes: none has a time. */
typedef struct dam__zip {
    dam__temporary file;
    dam__text directory; /* the list of entries */
    uint64_t at;         /* bytes written */
    uint64_t entries;
} dam__zip;

dam_status dam__zip_open(const char *path, dam__zip *out);

/* Adds an entry: `start`, then the items of an array, unless it is NULL. DAM_INPUT. */
dam_status dam__zip_add(dam__zip *zip, const char *name, const dam__text *start,
                        const dam__array *items);

/* Writes the list and puts the file into its place. DAM_INPUT. */
dam_status dam__zip_commit(dam__zip *zip);
void dam__zip_discard(dam__zip *zip);

#endif
