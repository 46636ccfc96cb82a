/*
 * The log of the candidates that `denseam tune` has measured: a text file, so that a search that
 * was stopped can continue. Kept for one device, driver and set of kernels, like tuning files.
 */
#ifndef DAM__TUNE_CANDIDATE_LOG_H
#define DAM__TUNE_CANDIDATE_LOG_H

#include "base/text.h"

typedef struct dam__candidate_log {
    char *path;     /* of the file */
    dam__text text; /* all of it */
    size_t header;  /* bytes of text before the first candidate */
} dam__candidate_log;

/* Takes what the file holds if it begins with this header, else nothing. Free with _free. */
dam_status dam__candidate_log_open(const char *path, const char *header, dam__candidate_log *out);
void dam__candidate_log_free(dam__candidate_log *log);

/* *result = the result of the candidate with that key, a line to be freed with free(); NULL if
 * unknown. */
dam_status dam__candidate_log_find(const dam__candidate_log *log, const char *key, char **result);

/* Adds a result, one line, and writes the file. Keys have no blanks. */
dam_status dam__candidate_log_add(dam__candidate_log *log, const char *key, const char *result);

#endif
