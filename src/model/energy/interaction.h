/*
 * Interaction functions F of the energy E(x) = -sum_mu F(alpha zeta_mu . x) (arXiv 2407.08742,
 * equations 5 to 7; docs/models/energy.md). cl/interaction.cl is what devices compute; the
 * functions here are plain C in double, for self-tests and tests.
 */
#ifndef DAM__MODEL_ENERGY_INTERACTION_H
#define DAM__MODEL_ENERGY_INTERACTION_H

#include "base/try.h"

typedef enum dam__interaction_kind {
    DAM__INTERACTION_POLY,  /* x^n */
    DAM__INTERACTION_RECT,  /* max(x, 0)^n */
    DAM__INTERACTION_LEAKY, /* x^n for x >= 0, else leak x */
    DAM__INTERACTION_EXP    /* e^x */
} dam__interaction_kind;

enum { DAM__LEAST_EXPONENT = 2, DAM__MOST_EXPONENT = 320 };

typedef struct dam__interaction {
    int kind;     /* dam__interaction_kind */
    int exponent; /* n; exp has none */
    double leak;  /* F'(x) for x < 0 of leaky, with its sign: -eps in equation 7 */
} dam__interaction;

/* *out = what cl/interaction.cl wants with every compilation, "-DINTERACTION=0 -DEXPONENT=5"; free
 * with free(). */
dam_status dam__interaction_options(const dam__interaction *interaction, char **out);

/* F(x) and F'(x). */
double dam__interaction_value(const dam__interaction *interaction, double x);
double dam__interaction_slope(const dam__interaction *interaction, double x);

#endif
