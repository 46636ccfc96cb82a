#include "transfer/transfer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "data/gaussian.h"
#include "model/denoise/denoise.h"
#include "run/key_value.h"

/* A ratio that changes by no more is the same. */
static const double NEGLIGIBLE = 0.05;

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

/* All sizes in the ratios that they have to N. Where epochs are of whole batches they stay so,
 * unless a batch is so small that this would change P / N. */
static dam__sizes scaled_sizes(const dam__sizes *from, int dim)
{
    dam__sizes to = {dim, scaled(from->memories, dim, from->dim),
                     scaled(from->samples, dim, from->dim), scaled(from->batch, dim, from->dim)};
    int batches = from->samples / from->batch;
    double whole = (double)to.batch * batches;
    if (from->samples % from->batch == 0 && fabs(whole / to.samples - 1) <= NEGLIGIBLE)
        to.samples = (int)whole;
    return to;
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
        *out = scaled_sizes(from, n[0]);
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
static void list_dims(int height, int width, dam__text *out)
{
    for (int side = 1; side <= height && side <= width; side++)
        if (height % side == 0 && width % side == 0)
            dam__text_append(out, "%s%d", out->length > 0 ? ", " : "",
                             (height / side) * (width / side));
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
    list_dims(height, width, &dims);
    DAM_TRY_CLEANUP(dam__text_status(&dims));
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
    if (fabs(after / before - 1) > NEGLIGIBLE)
        dam__warn(log, "%s changes from %.4g to %.4g: the best train.eta0 depends on it", name,
                  before, after);
}

static void warn_of_sizes(const dam__tuned *tuned, const dam__sizes *to, const dam_log *log)
{
    const dam__sizes *from = &tuned->sizes;
    int regime = tuned->experiment.model.denoise.regime;
    if (regime == DAM__REGIME_WIDTH &&
        (from->dim != to->dim || from->samples != to->samples || from->batch != to->batch))
        dam__warn(log, "model.regime = \"width\" carries rates over to other numbers of memories "
                       "alone, but N, P or B changes");
    if (regime == DAM__REGIME_PROPORTIONAL) {
        warn_of_ratio(log, "K / N", (double)from->memories / from->dim,
                      (double)to->memories / to->dim);
        warn_of_ratio(log, "P / N", (double)from->samples / from->dim,
                      (double)to->samples / to->dim);
        warn_of_ratio(log, "B / P", (double)from->batch / from->samples,
                      (double)to->batch / to->samples);
    }
    if (to->samples % to->batch != 0)
        dam__info(log,
                  "B = %d does not divide P = %d: each epoch of the large run leaves out %d "
                  "samples",
                  to->batch, to->samples, to->samples % to->batch);
}

static void warn_of_model(const dam__tuned *tuned, const dam__experiment *large, const dam_log *log)
{
    const dam__denoise_config *denoise = &large->model.denoise;
    const char *caution = dam__denoise_caution(denoise, dam__gaussian_asked(&large->data));
    if (denoise->parametrisation == DAM__PARAMETRISATION_STANDARD)
        dam__warn(log,
                  "'%s' has model.parametrisation = \"standard\": its train.eta0 is not the "
                  "best at other sizes; tune a run with \"transfer\"",
                  tuned->name);
    else if (caution != NULL)
        dam__warn(log, "%s", caution);
}

/* --- overrides ------------------------------------------------------------------------------------ */

/* --to says all sizes, and eta0 was tuned on these data. */
static dam_status refuse_other_data(const dam__experiment *before, const dam__experiment *after)
{
    static const char *const keys[][2] = {
        {"model", "kind"},     {"model", "memories"}, {"data", "name"},
        {"data", "images"},    {"data", "dim"},       {"data", "samples"},
        {"data", "plaquette"}, {"train", "batch"},    {"data", "validation"}};
    dam_status status = DAM_OK;
    dam__text values[2] = {{0}, {0}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        bool changed = false;
        DAM_TRY_CLEANUP(dam__option_differs(dam__option_find(keys[i][0], keys[i][1]), before, after,
                                            values, &changed));
        if (changed)
            DAM_FAIL(DAM_USAGE,
                     "--set %s.%s: the data stay those of the small run, and --to says all sizes; "
                     "leave it out",
                     keys[i][0], keys[i][1]);
    }
cleanup:
    dam__text_free(&values[0]);
    dam__text_free(&values[1]);
    return status;
}

static dam_status warn_of_overrides(const dam__experiment *before, const dam__experiment *after,
                                    const dam_log *log)
{
    dam_status status = DAM_OK;
    dam__text values[2] = {{0}, {0}};
    const dam__option *option = NULL;
    for (size_t i = 0; (option = dam__tuned_key(i)) != NULL; i++) {
        bool changed = false;
        DAM_TRY_CLEANUP(dam__option_differs(option, before, after, values, &changed));
        if (changed && i == 0)
            dam__warn(log, "--set changes train.eta0 from %s, which was tuned, to %s",
                      values[0].data, values[1].data);
        else if (changed)
            dam__warn(log, "--set changes %s.%s from %s to %s: train.eta0 was tuned for the first",
                      option->section, option->key, values[0].data, values[1].data);
    }
cleanup:
    dam__text_free(&values[0]);
    dam__text_free(&values[1]);
    return status;
}

/* --- all of it ------------------------------------------------------------------------------------ */

/* "vectors, transferred to N = 128, K = 256", also of a run that was transferred itself. */
static void name_it(const char *title, const dam__sizes *to, dam__experiment *out)
{
    static const char before[] = ", transferred to N = ";
    const char *earlier = strstr(title, before);
    size_t length = earlier != NULL ? (size_t)(earlier - title) : strlen(title);
    const size_t most = 180;
    while (length > most || (length > 0 && ((unsigned char)title[length] & 0xC0) == 0x80))
        length--; /* never half a letter */
    (void)snprintf(out->title, sizeof out->title, "%.*s%s%d, K = %d", (int)length, title, before,
                   to->dim, to->memories);
}

dam_status dam__transfer_make(const dam__tuned *tuned, const dam__sizes *to,
                              const char *const *overrides, size_t override_count,
                              const dam_log *log, dam__experiment *out)
{
    dam_status status = DAM_OK;
    dam__experiment large = tuned->experiment, usual;
    dam__text text = {0};
    DAM_TRY_CLEANUP(dam__experiment_defaults(&usual));
    DAM_TRY_CLEANUP(fit_data(tuned, to, &large));
    large.sweep = usual.sweep; /* the search is over */
    large.data.samples = samples_for(to->samples, large.data.validation);
    large.model.memories = to->memories;
    large.train.batch = to->batch;
    name_it(tuned->experiment.title, to, &large);
    /* The preset's own rules say whether such sizes are allowed. */
    dam__experiment_print(&large, &text);
    DAM_TRY_CLEANUP(dam__text_status(&text));
    DAM_TRY_CLEANUP(dam__experiment_parse("--to", text.data, overrides, override_count, out));
    DAM_TRY_CLEANUP(refuse_other_data(&large, out));
    DAM_TRY_CLEANUP(warn_of_overrides(&large, out, log));
    warn_of_model(tuned, out, log);
    warn_of_sizes(tuned, to, log);
cleanup:
    dam__text_free(&text);
    return status;
}
