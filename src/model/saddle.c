#include "model/saddle.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* tau' of the normaliser for many features (docs/models/vmf.md). */
static double slope_of_tau(double beta, double dim)
{
    double x = 2 * beta / (dim - 2), r = sqrt(1 + x * x);
    return x / (1 + r) - x / ((dim - 2) * r * r);
}

/* The beta of tau'(beta) = overlap, which rises to 1. */
static dam_status root_of_tau(double overlap, double dim, double *beta)
{
    enum { HALVINGS = 200 };
    const double most = 1e12;
    double low = 0, high = dim;
    while (high < most && slope_of_tau(high, dim) < overlap)
        high *= 2;
    if (!(overlap > 0) || !(slope_of_tau(high, dim) >= overlap))
        return dam__fail(DAM_INPUT,
                         "no beta has the mean overlap %g that the memories have with what they "
                         "own; the run has diverged, or its samples are copies of its memories",
                         overlap);
    for (int i = 0; i < HALVINGS && low < high; i++) {
        double middle = low + (high - low) / 2;
        if (slope_of_tau(middle, dim) < overlap)
            low = middle;
        else
            high = middle;
    }
    *beta = high;
    return DAM_OK;
}

/* w' = sum_i Q x_i, normalised: the gradient is -b / n of it. A memory that owns nothing stays. */
static double move_memory(double *w, const double *gradient, size_t dim)
{
    double squares = 0, moved = 0;
    for (size_t j = 0; j < dim; j++)
        squares += gradient[j] * gradient[j];
    if (!(squares > 0))
        return 0;
    for (size_t j = 0; j < dim; j++) {
        double next = -gradient[j] / sqrt(squares);
        moved += (next - w[j]) * (next - w[j]);
        w[j] = next;
    }
    return sqrt(moved);
}

/* --- class weights ---------------------------------------------------------------------------- */

/* The shift x of sum_i p_i / (x + given_i) = wanted, whose terms are positive: Newton from below,
 * which a convex and falling sum never oversteps. */
static double root_of_shares(const double *p, size_t stride, const double *given, size_t count,
                             double wanted)
{
    enum { STEPS = 100 };
    double x = -INFINITY;
    for (size_t i = 0; i < count; i++)
        if (p[i * stride] > 0)
            x = fmax(x, p[i * stride] / wanted - given[i]);
    for (int step = 0; step < STEPS; step++) {
        double sum = 0, slope = 0;
        for (size_t i = 0; i < count; i++) {
            double share = p[i * stride] > 0 ? p[i * stride] / (x + given[i]) : 0;
            sum += share;
            slope += share > 0 ? share / (x + given[i]) : 0;
        }
        double next = x + (sum - wanted) / slope;
        if (!(next > x))
            break;
        x = next;
    }
    return x;
}

/*
 * Weights that maximise sum p log G under the sums of rows and columns, p being the joint shares of
 * memories and classes: G = p / (a_mu + c_y), the a and c found in turn.
 */
static dam_status move_weights(dam__embedding_state *state)
{
    enum { ROUNDS = 300 };
    const double tolerance = 1e-13, unfelt = 1e-12, total = exp(dam__embedding_log_total(state));
    dam_status status = DAM_OK;
    size_t width = state->memories + 1, columns = state->columns;
    double *rows = NULL, *classes = NULL, *sums = NULL, *p = state->weights_gradient;
    DAM_TRY_CLEANUP(dam__alloc(width, sizeof *rows, &rows));
    DAM_TRY_CLEANUP(dam__alloc(columns, sizeof *classes, &classes));
    DAM_TRY_CLEANUP(dam__alloc(columns, sizeof *sums, &sums));
    for (size_t i = 0; i < columns * width; i++)
        sums[i / width] += state->weights[i];
    for (size_t i = 0; i < columns * width; i++) {
        /* What owns nothing keeps a share that cannot be felt, so that no equation is empty or has
         * its root where rounding hides it. */
        double share = state->counts[i % width] * sums[i / width] / (total * total);
        p[i] = share > 0 ? fmax(-state->weights[i] * p[i], unfelt * share) : 0;
    }
    for (int round = 0; round < ROUNDS; round++) {
        double most = 0;
        for (size_t mu = 0; mu < width; mu++)
            rows[mu] = root_of_shares(p + mu, width, classes, columns, state->counts[mu]);
        for (size_t y = 0; y < columns; y++) {
            double old = classes[y];
            if (sums[y] > 0)
                classes[y] = root_of_shares(p + y * width, 1, rows, width, sums[y]);
            most = fmax(most, fabs(classes[y] - old));
        }
        if (most <= tolerance)
            break;
    }
    for (size_t y = 0; y < columns; y++)
        for (size_t mu = 0; mu < width; mu++) {
            double share = p[y * width + mu], both = rows[mu] + classes[y];
            state->weights[y * width + mu] = share > 0 && both > 0 ? share / both : 0;
        }
cleanup:
    free(rows);
    free(classes);
    free(sums);
    return status;
}

/* --- the map ------------------------------------------------------------------------------------ */

dam_status dam__saddle_map(dam__embedding_state *state, dam__saddle_beta *beta, double *moved)
{
    size_t dim = state->dim;
    double along = 0, features = (double)dim;
    *moved = 0;
    for (size_t i = 0; i < state->memories * dim; i++)
        along -= state->w[i] * state->w_gradient[i];
    /* Both means over samples of sums over memories: of Q S, and of Q. */
    double overlaps = along / (beta->varsigma * beta->value);
    double mass =
        (beta->gradient + beta->varsigma * overlaps) / slope_of_tau(beta->value, features);
    for (size_t mu = 0; mu < state->memories; mu++)
        *moved = fmax(*moved, move_memory(state->w + mu * dim, state->w_gradient + mu * dim, dim));
    DAM_TRY(move_weights(state));
    if (beta->is_kept)
        return DAM_OK;
    return root_of_tau(beta->varsigma * overlaps / mass, features, &beta->value);
}

double dam__saddle_jacobian(double lambda, double kappa)
{
    return 1 - lambda / kappa;
}
