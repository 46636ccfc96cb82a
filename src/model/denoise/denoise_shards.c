/* Shards of a batch whose means are over all of it: what each keeps between the passes. */
#include <stdlib.h>

#include "base/memory.h"
#include "model/denoise/denoise_internal.h"

enum { PASSES = 3 };

static bool is_centred(const dam__model *model)
{
    return model->config.denoise.centring == DAM__CENTRING_BATCH;
}

/* What a shard keeps, in the order of struct denoise_shards.others. */
static void list_kept(struct denoise *denoise, dam__matrix *kept[DAM__DENOISE_KEPT])
{
    dam__matrix *const matrices[DAM__DENOISE_KEPT] = {
        &denoise->noisy,  &denoise->clean,        &denoise->output,     &denoise->hidden,
        &denoise->active, &denoise->shards.pulls, &denoise->outer_sums, &denoise->squares};
    for (int i = 0; i < DAM__DENOISE_KEPT; i++)
        kept[i] = matrices[i];
}

dam_status dam__denoise_shards_plan(struct denoise *denoise, dam__plan *plan)
{
    struct denoise_shards *shards = &denoise->shards;
    const dam__task *task = &denoise->base.task;
    dam__matrix *kept[DAM__DENOISE_KEPT];
    if (task->shards == 0 || task->batch == 0 || !is_centred(&denoise->base))
        return DAM_OK;
    DAM_TRY(dam__alloc((size_t)task->shards, sizeof *shards->others, &shards->others));
    shards->count = task->shards;
    DAM_TRY(
        dam__plan_matrix_like(plan, "gradients of activations", &denoise->active, &shards->pulls));
    for (int i = 0; i < PASSES - 1; i++)
        DAM_TRY(dam__plan_matrix_like(plan, "means of the batch, of shards", &denoise->means,
                                      &shards->means[i]));
    list_kept(denoise, kept);
    for (int s = 1; s < shards->count; s++)
        for (int i = 0; i < DAM__DENOISE_KEPT; i++)
            DAM_TRY(dam__plan_matrix_like(plan, "what a shard keeps", kept[i],
                                          &shards->others[s - 1][i]));
    return DAM_OK;
}

void dam__denoise_shards_free(struct denoise *denoise)
{
    struct denoise_shards *shards = &denoise->shards;
    for (int s = 1; s < shards->count; s++)
        for (int i = 0; i < DAM__DENOISE_KEPT; i++)
            dam__buffer_destroy(shards->others[s - 1][i].buffer);
    dam__buffer_destroy(shards->pulls.buffer);
    for (int i = 0; i < PASSES - 1; i++)
        dam__buffer_destroy(shards->means[i].buffer);
    free(shards->others);
}

void dam__denoise_shards_show(struct denoise *denoise, int memories)
{
    enum { HIDDEN = 3, PULLS = 5 }; /* places in list_kept */
    struct denoise_shards *shards = &denoise->shards;
    shards->pulls.cols = memories;
    for (int i = 0; i < PASSES - 1; i++)
        shards->means[i].cols = memories;
    for (int s = 1; s < shards->count; s++)
        for (int i = HIDDEN; i <= PULLS; i++)
            shards->others[s - 1][i].cols = memories;
}

/* The model's matrices for those of a shard, and back. */
static void exchange(struct denoise *denoise, int number)
{
    dam__matrix *kept[DAM__DENOISE_KEPT];
    if (number == 0)
        return;
    list_kept(denoise, kept);
    for (int i = 0; i < DAM__DENOISE_KEPT; i++) {
        dam__matrix own = *kept[i];
        *kept[i] = denoise->shards.others[number - 1][i];
        denoise->shards.others[number - 1][i] = own;
    }
}

static int count_passes(const dam__model *model)
{
    return is_centred(model) ? PASSES : 1;
}

static dam_status run_pass(dam__model *model, const dam__batch *shard, int number, int pass,
                           const dam__buffer *losses, int slot)
{
    struct denoise *denoise = (struct denoise *)model;
    if (number >= denoise->shards.count || shard->size > denoise->chunk)
        return dam__fail(DAM_INTERNAL, "shard %d of %d samples was not planned", number,
                         shard->size);
    exchange(denoise, number);
    dam_status status = pass == 0   ? dam__denoise_first_pass(denoise, shard)
                        : pass == 1 ? dam__denoise_second_pass(denoise, shard)
                                    : dam__denoise_last_pass(denoise, shard, losses, slot);
    exchange(denoise, number);
    return status;
}

static dam__matrix *shared(dam__model *model, int pass)
{
    return &((struct denoise *)model)->shards.means[pass];
}

const dam__pass_ops dam__denoise_passes = {
    .count = count_passes, .run = run_pass, .shared = shared};
