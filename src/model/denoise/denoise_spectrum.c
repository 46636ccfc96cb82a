/*
 * Rates over the largest eigenvalue of the inputs' covariance (train.rates = "spectrum"). Plain
 * rates take it to be of order 1; that of images grows with their pixels, and SGD's largest stable
 * rate falls as it grows.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/recording.h"
#include "model/denoise/denoise_internal.h"

dam_status dam__denoise_spectrum_plan(struct denoise *denoise, dam__plan *plan)
{
    struct denoise_spectrum *spectrum = &denoise->spectrum;
    dam__gemm *gemm = denoise->base.gemm;
    int dim = denoise->base.task.dim;
    if (denoise->count > 1)
        return dam__fail(DAM_INTERNAL, "rates by the spectrum are for one replica at a time");
    DAM_TRY(dam__plan_matrix(plan, "covariance of inputs", dim, dim, 1, &spectrum->covariance));
    DAM_TRY(dam__plan_matrix(plan, "mean of inputs", 1, dim, 1, &spectrum->mean));
    DAM_TRY(dam__plan_matrix(plan, "ones", denoise->chunk, 1, 1, &spectrum->ones));
    DAM_TRY(dam__plan_matrix(plan, "largest eigenvalue", 1, 1, 1, &spectrum->top));
    DAM_TRY(dam__power_plan(&spectrum->power, denoise->base.device, dim, plan));
    const dam__operand noisy = dam__whole(&denoise->noisy, false);
    DAM_TRY(
        dam__gemm_reserve(gemm, dam__whole(&denoise->noisy, true), noisy, &spectrum->covariance));
    DAM_TRY(dam__gemm_reserve(gemm, dam__whole(&spectrum->ones, true), noisy, &spectrum->mean));
    return dam__gemm_reserve(gemm, dam__whole(&spectrum->mean, true),
                             dam__whole(&spectrum->mean, false), &spectrum->covariance);
}

dam_status dam__denoise_spectrum_prepare(struct denoise *denoise)
{
    dam_status status = DAM_OK;
    double *ones = NULL;
    size_t rows = (size_t)denoise->chunk;
    DAM_TRY_CLEANUP(dam__alloc(rows, sizeof *ones, &ones));
    for (size_t i = 0; i < rows; i++)
        ones[i] = 1;
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&denoise->spectrum.ones, ones, "ones"));
    DAM_TRY_CLEANUP(dam__power_prepare(&denoise->spectrum.power));
cleanup:
    free(ones);
    return status;
}

void dam__denoise_spectrum_free(struct denoise *denoise)
{
    struct denoise_spectrum *spectrum = &denoise->spectrum;
    dam__buffer_destroy(spectrum->covariance.buffer);
    dam__buffer_destroy(spectrum->mean.buffer);
    dam__buffer_destroy(spectrum->ones.buffer);
    dam__buffer_destroy(spectrum->top.buffer);
    dam__power_free(&spectrum->power);
}

/* Adds a batch's x x' and x to the sums, times share; `first` begins them. */
static dam_status add_batch(struct denoise *denoise, const dam__batch *batch, bool first,
                            double share)
{
    const struct denoise_spectrum *spectrum = &denoise->spectrum;
    dam__gemm *gemm = denoise->base.gemm;
    for (int start = 0; start < batch->size; start += denoise->chunk) {
        const dam__batch part = dam__denoise_chunk(denoise, batch, start);
        double kept = first && start == 0 ? 0 : 1;
        const dam__operand inputs = {.matrix = &denoise->noisy, .height = part.size};
        const dam__operand transposed = {
            .matrix = &denoise->noisy, .transposed = true, .height = part.size};
        const dam__operand ones = {
            .matrix = &spectrum->ones, .transposed = true, .height = part.size};
        DAM_TRY(dam__denoise_pairs(denoise, &part));
        DAM_TRY(dam__gemm_run(gemm, share, transposed, inputs, kept, &spectrum->covariance));
        DAM_TRY(dam__gemm_run(gemm, share, ones, inputs, kept, &spectrum->mean));
    }
    return DAM_OK;
}

/* Sum of x x' and mean of all inputs x, then the covariance. */
static dam_status make_covariance(struct denoise *denoise, dam__loader *samples)
{
    const struct denoise_spectrum *spectrum = &denoise->spectrum;
    double share = 1.0 / dam__loader_range(samples);
    DAM_TRY(dam__loader_begin(samples, 0, 0));
    for (int i = 0; i < dam__loader_batches(samples); i++) {
        dam__batch batch;
        DAM_TRY(dam__loader_next(samples, &batch));
        DAM_TRY(add_batch(denoise, &batch, i == 0, share));
        DAM_TRY(dam__device_pace(denoise->base.device));
    }
    return dam__gemm_run(denoise->base.gemm, -1, dam__whole(&spectrum->mean, true),
                         dam__whole(&spectrum->mean, false), 1, &spectrum->covariance);
}

dam_status dam__denoise_measure(dam__model *model, dam__loader *samples, dam__text *out)
{
    struct denoise *denoise = (struct denoise *)model;
    struct denoise_spectrum *spectrum = &denoise->spectrum;
    double top = 0;
    if (model->config.denoise.rates != DAM__RATES_SPECTRUM)
        return DAM_OK;
    DAM_TRY(make_covariance(denoise, samples));
    DAM_TRY(dam__power_top(&spectrum->power, &spectrum->covariance, model->task.dim, false, 1,
                           spectrum->top.buffer, 0));
    DAM_TRY(dam__matrix_read_unchecked(&spectrum->top, &top, "largest eigenvalue"));
    if (dam__device_records(model->device))
        return DAM_OK;
    if (!isfinite(top) || !(top > 0))
        return dam__fail(DAM_INPUT,
                         "the covariance of the noisy samples has the largest eigenvalue %g; set "
                         "train.rates = \"sizes\"",
                         top);
    for (int i = 0; i < model->parameter_count; i++)
        model->parameters[i].rate_scale /= top;
    dam__text_append(out,
                     "the largest eigenvalue of the inputs' covariance is %.4g; rates over "
                     "it: of W %.6g, of b %.6g, of c %.6g",
                     top, denoise->scales.memories / top, denoise->scales.inner / top,
                     denoise->scales.outer / top);
    return DAM_OK;
}
