#include "model/embedding.h"

#include <math.h>

double dam__embedding_log_total(const dam__embedding_state *state)
{
    double total = 0;
    for (size_t mu = 0; mu <= state->memories; mu++)
        total += state->counts[mu];
    return log(total);
}

double dam__embedding_memory_norm(const dam__embedding_state *state)
{
    double squares = 0;
    for (size_t mu = 0; mu < state->memories; mu++) {
        const double *w = state->w + mu * state->dim, *g = state->w_gradient + mu * state->dim;
        double along = 0;
        for (size_t j = 0; j < state->dim; j++)
            along += w[j] * g[j];
        for (size_t j = 0; j < state->dim; j++)
            squares += (g[j] - along * w[j]) * (g[j] - along * w[j]);
    }
    return sqrt(squares);
}

double dam__embedding_weight_norm(const dam__embedding_state *state)
{
    double squares = 0;
    size_t width = state->memories + 1;
    for (size_t mu = 0; mu < state->memories; mu++) {
        double mean = 0;
        for (size_t y = 0; y < state->columns; y++)
            mean += state->weights_gradient[y * width + mu] * state->weights[y * width + mu] /
                    state->counts[mu];
        for (size_t y = 0; y < state->columns; y++) {
            double rest = state->weights_gradient[y * width + mu] - mean;
            squares += rest * rest;
        }
    }
    return sqrt(squares);
}

/* One pair from the split one; u is along the difference of the split pair, which w is not. */
static void make_pair(const double *w, size_t dim, const double *plus, const double *minus,
                      double step, double *out_plus, double *out_minus)
{
    double squares = 0, norm = sqrt(1 + step * step);
    for (size_t j = 0; j < dim; j++)
        squares += (plus[j] - minus[j]) * (plus[j] - minus[j]);
    double scale = squares > 0 ? step / sqrt(squares) : 0;
    for (size_t j = 0; j < dim; j++) {
        double moved = scale * (plus[j] - minus[j]);
        out_plus[j] = (w[j] + moved) / norm;
        out_minus[j] = (w[j] - moved) / norm;
    }
}

void dam__embedding_pairs(const double *w, size_t memories, size_t dim, const double *split,
                          double step, double *pairs)
{
    for (size_t mu = 0; mu < memories; mu++) {
        size_t at = mu * dim, twin = (memories + mu) * dim;
        make_pair(w + at, dim, split + at, split + twin, step, pairs + at, pairs + twin);
    }
}

double dam__embedding_prediction(const double *lambda, size_t memories, double step)
{
    double sum = 0, angle = atan(step);
    for (size_t mu = 0; mu < memories; mu++)
        sum += lambda[mu];
    return angle * angle / 2 * sum;
}
