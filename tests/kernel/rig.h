/*
 * For tests of a model: it with what a training step needs, on samples that the test gives. Include
 * <cmocka.h> first.
 */
#ifndef TESTS_KERNEL_RIG_H
#define TESTS_KERNEL_RIG_H

#include "kernel/golden.h"
#include "model/model.h"
#include "train/optimizer.h"

enum { RIG_LOSSES = 512 };

/* A model on a device, and its samples: in their order, and backwards behind an index. */
struct rig {
    dam__device *device;
    dam__gemm *gemm;
    dam__model *model;
    dam__optimizer *optimizer;
    dam__plan *plan;
    dam__matrix samples, reversed, losses;
    dam__buffer *labels, *reversed_labels, *rows;
    dam__device_metrics metrics;
    int count;
};

static inline void close_rig(struct rig *rig)
{
    dam__buffer_destroy(rig->samples.buffer);
    dam__buffer_destroy(rig->reversed.buffer);
    dam__buffer_destroy(rig->losses.buffer);
    dam__buffer_destroy(rig->labels);
    dam__buffer_destroy(rig->reversed_labels);
    dam__buffer_destroy(rig->rows);
    dam__buffer_destroy(rig->metrics.totals.buffer);
    dam__buffer_destroy(rig->metrics.predicted);
    dam__buffer_destroy(rig->metrics.nearest);
    dam__optimizer_destroy(rig->optimizer);
    dam__model_destroy(rig->model);
    dam__gemm_destroy(rig->gemm);
    dam__plan_destroy(rig->plan);
    free(rig);
}

static inline void write_rig(struct rig *rig, int width, const double *x, const double *labels)
{
    size_t count = (size_t)rig->count, dim = (size_t)width;
    double *reversed = calloc(count * dim, sizeof *reversed);
    int32_t *integers = calloc(count, sizeof *integers);
    for (size_t i = 0; i < count; i++)
        memcpy(reversed + (count - 1 - i) * dim, x + i * dim, dim * sizeof *reversed);
    OK(dam__matrix_write_doubles(&rig->samples, x, "test"));
    OK(dam__matrix_write_doubles(&rig->reversed, reversed, "test"));
    for (size_t i = 0; i < count; i++)
        integers[i] = labels != NULL ? (int32_t)labels[i] : 0;
    OK(dam__buffer_write(rig->labels, 0, integers, count * 4, true, "test"));
    for (size_t i = 0; i < count; i++)
        integers[count - 1 - i] = labels != NULL ? (int32_t)labels[i] : 0;
    OK(dam__buffer_write(rig->reversed_labels, 0, integers, count * 4, true, "test"));
    for (size_t i = 0; i < count; i++)
        integers[i] = (int32_t)(count - 1 - i);
    OK(dam__buffer_write(rig->rows, 0, integers, count * 4, true, "test"));
    free(reversed);
    free(integers);
}

/* `count` samples of `width` neurons each; labels may be NULL. */
static inline struct rig *open_rig(const dam_device_info *info, const setting *how,
                                   const dam__model_config *config, const dam__task *task,
                                   int count, int width, int chunk, const double *x,
                                   const double *labels)
{
    struct rig *rig = calloc(1, sizeof *rig);
    size_t index = (size_t)count * sizeof(int32_t);
    rig->count = count;
    rig->device = shared_device(info, how);
    OK(dam__gemm_create(rig->device, how->provider, &rig->gemm));
    OK(dam__model_create(rig->device, rig->gemm, config, task, &rig->model));
    OK(dam__plan_create(rig->device, &rig->plan));
    OK(rig->model->ops->plan(rig->model, rig->plan, chunk));
    OK(dam__optimizer_create(rig->model, rig->plan, &rig->optimizer));
    OK(dam__gemm_plan(rig->gemm, rig->plan));
    OK(dam__plan_matrix(rig->plan, "samples", count, width, 1, &rig->samples));
    OK(dam__plan_matrix(rig->plan, "reversed", count, width, 1, &rig->reversed));
    OK(dam__plan_matrix(rig->plan, "losses", 1, RIG_LOSSES, 1, &rig->losses));
    OK(dam__plan_matrix(rig->plan, "totals", 2, 2, 1, &rig->metrics.totals));
    OK(dam__plan_buffer(rig->plan, "labels", index, &rig->labels));
    OK(dam__plan_buffer(rig->plan, "reversed labels", index, &rig->reversed_labels));
    OK(dam__plan_buffer(rig->plan, "rows", index, &rig->rows));
    OK(dam__plan_buffer(rig->plan, "predicted", index, &rig->metrics.predicted));
    OK(dam__plan_buffer(rig->plan, "nearest", index, &rig->metrics.nearest));
    OK(dam__plan_allocate(rig->plan));
    OK(rig->model->ops->prepare(rig->model));
    OK(dam__optimizer_prepare(rig->optimizer));
    OK(rig->model->ops->initialise(rig->model, 1));
    write_rig(rig, width, x, labels);
    return rig;
}

/* Samples first ... first + size - 1; through the index where the provider can. */
static inline dam__batch rig_batch(const struct rig *rig, int first, int size)
{
    if (dam__gemm_gathers(rig->gemm))
        return (dam__batch){.samples = &rig->reversed,
                            .labels = rig->reversed_labels,
                            .rows = rig->rows,
                            .first = first,
                            .size = size};
    return (dam__batch){
        .samples = &rig->samples, .labels = rig->labels, .first = first, .size = size};
}

static inline double rig_loss(struct rig *rig, const dam__batch *batch)
{
    double losses[RIG_LOSSES];
    OK(rig->model->ops->loss_gradient(rig->model, batch, rig->losses.buffer, 0));
    OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
    return losses[0];
}

#endif
