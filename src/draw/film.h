/* A record of a training as pictures: a film, and a sheet that shows all of it at once. */
#ifndef DAM__DRAW_FILM_H
#define DAM__DRAW_FILM_H

#include "data/pixels.h"
#include "train/history.h"
#include "train/record.h"

/* What is drawn; borrowed. The record has a frame at least. */
typedef struct dam__film {
    const dam__record *record;
    const dam__history *history; /* gives each frame its validation accuracy */
    size_t height, width;        /* of a memory; see dam__grid */
    dam__pixels pixels;
} dam__film;

enum { DAM__FILM_FRAMES = 240 };

/*
 * Where memories stand: all that the record's last frame has, families one after the other and
 * ordered by the class that their first memory ends with. A family is a first memory and all that
 * splits made of it: a twin stands right behind the memory that split, before those of earlier
 * splits, so that each half of a family is the offspring of one of the two. *places: the memory of
 * each place; *families: the places at which families begin, *family_count of them; free() both.
 */
dam_status dam__film_places(const dam__record *record, int32_t **places, size_t *place_count,
                            size_t **families, size_t *family_count);

/*
 * Replaces the GIF at path: the memories in their places, each scaled and coloured as in
 * dam__memory_grid, over epoch and accuracy; empty places are memories to come. At most
 * DAM__FILM_FRAMES frames, chosen evenly, *frames of them. DAM_INPUT, DAM_NO_MEMORY.
 */
dam_status dam__film_write(const dam__film *film, const char *path, size_t *frames);

/*
 * Replaces the PNG at path: a row for each of at most 10 frames, chosen evenly, and in its columns
 * at most 16 memories, whole families if they fit, chosen evenly.
 */
dam_status dam__film_sheet(const dam__film *film, const char *path);

#endif
