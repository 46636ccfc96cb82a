/* needs: interaction */
/*
 * What the files of the energy model share (arXiv 2407.08742; docs/models/energy.md has the
 * equations). A state x of `neurons` reals has similarities S = M x with the memories; neuron i of
 * those that are trained asks how the energy changes where x_i flips, V = S - 2 x_i M_i:
 *
 *     gap = sum_mu F(b S_mu) - F(b V_mu),   hh = g gap,   C = x tanh(hh).
 *
 * Every power is taken of a ratio within [-1, 1]: forward over the largest overlap of the state,
 * backward over that of the memory; the logarithms of what was divided out are kept beside. So any
 * exponent fits single precision. No tensor of states x neurons x memories exists anywhere.
 *
 * Axis 2 of every range is the replica; `rows` are those of the batch's samples where it is
 * indexed.
 */
#ifndef RULE
#define RULE 0 /* 0 modified, 1 original, 2 shift: dam__energy_rule */
#endif
#ifndef CLASSIFY
#define CLASSIFY 1 /* the trained neurons are classes; else all neurons are trained */
#endif
#ifndef HIDDEN
#define HIDDEN                                                                                     \
    1 /* class neurons are -1 and their targets are one-hot; else targets are the state */
#endif
#ifndef ERROR_EXPONENT
#define ERROR_EXPONENT 1 /* m */
#endif
#define ROW_OF(a) (size_t)(indexed ? rows[first + (a)] : first + (a))

/* Numbers of a replica, rows of `NUMBERS` reals. */
enum { NUMBERS = 16 };
enum { GIVEN_TEMPERATURE, GIVEN_TEMPERATURE_TO, GIVEN_LEAK };
enum { SHARPNESS, LOG_SCALE, LEAK }; /* b, log g, s */

/* Numbers of a state. SUM_ERROR is sum_i e, SUM_LOSS sum_i (t - C)^2m. */
enum { STATE_WEIGHT, STATE_GAIN, STATE_LEAK, STATE_LOG, SUM_ERROR, SUM_LOSS, PREDICTED, NEAREST };

/* Rows of numbers of the memories. */
enum {
    MEMORY_REACH,   /* 2 max_i |M_i|: how far a flip can move an overlap */
    MEMORY_LARGEST, /* of the batch so far: overlaps and reach */
    MEMORY_WEIGHT,
    MEMORY_OFFSET,
    MEMORY_GAIN,
    MEMORY_LEAK,
    MEMORY_SHRINK /* what gradients of earlier chunks are to be multiplied with */
};
