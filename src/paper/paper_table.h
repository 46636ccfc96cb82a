/*
 * The figures of the papers, one text a paper (src/paper/tables/): which command and preset make
 * each, and with which settings at which scale. Lines are "title: ...", "note: ...", comments that
 * begin with #, rows whose fields are parted by |, and below them what came of a row: "agrees
 * NAME: ...", "differs NAME: ...", and "without NAME: ...", why there is none.
 */
#ifndef PAPER_PAPER_TABLE_H
#define PAPER_PAPER_TABLE_H

#include <stddef.h>

#include "base/try.h"

/* How much of a figure is run: minutes for all on two cores, as the presets are, as the paper has
 * it. */
typedef enum dam__paper_scale {
    DAM__PAPER_QUICK,
    DAM__PAPER_CORES,
    DAM__PAPER_WHOLE,
    DAM__PAPER_SCALES
} dam__paper_scale;

typedef struct dam__paper_row {
    char *name, *figures, *command, *preset, *settings[DAM__PAPER_SCALES], *caption;
    const char *agrees, *differs, *without; /* or NULL */
} dam__paper_row;

typedef struct dam__paper {
    const char *id; /* "2407.08742"; borrowed */
    char *text;     /* that the other pointers lie in */
    const char *title, **notes;
    size_t note_count;
    dam__paper_row *rows;
    size_t count;
} dam__paper;

/* How many papers there are, and the name of one. */
size_t dam__paper_count(void);
const char *dam__paper_id(size_t i);

/* Reads a paper's table. DAM_USAGE names the papers where there is none of that name. Free with
 * dam__paper_free. */
dam_status dam__paper_open(const char *id, dam__paper *out);
void dam__paper_free(dam__paper *paper);

/* The row of a name. DAM_USAGE with the closest one. */
dam_status dam__paper_find(const dam__paper *paper, const char *name, const dam__paper_row **out);

#endif
