/*
 * The search for the best value of a sweep's first key: on every line of the grid, which is one
 * combination of the other keys' values, more values are tried until the best has worse ones on
 * both sides.
 */
#ifndef DAM__SWEEP_SWEEP_SEARCH_H
#define DAM__SWEEP_SWEEP_SEARCH_H

#include "sweep/sweep.h"

/* Where the best value lies on its line. */
typedef enum dam__place {
    DAM__PLACE_NOWHERE,  /* every value diverges: there is no best one */
    DAM__PLACE_UNKNOWN,  /* some trainings are pending, or failed */
    DAM__PLACE_INTERIOR, /* between two worse ones */
    DAM__PLACE_EDGE,     /* beside one that diverges: the best that is stable, not an optimum */
    DAM__PLACE_OPEN      /* at an end of the range: the optimum may lie beyond */
} dam__place;

typedef struct dam__optimum {
    dam__place place;
    size_t index, cell; /* of the best value; where there is one */
    double value;       /* of the key there, as a number */
    double refined;     /* the vertex of the parabola through it and its neighbours over log value;
                         * NaN unless interior */
    double score;
    int wants; /* at which end to continue: -1 the first, 1 the last, 0 none */
} dam__optimum;

/* Lines of a sweep; line l has the cells l, l + lines, l + 2 lines, ... */
size_t dam__sweep_lines(const dam__sweep *sweep);

/* The best value of a line so far. */
void dam__sweep_optimum(const dam__sweep *sweep, size_t line, dam__optimum *out);

/* "interior", "edge", ... */
const char *dam__place_name(dam__place place);

/*
 * log of the vertex of the parabola through three points in equal steps `step` of log x, the middle
 * one at log x = middle and no higher than its neighbours; NaN where they lie on a line.
 */
double dam__parabola_vertex(double middle, double step, double before, double at, double after);

typedef enum dam__verdict {
    DAM__TRANSFER_UNKNOWN,
    DAM__TRANSFER_NO, /* the best values, or the edges, lie more than a step apart */
    DAM__TRANSFER_YES /* every line has an optimum, and all are within a step */
} dam__verdict;

/* Over all lines: how far the best values lie apart, in values of the key. */
typedef struct dam__transfer {
    bool known;   /* whether every line has one, interior or edge */
    size_t edges; /* lines whose best value is an edge: their optima are not known to transfer */
    size_t steps;
    dam__verdict verdict;
} dam__transfer;

dam__transfer dam__sweep_transfer(const dam__sweep *sweep);

/*
 * Adds a value of the first key before or after the others; its replicas are outside. DAM_USAGE
 * where there are too many replicas then. Takes over text.
 */
dam_status dam__sweep_insert(dam__sweep *sweep, bool in_front, char *text, double number);

/* At which ends any line wants values beyond the present ones, as far as the limit allows. */
typedef struct dam__wanted {
    bool front, behind;
} dam__wanted;

dam__wanted dam__sweep_wanted(const dam__sweep *sweep);

/* Makes the present values that lines want pending; returns how many replicas. */
size_t dam__sweep_ask(dam__sweep *sweep);

#endif
