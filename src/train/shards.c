#include "train/shards.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/program.h"

enum { MOST_LEVELS = 10, MOST_SUMS = DAM__MAX_PARAMETERS + DAM__MOST_PASSES };

_Static_assert(1 << MOST_LEVELS == DAM__MOST_SHARDS, "levels of the tree");

/*
 * A matrix that every shard gives a part of. The parts are added in a binary tree as they come:
 * like a counter in binary, the sums of 2^l neighbours that wait for their twins are kept, one a
 * level.
 */
struct sum {
    dam__matrix *total;        /* the part of the shard at hand; at last all of it */
    const dam__matrix *scales; /* of its rows, as dam__parameter.scales; NULL: none */
    /* The first also takes what another rank gives. */
    dam__matrix kept[MOST_LEVELS], kept_scales[MOST_LEVELS];
};

struct dam__shards {
    dam__model *model;
    dam__comm *comm;     /* borrowed; NULL: one rank */
    int count;           /* of a batch */
    int own, first;      /* those of this rank */
    int levels;          /* of their tree */
    int kept_levels;     /* that there is memory for */
    char *given, *taken; /* on the host: what ranks exchange */
    int sum_count;
    int pass_sums; /* those behind the first: one after each pass but the last */
    struct sum sums[MOST_SUMS];
    dam__matrix loss; /* 1 x replicas: of the shard at hand */
    dam__program *program;
    dam__kernel *add, *add_scaled;
};

/* --- memory ------------------------------------------------------------------------------------- */

static dam_status plan_sum(dam__shards *shards, dam__plan *plan, const char *name,
                           dam__matrix *total, const dam__matrix *scales)
{
    struct sum *sum = &shards->sums[shards->sum_count++];
    char full[96];
    (void)snprintf(full, sizeof full, "%s, sums of shards", name);
    *sum = (struct sum){.total = total, .scales = scales};
    for (int level = 0; level < shards->kept_levels; level++) {
        DAM_TRY(dam__plan_matrix_like(plan, full, total, &sum->kept[level]));
        if (scales != NULL)
            DAM_TRY(dam__plan_matrix_like(plan, full, scales, &sum->kept_scales[level]));
    }
    return DAM_OK;
}

static int passes_of(const dam__model *model)
{
    const dam__pass_ops *passes = model->ops->passes;
    return passes != NULL ? passes->count(model) : 1;
}

static dam_status plan_sums(dam__shards *shards, dam__plan *plan)
{
    dam__model *model = shards->model;
    int replicas = model->task.count > 0 ? model->task.count : 1;
    DAM_TRY(dam__plan_matrix(plan, "loss of a shard", 1, replicas, 1, &shards->loss));
    for (int pass = 0; pass < passes_of(model) - 1; pass++)
        DAM_TRY(plan_sum(shards, plan, "means of the batch",
                         model->ops->passes->shared(model, pass), NULL));
    shards->pass_sums = shards->sum_count;
    for (int i = 0; i < model->parameter_count; i++) {
        dam__parameter *parameter = &model->parameters[i];
        char name[64];
        (void)snprintf(name, sizeof name, "%s: gradient", parameter->name);
        if (parameter->trained)
            DAM_TRY(plan_sum(shards, plan, name, &parameter->gradient,
                             parameter->rule == DAM__RULE_MAX_NORM ? parameter->scales : NULL));
    }
    return plan_sum(shards, plan, "loss", &shards->loss, NULL);
}

dam_status dam__sharing_own(const dam__sharing *sharing, int *own)
{
    int count = sharing->count > 0 ? sharing->count : 1, ranks = dam__comm_size(sharing->comm);
    if (count % ranks != 0)
        return dam__fail(DAM_USAGE,
                         "train.shards = %d cannot be shared by %d ranks; start 2, 4, 8, ... of "
                         "them, and set train.shards to as many or a multiple",
                         count, ranks);
    *own = count > 1 ? count / ranks : 0;
    return DAM_OK;
}

/* The trees of the ranks' own shards, and the one above them that joins the ranks. */
static dam_status shape(dam__shards *shards, const dam__sharing *sharing)
{
    DAM_TRY(dam__sharing_own(sharing, &shards->own));
    shards->comm = sharing->comm;
    shards->count = sharing->count > 0 ? sharing->count : 1;
    if ((shards->count & (shards->count - 1)) != 0 || shards->count > DAM__MOST_SHARDS)
        return dam__fail(DAM_INTERNAL, "%d shards are no power of two, or too many", shards->count);
    shards->first = shards->own * dam__comm_rank(shards->comm);
    while (1 << shards->levels < shards->own)
        shards->levels++;
    shards->kept_levels = shards->levels;
    if (dam__comm_size(shards->comm) > 1 && shards->kept_levels == 0)
        shards->kept_levels = 1;
    return DAM_OK;
}

dam_status dam__shards_create(dam__model *model, const dam__sharing *sharing, dam__plan *plan,
                              dam__shards **out)
{
    dam_status status = DAM_OK;
    dam__shards *shards = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *shards, &shards));
    shards->model = model;
    DAM_TRY_CLEANUP(shape(shards, sharing));
    if (shards->count > 1)
        DAM_TRY_CLEANUP(plan_sums(shards, plan));
    *out = shards;
    shards = NULL;
cleanup:
    dam__shards_destroy(shards);
    return status;
}

void dam__shards_destroy(dam__shards *shards)
{
    if (shards == NULL)
        return;
    for (int i = 0; i < shards->sum_count; i++)
        for (int level = 0; level < shards->kept_levels; level++) {
            dam__buffer_destroy(shards->sums[i].kept[level].buffer);
            dam__buffer_destroy(shards->sums[i].kept_scales[level].buffer);
        }
    dam__buffer_destroy(shards->loss.buffer);
    dam__program_destroy(shards->program);
    free(shards->given);
    free(shards->taken);
    free(shards);
}

/* All of a matrix, in bytes. */
static size_t bytes_of(const dam__shards *shards, const dam__matrix *matrix)
{
    return matrix->stride * (size_t)matrix->count * dam__real_size(shards->model->device);
}

/* Of all sums, which ranks exchange once a level. */
static size_t exchanged_bytes(const dam__shards *shards)
{
    size_t bytes = 0;
    for (int i = 0; i < shards->sum_count; i++) {
        const struct sum *sum = &shards->sums[i];
        bytes += bytes_of(shards, sum->total);
        bytes += sum->scales != NULL ? bytes_of(shards, sum->scales) : 0;
    }
    return bytes;
}

size_t dam__shards_traffic(const dam__shards *shards)
{
    size_t levels = 0;
    while (1 << levels < dam__comm_size(shards->comm))
        levels++;
    return levels * exchanged_bytes(shards);
}

/* Host memory for what ranks exchange at once. */
static dam_status prepare_exchange(dam__shards *shards)
{
    size_t bytes = exchanged_bytes(shards);
    DAM_TRY(dam__alloc(bytes, 1, &shards->given));
    return dam__alloc(bytes, 1, &shards->taken);
}

dam_status dam__shards_prepare(dam__shards *shards)
{
    if (shards->count == 1)
        return DAM_OK;
    if (dam__comm_size(shards->comm) > 1)
        DAM_TRY(prepare_exchange(shards));
    DAM_TRY(dam__program_create(shards->model->device, "shards", "", &shards->program));
    DAM_TRY(dam__program_kernel(shards->program, "shards_add", &shards->add));
    return dam__program_kernel(shards->program, "shards_add_scaled", &shards->add_scaled);
}

/* --- sums ----------------------------------------------------------------------------------------- */

/* total += kept, of their present rows and columns. */
static dam_status add(const dam__shards *shards, const struct sum *sum, int level)
{
    const dam__matrix *total = sum->total, *kept = &sum->kept[level];
    dam__device *device = shards->model->device;
    size_t vector_width = (size_t)dam__vector_width(device);
    double items = (double)dam__matrix_items(total);
    dam__work work = {.flops = items, .bytes = 3 * items * (double)dam__real_size(device)};
    if (sum->scales != NULL)
        return dam__launch(shards->add_scaled,
                           dam__range_groups(device, (size_t)total->rows, (size_t)total->count),
                           work,
                           DAM_ARGUMENTS(total, kept, sum->scales, &sum->kept_scales[level],
                                         total->cols, dam__arg_shape(total), sum->scales->stride));
    dam__range range = dam__range_items(
        device, ((size_t)total->cols + vector_width - 1) / vector_width, (size_t)total->rows);
    range.global[2] = (size_t)total->count;
    return dam__launch(shards->add, range, work,
                       DAM_ARGUMENTS(total, kept, total->cols, dam__arg_shape(total)));
}

/* --- the tree ----------------------------------------------------------------------------------- */

/* All of it, though only the first row is the gradient's: the optimizer's stays until its step. */
static dam_status copy_scales(const dam__shards *shards, const dam__matrix *from,
                              const dam__matrix *to)
{
    return dam__buffer_copy(from->buffer, 0, to->buffer, 0, bytes_of(shards, from));
}

static void exchange(dam__matrix *a, dam__matrix *b)
{
    dam__buffer *buffer = a->buffer;
    a->buffer = b->buffer;
    b->buffer = buffer;
}

/* The sum so far waits for its twin. */
static dam_status keep(const dam__shards *shards, struct sum *sum, int level)
{
    exchange(sum->total, &sum->kept[level]);
    return sum->scales != NULL ? copy_scales(shards, sum->scales, &sum->kept_scales[level])
                               : DAM_OK;
}

/* Instead of a twin that has no samples. */
static dam_status take_back(const dam__shards *shards, struct sum *sum, int level)
{
    exchange(sum->total, &sum->kept[level]);
    return sum->scales != NULL ? copy_scales(shards, &sum->kept_scales[level], sum->scales)
                               : DAM_OK;
}

/* Of a shard that has samples or not, and of those kept before it: whether there are any is the
 * same for all sums. */
static dam_status carry(const dam__shards *shards, struct sum *sum, int number, bool present,
                        const bool *kept, int *end)
{
    int level = 0;
    for (; (number >> level & 1) != 0; level++)
        if (kept[level]) {
            DAM_TRY(present ? add(shards, sum, level) : take_back(shards, sum, level));
            present = true;
        }
    *end = level;
    return present && level < shards->levels ? keep(shards, sum, level) : DAM_OK;
}

/* Takes a shard's parts of these sums into their trees. */
static dam_status take_parts(dam__shards *shards, int first, int last, int number, bool present,
                             bool *kept)
{
    int end = 0;
    for (int i = first; i < last; i++)
        DAM_TRY(carry(shards, &shards->sums[i], number, present, kept, &end));
    for (int level = 0; level < end; level++)
        present = present || kept[level];
    kept[end] = present;
    return DAM_OK;
}

/* --- the tree above the ranks ------------------------------------------------------------------- */

/* Of a matrix what is in use: fewer rows than there is room for, where it may grow. */
static size_t bytes_used(const dam__shards *shards, const dam__matrix *matrix)
{
    return matrix->count > 1
               ? bytes_of(shards, matrix)
               : matrix->ld * (size_t)matrix->rows * dam__real_size(shards->model->device);
}

/* Sums of this rank to its host; *bytes of them. */
static dam_status give(dam__shards *shards, int first, int last, size_t *bytes)
{
    for (int i = first; i < last; i++) {
        const struct sum *sum = &shards->sums[i];
        size_t size = bytes_used(shards, sum->total);
        DAM_TRY(dam__buffer_read(sum->total->buffer, 0, shards->given + *bytes, size,
                                 "sums for another rank"));
        *bytes += size;
        if (sum->scales == NULL)
            continue;
        size = bytes_used(shards, sum->scales);
        DAM_TRY(dam__buffer_read(sum->scales->buffer, 0, shards->given + *bytes, size,
                                 "scales for another rank"));
        *bytes += size;
    }
    return DAM_OK;
}

/* Sums of another rank to where the first level is kept, which is no longer in use. */
static dam_status take(dam__shards *shards, int first, int last)
{
    const char *from = shards->taken;
    for (int i = first; i < last; i++) {
        const struct sum *sum = &shards->sums[i];
        size_t size = bytes_used(shards, sum->total);
        DAM_TRY(dam__buffer_write(sum->kept[0].buffer, 0, from, size, true, "another rank's sums"));
        from += size;
        if (sum->scales == NULL)
            continue;
        size = bytes_used(shards, sum->scales);
        DAM_TRY(dam__buffer_write(sum->kept_scales[0].buffer, 0, from, size, true,
                                  "another rank's scales"));
        from += size;
    }
    return DAM_OK;
}

/* Whether any of these shards has samples. */
static bool has_samples(const dam__shards *shards, int batch, int first, int count)
{
    return (int64_t)batch * (first + count) / shards->count >
           (int64_t)batch * first / shards->count;
}

/*
 * The upper levels: at each, a rank exchanges its sums with that of the twin, and both add. An
 * addition gives the same bits to both, so at the end all ranks have the same.
 */
static dam_status join_ranks(dam__shards *shards, int batch, int first, int last)
{
    int rank = dam__comm_rank(shards->comm), ranks = dam__comm_size(shards->comm);
    for (int width = 1; width < ranks; width *= 2) {
        int here = rank / width * width * shards->own;
        int there = (rank ^ width) / width * width * shards->own;
        bool present = has_samples(shards, batch, here, width * shards->own);
        size_t bytes = 0;
        if (!has_samples(shards, batch, there, width * shards->own) && !present)
            continue;
        DAM_TRY(give(shards, first, last, &bytes));
        DAM_TRY(
            dam__comm_exchange(shards->comm, rank ^ width, shards->given, shards->taken, bytes));
        if (!has_samples(shards, batch, there, width * shards->own))
            continue;
        DAM_TRY(take(shards, first, last));
        for (int i = first; i < last; i++)
            DAM_TRY(present ? add(shards, &shards->sums[i], 0)
                            : take_back(shards, &shards->sums[i], 0));
    }
    return DAM_OK;
}

/* --- a batch ------------------------------------------------------------------------------------ */

int dam__shards_size(int count, int batch)
{
    return count > 1 ? (batch + count - 1) / count : batch;
}

static dam__batch shard_of(const dam__shards *shards, const dam__batch *batch, int number)
{
    int start = (int)((int64_t)batch->size * number / shards->count);
    int end = (int)((int64_t)batch->size * (number + 1) / shards->count);
    dam__batch shard = dam__batch_part(batch, start, end - start);
    shard.whole = batch->size;
    return shard;
}

static dam_status run_shard(dam__shards *shards, const dam__batch *shard, int number, int pass,
                            int passes)
{
    dam__model *model = shards->model;
    return passes > 1 ? model->ops->passes->run(model, shard, number, pass, shards->loss.buffer, 0)
                      : model->ops->loss_gradient(model, shard, shards->loss.buffer, 0);
}

static dam_status run_pass(dam__shards *shards, const dam__batch *batch, int pass, int passes)
{
    bool kept[MOST_LEVELS + 1] = {false}, last_pass = pass == passes - 1;
    int first = last_pass ? shards->pass_sums : pass;
    int last = last_pass ? shards->sum_count : pass + 1;
    for (int number = 0; number < shards->own; number++) {
        const dam__batch shard = shard_of(shards, batch, shards->first + number);
        if (shard.size > 0)
            DAM_TRY(run_shard(shards, &shard, number, pass, passes));
        DAM_TRY(take_parts(shards, first, last, number, shard.size > 0, kept));
    }
    return join_ranks(shards, batch->size, first, last);
}

dam_status dam__shards_gradient(dam__shards *shards, const dam__batch *batch, dam__buffer *losses,
                                int slot)
{
    dam__model *model = shards->model;
    int passes = shards->count > 1 ? passes_of(model) : 1;
    if (shards->count == 1)
        return model->ops->loss_gradient(model, batch, losses, slot);
    for (int pass = 0; pass < passes; pass++)
        DAM_TRY(run_pass(shards, batch, pass, passes));
    size_t bytes = (size_t)shards->loss.cols * dam__real_size(model->device);
    return dam__buffer_copy(shards->loss.buffer, 0, losses, (size_t)slot * bytes, bytes);
}
