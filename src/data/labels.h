/* The classes of samples: of a file of their own, of a table's column, or of the samples' folder.
 */
#ifndef DAM__DATA_LABELS_H
#define DAM__DATA_LABELS_H

#include "data/places.h"

/*
 * The column of a table that has the labels is no feature. Where none are named for a test set, it
 * has them in the column of the training's name, if there is one. *column = that name, free();
 * NULL: there is none.
 */
dam_status dam__labels_column(const dam__data_config *config, dam__split split,
                              const dam__places *from, char **column);

/* Reads the labels of all samples of the file `images`; words are numbered in their order. */
dam_status dam__labels_read(const char *path, const char *images, dam__dataset *set);

/* Takes those that came with the samples, if any did. */
dam_status dam__labels_take(dam__reading *reading, const char *images, dam__dataset *set);

/* Test labels that are words get the numbers of the training's, where its file can be read. */
dam_status dam__labels_number(const dam__data_config *config, dam__dataset *set);

#endif
