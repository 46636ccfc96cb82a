#include "model/vmf/selftest_probe.h"

#include <math.h>
#include <stdbool.h>

/* Sizes are small constants of this file.
   NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result) */

/* More memories than a work-group takes at once; a direction for each sample. */
enum { SAMPLES = 5, MEMORIES = 291, COLUMNS = 4, DIM = 300, SCANS = 8, HALVINGS = 5 };
enum { WIDTH = MEMORIES + 1 }; /* with the background */

static const double scalars[] = {6.5, 1.25, 0}; /* b and tau */
static const double limit = 1.5;

/* Similarities and class weights of a model, and the products of directions with its memories. */
struct fixture {
    double *similarities, *along, *weights;
    dam__matrix on_similarities, on_along, on_weights, on_scalars, on_activations;
    dam__buffer *columns, *landed;
};

static dam_status make_fixture(dam__test *test, struct fixture *f)
{
    DAM_TRY(dam__test_numbers(test, SAMPLES * WIDTH, -1, 1, &f->similarities));
    DAM_TRY(dam__test_numbers(test, SAMPLES * WIDTH, -1, 1, &f->along));
    DAM_TRY(dam__test_numbers(test, COLUMNS * WIDTH, 0, 1, &f->weights));
    /* Classes own memories, so that perturbed samples change between them. */
    for (int j = 0; j < WIDTH; j++)
        for (int y = 0; y < COLUMNS; y++)
            f->weights[y * WIDTH + j] *= y == j % COLUMNS ? 1 : 0.0625;
    DAM_TRY(dam__test_matrix(test, SAMPLES, WIDTH, 1, f->similarities, &f->on_similarities));
    DAM_TRY(dam__test_matrix(test, SAMPLES, WIDTH, 1, f->along, &f->on_along));
    DAM_TRY(dam__test_matrix(test, SAMPLES, WIDTH, 1, NULL, &f->on_activations));
    DAM_TRY(dam__test_matrix(test, COLUMNS, WIDTH, 1, f->weights, &f->on_weights));
    DAM_TRY(dam__test_matrix(test, 1, 3, 1, scalars, &f->on_scalars));
    DAM_TRY(dam__test_buffer(test, NULL, 2 * SAMPLES * sizeof(int32_t), &f->columns));
    return dam__test_buffer(test, NULL, SAMPLES * sizeof(int32_t), &f->landed);
}

/* The activations and class sums of sample i, perturbed by an angle. */
static void forward(const struct fixture *f, int i, double angle, double *activations, double *sums)
{
    for (int y = 0; y < COLUMNS; y++)
        sums[y] = 0;
    for (int j = 0; j < WIDTH; j++) {
        double m =
            cos(angle) * f->similarities[i * WIDTH + j] + sin(angle) * f->along[i * WIDTH + j];
        activations[j] = j < MEMORIES ? exp(scalars[0] * m - scalars[1]) : 1;
        for (int y = 0; y < COLUMNS; y++)
            sums[y] += activations[j] * f->weights[y * WIDTH + j];
    }
}

/* The largest of count numbers but for one; the first among equals. */
static int32_t largest(const double *numbers, int count, int except)
{
    int32_t best = except == 0 ? 1 : 0;
    for (int y = 0; y < count; y++)
        if (y != except && numbers[y] > numbers[best])
            best = y;
    return best;
}

static dam_status launch(dam__test *test, const char *name, const dam__argument *arguments)
{
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_kernel(test, "vmf", "-DCOLUMNS=4 -DTILE=3", name, &kernel));
    return dam__launch(kernel, dam__range_groups(test->device, SAMPLES, 1), (dam__work){0},
                       arguments);
}

static dam_status run_posterior(dam__test *test)
{
    struct fixture f;
    dam__matrix probabilities;
    double wanted[SAMPLES * WIDTH], shares[SAMPLES * COLUMNS];
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(dam__test_matrix(test, SAMPLES, COLUMNS, 1, NULL, &probabilities));
    DAM_TRY(launch(test, "vmf_posterior",
                   DAM_ARGUMENTS(&f.on_similarities, &f.on_activations, &probabilities,
                                 &f.on_weights, &f.on_scalars, MEMORIES, f.on_similarities.ld,
                                 f.on_activations.ld, probabilities.ld, f.on_weights.ld)));
    for (int i = 0; i < SAMPLES; i++) {
        double *row = wanted + (size_t)i * WIDTH, sums[COLUMNS], total = 0;
        forward(&f, i, 0, row, sums);
        for (int y = 0; y < COLUMNS; y++)
            total += sums[y];
        for (int y = 0; y < COLUMNS; y++)
            shares[i * COLUMNS + y] = sums[y] / total;
        for (int j = 0; j < WIDTH; j++) {
            double count = 0;
            for (int y = 0; y < COLUMNS; y++)
                count += f.weights[y * WIDTH + j];
            row[j] *= count / total;
        }
    }
    DAM_TRY(dam__test_compare_matrix(test, &f.on_activations, wanted, 0));
    return dam__test_compare_matrix(test, &probabilities, shares, 0);
}

static dam_status run_margin(dam__test *test)
{
    struct fixture f;
    double wanted[SAMPLES * WIDTH];
    int32_t columns[2 * SAMPLES];
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(launch(test, "vmf_margin",
                   DAM_ARGUMENTS(&f.on_similarities, &f.on_activations, f.columns, &f.on_weights,
                                 &f.on_scalars, MEMORIES, f.on_similarities.ld, f.on_weights.ld)));
    for (int i = 0; i < SAMPLES; i++) {
        double *row = wanted + (size_t)i * WIDTH, sums[COLUMNS];
        forward(&f, i, 0, row, sums);
        int first = columns[2 * i] = largest(sums, COLUMNS, -1);
        int second = columns[2 * i + 1] = largest(sums, COLUMNS, first);
        for (int j = 0; j < MEMORIES; j++)
            row[j] *= scalars[0] * (f.weights[second * WIDTH + j] / sums[second] -
                                    f.weights[first * WIDTH + j] / sums[first]);
        row[MEMORIES] = 0;
    }
    DAM_TRY(dam__test_compare_integers(test, f.columns, 2 * SAMPLES, columns));
    return dam__test_compare_matrix(test, &f.on_similarities, wanted, 0);
}

/* The search of vmf_perturb and linear_perturb, over what `lead` says is largest at an angle. */
struct perturbed {
    double angle;
    int32_t landed;
};

static struct perturbed search(int32_t (*lead)(const void *, int, double), const void *of, int i)
{
    int32_t stays = lead(of, i, 0);
    for (int scan = 1; scan <= SCANS; scan++) {
        double low = limit * (scan - 1) / SCANS, high = limit * scan / SCANS;
        if (lead(of, i, high) == stays)
            continue;
        for (int halving = 0; halving < HALVINGS; halving++) {
            double middle = (low + high) / 2;
            bool changed = lead(of, i, middle) != stays;
            low = changed ? low : middle;
            high = changed ? middle : high;
        }
        return (struct perturbed){high, lead(of, i, high)};
    }
    return (struct perturbed){-1, stays};
}

static int32_t lead_of_vmf(const void *of, int i, double angle)
{
    double activations[WIDTH], sums[COLUMNS];
    forward(of, i, angle, activations, sums);
    return largest(sums, COLUMNS, -1);
}

static dam_status run_perturb(dam__test *test)
{
    struct fixture f;
    dam__matrix angles;
    double wanted[SAMPLES];
    int32_t columns[2 * SAMPLES] = {0}, landed[SAMPLES];
    DAM_TRY(make_fixture(test, &f));
    /* One sample is not perturbed: its prediction never changes. */
    for (int j = 0; j <= MEMORIES; j++)
        f.along[j] = 0;
    DAM_TRY(dam__matrix_write_doubles(&f.on_along, f.along, "self-test"));
    DAM_TRY(dam__test_matrix(test, 1, SAMPLES, 1, NULL, &angles));
    for (int i = 0; i < SAMPLES; i++) {
        const struct perturbed found = search(lead_of_vmf, &f, i);
        columns[2 * i] = lead_of_vmf(&f, i, 0);
        wanted[i] = found.angle;
        landed[i] = found.landed;
    }
    DAM_TRY(dam__buffer_write(f.columns, 0, columns, sizeof columns, true, "self-test"));
    DAM_TRY(launch(test, "vmf_perturb",
                   DAM_ARGUMENTS(&f.on_similarities, &f.on_along, &f.on_activations, f.columns,
                                 &angles, f.landed, &f.on_weights, &f.on_scalars, MEMORIES,
                                 f.on_similarities.ld, f.on_weights.ld, limit, SCANS, HALVINGS)));
    DAM_TRY(dam__test_compare_matrix(test, &angles, wanted, 0));
    return dam__test_compare_integers(test, f.landed, SAMPLES, landed);
}

/* --- directions ----------------------------------------------------------------------------------- */

static double dot(const double *x, const double *y)
{
    double sum = 0;
    for (int j = 0; j < DIM; j++)
        sum += x[j] * y[j];
    return sum;
}

static void centre(double *x)
{
    double mean = 0;
    for (int j = 0; j < DIM; j++)
        mean += x[j] / DIM;
    for (int j = 0; j < DIM; j++)
        x[j] -= mean;
}

static dam_status run_tangent(dam__test *test)
{
    enum { FIRST = 2 };
    for (int centred = 0; centred < 2; centred++) {
        double *directions = NULL, *samples = NULL;
        dam__matrix on_directions, on_samples;
        dam__kernel *kernel = NULL;
        DAM_TRY(dam__test_numbers(test, SAMPLES * DIM, -1, 1, &directions));
        DAM_TRY(dam__test_numbers(test, (FIRST + SAMPLES) * DIM, -1, 1, &samples));
        for (int i = 0; i < FIRST + SAMPLES; i++) {
            double *x = samples + (size_t)i * DIM;
            if (centred)
                centre(x);
            double norm = sqrt(dot(x, x));
            for (int j = 0; j < DIM; j++)
                x[j] /= norm;
        }
        /* A direction in which nothing is left. */
        for (int j = 0; j < DIM; j++)
            directions[j] = 0;
        DAM_TRY(dam__test_matrix(test, SAMPLES, DIM, 1, directions, &on_directions));
        DAM_TRY(dam__test_matrix(test, FIRST + SAMPLES, DIM, 1, samples, &on_samples));
        DAM_TRY(dam__test_kernel(test, "probe", "", "probe_tangent", &kernel));
        DAM_TRY(dam__launch(kernel, dam__range_groups(test->device, SAMPLES, 1), (dam__work){0},
                            DAM_ARGUMENTS(&on_directions, &on_samples, FIRST, DIM, on_directions.ld,
                                          on_samples.ld, centred)));
        for (int i = 1; i < SAMPLES; i++) {
            double *u = directions + (size_t)i * DIM;
            const double *x = samples + (size_t)(FIRST + i) * DIM;
            if (centred)
                centre(u);
            double along = dot(u, x);
            for (int j = 0; j < DIM; j++)
                u[j] -= along * x[j];
            double norm = sqrt(dot(u, u));
            for (int j = 0; j < DIM; j++)
                u[j] /= norm;
        }
        DAM_TRY(dam__test_compare_matrix(test, &on_directions, directions, 0));
    }
    return DAM_OK;
}

/* --- softmax regression --------------------------------------------------------------------------- */

enum { CLASSES = 7, MANY = 70 };

static dam_status launch_linear(dam__test *test, const char *name, const dam__argument *arguments)
{
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_kernel(test, "linear", "", name, &kernel));
    return dam__launch(kernel, dam__range_items(test->device, MANY, 1), (dam__work){0}, arguments);
}

/* In place of the logits per_sample (probability - target); the loss. */
static double regress(double *logits, int label, double per_sample)
{
    double sum = 0, loss = 0;
    for (int y = 0; y < CLASSES; y++)
        sum += exp(logits[y]);
    if (label < CLASSES)
        loss = log(sum) - logits[label];
    for (int y = 0; y < CLASSES; y++)
        logits[y] = label < CLASSES ? per_sample * (exp(logits[y]) / sum - (y == label)) : 0;
    return loss;
}

static dam_status run_softmax(dam__test *test)
{
    enum { FIRST = 3 };
    const double per_sample = 0.125, least = -4, most = 4;
    double *logits = NULL, losses[MANY], total = 0;
    int32_t labels[FIRST + MANY];
    dam__matrix on_logits, on_losses, on_total;
    dam__buffer *on_labels = NULL;
    dam__kernel *collect = NULL;
    for (int i = 0; i < FIRST + MANY; i++)
        labels[i] = i % (CLASSES + 1); /* some of no class */
    DAM_TRY(dam__test_numbers(test, MANY * CLASSES, least, most, &logits));
    DAM_TRY(dam__test_matrix(test, MANY, CLASSES, 1, logits, &on_logits));
    DAM_TRY(dam__test_matrix(test, 1, MANY, 1, NULL, &on_losses));
    DAM_TRY(dam__test_matrix(test, 1, 2, 1, NULL, &on_total));
    DAM_TRY(dam__test_buffer(test, labels, sizeof labels, &on_labels));
    DAM_TRY(launch_linear(test, "linear_softmax",
                          DAM_ARGUMENTS(&on_logits, on_labels, &on_losses, MANY, FIRST, CLASSES,
                                        on_logits.ld, per_sample)));
    DAM_TRY(dam__test_kernel(test, "linear", "", "linear_collect", &collect));
    for (int again = 0; again < 2; again++)
        DAM_TRY(dam__launch(collect, dam__range_groups(test->device, 1, 1), (dam__work){0},
                            DAM_ARGUMENTS(&on_losses, &on_total, MANY, 1, again, per_sample)));
    for (int i = 0; i < MANY; i++) {
        losses[i] = regress(logits + (size_t)i * CLASSES, labels[FIRST + i], per_sample);
        total += 2 * per_sample * losses[i];
    }
    DAM_TRY(dam__test_compare_matrix(test, &on_logits, logits, 0));
    DAM_TRY(dam__test_compare_matrix(test, &on_losses, losses, 0));
    return dam__test_compare_matrix(test, &on_total, (const double[]){0, total}, 0);
}

/* Logits of samples and of their directions. */
struct rows {
    double *logits, *along;
};

static int32_t lead_of_linear(const void *of, int i, double angle)
{
    const struct rows *rows = of;
    double mixed[CLASSES];
    for (int y = 0; y < CLASSES; y++)
        mixed[y] =
            cos(angle) * rows->logits[i * CLASSES + y] + sin(angle) * rows->along[i * CLASSES + y];
    return largest(mixed, CLASSES, -1);
}

static dam_status run_linear_perturb(dam__test *test)
{
    struct rows rows;
    double angles[MANY];
    int32_t columns[2 * MANY], landed[MANY];
    dam__matrix on_logits, on_along, on_angles;
    dam__buffer *on_columns = NULL, *on_landed = NULL;
    DAM_TRY(dam__test_numbers(test, MANY * CLASSES, -1, 1, &rows.logits));
    DAM_TRY(dam__test_numbers(test, MANY * CLASSES, -1, 1, &rows.along));
    for (int y = 0; y < CLASSES; y++)
        rows.along[y] = 0;
    DAM_TRY(dam__test_matrix(test, MANY, CLASSES, 1, rows.logits, &on_logits));
    DAM_TRY(dam__test_matrix(test, MANY, CLASSES, 1, rows.along, &on_along));
    DAM_TRY(dam__test_matrix(test, 1, MANY, 1, NULL, &on_angles));
    DAM_TRY(dam__test_buffer(test, NULL, sizeof columns, &on_columns));
    DAM_TRY(dam__test_buffer(test, NULL, sizeof landed, &on_landed));
    for (int i = 0; i < MANY; i++) {
        const struct perturbed found = search(lead_of_linear, &rows, i);
        columns[2 * i] = largest(rows.logits + (size_t)i * CLASSES, CLASSES, -1);
        columns[2 * i + 1] = largest(rows.logits + (size_t)i * CLASSES, CLASSES, columns[2 * i]);
        angles[i] = found.angle;
        landed[i] = found.landed;
    }
    DAM_TRY(dam__buffer_write(on_columns, 0, columns, sizeof columns, true, "self-test"));
    DAM_TRY(launch_linear(test, "linear_perturb",
                          DAM_ARGUMENTS(&on_logits, &on_along, on_columns, &on_angles, on_landed,
                                        MANY, CLASSES, on_logits.ld, limit, SCANS, HALVINGS)));
    DAM_TRY(dam__test_compare_matrix(test, &on_angles, angles, 0));
    DAM_TRY(dam__test_compare_integers(test, on_landed, MANY, landed));
    DAM_TRY(dam__buffer_clear(on_columns));
    DAM_TRY(launch_linear(test, "linear_margin",
                          DAM_ARGUMENTS(&on_logits, on_columns, MANY, CLASSES, on_logits.ld)));
    for (int i = 0; i < MANY; i++)
        for (int y = 0; y < CLASSES; y++)
            rows.logits[i * CLASSES + y] = (y == columns[2 * i + 1]) - (y == columns[2 * i]);
    DAM_TRY(dam__test_compare_integers(test, on_columns, 2 * MANY, columns));
    return dam__test_compare_matrix(test, &on_logits, rows.logits, 0);
}

#define SUMS "exponentials of similarities, summed over a row"
#define ANGLES "angles are the same halvings of the same steps, to a rounding each"

const dam__selftest_case dam__selftest_probe_cases[] = {
    {.name = "vmf: posterior of a sample",
     .kernels = "vmf_posterior",
     .tolerance = 64,
     .reason = SUMS,
     .run = run_posterior},
    {.name = "vmf: margin of a sample",
     .kernels = "vmf_margin",
     .tolerance = 64,
     .reason = SUMS,
     .run = run_margin},
    {.name = "vmf: perturbing a sample",
     .kernels = "vmf_perturb",
     .tolerance = 16,
     .reason = ANGLES,
     .run = run_perturb},
    {.name = "probe: directions on the sphere",
     .kernels = "probe_tangent",
     .tolerance = 32,
     .reason = "sums over a row that partly cancel",
     .run = run_tangent},
    {.name = "linear: softmax",
     .kernels = "linear_softmax linear_collect",
     .tolerance = 64,
     .reason = "exponentials of a row, summed over samples",
     .run = run_softmax},
    {.name = "linear: perturbing a sample",
     .kernels = "linear_perturb linear_margin",
     .tolerance = 16,
     .reason = ANGLES,
     .run = run_linear_perturb},
    {0},
};

/* NOLINTEND(bugprone-implicit-widening-of-multiplication-result) */
