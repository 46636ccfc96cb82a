/* src/train/record.c: frames in 8 bits, thinning, the run file, and records that make no sense. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "train/record.h"

enum { DIM = 7, COLUMNS = 3 };

/* Made-up numbers of a memory at an epoch; those of memory 2 are all 0. */
static double value_of(int epoch, size_t row, size_t i)
{
    return row == 2 ? 0 : sin(1.0 + 3.0 * epoch + 5.0 * (double)row + 7.0 * (double)i) / 3;
}

static double weight_of(int epoch, size_t row, size_t y)
{
    return 1.0 / (1 + epoch + (double)row + (double)y) * 1e-9;
}

static void add(dam__record *record, int epoch, int stage, int memories, int rows, int every)
{
    double *values = calloc((size_t)rows * DIM, sizeof *values);
    double *weights = calloc((size_t)rows * COLUMNS, sizeof *weights);
    for (size_t row = 0; row < (size_t)rows; row++) {
        for (size_t i = 0; i < DIM; i++)
            values[row * DIM + i] = value_of(epoch, row, i);
        for (size_t y = 0; y < COLUMNS; y++)
            weights[row * COLUMNS + y] = weight_of(epoch, row, y);
    }
    const dam__frame frame = {.epoch = epoch, .stage = stage, .memories = memories, .rows = rows};
    assert_int_equal(dam__record_add(record, &frame, every, DIM, COLUMNS, values, weights), DAM_OK);
    free(values);
    free(weights);
}

static void assert_frame(const dam__record *record, size_t frame)
{
    const dam__frame *shown = &record->frames[frame];
    for (size_t row = 0; row < (size_t)shown->rows; row++) {
        float got[DIM];
        double most = 0;
        dam__record_memory(record, frame, row, got);
        for (size_t i = 0; i < DIM; i++)
            most = fmax(most, fabs(value_of(shown->epoch, row, i)));
        for (size_t i = 0; i < DIM; i++)
            assert_true(fabs((double)got[i] - value_of(shown->epoch, row, i)) <=
                        most * (1.0 / 254 + 1e-6));
        for (size_t y = 0; y < COLUMNS; y++)
            assert_true(dam__record_weights(record, frame, row)[y] ==
                        (float)weight_of(shown->epoch, row, y));
    }
}

/* Three memories that become five; one frame keeps fewer. */
static void make(dam__record *record)
{
    *record = (dam__record){0};
    add(record, 0, 0, 3, 3, 2);
    add(record, 2, 0, 3, 3, 2);
    assert_int_equal(dam__record_split(record, 3, (const int[]){0, 2}, 2), DAM_OK);
    add(record, 3, 1, 5, 5, 2);
    add(record, 4, 1, 5, 4, 2);
}

static void frames_come_back_within_half_a_level(void **state)
{
    (void)state;
    dam__record record;
    make(&record);
    assert_int_equal(record.frame_count, 4);
    assert_int_equal(record.row_count, 3 + 3 + 5 + 4);
    for (size_t i = 0; i < 4; i++)
        assert_frame(&record, i);
    assert_int_equal(record.parent_count, 5);
    assert_memory_equal(record.parents, ((const int32_t[]){-1, -1, -1, 0, 2}), 5 * 4);
    dam__record_free(&record);
    assert_null(record.levels);
}

static void frames_are_due_every_so_many_epochs(void **state)
{
    (void)state;
    dam__record record = {0};
    assert_false(dam__record_due(&record, 0, 0));
    assert_true(dam__record_due(&record, 1, 7));
    assert_true(dam__record_due(&record, 5, 10));
    assert_false(dam__record_due(&record, 5, 11));
    record.spread = 2;
    assert_false(dam__record_due(&record, 5, 15));
    assert_true(dam__record_due(&record, 5, 20));
    record.spread = 1 << 30;
    assert_false(dam__record_due(&record, 1000000, 1 << 30));
}

static void what_is_not_finite_or_too_large_is_refused(void **state)
{
    (void)state;
    dam__record record = {0};
    const dam__frame frame = {.epoch = 3, .memories = 1, .rows = 1};
    const double bad[] = {1, NAN}, huge[] = {1e300, 1}, good[] = {1, 2}, weight[] = {INFINITY};
    assert_int_equal(dam__record_add(&record, &frame, 1, 2, 0, bad, NULL), DAM_DIVERGED);
    assert_string_equal(dam_error(), "memory 0 is not finite after epoch 3");
    assert_int_equal(dam__record_add(&record, &frame, 1, 2, 0, huge, NULL), DAM_DIVERGED);
    assert_int_equal(dam__record_add(&record, &frame, 1, 2, 1, good, weight), DAM_DIVERGED);
    assert_int_equal(record.frame_count, 0);
    assert_int_equal(dam__record_add(&record, &frame, 1, 2, 0, good, NULL), DAM_OK);
    assert_int_equal(dam__record_add(&record, &frame, 1, 1, 0, good, NULL), DAM_INPUT);
    assert_int_equal(record.frame_count, 1);
    dam__record_free(&record);

    assert_int_equal(dam__record_check(5000, 784, 11), DAM_OK);
    assert_int_equal(dam__record_check(6000, 784, 11), DAM_USAGE);
    assert_non_null(strstr(dam_error(), "at most 5041 memories fit"));
    assert_int_equal(dam__record_check(SIZE_MAX / 4, 784, 11), DAM_NO_MEMORY);
}

/* A record of 63 frames. */
static void a_full_record_drops_every_second_frame(void **state)
{
    (void)state;
    enum { WIDE = 20, EPOCHS = 150, SPLIT = 9 };
    dam__record record = {.limit = 63 * (WIDE + sizeof(float))};
    double *memory = calloc(WIDE, sizeof *memory);
    for (int epoch = 0; epoch <= EPOCHS; epoch++) {
        dam__frame frame = {.epoch = epoch, .stage = epoch >= SPLIT, .memories = 1, .rows = 1};
        memory[0] = 1;
        memory[1] = epoch / 256.0;
        if (epoch == SPLIT || dam__record_due(&record, 1, epoch))
            assert_int_equal(dam__record_add(&record, &frame, 1, WIDE, 0, memory, NULL), DAM_OK);
        assert_in_range(record.row_count, 1, 63);
    }
    free(memory);
    /* Full at 63 frames, and again: every 4 epochs, and the first of the second stage. */
    assert_int_equal(record.spread, 4);
    size_t frame = 0;
    for (int epoch = 0; epoch <= EPOCHS; epoch++) {
        if (epoch % 4 != 0 && epoch != SPLIT)
            continue;
        const uint8_t *levels = record.levels + record.frames[frame].first * (size_t)WIDE;
        assert_int_equal(record.frames[frame].epoch, epoch);
        assert_int_equal(record.frames[frame].stage, epoch >= SPLIT);
        assert_int_equal(levels[0], 255);
        assert_int_equal(levels[1], 128 + lround(127 * epoch / 256.0));
        frame++;
    }
    assert_int_equal(record.frame_count, frame);
    dam__record_free(&record);
}

static void assert_same(const dam__record *a, const dam__record *b)
{
    assert_int_equal(a->dim, b->dim);
    assert_int_equal(a->columns, b->columns);
    assert_int_equal(a->spread, b->spread);
    assert_int_equal(a->frame_count, b->frame_count);
    assert_int_equal(a->row_count, b->row_count);
    assert_int_equal(a->parent_count, b->parent_count);
    for (size_t i = 0; i < a->frame_count; i++)
        assert_memory_equal(&a->frames[i], &b->frames[i], sizeof *a->frames);
    assert_memory_equal(a->levels, b->levels, a->row_count * a->dim);
    assert_memory_equal(a->scales, b->scales, a->row_count * sizeof *a->scales);
    assert_memory_equal(a->weights, b->weights, a->row_count * a->columns * sizeof *a->weights);
    assert_memory_equal(a->parents, b->parents, a->parent_count * sizeof *a->parents);
}

static void a_record_goes_through_a_container(void **state)
{
    (void)state;
    dam__record record, back;
    dam__container container = {0};
    make(&record);
    assert_int_equal(dam__record_restore(&container, &back), DAM_OK);
    assert_int_equal(back.frame_count, 0);
    assert_int_equal(dam__record_save(&back, &container), DAM_OK);
    assert_int_equal(container.array_count, 0);
    assert_int_equal(dam__record_save(&record, &container), DAM_OK);
    assert_int_equal(dam__record_restore(&container, &back), DAM_OK);
    assert_same(&record, &back);
    /* And goes on as if nothing had happened. */
    add(&record, 6, 1, 5, 5, 2);
    add(&back, 6, 1, 5, 5, 2);
    assert_same(&record, &back);
    dam__record_free(&record);
    dam__record_free(&back);
    dam__container_free(&container);
}

/* The container's item i of an array, to be changed. */
static dam__array *array_of(dam__container *container, const char *name)
{
    for (size_t i = 0; i < container->array_count; i++)
        if (strcmp(container->arrays[i].name, name) == 0)
            return &container->arrays[i].array;
    fail_msg("no array %s", name);
    return NULL;
}

static void refuse(dam__container *container, const char *words)
{
    dam__record back = {0};
    assert_int_equal(dam__record_restore(container, &back), DAM_INPUT);
    assert_non_null(strstr(dam_error(), words));
    assert_null(back.levels);
    assert_int_equal(back.frame_count, 0);
}

static void bad_records_are_refused(void **state)
{
    (void)state;
    dam__record record;
    dam__container container = {0};
    make(&record);
    assert_int_equal(dam__record_save(&record, &container), DAM_OK);

    const struct {
        size_t item;
        int64_t value;
    } frames[] = {{0, -1}, {0, INT64_MAX}, {4, 5},          {5, 2},          {8, 1}, {9, -1},
                  {2, 0},  {2, 6},         {2, INT64_MAX},  {6, 2},          {3, 4}, {3, 0},
                  {7, -3}, {15, 5},        {15, INT64_MAX}, {15, INT64_MIN}, {14, 3}};
    int64_t *items = array_of(&container, "record/frames")->data;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        int64_t kept = items[frames[i].item];
        items[frames[i].item] = frames[i].value;
        refuse(&container, "impossible frames");
        items[frames[i].item] = kept;
    }
    int64_t *spread = array_of(&container, "record/spread")->data;
    const int64_t spreads[] = {0, -1, INT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        *spread = spreads[i];
        refuse(&container, "impossible frames");
    }
    *spread = 1;
    int32_t *parents = array_of(&container, "record/parents")->data;
    const int32_t wrong[] = {3, 4, -2, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        parents[3] = wrong[i];
        refuse(&container, "impossible parents");
    }
    parents[3] = 0;
    array_of(&container, "record/parents")->shape[0] = 4;
    refuse(&container, "impossible parents");
    array_of(&container, "record/parents")->shape[0] = 5;
    float *scales = array_of(&container, "record/scales")->data;
    const float bad[] = {NAN, INFINITY, -1};
    float scale = scales[14];
    for (size_t i = 0; i < 3; i++) {
        scales[14] = bad[i];
        refuse(&container, "not finite");
    }
    scales[14] = scale;
    float *weights = array_of(&container, "record/class_weights")->data;
    float weight = weights[15 * COLUMNS - 1];
    weights[15 * COLUMNS - 1] = INFINITY;
    refuse(&container, "not finite");
    weights[15 * COLUMNS - 1] = weight;

    /* Every array missing, too short, or of another type. */
    static const char *const names[] = {"record/spread", "record/memories", "record/scales",
                                        "record/class_weights", "record/parents"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        dam__array *array = array_of(&container, names[i]);
        char *name = NULL;
        for (size_t j = 0; j < container.array_count; j++)
            if (&container.arrays[j].array == array)
                name = container.arrays[j].name;
        *name = '~';
        refuse(&container, "use another copy");
        *name = 'r';
        dam__element element = array->element;
        array->element = element == DAM__U8 ? DAM__F64 : DAM__U8;
        refuse(&container, "use another copy");
        array->element = element;
        array->shape[0]--;
        refuse(&container, "use another copy");
        array->shape[0]++;
    }
    dam__array *table = array_of(&container, "record/frames");
    table->shape[0] = 0;
    refuse(&container, "impossible frames");
    table->shape[0] = 4;
    table->rank = 1;
    refuse(&container, "missing or of another shape");
    table->rank = 2;

    dam__record back;
    assert_int_equal(dam__record_restore(&container, &back), DAM_OK);
    assert_same(&record, &back);
    dam__record_free(&back);
    dam__record_free(&record);
    dam__container_free(&container);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_within_half_a_level),
        cmocka_unit_test(frames_are_due_every_so_many_epochs),
        cmocka_unit_test(what_is_not_finite_or_too_large_is_refused),
        cmocka_unit_test(a_full_record_drops_every_second_frame),
        cmocka_unit_test(a_record_goes_through_a_container),
        cmocka_unit_test(bad_records_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
