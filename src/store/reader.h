/*
 * What the readers share: a stream of bytes from a file (gunzipped on the fly) or from memory, with
 * an upper bound on its length that is known before anything is read.
 */
#ifndef DAM__STORE_READER_H
#define DAM__STORE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "store/array.h"
#include "store/stored.h"
#include "store/zip_read.h"
#include "store/zstd_read.h"

typedef struct dam__source {
    const char *name;           /* for messages; borrowed */
    const unsigned char *bytes; /* memory; NULL for a file */
    struct gzFile_s *file;      /* zlib's handle; NULL for memory */
    dam__zstd *zstd;            /* or one of zstd's */
    dam__member *member;        /* borrowed: bytes of a ZIP file's member instead; NULL: not */
    size_t at;                  /* bytes read so far */
    size_t most;                /* bytes it has; where packed, bytes it can have at most */
    bool packed;                /* by gzip or zstd */
    const char *part;           /* of the file, to take alone; borrowed; NULL: the only one */
    dam__reading reading;       /* what else is wanted, and what comes with it */
} dam__source;

/* Opens a regular file; DAM_INPUT where it is absent, no file or unreadable. path is borrowed. */
dam_status dam__source_open(const char *path, dam__source *out);
dam__source dam__source_memory(const char *name, const void *bytes, size_t length);
void dam__source_close(dam__source *source);

/* The first bytes, *got of up to count, without taking them; only before the first read. */
dam_status dam__source_peek(dam__source *source, void *buffer, size_t count, size_t *got);

/* Takes exactly count bytes; DAM_INPUT where fewer are left, naming `what` (such as "its header").
 */
dam_status dam__source_read(dam__source *source, void *buffer, size_t count, const char *what);

/* Takes up to count bytes; *got is less only at the end. */
dam_status dam__source_take(dam__source *source, void *buffer, size_t count, size_t *got,
                            const char *what);

/*
 * Takes an array of that shape, or the rows of it that are wanted: DAM_INPUT where the shape
 * overflows or needs more bytes than can come (before allocating), or where bytes follow it. What a
 * gzipped file has behind the rows that are wanted is not looked at.
 */
dam_status dam__source_array(dam__source *source, dam__stored stored, bool big_endian, int rank,
                             const size_t *shape, dam__array *out);

/* Turns the order of the axes from `first` on round, and the items with them: shape 2 x 3 becomes
 * 3 x 2. */
dam_status dam__array_reverse(int first, dam__array *array);

/* Keeps the first rows; 0, or more than there are: all. */
dam_status dam__array_keep(size_t rows, dam__array *array);

/* Turns items of size bytes round where the host's byte order is not big_endian's. */
void dam__byte_order(void *data, size_t items, size_t size, bool big_endian);

/* "60000 x 28 x 28", or "()" for a scalar. */
enum { DAM__SHAPE_TEXT = 192 };
const char *dam__shape_text(int rank, const size_t *shape, char text[DAM__SHAPE_TEXT]);

/* *bytes = product of the axes and of the element's size, or false where it overflows. */
bool dam__shape_bytes(size_t item, int rank, const size_t *shape, size_t *bytes);

/*
 * *descriptor, at first -1, and *path = a file in TMPDIR with all that a packed source unpacks to,
 * for readers that look back; dam__source_unspill in any case. DAM_INPUT: no room for it.
 */
dam_status dam__source_spill(dam__source *source, int *descriptor, char **path);
void dam__source_unspill(int descriptor, char *path);

/* The formats; a source stands at its first byte. */
dam_status dam__idx_read(dam__source *source, dam__array *out);
dam_status dam__npy_read(dam__source *source, dam__array *out);
dam_status dam__npz_read(dam__source *source, dam__array *out);
dam_status dam__table_read(dam__source *source, dam__array *out);
bool dam__libsvm_is(const char *name, const unsigned char *bytes, size_t count);
dam_status dam__libsvm_read(dam__source *source, dam__array *out);
dam_status dam__picture_read(dam__source *source, dam__array *out);
dam_status dam__picture_folder_read(const char *folder, dam__reading *reading, dam__array *out);
dam_status dam__hdf5_is(const char *path, bool *is);
/* inner is the dataset's path in the file, or NULL for its only one; name is the file's in
 * messages. */
dam_status dam__hdf5_read(const char *path, const char *name, const char *inner,
                          dam__reading *reading, dam__array *out);

#endif
