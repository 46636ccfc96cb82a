/* Whether anything was learned: predictions against what could be said without looking. */
#ifndef DAM__RUN_LEARNED_NOTES_H
#define DAM__RUN_LEARNED_NOTES_H

#include "denseam/log.h"
#include "run/run_folder.h"

/* Predictions for labelled samples, and what is known of the training. */
typedef struct dam__learned {
    const char *which; /* "validation" or "test" */
    const int32_t *labels, *predicted;
    size_t count;
    int32_t classes;    /* of the model */
    int memories;       /* that it has */
    int epochs;         /* that it was trained for, where it stopped early; else 0 */
    bool is_unlike;     /* the samples are unlike those trained on */
    const char *advice; /* about the samples, or NULL: what their notes found */
} dam__learned;

/* One warning, with the likely cause and the key to change, where little or nothing was learned. */
void dam__note_learned(const dam_log *log, const dam__experiment *experiment,
                       const dam__learned *learned);

/* The same of the last validation of a training that is over. */
dam_status dam__note_trained(const dam_log *log, const dam__experiment *experiment,
                             const dam__dataset *set, dam__trainer *trainer);

/* Warns of samples that look unlike those that a run was trained on; whether they do. */
bool dam__note_unlike(const dam_log *log, const dam__run *run, const dam__dataset *set);

#endif
