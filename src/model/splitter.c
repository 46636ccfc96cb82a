#include "model/splitter.h"

#include <stdlib.h>

#include "base/memory.h"

dam_status dam__splitter_plan(dam__splitter *splitter, const dam__model *model, int columns,
                              dam__plan *plan)
{
    int max_memories = model->config.max_memories;
    size_t list = (size_t)max_memories * sizeof(int32_t);
    splitter->device = model->device;
    DAM_TRY(dam__plan_matrix(plan, "splitting: numbers", DAM__SPLIT_NUMBERS, max_memories, 1,
                             &splitter->numbers));
    DAM_TRY(dam__plan_matrix(plan, "splitting: directions by memory", max_memories, columns, 1,
                             &splitter->directions));
    DAM_TRY(dam__plan_buffer(plan, "splitting: order", list, &splitter->order));
    return dam__plan_buffer(plan, "splitting: list", list, &splitter->list);
}

void dam__splitter_free(dam__splitter *splitter)
{
    dam__buffer_destroy(splitter->numbers.buffer);
    dam__buffer_destroy(splitter->directions.buffer);
    dam__buffer_destroy(splitter->order);
    dam__buffer_destroy(splitter->list);
    dam__program_destroy(splitter->program);
}

dam_status dam__splitter_prepare(dam__splitter *splitter)
{
    const struct {
        const char *name;
        dam__kernel **slot;
    } kernels[] = {
        {"split_sums", &splitter->sums},           {"split_centre", &splitter->centre},
        {"split_normalise", &splitter->normalise}, {"split_order", &splitter->permute},
        {"split_advance", &splitter->advance},     {"split_rows", &splitter->rows},
        {"split_copies", &splitter->copies},       {"split_entries", &splitter->entries}};
    DAM_TRY(dam__program_create(splitter->device, "split", "", &splitter->program));
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        DAM_TRY(dam__program_kernel(splitter->program, kernels[i].name, kernels[i].slot));
    return DAM_OK;
}

void dam__splitter_bind(const dam__splitter *splitter, dam__search *search)
{
    search->order = splitter->order;
    search->list = splitter->list;
}

/* --- launches ------------------------------------------------------------------------------------- */

static dam__range vectors(const dam__splitter *splitter, int columns, int rows)
{
    size_t width = (size_t)dam__vector_width(splitter->device);
    return dam__range_items(splitter->device, ((size_t)columns + width - 1) / width, (size_t)rows);
}

static dam__range groups(const dam__splitter *splitter, int count)
{
    return dam__range_groups(splitter->device, (size_t)count, 1);
}

/* Flops and moved reals of each of rows x columns numbers. */
static dam__work work_of(const dam__splitter *splitter, int rows, int columns, double flops,
                         double reals)
{
    double items = (double)rows * columns;
    return (dam__work){.flops = items * flops,
                       .bytes = items * reals * (double)dam__real_size(splitter->device)};
}

dam_status dam__splitter_clear(dam__splitter *splitter)
{
    dam_status status = DAM_OK;
    dam__matrix scales = splitter->numbers;
    size_t count = (size_t)scales.cols;
    double *ones = NULL;
    scales.rows = DAM__SPLIT_NUMBERS;
    DAM_TRY_CLEANUP(dam__alloc(count * DAM__SPLIT_NUMBERS, sizeof *ones, &ones));
    for (size_t i = 0; i < count; i++)
        ones[DAM__SPLIT_SCALE * count + i] = 1;
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&scales, ones, "numbers of a search"));
cleanup:
    free(ones);
    return status;
}

dam_status dam__splitter_sum(const dam__splitter *splitter, const dam__column_sums *what)
{
    const dam__matrix *values = what->values;
    return dam__launch(splitter->sums, vectors(splitter, values->cols, 1),
                       work_of(splitter, what->rows, values->cols, 1, 1),
                       DAM_ARGUMENTS(values, what->sums, what->rows, values->cols, values->ld,
                                     what->sums->ld, what->row, what->absolute, what->accumulate,
                                     what->scale));
}

dam_status dam__splitter_centre(const dam__splitter *splitter, const dam__matrix *values, int rows,
                                const dam__matrix *means)
{
    return dam__launch(splitter->centre, vectors(splitter, values->cols, rows),
                       work_of(splitter, rows, values->cols, 1, 2),
                       DAM_ARGUMENTS(values, means, values->cols, values->ld));
}

/* --- the search ----------------------------------------------------------------------------------- */

/* Row j of `to` from row rows[j] of `from`, or the other way round. */
static dam_status permute(const dam__splitter *splitter, const dam__matrix *from,
                          const dam__matrix *to, const dam__buffer *rows, bool gathers)
{
    int count = splitter->numbers.cols;
    return dam__launch(splitter->permute, groups(splitter, count),
                       work_of(splitter, count, from->cols, 0, 2),
                       DAM_ARGUMENTS(from, to, rows, from->cols, from->ld, gathers));
}

dam_status dam__splitter_arrange(const dam__splitter *splitter, const dam__search *search)
{
    return permute(splitter, &search->directions, &splitter->directions, search->order, false);
}

dam_status dam__splitter_constrain(const dam__splitter *splitter, const dam__search *search)
{
    const dam__matrix *directions = &search->directions;
    return dam__launch(splitter->normalise, groups(splitter, splitter->numbers.cols),
                       work_of(splitter, splitter->numbers.cols, directions->cols, 3, 3),
                       DAM_ARGUMENTS(directions, directions->cols, directions->ld));
}

dam_status dam__splitter_advance(const dam__splitter *splitter, const dam__parameter *memories,
                                 const dam__search *search, const dam__move *move)
{
    const dam__matrix *numbers = &splitter->numbers, *directions = &search->directions;
    return dam__launch(splitter->advance, groups(splitter, search->active),
                       work_of(splitter, search->active, directions->cols, 12, 8),
                       DAM_ARGUMENTS(directions, &memories->gradient, &memories->value,
                                     search->order, numbers, directions->cols, directions->ld,
                                     numbers->ld, move->first, move->last, move->shift, move->reach,
                                     move->rest));
}

dam_status dam__splitter_reorder(const dam__splitter *splitter, const dam__search *search)
{
    const dam__matrix *to = &splitter->directions;
    size_t bytes = (size_t)splitter->numbers.cols * to->ld * dam__real_size(splitter->device);
    DAM_TRY(permute(splitter, &search->directions, to, search->list, true));
    return dam__buffer_copy(to->buffer, 0, search->directions.buffer, 0, bytes);
}

dam_status dam__splitter_read(const dam__splitter *splitter, double *numbers)
{
    dam__matrix first = splitter->numbers;
    first.rows = DAM__GROW_NUMBERS;
    return dam__matrix_read_doubles(&first, numbers, "splitting eigenvalues");
}

/* --- the split ------------------------------------------------------------------------------------ */

dam_status dam__splitter_split(const dam__splitter *splitter, const dam__search *search,
                               const dam__pairs *pairs, const dam__halving *halving,
                               const dam__matrix *memories, const dam__matrix *velocities,
                               const dam__matrix *squares)
{
    int before = splitter->numbers.cols;
    DAM_TRY(dam__launch(splitter->rows, groups(splitter, pairs->count),
                        work_of(splitter, pairs->count, memories->cols, 8, 8),
                        DAM_ARGUMENTS(memories, velocities, &search->directions, search->list,
                                      before, memories->cols, memories->ld, pairs->step,
                                      halving->shrink, halving->slope)));
    if (squares->buffer == NULL)
        return DAM_OK;
    return dam__launch(splitter->copies, groups(splitter, pairs->count),
                       work_of(splitter, pairs->count, memories->cols, 1, 3),
                       DAM_ARGUMENTS(squares, search->list, before, memories->cols, memories->ld,
                                     halving->slope * halving->slope));
}

dam_status dam__splitter_entries(const dam__splitter *splitter, const dam__search *search,
                                 const dam__pairs *pairs, const dam__matrix *matrix, double kept,
                                 double given, double added)
{
    return dam__launch(
        splitter->entries,
        dam__range_items(splitter->device, (size_t)pairs->count, (size_t)matrix->rows),
        work_of(splitter, matrix->rows, pairs->count, 4, 3),
        DAM_ARGUMENTS(matrix, search->list, splitter->numbers.cols, pairs->count, matrix->ld, kept,
                      given, added));
}
