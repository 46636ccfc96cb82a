/* What the vmf model says of single samples, for predictions: probabilities and nearest memories.
 * The equations are in docs/models/vmf.md, "Forward". */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/vmf/vmf_internal.h"

/* On the host: how the model weighs what it sees. */
struct weighing {
    size_t memories, columns;
    double b, tau;
    double *weights;      /* columns x (memories + 1), the background last */
    double *similarities; /* samples x memories */
};

/* p(y | x) of each column: activations times class weights, over the sum of all. */
static void probabilities(const struct weighing *w, const double *similarities, double *out)
{
    double shift = 0, total = 0;
    for (size_t mu = 0; mu < w->memories; mu++)
        shift = fmax(shift, w->b * similarities[mu] - w->tau);
    for (size_t y = 0; y < w->columns; y++)
        out[y] = exp(-shift) * w->weights[y * (w->memories + 1) + w->memories];
    for (size_t mu = 0; mu < w->memories; mu++) {
        double activation = exp(w->b * similarities[mu] - w->tau - shift);
        for (size_t y = 0; y < w->columns; y++)
            out[y] += activation * w->weights[y * (w->memories + 1) + mu];
    }
    for (size_t y = 0; y < w->columns; y++)
        total += out[y];
    for (size_t y = 0; y < w->columns; y++)
        out[y] /= total;
}

static dam_status read_weighing(struct vmf *vmf, int samples, struct weighing *out)
{
    enum { SCALARS = 3 }; /* b, tau, tau' */
    const dam__matrix *weights = &vmf->base.parameters[CLASS_WEIGHTS].value;
    dam__matrix shown = dam__vmf_columns(&vmf->similarities, vmf->memories);
    double scalars[SCALARS];
    shown.rows = samples;
    out->memories = (size_t)vmf->memories;
    out->columns = (size_t)vmf->columns;
    DAM_TRY(dam__alloc(dam__matrix_items(weights), sizeof *out->weights, &out->weights));
    DAM_TRY(dam__alloc(dam__matrix_items(&shown), sizeof *out->similarities, &out->similarities));
    DAM_TRY(dam__matrix_read_doubles(weights, out->weights, "class weights"));
    DAM_TRY(dam__matrix_read_doubles(&shown, out->similarities, "similarities"));
    DAM_TRY(dam__matrix_read_doubles(&vmf->scalars, scalars, "b and tau"));
    out->b = scalars[0];
    out->tau = scalars[1];
    return DAM_OK;
}

dam_status dam__vmf_answer(dam__model *model, const dam__batch *batch, const dam__answers *out)
{
    dam_status status = DAM_OK;
    struct vmf *vmf = (struct vmf *)model;
    struct weighing weighing = {0};
    DAM_TRY_CLEANUP(dam__vmf_similarities(vmf, batch));
    DAM_TRY_CLEANUP(read_weighing(vmf, batch->size, &weighing));
    for (size_t i = 0; i < (size_t)batch->size; i++) {
        const double *row = weighing.similarities + i * weighing.memories;
        probabilities(&weighing, row, out->scores + i * weighing.columns);
        dam__answers_nearest(out, i, row, weighing.memories);
    }
cleanup:
    free(weighing.weights);
    free(weighing.similarities);
    return status;
}
