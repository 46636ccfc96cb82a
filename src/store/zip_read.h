/*
 * One member of a ZIP file, stored or deflated, as a stream of bytes. Every place and size in the
 * file is checked against its length, and what was read against the checksum.
 */
#ifndef DAM__STORE_ZIP_READ_H
#define DAM__STORE_ZIP_READ_H

#include <stdbool.h>
#include <stdint.h>

#include <zlib.h>

#include "store/names.h"

/* A file, or bytes in memory. */
typedef struct dam__zip_bytes {
    const char *name;           /* for messages; borrowed */
    const unsigned char *bytes; /* borrowed; NULL for a file */
    int descriptor;             /* of the file; borrowed */
    uint64_t length;
} dam__zip_bytes;

typedef struct dam__zip_entry {
    char *name;
    int method, flags;
    uint32_t sum;
    uint64_t packed, size; /* bytes in the file, and of the member */
    uint64_t at;           /* of its own header */
} dam__zip_entry;

/* What is in the file; zero-initialise, free with dam__zip_list_free. */
typedef struct dam__zip_list {
    dam__zip_entry *entries;
    size_t count;
} dam__zip_list;

/* Reads the list of a file. DAM_INPUT: damaged, of several parts. */
dam_status dam__zip_list_read(const dam__zip_bytes *from, dam__zip_list *out);
void dam__zip_list_free(dam__zip_list *list);

typedef struct dam__member {
    dam__zip_bytes from;
    uint64_t at, end; /* of what is still packed */
    uint64_t left;    /* bytes still to come */
    uint32_t sum;     /* that all of them must have */
    uLong sum_so_far;
    bool deflated;
    z_stream stream;
    unsigned char buffer[1 << 14];
} dam__member;

/* Opens a member; `from` is copied. DAM_INPUT: encrypted, packed otherwise, sizes that cannot be.
 * Close in any case. */
dam_status dam__member_open(const dam__zip_bytes *from, const dam__zip_entry *entry,
                            dam__member *out);
void dam__member_close(dam__member *member);

/* Takes up to count bytes; *got is less only at the end, where the checksum is compared. */
dam_status dam__member_read(dam__member *member, void *buffer, size_t count, size_t *got);

#endif
