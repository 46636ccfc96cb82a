#include "analyse/activations.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/model_type.h"
#include "train/checkpoint.h"

/* Both matrices hold one batch. */
struct table {
    dam__workbench bench;
    dam__matrix posterior, probabilities;
};

static void forget(void *user)
{
    struct table *table = user;
    dam__buffer_destroy(table->posterior.buffer);
    dam__buffer_destroy(table->probabilities.buffer);
    table->posterior.buffer = NULL;
    table->probabilities.buffer = NULL;
}

static dam_status plan(void *user, dam__workbench *bench)
{
    struct table *table = user;
    dam__model *model = bench->model;
    if (model->ops->probe == NULL || model->ops->probe->posterior == NULL)
        return dam__fail(DAM_USAGE, "the %s model does not tell which memories a sample activates",
                         dam__model_type_of(&model->config)->name);
    DAM_TRY(model->ops->probe->plan(model, bench->plan));
    DAM_TRY(dam__plan_matrix(bench->plan, "posterior", bench->chunk, model->config.memories + 1, 1,
                             &table->posterior));
    return dam__plan_matrix(bench->plan, "class probabilities", bench->chunk,
                            model->task.classes + 1, 1, &table->probabilities);
}

void dam__activations_free(dam__activations *activations)
{
    free(activations->posterior);
    free(activations->probabilities);
    *activations = (dam__activations){0};
}

static dam_status read_batch(const struct table *table, int offset, int size, dam__activations *out)
{
    dam__matrix posterior = table->posterior, probabilities = table->probabilities;
    posterior.rows = probabilities.rows = size;
    DAM_TRY(dam__matrix_read_doubles(
        &posterior, out->posterior + (size_t)offset * (out->memories + 1), "posterior"));
    return dam__matrix_read_doubles(
        &probabilities, out->probabilities + (size_t)offset * out->columns, "class probabilities");
}

dam_status dam__activations_of(const dam__workbench_options *options, dam__activations *out)
{
    dam_status status = DAM_OK;
    struct table table = {0};
    dam__model_config config = *options->config;
    dam__workbench_options bench = *options;
    dam__activations found = {.samples = options->count, .columns = (size_t)options->classes + 1};
    size_t cells = 0;
    *out = (dam__activations){0};
    bench.config = &config;
    DAM_TRY_CLEANUP(dam__checkpoint_memories(bench.run, &config.memories));
    found.memories = (size_t)config.memories;
    DAM_TRY_CLEANUP(dam__multiply(found.samples, found.memories + 1, &cells));
    DAM_TRY_CLEANUP(dam__workbench_open(
        &bench, &(dam__workbench_extras){.user = &table, .plan = plan, .forget = forget},
        &table.bench));
    const dam__probe_ops *probe = table.bench.model->ops->probe;
    DAM_TRY_CLEANUP(probe->prepare(table.bench.model));
    DAM_TRY_CLEANUP(dam__alloc(cells, sizeof *found.posterior, &found.posterior));
    DAM_TRY_CLEANUP(dam__alloc(found.samples * found.columns, sizeof *found.probabilities,
                               &found.probabilities));
    DAM_TRY_CLEANUP(dam__loader_begin(table.bench.loader, 0, 0));
    for (int offset = 0; offset < (int)found.samples;) {
        dam__batch batch;
        DAM_TRY_CLEANUP(dam__loader_next(table.bench.loader, &batch));
        DAM_TRY_CLEANUP(
            probe->posterior(table.bench.model, &batch, &table.posterior, &table.probabilities));
        DAM_TRY_CLEANUP(read_batch(&table, offset, batch.size, &found));
        offset += batch.size;
    }
    *out = found;
    found = (dam__activations){0};
cleanup:
    dam__activations_free(&found);
    forget(&table);
    dam__workbench_close(&table.bench);
    return status;
}

size_t dam__activations_predicted(const dam__activations *activations, size_t sample)
{
    const double *row = activations->probabilities + sample * activations->columns;
    size_t best = 0;
    for (size_t y = 1; y < activations->columns; y++)
        best = row[y] > row[best] ? y : best;
    return best;
}

void dam__activations_top(const dam__activations *activations, size_t sample, size_t most,
                          size_t *memories)
{
    const double *row = activations->posterior + sample * (activations->memories + 1);
    size_t count = 0;
    for (size_t mu = 0; mu < activations->memories; mu++) {
        size_t place = count;
        while (place > 0 && row[mu] > row[memories[place - 1]])
            place--;
        if (place == most)
            continue;
        count += count < most;
        for (size_t i = count - 1; i > place; i--)
            memories[i] = memories[i - 1];
        memories[place] = mu;
    }
}
