/* Equal states and negatives, against comparing every pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "compute/random.h"
#include "data/alike.h"

enum { COUNT = 60, MOST_DIM = 70 };

static double at(const dam__array *states, size_t i)
{
    double value = dam__array_at(states, i);
    return states->element == DAM__U8 ? (value > 0 ? 1 : -1) : value;
}

static bool is_same(const dam__array *states, size_t a, size_t b, double sign)
{
    size_t dim = states->shape[1];
    for (size_t j = 0; j < dim; j++)
        if (at(states, a * dim + j) != sign * at(states, b * dim + j))
            return 0;
    return 1;
}

static void check(const dam__array *states)
{
    dam__alike got;
    size_t twins = 0, distinct = 0, opposed = 0, one_sided = 0, dim = states->shape[1];
    assert_int_equal(dam__alike_find(states, &got), DAM_OK);
    for (size_t a = 0; a < COUNT; a++) {
        size_t equals = 0, before = 0, negatives = 0, above = 0;
        for (size_t b = 0; b < COUNT; b++) {
            bool same = is_same(states, a, b, 1);
            equals += a != b && same;
            before += b < a && same;
            negatives += is_same(states, a, b, -1);
            /* Among the first b + 1, where a is one of them. */
            if (b >= a) {
                bool found = false;
                for (size_t c = 0; c <= b; c++)
                    found = found || (c != a && is_same(states, a, c, 1));
                assert_int_equal(dam__alike_has_twin(&got, a, b + 1), found);
            }
        }
        for (size_t j = 0; j < dim; j++)
            above += at(states, a * dim + j) > 0;
        twins += equals > 0;
        distinct += before == 0;
        opposed += negatives > 0;
        one_sided += above == 0 || above == dim;
    }
    assert_int_equal(got.twins, twins);
    assert_int_equal(got.distinct, distinct);
    assert_int_equal(got.opposed, opposed);
    assert_int_equal(got.one_sided, one_sided);
    dam__alike_free(&got);
}

static void every_pair_is_found(void **state)
{
    (void)state;
    static const size_t dims[] = {1, 3, 5, 31, 32, 33, 64, MOST_DIM};
    for (size_t d = 0; d < sizeof dims / sizeof *dims; d++) {
        uint8_t bytes[COUNT * MOST_DIM];
        float floats[COUNT * MOST_DIM];
        size_t dim = dims[d];
        for (uint32_t i = 0; i < COUNT; i++)
            for (uint32_t j = 0; j < dim; j++) {
                uint32_t words[4];
                /* Some states are the same as the fourth before them, some its negative. */
                dam__random_words(7, DAM__STREAM_TEST, i % 4, j / (dim > 5 ? 1 : 3), words);
                int plus = (words[0] & 1) != (i % 12 >= 8);
                if (i % 7 == 3 && j == dim - 1)
                    plus = !plus;
                bytes[i * dim + j] = (uint8_t)(plus ? 1 + words[1] % 255 : 0);
                floats[i * dim + j] = plus ? 1 : -1;
            }
        dam__array states = {.element = DAM__U8, .rank = 2, .shape = {COUNT, dim}, .data = bytes};
        check(&states);
        states.element = DAM__F32;
        states.data = floats;
        check(&states);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_pair_is_found)};
    return cmocka_run_group_tests_name("alike", tests, NULL, NULL);
}
