/* Which states are the same, or each other's negative: nothing can tell them apart. */
#ifndef DAM__DATA_ALIKE_H
#define DAM__DATA_ALIKE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/array.h"

typedef struct dam__alike {
    size_t count;
    size_t *first;    /* of each state, the first that is equal to it: itself, or one before */
    size_t *next;     /* the next that is equal to it; count where there is none */
    size_t distinct;  /* different states */
    size_t twins;     /* states that have an equal */
    size_t one_sided; /* states whose numbers are all above 0, or none */
    size_t opposed;   /* states whose negative is among them */
} dam__alike;

/*
 * Compares the rows of uint8 (above 0 or not) or float32 states. DAM_NO_MEMORY. Free with
 * dam__alike_free.
 */
dam_status dam__alike_find(const dam__array *states, dam__alike *out);
void dam__alike_free(dam__alike *alike);

/* Whether state i has an equal among the first `count` states. */
bool dam__alike_has_twin(const dam__alike *alike, size_t i, size_t count);

#endif
