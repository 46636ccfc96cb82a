/*
 * Pictures by gnuplot: a file of data, and a script that begins with the picture's own variables
 * and goes on with a template of src/draw/plots/. Both stay beside the picture, which `gnuplot`
 * draws again from them.
 */
#ifndef DAM__DRAW_PLOT_H
#define DAM__DRAW_PLOT_H

#include "base/csv.h"
#include "denseam/log.h"

typedef struct dam__plot {
    dam__csv data;       /* the template reads it as the file `data` */
    dam__text variables; /* lines of the script */
    const char *stem;    /* of the files' names; borrowed */
} dam__plot;

/*
 * Begins a picture of width x height pixels, which will be stem.png beside stem.dat and stem.gp;
 * what says in one line what it shows. Free with dam__plot_free in any case.
 */
void dam__plot_begin(dam__plot *plot, const char *what, const char *stem, int width, int height);
void dam__plot_free(dam__plot *plot);

/* Ends a block of the data. gnuplot counts those that are not empty, from 0. */
void dam__plot_end_block(dam__plot *plot);

/* A variable; "name[%zu]" is an item of an array, which dam__plot_array declares. */
void dam__plot_array(dam__plot *plot, const char *name, size_t count);
void dam__plot_integer(dam__plot *plot, int64_t value, const char *name, ...)
    __attribute__((format(printf, 3, 4)));
void dam__plot_real(dam__plot *plot, double value, const char *name, ...)
    __attribute__((format(printf, 3, 4)));
void dam__plot_text(dam__plot *plot, const char *text, const char *name, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Appends text as a string of gnuplot's: in single quotes only the quote itself is special, and its
 * doubling fails at the beginning of a string, so a typographic one takes its place.
 */
void dam__plot_quote(dam__text *script, const char *text);

/*
 * Writes data, which it frees, and script into folder, each atomically, and lets gnuplot draw.
 * DAM_INPUT, DAM_NO_MEMORY; see gnuplot.h for what does not count as a failure.
 */
dam_status dam__plot_draw(dam__plot *plot, const char *template, const char *folder,
                          const dam_log *log);

#endif
