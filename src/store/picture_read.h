/* How pictures are gathered into one array, one after the other. */
#ifndef DAM__STORE_PICTURE_READ_H
#define DAM__STORE_PICTURE_READ_H

#include "store/array.h"

/* Zero-initialise but for reading, out (empty) and count; dam__gathering_end in any case. */
typedef struct dam__gathering {
    dam__reading *reading; /* what is wanted, and what is told; borrowed */
    dam__array *out;       /* borrowed */
    size_t count;          /* pictures to come */
    size_t done;
    size_t width, height, channels; /* of all */
    bool deep;                      /* 16 bits */
    char *first;                    /* name of the first */
} dam__gathering;

/* Decodes a file's bytes into the next place. DAM_INPUT: damaged, of another size. */
dam_status dam__gathering_add(dam__gathering *g, const char *name, const void *bytes,
                              size_t length);

/* Frees what is not the array's; and the array where that failed. */
void dam__gathering_end(dam__gathering *g, dam_status status);

#endif
