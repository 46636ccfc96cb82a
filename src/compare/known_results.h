/* The results that come with the program: results/ of the source tree, share/denseam/results of an
 * installation. */
#ifndef DAM__COMPARE_KNOWN_RESULTS_H
#define DAM__COMPARE_KNOWN_RESULTS_H

#include "bench/bench_file.h"
#include "denseam/log.h"

/* Zero-initialise; free with dam__known_results_free, behind the sets that it was added to. */
typedef struct dam__known_results {
    char *folder; /* NULL where there is none */
    char **paths; /* that messages and sets name */
    size_t count;
} dam__known_results;

/*
 * Adds the files of a folder (NULL: that of the program, where there is one) in the order of their
 * names, with the presets that sets has already. A file that cannot be read is left out with a
 * warning. DAM_INPUT: no such folder; DAM_NO_MEMORY.
 */
dam_status dam__known_results_add(const char *folder, const dam_log *log, dam__known_results *known,
                                  dam__result_sets *sets);
void dam__known_results_free(dam__known_results *known);

#endif
