/*
 * What a preset's recall section asks for: the settings of a recall, and its lists, every
 * combination of which is one cell of a curve.
 */
#ifndef DAM__RUN_RECALL_LISTS_H
#define DAM__RUN_RECALL_LISTS_H

#include "model/energy/recall.h"
#include "run/experiment.h"

typedef struct dam__recall_cell {
    dam__interaction interaction;
    int patterns; /* stored; 0 = all */
    int flips;    /* of a probe */
} dam__recall_cell;

/* In the order of interactions, then of patterns, then of flips; free with dam__recall_cells_free.
 */
typedef struct dam__recall_cells {
    dam__recall_cell *cells;
    size_t count;
    size_t interactions, patterns, flips; /* how many of each */
} dam__recall_cells;

/* Of a model that recalls states (dam__model_type.recall). DAM_USAGE names the key, what is wrong
 * in its list, and what is allowed. */
dam_status dam__recall_cells_create(const char *name, const dam__experiment *experiment,
                                    dam__recall_cells *out);
void dam__recall_cells_free(dam__recall_cells *cells);

/*
 * The settings of a recall of such a model's memories of so many neurons, which were learned or
 * are patterns stored as they are, with the model's own interaction; or another one.
 */
dam__recall_config dam__recall_config_of(const dam__experiment *experiment,
                                         const dam__interaction *other, size_t neurons,
                                         bool learned);

/* "poly 3", "rect 20", "leaky 5", "exp". */
enum { DAM__INTERACTION_BYTES = 24 };
const char *dam__interaction_text(const dam__interaction *interaction,
                                  char text[DAM__INTERACTION_BYTES]);

#endif
