#include "data/teacher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/program.h"
#include "compute/random.h"
#include "data/gaussian.h"
#include "data/holdout.h"
#include "data/patterns.h"

/* Places of the stream: what the draws of one step are for. */
enum { MEMORIES, TRAIN_SAMPLES, TEST_SAMPLES };

enum { PIECE_BYTES = 64 * 1024 * 1024 }; /* samples on the device at once */

/* A piece of samples on the device. */
struct teacher {
    const dam__data_config *config;
    uint64_t seed;
    int split; /* TRAIN_SAMPLES or TEST_SAMPLES */
    int piece; /* samples */
    dam__device *device;
    dam__matrix memories, samples, cosines;
    dam__buffer *owners, *labels;
    dam__program *program;
    dam__kernel *draw, *sample;
};

bool dam__teacher_asked(const dam__data_config *config)
{
    return strcmp(config->name, "teacher") == 0;
}

bool dam__dataset_is_drawn(const dam__data_config *config)
{
    return dam__teacher_asked(config) || dam__patterns_asked(config) ||
           dam__gaussian_asked(config) ||
           (config->validation > 0 && dam__holdout_is_drawn((dam__holdout)config->split));
}

static dam_status draw_memories(const dam__data_config *config, uint64_t seed, dam__array *out)
{
    size_t count = (size_t)config->teacher_memories, dim = (size_t)config->teacher_dim;
    DAM_TRY(dam__array_create(DAM__F64, 2, (const size_t[]){count, dim}, out));
    dam__unit_vectors(seed, DAM__STREAM_TEACHER, MEMORIES, count, dim, out->data);
    return DAM_OK;
}

static void close_teacher(struct teacher *teacher)
{
    dam__buffer_destroy(teacher->memories.buffer);
    dam__buffer_destroy(teacher->samples.buffer);
    dam__buffer_destroy(teacher->cosines.buffer);
    dam__buffer_destroy(teacher->owners);
    dam__buffer_destroy(teacher->labels);
    dam__program_destroy(teacher->program);
}

static dam_status open_teacher(struct teacher *teacher, const dam__array *memories)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    int dim = teacher->config->teacher_dim, piece = teacher->piece;
    size_t index = (size_t)piece * sizeof(int32_t);
    DAM_TRY_CLEANUP(dam__plan_create(teacher->device, &plan));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "teacher: memories", teacher->config->teacher_memories,
                                     dim, 1, &teacher->memories));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "teacher: samples", piece, dim, 1, &teacher->samples));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "teacher: cosines", 1, piece, 1, &teacher->cosines));
    DAM_TRY_CLEANUP(dam__plan_buffer(plan, "teacher: owners", index, &teacher->owners));
    DAM_TRY_CLEANUP(dam__plan_buffer(plan, "teacher: labels", index, &teacher->labels));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&teacher->memories, memories->data, "teacher"));
    DAM_TRY_CLEANUP(dam__program_create(teacher->device, "teacher", "", &teacher->program));
    DAM_TRY_CLEANUP(dam__program_kernel(teacher->program, "teacher_draw", &teacher->draw));
    DAM_TRY_CLEANUP(dam__program_kernel(teacher->program, "teacher_sample", &teacher->sample));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

/* Samples first ... first + count - 1 of the split, on the device. */
static dam_status draw_piece(struct teacher *teacher, int first, int count)
{
    const dam__data_config *config = teacher->config;
    double items = (double)count * config->teacher_dim;
    uint32_t low = (uint32_t)teacher->seed, high = (uint32_t)(teacher->seed >> 32);
    DAM_TRY(dam__launch(teacher->draw, dam__range_items(teacher->device, (size_t)count, 1),
                        (dam__work){.flops = 400.0 * count},
                        DAM_ARGUMENTS(teacher->owners, teacher->labels, &teacher->cosines, count,
                                      first, teacher->split, DAM__STREAM_TEACHER, low, high,
                                      config->teacher_memories, config->teacher_classes,
                                      config->teacher_dim, config->teacher_softening,
                                      config->teacher_beta)));
    return dam__launch(
        teacher->sample, dam__range_groups(teacher->device, (size_t)count, 1),
        (dam__work){.flops = 100 * items, .bytes = items * (double)dam__real_size(teacher->device)},
        DAM_ARGUMENTS(&teacher->samples, &teacher->memories, teacher->owners, &teacher->cosines,
                      first, teacher->split, DAM__STREAM_TEACHER, low, high, config->teacher_dim,
                      teacher->samples.ld, teacher->memories.ld));
}

/* All samples of the split into set, piece by piece. */
static dam_status draw_samples(struct teacher *teacher, dam__dataset *set)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    size_t dim = set->features, piece = (size_t)teacher->piece;
    DAM_TRY_CLEANUP(dam__alloc(piece * dim, sizeof *values, &values));
    for (size_t first = 0; first < set->count; first += piece) {
        size_t count = set->count - first < piece ? set->count - first : piece;
        DAM_TRY_CLEANUP(draw_piece(teacher, (int)first, (int)count));
        DAM_TRY_CLEANUP(dam__matrix_read_doubles(&teacher->samples, values, "teacher's samples"));
        DAM_TRY_CLEANUP(dam__integers_read(teacher->labels, count, set->classes,
                                           set->labels + first, "teacher's labels"));
        float *samples = (float *)set->samples.data + first * dim;
        for (size_t i = 0; i < count * dim; i++)
            samples[i] = (float)values[i];
    }
cleanup:
    free(values);
    return status;
}

static dam_status load_teacher(dam__device *device, const dam__data_config *config, uint64_t seed,
                               dam__split split, dam__dataset *set)
{
    dam_status status = DAM_OK;
    bool train = split == DAM__SPLIT_TRAIN;
    struct teacher teacher = {.config = config,
                              .seed = seed,
                              .split = train ? TRAIN_SAMPLES : TEST_SAMPLES,
                              .device = device};
    set->count = !train                ? DAM__TEACHER_TEST
                 : config->samples > 0 ? (size_t)config->samples
                                       : DAM__TEACHER_TRAIN;
    set->features = (size_t)config->teacher_dim;
    set->classes = config->teacher_classes;
    (void)snprintf(set->name, sizeof set->name, "%s", config->name);
    size_t piece = PIECE_BYTES / sizeof(double) / set->features;
    teacher.piece = (int)(piece < set->count ? piece : set->count);
    DAM_TRY_CLEANUP(draw_memories(config, seed, &set->teacher));
    DAM_TRY_CLEANUP(
        dam__array_create(DAM__F32, 2, (const size_t[]){set->count, set->features}, &set->samples));
    DAM_TRY_CLEANUP(dam__alloc(set->count, sizeof *set->labels, &set->labels));
    DAM_TRY_CLEANUP(open_teacher(&teacher, &set->teacher));
    DAM_TRY_CLEANUP(draw_samples(&teacher, set));
cleanup:
    close_teacher(&teacher);
    return status;
}

static dam_status load_any(dam__device *device, const dam__data_config *config, uint64_t seed,
                           dam__split split, dam__dataset *out)
{
    dam_status status = DAM_OK;
    bool drawn = split == DAM__SPLIT_TRAIN || config->test_images[0] == '\0';
    if (drawn && dam__patterns_asked(config) && config->plaquette <= 1)
        return dam__patterns_load(config, seed, out);
    if (drawn && dam__gaussian_asked(config))
        return dam__gaussian_load(device, config, seed, split, out);
    if (!dam__teacher_asked(config))
        return dam__dataset_load(config, split, out);
    *out = (dam__dataset){0};
    if (drawn)
        DAM_TRY_CLEANUP(load_teacher(device, config, seed, split, out));
    else
        DAM_TRY_CLEANUP(dam__dataset_load(config, split, out));
    /* A separate test set must be prepared like the training samples, too. */
    out->on_sphere = true;
cleanup:
    if (status != DAM_OK)
        dam__dataset_free(out);
    return status;
}

dam_status dam__dataset_load_on(dam__device *device, const dam__data_config *config, uint64_t seed,
                                dam__split split, dam__dataset *out)
{
    dam__data_config own = *config;
    own.seed = seed;
    DAM_TRY(load_any(device, &own, seed, split, out));
    if (split == DAM__SPLIT_TEST)
        return DAM_OK;
    dam_status status = dam__holdout_arrange(config, seed, out);
    if (status != DAM_OK)
        dam__dataset_free(out);
    return status;
}
