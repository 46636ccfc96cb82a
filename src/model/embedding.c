#include "model/embedding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

/* Takes the mean of each line, weighted with the weights, out of what is left; the largest mean. */
static double take_means(const double *weights, double *rest, size_t lines, size_t line_step,
                         size_t items, size_t item_step)
{
    double largest = 0;
    for (size_t i = 0; i < lines; i++) {
        double sum = 0, mean = 0;
        for (size_t j = 0; j < items; j++) {
            size_t at = i * line_step + j * item_step;
            sum += weights[at];
            mean += weights[at] * rest[at];
        }
        if (!(sum > 0))
            continue;
        mean /= sum;
        for (size_t j = 0; j < items; j++)
            rest[i * line_step + j * item_step] -= mean;
        largest = fmax(largest, fabs(mean));
    }
    return largest;
}

dam_status dam__embedding_weight_norm(const dam__embedding_state *state, double *norm)
{
    enum { MOST_ROUNDS = 10000 };
    dam_status status = DAM_OK;
    size_t width = state->memories + 1, items = state->columns * width;
    double *rest = NULL, squares = 0;
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *rest, &rest));
    memcpy(rest, state->weights_gradient, items * sizeof *rest);
    for (int round = 0; round < MOST_ROUNDS; round++) {
        double memories = take_means(state->weights, rest, width, 1, state->columns, width);
        double classes = take_means(state->weights, rest, state->columns, width, width, 1);
        if (round > 0 && fmax(memories, classes) < 1e-14)
            break;
    }
    for (size_t i = 0; i < items; i++)
        squares += state->weights[i] * rest[i] * rest[i];
    *norm = sqrt(squares);
cleanup:
    free(rest);
    return status;
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
