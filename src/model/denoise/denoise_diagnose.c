/*
 * What one training step changes (arXiv 2605.10164; docs/transfer.md): for each term of the change
 * of W, the root mean squares of it, of the resulting change of Z, and of that of F, directly and
 * through Z; to first order, on the step's own batch. SGD has two terms, the outer and the inner
 * layer's part of the gradient; Adam's step has only one.
 */
#include <math.h>

#include "model/denoise/denoise_internal.h"

static struct denoise *denoise_of(dam__model *model)
{
    return (struct denoise *)model;
}

static bool is_adam(const dam__model *model)
{
    return model->config.denoise.algorithm == DAM__ALGORITHM_ADAM;
}

static bool is_softmax(const dam__model *model)
{
    return model->config.denoise.activation == DAM__ACTIVATION_SOFTMAX;
}

/* The numbers: of each term, then of the biases, the spectrum of T, and a softmax's width. */
enum { OF_TERM = 4, OF_REST = 4 };
enum { CHANGE_W, CHANGE_Z, DIRECT_F, THROUGH_F };
enum { CHANGE_B, CHANGE_C, SPIKE, BULK };

static int terms_of(const dam__model *model)
{
    return is_adam(model) ? 1 : 2;
}

static int names_of(const dam__model *model, const char *names[DAM__MAX_DIAGNOSED])
{
    static const char *const sgd[] = {"D1W", "D1Z", "D11F", "D21F", "D2W", "D2Z", "D12F", "D22F"};
    static const char *const adam[] = {"DW", "DZ", "D1F", "D2F"};
    static const char *const rest[] = {"DbZ", "DcF", "lmax", "bulk"};
    int count = OF_TERM * terms_of(model);
    for (int i = 0; i < count; i++)
        names[i] = is_adam(model) ? adam[i] : sgd[i];
    for (int i = 0; i < OF_REST; i++)
        names[count++] = rest[i];
    if (is_softmax(model))
        names[count++] = "K_eff";
    return count;
}

/* --- memory --------------------------------------------------------------------------------------- */

static dam_status plan(dam__model *model, dam__plan *plan)
{
    struct denoise *denoise = denoise_of(model);
    struct denoise_diagnosis *d = &denoise->diagnosis;
    const dam__matrix *w = &model->parameters[MEMORIES].value;
    int memories = w->rows, dim = w->cols, batch = denoise->chunk;
    if (denoise->count > 1)
        return dam__fail(DAM_INTERNAL, "diagnostics are for one replica at a time");
    DAM_TRY(dam__plan_matrix(plan, "diagnostics: change of memories", memories, dim, 1, &d->term));
    DAM_TRY(dam__plan_matrix(plan, "diagnostics: change of Z", batch, memories, 1, &d->change));
    DAM_TRY(dam__plan_matrix(plan, "diagnostics: T T'", batch, batch, 1, &d->gram));
    DAM_TRY(dam__plan_matrix(plan, "diagnostics: sums of rows", 1,
                             memories > batch ? memories : batch, 1, &d->squares));
    DAM_TRY(dam__plan_matrix(plan, "diagnostics: zeros", 1, memories, 1, &d->nothing));
    if (is_adam(model)) {
        DAM_TRY(dam__plan_matrix(plan, "diagnostics: old memories", memories, dim, 1, &d->old));
        DAM_TRY(dam__plan_matrix(plan, "diagnostics: old b", 1, memories, 1, &d->biases));
        DAM_TRY(dam__plan_matrix(plan, "diagnostics: old c", 1, dim, 1, &d->outers));
    }
    DAM_TRY(dam__power_plan(&d->power, model->device, batch, plan));
    DAM_TRY(dam__gemm_reserve(model->gemm, dam__whole(&denoise->active, false),
                              dam__whole(&denoise->active, true), &d->gram));
    DAM_TRY(dam__gemm_reserve(model->gemm, dam__whole(&denoise->noisy, false),
                              dam__whole(&d->term, true), &d->change));
    return dam__gemm_reserve(model->gemm, dam__whole(&d->change, false), dam__whole(w, false),
                             &denoise->output);
}

static dam_status prepare(dam__model *model)
{
    struct denoise_diagnosis *d = &denoise_of(model)->diagnosis;
    DAM_TRY(dam__program_create(model->device, "diagnose", "", &d->program));
    DAM_TRY(dam__program_kernel(d->program, "diagnose_squares", &d->sum_squares));
    DAM_TRY(dam__program_kernel(d->program, "diagnose_collect", &d->collect));
    DAM_TRY(dam__program_kernel(d->program, "diagnose_subtract", &d->subtract));
    DAM_TRY(dam__program_kernel(d->program, "diagnose_centre", &d->centre));
    return dam__power_prepare(&d->power);
}

void dam__denoise_diagnosis_free(struct denoise *denoise)
{
    struct denoise_diagnosis *d = &denoise->diagnosis;
    dam__matrix *const matrices[] = {&d->term,   &d->old,  &d->biases,  &d->outers,
                                     &d->change, &d->gram, &d->squares, &d->nothing};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        dam__buffer_destroy(matrices[i]->buffer);
    dam__power_free(&d->power);
    dam__program_destroy(d->program);
}

/* --- numbers -------------------------------------------------------------------------------------- */

/* Where a step's numbers go. */
struct place {
    struct denoise *denoise;
    int size; /* samples of the batch */
    const dam__matrix *numbers;
    size_t row; /* first item of the step's row */
};

static struct place place_of(dam__model *model, int size, const dam__matrix *numbers, int row)
{
    return (struct place){denoise_of(model), size, numbers, (size_t)row * numbers->ld};
}

static dam__work work_of(const struct denoise *denoise, double items, double reals)
{
    return (dam__work){.flops = 2 * items,
                       .bytes = items * reals * (double)dam__real_size(denoise->base.device)};
}

/* The sums of the squares of the first rows of a matrix, then what becomes of them. */
static dam_status collect(const struct place *at, const dam__matrix *matrix, int rows, bool inverse,
                          double scale, int number)
{
    const struct denoise_diagnosis *d = &at->denoise->diagnosis;
    dam__device *device = at->denoise->base.device;
    DAM_TRY(dam__launch(d->sum_squares, dam__range_groups(device, (size_t)rows, 1),
                        work_of(at->denoise, (double)rows * matrix->cols, 1),
                        DAM_ARGUMENTS(matrix, &d->squares, matrix->cols, matrix->ld)));
    return dam__launch(
        d->collect, dam__range_groups(device, 1, 1), work_of(at->denoise, rows, 1),
        DAM_ARGUMENTS(&d->squares, at->numbers, rows, (int)at->row + number, inverse, scale));
}

/* Root mean square of the first rows of factor times a matrix. */
static dam_status root_mean_square(const struct place *at, const dam__matrix *matrix, int rows,
                                   double factor, int number)
{
    double items = (double)rows * matrix->cols;
    return collect(at, matrix, rows, false, factor * factor / items, number);
}

static dam__range vectors(const struct denoise *denoise, const dam__matrix *matrix, int rows)
{
    size_t vector_width = (size_t)dam__vector_width(denoise->base.device);
    return dam__range_items(denoise->base.device,
                            ((size_t)matrix->cols + vector_width - 1) / vector_width, (size_t)rows);
}

/* out = scale matrix - out. */
static dam_status subtract(struct denoise *denoise, const dam__matrix *matrix, double scale,
                           const dam__matrix *out)
{
    return dam__launch(denoise->diagnosis.subtract, vectors(denoise, matrix, matrix->rows),
                       work_of(denoise, (double)dam__matrix_items(matrix), 3),
                       DAM_ARGUMENTS(matrix, out, matrix->cols, matrix->ld, scale));
}

static dam__operand rows_of(const dam__matrix *matrix, int size, bool transposed)
{
    return (dam__operand){.matrix = matrix, .transposed = transposed, .height = size};
}

/* What the change of W in `term` makes of Z and F; w is W before the step. */
static dam_status follow_term(const struct place *at, const dam__matrix *w, int first)
{
    struct denoise *denoise = at->denoise;
    struct denoise_diagnosis *d = &denoise->diagnosis;
    dam__gemm *gemm = denoise->base.gemm;
    const dam__matrix *change = &d->change, *output = &denoise->output;
    double s1 = denoise->scales.s1, s2 = denoise->scales.s2;
    bool centred = denoise->base.config.denoise.centring == DAM__CENTRING_BATCH;
    DAM_TRY(root_mean_square(at, &d->term, d->term.rows, 1, first + CHANGE_W));
    DAM_TRY(dam__gemm_run(gemm, s2, rows_of(&denoise->active, at->size, false),
                          dam__whole(&d->term, false), 0, output));
    DAM_TRY(root_mean_square(at, output, at->size, 1, first + DIRECT_F));
    DAM_TRY(dam__gemm_run(gemm, s1, rows_of(&denoise->noisy, at->size, false),
                          dam__whole(&d->term, true), 0, change));
    DAM_TRY(root_mean_square(at, change, at->size, 1, first + CHANGE_Z));
    DAM_TRY(dam__denoise_push(denoise, change, &d->nothing, at->size));
    if (centred)
        DAM_TRY(dam__launch(d->centre, vectors(denoise, change, at->size),
                            work_of(denoise, (double)at->size * change->cols, 2),
                            DAM_ARGUMENTS(change, &denoise->means, change->cols, change->ld)));
    DAM_TRY(
        dam__gemm_run(gemm, s2, rows_of(change, at->size, false), dam__whole(w, false), 0, output));
    return root_mean_square(at, output, at->size, 1, first + THROUGH_F);
}

/* Eigenvalues of T T' / K, of a softmax K T T', whose entries are of order 1; and its width. */
static dam_status look_at_activations(const struct place *at, int first)
{
    struct denoise *denoise = at->denoise;
    struct denoise_diagnosis *d = &denoise->diagnosis;
    const dam__model *model = &denoise->base;
    double memories = model->config.memories, scale = is_softmax(model) ? memories : 1 / memories;
    DAM_TRY(dam__gemm_run(model->gemm, scale, rows_of(&denoise->active, at->size, false),
                          rows_of(&denoise->active, at->size, true), 0, &d->gram));
    DAM_TRY(dam__power_top(&d->power, &d->gram, at->size, false, 1, at->numbers->buffer,
                           at->row + (size_t)(first + SPIKE)));
    DAM_TRY(dam__power_top(&d->power, &d->gram, at->size, true, 1, at->numbers->buffer,
                           at->row + (size_t)(first + BULK)));
    if (is_softmax(model))
        DAM_TRY(collect(at, &denoise->hidden, at->size, true, 1.0 / at->size, first + OF_REST));
    return DAM_OK;
}

/* --- verbs ---------------------------------------------------------------------------------------- */

/* Both terms of a step of SGD, without what momentum keeps of earlier ones. */
static dam_status follow_gradient(const struct place *at, double rate)
{
    struct denoise *denoise = at->denoise;
    const dam__parameter *parameters = denoise->base.parameters;
    const dam__matrix *w = &parameters[MEMORIES].value, *term = &denoise->diagnosis.term;
    double own = rate * parameters[MEMORIES].rate_scale;
    DAM_TRY(root_mean_square(at, &parameters[INNER].gradient, 1,
                             rate * parameters[INNER].rate_scale, 2 * OF_TERM + CHANGE_B));
    DAM_TRY(root_mean_square(at, &parameters[OUTER].gradient, 1,
                             rate * parameters[OUTER].rate_scale, 2 * OF_TERM + CHANGE_C));
    DAM_TRY(dam__gemm_run(denoise->base.gemm, -own * denoise->scales.s2,
                          rows_of(&denoise->active, at->size, true),
                          rows_of(&denoise->output, at->size, false), 0, term));
    DAM_TRY(follow_term(at, w, 0));
    DAM_TRY(subtract(denoise, &parameters[MEMORIES].gradient, -own, term));
    return follow_term(at, w, OF_TERM);
}

static dam_status keep(const dam__matrix *value, const dam__matrix *out, size_t real)
{
    return dam__buffer_copy(value->buffer, 0, out->buffer, 0, value->stride * real);
}

static dam_status before(dam__model *model, int size, double rate, const dam__matrix *numbers,
                         int row)
{
    const struct place at = place_of(model, size, numbers, row);
    const struct denoise_diagnosis *d = &at.denoise->diagnosis;
    const dam__parameter *parameters = model->parameters;
    size_t real = dam__real_size(model->device);
    DAM_TRY(dam__denoise_again(at.denoise, size));
    DAM_TRY(look_at_activations(&at, OF_TERM * terms_of(model)));
    if (is_adam(model)) {
        DAM_TRY(keep(&parameters[MEMORIES].value, &d->old, real));
        DAM_TRY(keep(&parameters[MEMORIES].value, &d->term, real));
        DAM_TRY(keep(&parameters[INNER].value, &d->biases, real));
        DAM_TRY(keep(&parameters[OUTER].value, &d->outers, real));
    } else {
        DAM_TRY(follow_gradient(&at, rate * model->rate)); /* with eta0 */
    }
    return DAM_OK;
}

static dam_status after(dam__model *model, int size, const dam__matrix *numbers, int row)
{
    const struct place at = place_of(model, size, numbers, row);
    struct denoise *denoise = at.denoise;
    const struct denoise_diagnosis *d = &denoise->diagnosis;
    const dam__parameter *parameters = model->parameters;
    if (!is_adam(model))
        return DAM_OK;
    DAM_TRY(subtract(denoise, &parameters[MEMORIES].value, 1, &d->term));
    DAM_TRY(follow_term(&at, &d->old, 0));
    DAM_TRY(subtract(denoise, &parameters[INNER].value, 1, &d->biases));
    DAM_TRY(root_mean_square(&at, &d->biases, 1, 1, OF_TERM + CHANGE_B));
    DAM_TRY(subtract(denoise, &parameters[OUTER].value, 1, &d->outers));
    return root_mean_square(&at, &d->outers, 1, 1, OF_TERM + CHANGE_C);
}

const dam__diagnose_ops dam__denoise_diagnose = {
    .names_of = names_of, .plan = plan, .prepare = prepare, .before = before, .after = after};
