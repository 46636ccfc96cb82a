/* Where a figure's result lies, how far it is, and running it. */
#ifndef PAPER_PAPER_RESULT_H
#define PAPER_PAPER_RESULT_H

#include "base/process.h"
#include "command/command.h"
#include "paper/paper_table.h"

typedef enum dam__paper_state {
    DAM__PAPER_ABSENT,
    DAM__PAPER_BEGUN, /* stopped, or running */
    DAM__PAPER_DONE
} dam__paper_state;

/* One figure at one scale. */
typedef struct dam__paper_result {
    const dam__paper_row *row;
    dam__paper_scale scale;
    char *folder; /* ROOT/ID/SCALE/NAME */
    dam__paper_state state;
    double seconds;  /* that it took, of all its parts; NaN unless done */
    double estimate; /* seconds that it would take here (paper_cost.h); NaN where nobody asked */
    size_t trainings;
    int epochs; /* of each */
} dam__paper_result;

extern const char *const dam__paper_scale_names[]; /* quick, cores, paper, NULL */

/* Looks at a figure's folder. Free with dam__paper_result_free. DAM_USAGE: its settings are wrong.
 */
dam_status dam__paper_result_look(const char *root, const dam__paper *paper,
                                  const dam__paper_row *row, dam__paper_scale scale,
                                  dam__paper_result *out);
void dam__paper_result_free(dam__paper_result *result);

/*
 * Runs what is missing of it in a process of its own, or goes on where that was stopped, and looks
 * again. What the process fails with is passed on. DAM_INTERRUPTED: stopped.
 */
dam_status dam__paper_result_run(const arguments *args, dam__paper_result *result);

/* *path = picture i of the folder, free(); NULL behind the last. */
dam_status dam__paper_result_picture(const dam__paper_result *result, size_t i, char **path);

/* The settings of its scale, "section.key=value" each. Free with dam__words_free. */
dam_status dam__paper_settings(const dam__paper_result *result, dam__words *out);

/* Appends "denseam sweep PRESET --set ...", as it is run. */
void dam__paper_command_line(const dam__paper_result *result, dam__text *out);

#endif
