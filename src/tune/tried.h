/*
 * What `denseam tune` has tried: a text file, so that a search that was stopped goes on where it
 * was. Kept for one device, driver and set of kernels, like tuning files.
 */
#ifndef DAM__TUNE_TRIED_H
#define DAM__TUNE_TRIED_H

#include "base/text.h"

typedef struct dam__tried {
    char *path;     /* of the file */
    dam__text text; /* all of it */
    size_t header;  /* bytes of text before the first trial */
} dam__tried;

/* Takes what the file holds if it begins with this header, else nothing. Free with _free. */
dam_status dam__tried_open(const char *path, const char *header, dam__tried *out);
void dam__tried_free(dam__tried *tried);

/* *result = what came of the trial of that key, a line to be freed with free(); NULL if unknown. */
dam_status dam__tried_find(const dam__tried *tried, const char *key, char **result);

/* Notes a result, one line, and writes the file. Keys have no blanks. */
dam_status dam__tried_add(dam__tried *tried, const char *key, const char *result);

#endif
