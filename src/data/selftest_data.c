#include "data/selftest_data.h"

#include <math.h>

#include "compute/random.h"

/* Sizes are small constants of this file.
   NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result,bugprone-integer-division) */

/* As the loader compiles them (src/data/loader.c): the run's program is then the one that is
 * checked. */
static const char *options_of(const dam__test *test, bool floats)
{
    static const char *const options[2][2] = {
        {"-DSOURCE=uchar -DCENTRE=1", "-DSOURCE=uchar -DCENTRE=0"},
        {"-DSOURCE=float -DCENTRE=1", "-DSOURCE=float -DCENTRE=0"}};
    return options[floats][(test->use.samples & DAM__SAMPLES_UNCENTRED) != 0];
}

/* What does not look at raw samples is the same in both programs: in the run's. */
static const char *any_options(const dam__test *test)
{
    return options_of(test, (test->use.samples & DAM__SAMPLES_FLOATS) != 0);
}

/* The sample's mean goes where it is centred, the rest is scaled to unit norm; zero norm stays
 * zero. */
static void prepare_sample(const double *raw, size_t dim, bool centred, double *out)
{
    double sum = 0, squares = 0;
    for (size_t j = 0; centred && j < dim; j++)
        sum += raw[j];
    for (size_t j = 0; j < dim; j++) {
        out[j] = raw[j] - sum / (double)dim;
        squares += out[j] * out[j];
    }
    for (size_t j = 0; j < dim; j++)
        out[j] = squares > 1e-12 ? out[j] / sqrt(squares) : 0;
}

/* Samples of bytes or floats; the second is constant, so its norm is zero where it is centred. */
static dam_status check_sphere(dam__test *test, bool floats)
{
    enum { SAMPLES = 3, FIRST_ROW = 2 };
    size_t dim = test->tiny ? 9 : 1003, items = dim * SAMPLES;
    double *values = NULL, *wanted = NULL;
    float *singles = NULL;
    unsigned char *bytes = NULL;
    dam__matrix samples;
    dam__buffer *raw = NULL;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_numbers(test, items, 0, 255, &values));
    DAM_TRY(dam__test_array(test, items + FIRST_ROW * dim, sizeof *wanted, &wanted));
    DAM_TRY(dam__test_array(test, items, sizeof *singles, &singles));
    DAM_TRY(dam__test_array(test, items, 1, &bytes));
    for (size_t i = 0; i < items; i++) {
        values[i] = i / dim == 1 ? (double)17.3f : values[i];
        values[i] = floats ? values[i] : floor(values[i]);
        singles[i] = (float)values[i];
        bytes[i] = (unsigned char)values[i];
    }
    for (size_t i = 0; i < SAMPLES; i++)
        prepare_sample(values + i * dim, dim, (test->use.samples & DAM__SAMPLES_UNCENTRED) == 0,
                       wanted + (FIRST_ROW + i) * dim);
    DAM_TRY(dam__test_matrix(test, SAMPLES + FIRST_ROW, (int)dim, 1, NULL, &samples));
    DAM_TRY(floats ? dam__test_buffer(test, singles, items * sizeof *singles, &raw)
                   : dam__test_buffer(test, bytes, items, &raw));
    DAM_TRY(dam__test_kernel(test, "data", options_of(test, floats), "data_sphere", &kernel));
    DAM_TRY(dam__launch(kernel, dam__range_groups(test->device, SAMPLES, 1), (dam__work){0},
                        DAM_ARGUMENTS(raw, &samples, dim, samples.ld, FIRST_ROW)));
    return dam__test_compare_matrix(test, &samples, wanted, 0);
}

static dam_status run_sphere_bytes(dam__test *test)
{
    return check_sphere(test, false);
}

static dam_status run_sphere_floats(dam__test *test)
{
    return check_sphere(test, true);
}

/* Bytes become parts of 255, floats stay. */
static dam_status check_plain(dam__test *test, bool floats)
{
    enum { SAMPLES = 3, FIRST_ROW = 2 };
    size_t dim = test->tiny ? 9 : 203, items = dim * SAMPLES;
    double *values = NULL, *wanted = NULL;
    float *singles = NULL;
    unsigned char *bytes = NULL;
    dam__matrix samples;
    dam__buffer *raw = NULL;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_numbers(test, items, 0, 255, &values));
    DAM_TRY(dam__test_array(test, items + FIRST_ROW * dim, sizeof *wanted, &wanted));
    DAM_TRY(dam__test_array(test, items, sizeof *singles, &singles));
    DAM_TRY(dam__test_array(test, items, 1, &bytes));
    for (size_t i = 0; i < items; i++) {
        singles[i] = (float)values[i];
        bytes[i] = (unsigned char)values[i];
        wanted[FIRST_ROW * dim + i] = floats ? (double)singles[i] : bytes[i] / 255.0;
    }
    DAM_TRY(dam__test_matrix(test, SAMPLES + FIRST_ROW, (int)dim, 1, NULL, &samples));
    DAM_TRY(floats ? dam__test_buffer(test, singles, items * sizeof *singles, &raw)
                   : dam__test_buffer(test, bytes, items, &raw));
    DAM_TRY(dam__test_kernel(test, "data", options_of(test, floats), "data_plain", &kernel));
    DAM_TRY(dam__launch(kernel, dam__range_groups(test->device, SAMPLES, 1), (dam__work){0},
                        DAM_ARGUMENTS(raw, &samples, dim, samples.ld, FIRST_ROW)));
    return dam__test_compare_matrix(test, &samples, wanted, 0);
}

static dam_status run_plain_bytes(dam__test *test)
{
    return check_plain(test, false);
}

static dam_status run_plain_floats(dam__test *test)
{
    return check_plain(test, true);
}

/* Made-up vectors, number by number against Box-Muller in double. */
static dam_status run_gaussian(dam__test *test)
{
    enum { SAMPLES = 5, FIRST = 7, SPLIT = 1 };
    const double two_pi = 6.283185307179586;
    const uint64_t seed = 0xFEDCBA9876543210u;
    size_t dim = test->tiny ? 9 : 77, vector_width = (size_t)dam__vector_width(test->device);
    double *deviations = NULL, *wanted = NULL;
    dam__matrix given, samples;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_numbers(test, dim, 0.5, 1.5, &deviations));
    DAM_TRY(dam__test_array(test, SAMPLES * dim, sizeof *wanted, &wanted));
    for (size_t i = 0; i < SAMPLES * dim; i++) {
        uint32_t words[4];
        size_t j = i % dim;
        dam__random_words(seed, DAM__STREAM_GAUSSIAN, SPLIT,
                          (uint64_t)(j / 4) << 32 | (FIRST + i / dim), words);
        const uint32_t *pair = words + (j % 4 < 2 ? 0 : 2);
        double angle = two_pi * dam__uniform(pair[1]);
        wanted[i] = deviations[j] * sqrt(-2 * log(dam__uniform(pair[0]))) *
                    (j % 2 == 0 ? cos(angle) : sin(angle));
    }
    DAM_TRY(dam__test_matrix(test, 1, (int)dim, 1, deviations, &given));
    DAM_TRY(dam__test_matrix(test, SAMPLES, (int)dim, 1, NULL, &samples));
    DAM_TRY(dam__test_kernel(test, "gaussian", "", "gaussian_samples", &kernel));
    DAM_TRY(dam__launch(
        kernel, dam__range_items(test->device, (dim + vector_width - 1) / vector_width, SAMPLES),
        (dam__work){0},
        DAM_ARGUMENTS(&given, &samples, FIRST, dim, samples.ld, SPLIT, DAM__STREAM_GAUSSIAN,
                      dam__arg_seed(seed))));
    return dam__test_compare_matrix(test, &samples, wanted, 1);
}

/* Bytes and floats as states, with two classes behind them, hidden and shown. */
static dam_status check_states(dam__test *test, bool floats, int shows)
{
    enum { SAMPLES = 5, FIRST = 2, CLASSES = 3 };
    static const int32_t labels[FIRST + SAMPLES] = {9, 9, 2, 0, 1, 1, 2};
    const size_t dim = test->tiny ? 7 : 157, width = dim + CLASSES;
    double *values = NULL, *wanted = NULL;
    unsigned char *bytes = NULL;
    float *singles = NULL;
    dam__buffer *raw = NULL, *device_labels = NULL;
    dam__matrix out;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_numbers(test, SAMPLES * dim, 0, 1.5, &values));
    DAM_TRY(dam__test_array(test, SAMPLES * dim, sizeof *bytes, &bytes));
    DAM_TRY(dam__test_array(test, SAMPLES * dim, sizeof *singles, &singles));
    DAM_TRY(dam__test_array(test, (FIRST + SAMPLES) * width, sizeof *wanted, &wanted));
    for (size_t i = 0; i < SAMPLES * width; i++) {
        size_t sample = i / width, j = i % width;
        double *cell = wanted + FIRST * width + i;
        if (j >= dim) {
            bool own = (int32_t)(j - dim) == labels[FIRST + sample];
            *cell = own && shows ? 1 : -1;
            continue;
        }
        size_t at = sample * dim + j;
        bytes[at] = (unsigned char)values[at];
        singles[at] = (float)values[at];
        *cell = floats ? values[at] : bytes[at] > 0 ? 1 : -1;
    }
    DAM_TRY(dam__test_buffer(test, floats ? (const void *)singles : bytes,
                             SAMPLES * dim * (floats ? sizeof *singles : sizeof *bytes), &raw));
    DAM_TRY(dam__test_buffer(test, labels, sizeof labels, &device_labels));
    DAM_TRY(dam__test_matrix(test, FIRST + SAMPLES, (int)width, 1, NULL, &out));
    DAM_TRY(dam__test_kernel(test, "data", options_of(test, floats), "data_states", &kernel));
    DAM_TRY(
        dam__launch(kernel, dam__range_groups(test->device, SAMPLES, 1), (dam__work){0},
                    DAM_ARGUMENTS(raw, device_labels, &out, dim, CLASSES, shows, out.ld, FIRST)));
    return dam__test_compare_matrix(test, &out, wanted, 1);
}

static dam_status run_state_bytes(dam__test *test)
{
    return check_states(test, false, 1);
}

static dam_status run_state_floats(dam__test *test)
{
    return check_states(test, true, 0);
}

static dam_status run_order(dam__test *test)
{
    const uint32_t size = test->tiny ? 70 : 5000, side = test->tiny ? 9 : 71;
    const uint64_t seed = 0x123456789abcdef0;
    enum { EPOCH = 3, FIRST = 7 };
    dam__buffer *rows = NULL;
    dam__kernel *kernel = NULL;
    int32_t *wanted = NULL;
    DAM_TRY(dam__test_array(test, FIRST + size, sizeof *wanted, &wanted));
    DAM_TRY(dam__test_buffer(test, wanted, (FIRST + size) * sizeof *wanted, &rows));
    for (uint32_t i = 0; i < size; i++)
        wanted[FIRST + i] = (int32_t)dam__permuted(seed, EPOCH, size, i);
    DAM_TRY(dam__test_kernel(test, "data", any_options(test), "data_order", &kernel));
    DAM_TRY(dam__launch(
        kernel, dam__range_items(test->device, size, 1), (dam__work){0},
        DAM_ARGUMENTS(rows, FIRST, size, side, EPOCH, dam__arg_seed(seed), DAM__STREAM_ORDER)));
    return dam__test_compare_integers(test, rows, FIRST + size, wanted);
}

static dam_status run_gather(dam__test *test)
{
    enum { SAMPLES = 9, BATCH = 4, FIRST = 3 };
    static const int32_t order[SAMPLES] = {4, 8, 0, 7, 7, 2, 5, 1, 3};
    static const int32_t labels[SAMPLES] = {10, 11, 12, 13, 14, 15, 16, 17, 18};
    size_t dim = test->tiny ? 5 : 1003;
    double *values = NULL, *wanted = NULL;
    int32_t wanted_labels[BATCH];
    dam__matrix samples, batch;
    dam__buffer *all_labels = NULL, *rows = NULL, *batch_labels = NULL;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_numbers(test, SAMPLES * dim, -1, 1, &values));
    DAM_TRY(dam__test_array(test, BATCH * dim, sizeof *wanted, &wanted));
    for (size_t i = 0; i < BATCH; i++) {
        size_t row = (size_t)order[FIRST + i];
        wanted_labels[i] = labels[row];
        for (size_t j = 0; j < dim; j++)
            wanted[i * dim + j] = values[row * dim + j];
    }
    DAM_TRY(dam__test_matrix(test, SAMPLES, (int)dim, 1, values, &samples));
    DAM_TRY(dam__test_matrix(test, BATCH, (int)dim, 1, NULL, &batch));
    DAM_TRY(dam__test_buffer(test, labels, sizeof labels, &all_labels));
    DAM_TRY(dam__test_buffer(test, order, sizeof order, &rows));
    DAM_TRY(dam__test_buffer(test, NULL, sizeof wanted_labels, &batch_labels));
    DAM_TRY(dam__test_kernel(test, "data", any_options(test), "data_gather", &kernel));
    DAM_TRY(dam__launch(
        kernel, dam__range_groups(test->device, BATCH, 1), (dam__work){0},
        DAM_ARGUMENTS(&samples, all_labels, rows, &batch, batch_labels, FIRST, samples.ld, 1)));
    DAM_TRY(dam__test_compare_matrix(test, &batch, wanted, 0));
    return dam__test_compare_integers(test, batch_labels, BATCH, wanted_labels);
}

/* Windows of 6 x 6, 2 apart, of 28 x 28 images: what the kernel's constants stand at by themselves.
 */
static dam_status run_patches(dam__test *test)
{
    enum { SIDE = 28, PATCH = 6, STRIDE = 2, PLACES = 12, DIM = PATCH * PATCH };
    enum { IMAGES = 3, TOTAL = IMAGES * PLACES * PLACES, MULTIPLIER = 269, BASE = 7, FIRST = 2 };
    static const int32_t order[] = {0, 0, 400, 13, 250, 1};
    enum { SAMPLES = sizeof order / sizeof *order - FIRST };
    unsigned char *images = NULL;
    double *values = NULL, *raw = NULL, *wanted = NULL;
    dam__buffer *device_images = NULL, *device_order = NULL;
    dam__matrix batch;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_numbers(test, IMAGES * SIDE * SIDE, 0, 255, &values));
    DAM_TRY(dam__test_array(test, IMAGES * SIDE * SIDE, 1, &images));
    DAM_TRY(dam__test_array(test, DIM, sizeof *raw, &raw));
    DAM_TRY(dam__test_array(test, SAMPLES * DIM, sizeof *wanted, &wanted));
    for (size_t i = 0; i < IMAGES * SIDE * SIDE; i++)
        images[i] = (unsigned char)values[i];
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t patch = ((size_t)order[FIRST + i] + BASE) * MULTIPLIER % TOTAL;
        size_t image = patch / (PLACES * PLACES), place = patch % (PLACES * PLACES);
        size_t top = place / PLACES * STRIDE, left = place % PLACES * STRIDE;
        for (size_t j = 0; j < DIM; j++)
            raw[j] = images[(image * SIDE + top + j / PATCH) * SIDE + left + j % PATCH];
        prepare_sample(raw, DIM, true, wanted + i * DIM);
    }
    DAM_TRY(dam__test_buffer(test, images, IMAGES * SIDE * SIDE, &device_images));
    DAM_TRY(dam__test_buffer(test, order, sizeof order, &device_order));
    DAM_TRY(dam__test_matrix(test, SAMPLES, DIM, 1, NULL, &batch));
    DAM_TRY(dam__test_kernel(test, "data", "-DSOURCE=uchar -DCENTRE=1", "data_patches", &kernel));
    DAM_TRY(dam__launch(kernel, dam__range_groups(test->device, SAMPLES, 1), (dam__work){0},
                        DAM_ARGUMENTS(device_images, device_order, &batch, 1, FIRST, BASE,
                                      MULTIPLIER, TOTAL, batch.ld)));
    return dam__test_compare_matrix(test, &batch, wanted, 0);
}

/* --- which runs they suit --------------------------------------------------------------------- */

enum { TAKEN_AS = DAM__SAMPLES_PLAIN | DAM__SAMPLES_STATES | DAM__SAMPLES_CUT };

/* Whether samples of bytes or floats are taken in that way, 0 for the sphere. */
static bool takes(const dam__selftest_use *use, bool floats, unsigned way)
{
    return use->samples == 0 || ((use->samples & TAKEN_AS) == way &&
                                 ((use->samples & DAM__SAMPLES_FLOATS) != 0) == floats);
}

#define SUITS(name, floats, way)                                                                   \
    static bool name(const dam__selftest_use *use)                                                 \
    {                                                                                              \
        return takes(use, floats, way);                                                            \
    }

SUITS(suit_sphere_bytes, false, 0)
SUITS(suit_sphere_floats, true, 0)
SUITS(suit_plain_bytes, false, DAM__SAMPLES_PLAIN)
SUITS(suit_plain_floats, true, DAM__SAMPLES_PLAIN)
SUITS(suit_state_bytes, false, DAM__SAMPLES_STATES)
SUITS(suit_state_floats, true, DAM__SAMPLES_STATES)

static bool are_cut(const dam__selftest_use *use)
{
    return use->samples == 0 || (use->samples & DAM__SAMPLES_CUT) != 0;
}

static bool are_drawn(const dam__selftest_use *use)
{
    return use->samples == 0 || (use->samples & DAM__SAMPLES_DRAWN) != 0;
}

const dam__selftest_case dam__selftest_data_cases[] = {
    {.name = "samples: bytes as states",
     .kernels = "data_states",
     .tolerance = 0,
     .reason = "nothing is rounded",
     .suits = suit_state_bytes,
     .run = run_state_bytes},
    {.name = "samples: floats as states",
     .kernels = "data_states",
     .tolerance = 0,
     .reason = "nothing is rounded",
     .suits = suit_state_floats,
     .run = run_state_floats},
    {.name = "samples: bytes as they are",
     .kernels = "data_plain",
     .tolerance = 2,
     .reason = "one division",
     .suits = suit_plain_bytes,
     .run = run_plain_bytes},
    {.name = "samples: floats as they are",
     .kernels = "data_plain",
     .tolerance = 2,
     .reason = "one division",
     .suits = suit_plain_floats,
     .run = run_plain_floats},
    {.name = "samples: made-up vectors",
     .kernels = "gaussian_samples",
     .tolerance = 64,
     .reason = "logarithm and cosine of up to 4 ulp in OpenCL, of angles to 6",
     .suits = are_drawn,
     .run = run_gaussian},
    {.name = "samples: bytes to the sphere",
     .kernels = "data_sphere",
     .tolerance = 64,
     .reason = "up to a thousand squares added one by one, and the mean's rounding",
     .suits = suit_sphere_bytes,
     .run = run_sphere_bytes},
    {.name = "samples: floats to the sphere",
     .kernels = "data_sphere",
     .tolerance = 64,
     .reason = "as for bytes",
     .suits = suit_sphere_floats,
     .run = run_sphere_floats},
    {.name = "samples: order of an epoch",
     .kernels = "data_order",
     .tolerance = 0,
     .reason = "integers",
     .run = run_order},
    {.name = "samples: gathering a batch",
     .kernels = "data_gather",
     .tolerance = 0,
     .reason = "copies",
     .run = run_gather},
    {.name = "samples: patches of images",
     .kernels = "data_patches",
     .tolerance = 64,
     .reason = "as for bytes",
     .suits = are_cut,
     .run = run_patches},
    {0},
};

/* NOLINTEND(bugprone-implicit-widening-of-multiplication-result,bugprone-integer-division) */
