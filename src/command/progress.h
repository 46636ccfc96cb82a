/* The progress of a long command: one rewritten line on a terminal, an occasional plain line
 * elsewhere. */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

#include "command/output.h"

typedef struct progress {
    console *console;
    double began;    /* seconds, when the first update came */
    double first;    /* its fraction: a resumed run does not begin at 0 */
    double shown;    /* seconds, when a line was last printed */
    char line[256];  /* the latest line */
    bool is_started; /* an update came */
    bool is_pending; /* the latest line was not printed */
} progress;

/* Of the terminal that the stream is, else those that $COLUMNS says, else 80. */
int terminal_columns(FILE *stream);

/* Prints nothing yet. The console must outlive it. */
progress progress_begin(console *c);

/*
 * label "epoch 3/300", fraction done from 0 to 1, text "loss 0.31, 12 epochs/s". Adds percent and
 * the time left. Cheap to call often: a terminal sees 10 lines a second, a file one in 10 s.
 */
void progress_update(progress *p, const char *label, double fraction, const char *text);

/* Leaves the latest line standing and ends it. */
void progress_finish(progress *p);

#endif
