/*
 * Random numbers: Philox against Random123, and the order of an epoch, which host and device must
 * agree on and which must be a permutation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <Random123/philox.h>

#include "compute/program.h"
#include "compute/random.h"
#include "kernel/device.h"

/* Random123's kat_vectors, philox4x32 10: counter, key, result. */
static void test_known_answers(void **state)
{
    (void)state;
    static const uint32_t vectors[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint32_t out[4];
        dam__philox(vectors[i], vectors[i] + 4, out);
        assert_memory_equal(out, vectors[i] + 6, sizeof out);
    }
}

static void test_like_random123(void **state)
{
    (void)state;
    uint32_t words[6] = {0};
    for (int i = 0; i < 5000; i++) {
        philox4x32_ctr_t counter = {{words[0], words[1], words[2], words[3]}};
        philox4x32_key_t key = {{words[4], words[5]}};
        philox4x32_ctr_t wanted = philox4x32(counter, key);
        uint32_t out[4];
        dam__philox(words, words + 4, out);
        assert_memory_equal(out, wanted.v, sizeof out);
        words[4] = words[0] ^ (uint32_t)i;
        words[5] = words[1] * 2654435761u;
        memcpy(words, out, sizeof out);
    }
}

/* The place of each argument in the counter is part of every saved run. */
static void test_words_of_a_stream(void **state)
{
    (void)state;
    uint32_t out[4], wanted[4];
    dam__random_words(0x1122334455667788, DAM__STREAM_WEIGHTS, 7, 0x99aabbccddeeff00, out);
    dam__philox((uint32_t[4]){0xddeeff00, 0x99aabbcc, 7, DAM__STREAM_WEIGHTS},
                (uint32_t[2]){0x55667788, 0x11223344}, wanted);
    assert_memory_equal(out, wanted, sizeof out);
}

/* Moments of a million numbers, within 5 standard errors. */
static void test_distributions(void **state)
{
    (void)state;
    enum { COUNT = 1 << 20 };
    const double error = 5 / sqrt(COUNT);
    double *normals = calloc(COUNT, sizeof *normals);
    double sum = 0, squares = 0, fourth = 0, uniform = 0, below = 0;
    dam__normals(3, DAM__STREAM_TEST, 0, COUNT, normals);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t words[4];
        dam__random_words(3, DAM__STREAM_TEST, 1, i, words);
        double u = dam__uniform(words[i % 4]);
        assert_true(u > 0 && u < 1);
        uniform += u - 0.5;
        below += u < 0.1;
        double square = normals[i] * normals[i];
        sum += normals[i];
        squares += square - 1;
        fourth += square * square - 3;
    }
    assert_true(fabs(uniform / COUNT) < error * sqrt(1.0 / 12));
    assert_true(fabs(below / COUNT - 0.1) < error * 0.3);
    assert_true(fabs(sum / COUNT) < error);
    assert_true(fabs(squares / COUNT) < error * sqrt(2));
    assert_true(fabs(fourth / COUNT) < error * sqrt(96));
    assert_true(dam__uniform(0) == 0x1p-25);
    assert_true(dam__uniform(UINT32_MAX) == 1 - 0x1p-25);
    free(normals);
}

static void check_permutation(uint64_t seed, uint32_t epoch, uint32_t size)
{
    bool *seen = calloc(size, sizeof *seen);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t to = dam__permuted(seed, epoch, size, i);
        if (to >= size || seen[to])
            fail_msg("size %u, epoch %u: %u goes to %u, out of range or taken", size, epoch, i, to);
        seen[to] = true;
    }
    free(seen);
}

static void test_permutations(void **state)
{
    (void)state;
    for (uint32_t size = 1; size <= 300; size++)
        for (uint32_t epoch = 0; epoch < 4; epoch++)
            check_permutation(size * 0x9e3779b97f4a7c15u, epoch, size);
    check_permutation(1, 0, 54000);
    check_permutation(1, 299, 54000);
}

/*
 * Where one index goes over many epochs is uniform: chi-squared over 30 places has mean 29 and
 * standard deviation 7.6; and the orders of two epochs or seeds agree in about one place.
 */
static void test_orders_look_random(void **state)
{
    (void)state;
    enum { SIZE = 30, EPOCHS = 30000 };
    for (uint32_t index = 0; index < SIZE; index += 7) {
        double counts[SIZE] = {0}, chi = 0;
        for (uint32_t epoch = 0; epoch < EPOCHS; epoch++)
            counts[dam__permuted(5, epoch, SIZE, index)]++;
        for (int i = 0; i < SIZE; i++)
            chi += pow(counts[i] - (double)EPOCHS / SIZE, 2) / ((double)EPOCHS / SIZE);
        assert_true(chi < 29 + 5 * 7.6);
    }
    int same_epoch = 0, same_seed = 0, fixed = 0;
    for (uint32_t i = 0; i < 54000; i++) {
        uint32_t to = dam__permuted(5, 0, 54000, i);
        same_epoch += to == dam__permuted(5, 1, 54000, i);
        same_seed += to == dam__permuted(6, 0, 54000, i);
        fixed += to == i;
    }
    assert_in_range(same_epoch, 0, 8);
    assert_in_range(same_seed, 0, 8);
    assert_in_range(fixed, 0, 8);
}

static void check_device_order(dam__device *device, dam__kernel *kernel, uint64_t seed,
                               uint32_t epoch, uint32_t size)
{
    dam__plan *plan = NULL;
    dam__buffer *rows = NULL;
    int32_t *got = calloc(size + 1, sizeof *got);
    uint32_t side = 1;
    while ((uint64_t)side * side < size)
        side++;
    OK(dam__plan_create(device, &plan));
    OK(dam__plan_buffer(plan, "rows", (size + 1) * sizeof *got, &rows));
    OK(dam__plan_allocate(plan));
    got[size] = 4711;
    OK(dam__buffer_write(rows, 0, got, (size + 1) * sizeof *got, true, "test"));
    OK(dam__launch(
        kernel, dam__range_items(device, size, 1), (dam__work){0},
        DAM_ARGUMENTS(rows, 0, size, side, epoch, dam__arg_seed(seed), DAM__STREAM_ORDER)));
    OK(dam__buffer_read(rows, 0, got, (size + 1) * sizeof *got, "test"));
    for (uint32_t i = 0; i < size; i++)
        if (got[i] != (int32_t)dam__permuted(seed, epoch, size, i))
            fail_msg("size %u, epoch %u: place %u is %d on the device", size, epoch, i, got[i]);
    assert_int_equal(got[size], 4711);
    dam__buffer_destroy(rows);
    dam__plan_destroy(plan);
    free(got);
}

static void test_order_on_device(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 2, 3, 4, 5, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 54000};
    const dam_device_info info = test_device();
    for (int s = 0; s < 2; s++) {
        const setting how = {.shape = s == 0 ? DAM__SHAPE_CPU : DAM__SHAPE_GPU};
        dam__device *device = shared_device(&info, &how);
        dam__program *program = NULL;
        dam__kernel *kernel = NULL;
        OK(dam__program_create(device, "data", "", &program));
        OK(dam__program_kernel(program, "data_order", &kernel));
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            check_device_order(device, kernel, 0x123456789abcdef0u + i, (uint32_t)i * 3, sizes[i]);
        dam__program_destroy(program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),     cmocka_unit_test(test_like_random123),
        cmocka_unit_test(test_words_of_a_stream), cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_permutations),      cmocka_unit_test(test_orders_look_random),
        cmocka_unit_test(test_order_on_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
