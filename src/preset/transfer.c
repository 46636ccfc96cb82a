#include "preset/transfer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "data/gaussian.h"

/* --- sizes ---------------------------------------------------------------------------------------- */

/* Up to four whole numbers with commas; their count, or 0 where they are none. */
static int read_numbers(const char *text, int numbers[4])
{
    const unsigned long most = 100000000;
    for (int count = 0; count < 4;) {
        char *end = NULL;
        unsigned long value = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
        if (value == 0 || value > most || (*end != ',' && *end != '\0'))
            return 0;
        numbers[count++] = (int)value;
        if (*end == '\0')
            return count;
        text = end + 1;
    }
    return 0;
}

static int scaled(int size, int to, int from)
{
    return (int)fmin(fmax(round((double)size * to / from), 1), 1e9);
}

dam_status dam__sizes_read(const char *text, const dam__sizes *from, dam__sizes *out)
{
    enum { DIM_ALONE = 1, WITHOUT_DIM = 3, ALL = 4 };
    int n[ALL];
    int count = read_numbers(text, n);
    if (count == ALL)
        *out = (dam__sizes){n[0], n[1], n[2], n[3]};
    else if (count == WITHOUT_DIM)
        *out = (dam__sizes){from->dim, n[0], n[1], n[2]};
    else if (count == DIM_ALONE)
        *out = (dam__sizes){n[0], scaled(from->memories, n[0], from->dim),
                            scaled(from->samples, n[0], from->dim),
                            scaled(from->batch, n[0], from->dim)};
    else
        return dam__fail(DAM_USAGE,
                         "--to '%.60s' is not N,K,P,B, four whole numbers above 0 (features, "
                         "memories, samples, batch); K,P,B keeps N, and N alone keeps the ratios",
                         text);
    if (out->batch > out->samples)
        return dam__fail(DAM_USAGE, "--to '%.60s': a batch of %d is more than %d samples; lower B",
                         text, out->batch, out->samples);
    return DAM_OK;
}

/* --- data of other sizes -------------------------------------------------------------------------- */

/* "784, 196, 49": the features that images of height x width may have. */
static dam_status list_dims(int height, int width, dam__text *out)
{
    dam_status status = DAM_OK;
    for (int side = 1; side <= height && side <= width; side++)
        if (height % side == 0 && width % side == 0)
            DAM_TRY(dam__text_append(out, "%s%d", out->length > 0 ? ", " : "",
                                     (height / side) * (width / side)));
cleanup:
    return status;
}

static dam_status fit_images(const dam__tuned *tuned, int dim, dam__experiment *out)
{
    dam_status status = DAM_OK;
    dam__text dims = {0};
    int height = tuned->height * out->data.plaquette, width = tuned->width * out->data.plaquette;
    for (int side = 1; side <= height && side <= width; side++) {
        if (height % side != 0 || width % side != 0 || (height / side) * (width / side) != dim)
            continue;
        out->data.plaquette = side;
        return DAM_OK;
    }
    DAM_TRY(list_dims(height, width, &dims));
    DAM_FAIL(DAM_USAGE,
             "images of %d x %d pixels, averaged over square plaquettes, have %s features, not %d; "
             "give one of these as N",
             height, width, dims.data, dim);
cleanup:
    dam__text_free(&dims);
    return status;
}

static dam_status fit_data(const dam__tuned *tuned, const dam__sizes *to, dam__experiment *out)
{
    bool images = tuned->height > 0 && out->data.patch == 0;
    if (dam__gaussian_asked(&out->data))
        out->data.dim = to->dim;
    else if (images)
        return fit_images(tuned, to->dim, out);
    else if (to->dim != tuned->sizes.dim)
        return dam__fail(DAM_USAGE,
                         "the samples of '%s' have %d features, which their data fixes, not %d; "
                         "give --to K,P,B",
                         tuned->name, tuned->sizes.dim, to->dim);
    return DAM_OK;
}

/* data.samples so that, without the validation set, `wanted` are left. */
static int samples_for(int wanted, double validation)
{
    double all = ceil(wanted / (1 - validation));
    while (all > wanted && all - 1 - floor((all - 1) * validation) >= wanted)
        all--;
    return (int)fmin(all, 1e9);
}

/* --- what does not carry over --------------------------------------------------------------------- */

static void warn_of_ratio(const dam_log *log, const char *name, double before, double after)
{
    if (fabs(after / before - 1) > 0.05)
        dam__warn(log, "%s changes from %.4g to %.4g: the best train.eta0 depends on it", name,
                  before, after);
}

static void warn(const dam__tuned *tuned, const dam__sizes *to, const dam_log *log)
{
    const dam__sizes *from = &tuned->sizes;
    const dam__denoise_config *denoise = &tuned->experiment.model.denoise;
    if (denoise->parametrisation == DAM__PARAMETRISATION_STANDARD)
        dam__warn(log,
                  "'%s' has model.parametrisation = \"standard\": its train.eta0 is not the "
                  "best at other sizes; tune a run with \"transfer\"",
                  tuned->name);
    if (denoise->regime == DAM__REGIME_WIDTH &&
        (from->dim != to->dim || from->samples != to->samples || from->batch != to->batch))
        dam__warn(log, "model.regime = \"width\" carries rates over to other numbers of memories "
                       "alone, but N, P or B changes");
    if (denoise->regime != DAM__REGIME_PROPORTIONAL)
        return;
    warn_of_ratio(log, "K / N", (double)from->memories / from->dim, (double)to->memories / to->dim);
    warn_of_ratio(log, "P / N", (double)from->samples / from->dim, (double)to->samples / to->dim);
    warn_of_ratio(log, "B / P", (double)from->batch / from->samples,
                  (double)to->batch / to->samples);
}

dam_status dam__transfer_make(const dam__tuned *tuned, const dam__sizes *to, const dam_log *log,
                              dam__experiment *out)
{
    dam_status status = DAM_OK;
    dam__experiment large = tuned->experiment, usual;
    dam__text text = {0};
    DAM_TRY(dam__experiment_defaults(&usual));
    DAM_TRY(fit_data(tuned, to, &large));
    large.sweep = usual.sweep; /* the search is over */
    large.data.samples = samples_for(to->samples, large.data.validation);
    large.model.memories = to->memories;
    large.train.batch = to->batch;
    (void)snprintf(large.title, sizeof large.title, "%.180s, transferred to N = %d, K = %d",
                   tuned->experiment.title, to->dim, to->memories);
    /* The preset's own rules say whether such sizes are allowed. */
    DAM_TRY(dam__experiment_print(&large, &text));
    DAM_TRY(dam__experiment_parse("--to", text.data, NULL, 0, out));
    warn(tuned, to, log);
cleanup:
    dam__text_free(&text);
    return status;
}
