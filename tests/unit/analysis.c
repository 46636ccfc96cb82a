/* The host's part of analysis: roughness, quantiles, ranking, pairs of memories, picked samples. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyse/activations.h"
#include "analyse/memory_table.h"
#include "analyse/perturbation.h"
#include "base/summary.h"
#include "data/pick.h"
#include "draw/tiles.h"
#include "model/embedding.h"

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-12 * fmax(1, fabs(wanted))))
        fail_msg("%.17g, not %.17g", got, wanted);
}

static void test_roughness(void **state)
{
    (void)state;
    const double flat[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, image[] = {1, 2, 4, 1, 0, 4};
    assert_near(dam__roughness(flat, 2, 3), 0);
    /* Right: 1, 4; 1, 16. Below: 0, 4, 0. */
    assert_near(dam__roughness(image, 2, 3), 26);
    assert_near(dam__roughness(image, 6, 1), dam__roughness(image, 1, 6));
}

static void test_quantile(void **state)
{
    (void)state;
    const double values[] = {1, 2, 4, INFINITY, INFINITY};
    assert_near(dam__quantile(values, 3, 0.5), 2);
    assert_near(dam__quantile(values, 3, 0.75), 3);
    assert_near(dam__quantile(values, 1, 0.3), 1);
    assert_near(dam__quantile(values, 5, 0.5), 4);
    assert_true(isinf(dam__quantile(values, 5, 0.6)));
    assert_true(isinf(dam__quantile(values, 5, 1)));
    assert_true(isnan(dam__quantile(values, 0, 0.5)));
}

static void test_top(void **state)
{
    (void)state;
    double posterior[] = {0.1, 0.3, 0.2, 0.3, 0.1, /* a second sample */ 1, 0, 0, 0, 0};
    double probabilities[] = {0.2, 0.5, 0.3, 0.4, 0.4, 0.2};
    const dam__activations found = {.samples = 2,
                                    .memories = 4,
                                    .columns = 3,
                                    .posterior = posterior,
                                    .probabilities = probabilities};
    size_t top[4];
    dam__activations_top(&found, 0, 3, top);
    assert_memory_equal(top, ((const size_t[]){1, 3, 2}), 3 * sizeof *top);
    dam__activations_top(&found, 0, 1, top);
    assert_int_equal(top[0], 1);
    dam__activations_top(&found, 1, 4, top);
    assert_memory_equal(top, ((const size_t[]){0, 1, 2, 3}), sizeof top);
    assert_int_equal(dam__activations_predicted(&found, 0), 1);
    assert_int_equal(dam__activations_predicted(&found, 1), 0);
}

static void test_pairs(void **state)
{
    (void)state;
    const double s = 0.25, norm = sqrt(1 + s * s), t = 0.5, wanted = sqrt(1 + t * t);
    /* w = e0 with u = e2; w = e1 that did not move. */
    const double w[] = {1, 0, 0, 0, 1, 0};
    const double split[] = {1 / norm, 0, s / norm, 0, 1, 0, 1 / norm, 0, -s / norm, 0, 1, 0};
    double pairs[12];
    dam__embedding_pairs(w, 2, 3, split, 0, pairs);
    assert_memory_equal(pairs, w, sizeof w);
    assert_memory_equal(pairs + 6, w, sizeof w);
    dam__embedding_pairs(w, 2, 3, split, t, pairs);
    assert_near(pairs[0], 1 / wanted);
    assert_near(pairs[2], t / wanted);
    assert_near(pairs[8], -t / wanted);
    assert_near(dam__embedding_prediction((const double[]){-2, -1}, 2, t),
                -1.5 * atan(t) * atan(t));
}

static void test_norms(void **state)
{
    (void)state;
    double w[] = {1, 0, 0, 1}, w_gradient[] = {5, 3, 4, 7};
    /* Two columns, two memories, and the background. */
    double weights[] = {0.5, 1, 9, 0.5, 0, 9}, weights_gradient[] = {2, 6, 9, 4, 5, 9};
    double counts[] = {1, 1, 2};
    const dam__embedding_state narrow = {.memories = 2,
                                         .dim = 2,
                                         .columns = 2,
                                         .w = w,
                                         .weights = weights,
                                         .counts = counts,
                                         .w_gradient = w_gradient,
                                         .weights_gradient = weights_gradient};
    assert_near(dam__embedding_memory_norm(&narrow), 5);
    assert_near(dam__embedding_log_total(&narrow), log(4));
}

/* Of a gradient that asks for factors of rows and columns only, nothing is left. */
static void test_weight_norm(void **state)
{
    (void)state;
    /* Two columns, three rows: 2 memories and the background. */
    double weights[] = {1, 2, 0.5, 3, 0, 1.5}, gradient[6], norm = -1;
    const double rows[] = {3, -1, 7}, columns[] = {0.25, -2};
    const dam__embedding_state narrow = {
        .memories = 2, .columns = 2, .weights = weights, .weights_gradient = gradient};
    for (size_t y = 0; y < 2; y++)
        for (size_t mu = 0; mu < 3; mu++)
            gradient[y * 3 + mu] = rows[mu] + columns[y];
    assert_int_equal(dam__embedding_weight_norm(&narrow, &norm), DAM_OK);
    assert_near(norm, 0);
    /* A weight of 0 cannot fall further. */
    gradient[4] += 100;
    assert_int_equal(dam__embedding_weight_norm(&narrow, &norm), DAM_OK);
    assert_near(norm, 0);
    /*
     * What is asked for in a pattern with weighted sums of 0 along rows and columns is all left:
     * its weighted entries are +-1 in the rows 0 and 2, so that the norm is the root of the sum of
     * 1/G.
     */
    const size_t places[] = {0, 3, 2, 5};
    const double signs[] = {1, -1, -1, 1};
    double squares = 0;
    for (size_t i = 0; i < 4; i++) {
        gradient[places[i]] += signs[i] / weights[places[i]];
        squares += 1 / weights[places[i]];
    }
    assert_int_equal(dam__embedding_weight_norm(&narrow, &norm), DAM_OK);
    assert_near(norm, sqrt(squares));
}

static void test_pick(void **state)
{
    (void)state;
    unsigned char bytes[] = {1, 2, 3, 4, 5, 6};
    int32_t labels[] = {7, 8, 9};
    const size_t shape[] = {3, 2};
    dam__dataset set = {.name = "set", .count = 3, .features = 2, .labels = labels, .classes = 10};
    dam__dataset picked;
    assert_int_equal(dam__array_create(DAM__U8, 2, shape, &set.samples), DAM_OK);
    memcpy(set.samples.data, bytes, sizeof bytes);
    assert_int_equal(dam__dataset_pick(&set, (const size_t[]){2, 0}, 2, &picked), DAM_OK);
    assert_int_equal(picked.count, 2);
    assert_memory_equal(picked.samples.data, ((const unsigned char[]){5, 6, 1, 2}), 4);
    assert_int_equal(picked.labels[0], 9);
    assert_int_equal(picked.labels[1], 7);
    dam__dataset_free(&picked);
    assert_int_equal(dam__dataset_pick(&set, (const size_t[]){3}, 1, &picked), DAM_USAGE);
    assert_string_equal(dam_error(), "there is no sample 3: 'set' has 3, counted from 0");
    dam__array_free(&set.samples);
}

static void test_tiles(void **state)
{
    (void)state;
    const float values[] = {0, 1, -1, 0.5F};
    const dam__tile tiles[] = {{.values = values, .lines = {"CLASS 3", ""}},
                               {.lines = {"NONE", ""}}};
    dam__tiles sheet = {
        .tiles = tiles, .rows = 1, .columns = 2, .dim = 4, .height = 2, .width = 2, .title = "T"};
    dam__image image;
    assert_int_equal(dam__tiles_draw(&sheet, &image), DAM_OK);
    size_t dark = 0, red = 0;
    for (size_t i = 0; i < (size_t)image.width * (size_t)image.height; i++) {
        dark += image.pixels[3 * i] == 52;
        red += image.pixels[3 * i] == 112 && image.pixels[3 * i + 1] == 12;
    }
    assert_true(dark > 0);
    /* The number 1 is a quarter of a tile of 112 pixels. */
    assert_int_equal(red, 56 * 56);
    dam__image_free(&image);
    sheet.rows = 0;
    assert_int_equal(dam__tiles_draw(&sheet, &image), DAM_INPUT);
}

static void test_comparison(void **state)
{
    (void)state;
    int32_t labels[] = {0, 1, 2, 0}, right[] = {0, 1, 2, 0}, wrong[] = {0, 1, 2, 1};
    double angles[] = {-1, 1.0, 0.5, 0.1}, small[] = {0.1, 2.0, 0.25, 0.1};
    const dam__dataset set = {.labels = labels, .count = 4};
    const dam__margins margins[2] = {{.samples = 4, .predicted = right, .angles = angles},
                                     {.samples = 4, .predicted = wrong, .angles = small}};
    const dam__perturbation perturbation = {.set = &set, .margins = margins};
    dam__perturbation_comparison c;
    assert_int_equal(dam__perturbation_compare(&perturbation, &c), DAM_OK);
    assert_int_equal(c.compared, 3);
    assert_near(c.classifiers[0].accuracy, 1);
    assert_near(c.classifiers[1].accuracy, 0.75);
    assert_near(c.classifiers[0].median, 2 * sin(0.5));
    assert_int_equal(c.classifiers[0].unchanged, 1);
    assert_int_equal(c.classifiers[1].unchanged, 0);
    assert_near(c.larger, 2.0 / 3);
    assert_near(c.ratio, sin(0.25) / sin(0.125));
    assert_true(isinf(dam__perturbation_size(-1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roughness),  cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_top),        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_norms),      cmocka_unit_test(test_weight_norm),
        cmocka_unit_test(test_pick),       cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
