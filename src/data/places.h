/* Which files a data set is in: those that the configuration names, or the named set's. */
#ifndef DAM__DATA_PLACES_H
#define DAM__DATA_PLACES_H

#include "data/dataset.h"

/* Both freed with dam__places_free; labels may be NULL. */
typedef struct dam__places {
    char *images, *labels;
} dam__places;

void dam__places_free(dam__places *places);

/* The files of a split. DAM_INPUT lists where they were looked for, and says how to get them. */
dam_status dam__places_find(const dam__data_config *config, dam__split split, dam__places *out);

/* Whether a file's images lie on their side, as all of EMNIST's do: by its name. */
bool dam__places_on_side(const char *file);

/* Whether a file has eight numbers for each label, of which the first is the class: QMNIST's. */
bool dam__places_has_more(const char *file);

#endif
