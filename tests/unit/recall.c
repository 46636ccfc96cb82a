/* What recall needs besides a device: probes, regions, lists, and the table of signs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <math.h>

#include "files.h"

#include "data/probes.h"
#include "model/energy/recall_internal.h"
#include "run/recall_lists.h"

static const dam__state_shape image = {12, 3, 4, DAM__PIXELS_GREY},
                              vector = {12, 0, 0, DAM__PIXELS_GREY};

/* The marks of a region as text, "1" for marked. */
static const char *marked(const char *region, const dam__state_shape *shape)
{
    static char text[13];
    uint8_t marks[12];
    if (dam__region_mark(region, shape, marks) != DAM_OK)
        return NULL;
    for (size_t i = 0; i < 12; i++)
        text[i] = marks[i] != 0 ? '1' : '0';
    return text;
}

static void test_regions(void **state)
{
    (void)state;
    assert_string_equal(marked("top", &image), "111111110000");
    assert_string_equal(marked("bottom", &image), "000011111111");
    assert_string_equal(marked("left", &image), "110011001100");
    assert_string_equal(marked("right", &image), "001100110011");
    assert_string_equal(marked("0-1,2-3", &image), "001100110000");
    assert_string_equal(marked("3-5", &image), "000111000000");
    assert_string_equal(marked("11-11", &vector), "000000000001");
    const char *const wrong[] = {"12-12",
                                 "5-3",
                                 "0-12",
                                 "0-3,0-4",
                                 "1",
                                 "-1-3",
                                 "1-2x",
                                 "0-2,",
                                 "",
                                 "middle",
                                 "0-18446744073709551616"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(marked(wrong[i], &image));
    assert_null(marked("top", &vector));
    assert_non_null(strstr(dam_error(), "which are no image"));
}

static void test_flips(void **state)
{
    (void)state;
    enum { DIM = 200, PROBES = 400, FLIPS = 30 };
    int flipped[DIM] = {0};
    float first[DIM];
    for (size_t p = 0; p < PROBES; p++) {
        float x[DIM];
        int wrong = 0;
        for (size_t i = 0; i < DIM; i++)
            x[i] = 1;
        assert_int_equal(dam__probe_flip(3, p, FLIPS, DIM, x), DAM_OK);
        for (size_t i = 0; i < DIM; i++) {
            wrong += x[i] < 0;
            flipped[i] += x[i] < 0;
        }
        assert_int_equal(wrong, FLIPS);
        if (p == 0)
            memcpy(first, x, sizeof x);
        else
            assert_memory_not_equal(first, x, sizeof x);
    }
    /* Each neuron as often as others: 60 times, within 5 deviations of 7.1. */
    for (size_t i = 0; i < DIM; i++)
        assert_in_range(flipped[i], 24, 96);
    assert_int_equal(dam__probe_flip(3, 0, DIM + 1, DIM, first), DAM_USAGE);
}

static void test_noise(void **state)
{
    (void)state;
    enum { DIM = 20000 };
    static float x[DIM];
    int wrong = 0;
    for (size_t i = 0; i < DIM; i++)
        x[i] = i % 2 == 0 ? 1 : -1;
    assert_int_equal(dam__probe_noise(1, 7, 0.8, DIM, x), DAM_OK);
    for (size_t i = 0; i < DIM; i++)
        wrong += x[i] != (i % 2 == 0 ? 1 : -1);
    /* P(noise < -1 / 0.8) = 0.10565, within 5 deviations. */
    assert_true(fabs(wrong / (double)DIM - 0.10565) < 0.011);
}

static dam_status cells_of(const char *interactions, const char *patterns, const char *flips,
                           dam__recall_cells *cells)
{
    dam__experiment experiment = {.model.kind = DAM__KIND_ENERGY};
    experiment.model.energy.interaction = (dam__interaction){DAM__INTERACTION_LEAKY, 7, 0.5};
    (void)snprintf(experiment.recall.interactions, DAM__RECALL_LIST_BYTES, "%s", interactions);
    (void)snprintf(experiment.recall.patterns, DAM__RECALL_LIST_BYTES, "%s", patterns);
    (void)snprintf(experiment.recall.flips, DAM__RECALL_LIST_BYTES, "%s", flips);
    return dam__recall_cells_create("here", &experiment, cells);
}

static void test_cells(void **state)
{
    (void)state;
    dam__recall_cells cells = {0};
    char text[DAM__INTERACTION_BYTES];
    assert_int_equal(cells_of("", "", "", &cells), DAM_OK);
    assert_int_equal(cells.count, 1);
    assert_string_equal(dam__interaction_text(&cells.cells[0].interaction, text), "leaky 7");
    assert_int_equal(cells.cells[0].patterns + cells.cells[0].flips, 0);
    dam__recall_cells_free(&cells);
    assert_int_equal(cells_of("poly:2, exp", "5,10 ,20", "0,3", &cells), DAM_OK);
    assert_int_equal(cells.count, 12);
    assert_string_equal(dam__interaction_text(&cells.cells[5].interaction, text), "poly 2");
    assert_int_equal(cells.cells[5].patterns, 20);
    assert_int_equal(cells.cells[5].flips, 3);
    assert_string_equal(dam__interaction_text(&cells.cells[11].interaction, text), "exp");
    dam__recall_cells_free(&cells);
    const char *const wrong[][3] = {{"poly", "", ""},     {"exp:2", "", ""},   {"poly:1", "", ""},
                                    {"poly:321", "", ""}, {"cubic:3", "", ""}, {"", "0", ""},
                                    {"", "5,", ""},       {"", "", "-1"},      {"", "", "1.5"},
                                    {"poly:2,", "", ""},  {"", "5;6", ""}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(cells_of(wrong[i][0], wrong[i][1], wrong[i][2], &cells), DAM_USAGE);
        assert_non_null(strstr(dam_error(), "here: recall."));
    }
}

/* What is recalled is the energy that was trained: b follows the rule, the ramp's end and the key.
 */
static void test_scale(void **state)
{
    (void)state;
    static const struct {
        const char *keys;
        bool learned;
        double scale;
    } wanted[] = {
        {"interaction = \"leaky\"  temperature = 0.5 }", true, 1 / (100 * 0.5)},
        {"interaction = \"leaky\" }", true, 0.9 / 100},
        {"interaction = \"leaky\"  temperature = 0.5  temperature_to = 2 "
         "temperature_epochs = 9 }",
         true, 1 / (100 * 2.0)},
        {"interaction = \"leaky\"  rule = \"original\" }", true, 1},
        {"interaction = \"leaky\"  sharpness = 3 }", false, 1},
        {"interaction = \"leaky\" } recall { scale = 0.01 }", true, 0.01},
        {"interaction = \"exp\"  sharpness = 3  temperature = 0.5 }", true, 0.02},
        {"interaction = \"exp\"  rule = \"shift\"  sharpness = 3 }", true, 3},
        {"interaction = \"exp\"  sharpness = 3 }", false, 3},
        {"interaction = \"exp\" } recall { scale = 0.25 }", false, 0.25},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        dam__experiment experiment;
        char text[256];
        (void)snprintf(text, sizeof text,
                       "data { name = \"patterns\" } model { kind = \"energy\"  %s",
                       wanted[i].keys);
        assert_int_equal(dam__experiment_parse("x.conf", text, NULL, 0, &experiment), DAM_OK);
        const dam__recall_config config =
            dam__recall_config_of(&experiment, NULL, 100, wanted[i].learned);
        if (!(fabs(config.scale - wanted[i].scale) <= 1e-12 * wanted[i].scale))
            fail_msg("%s: b = %g, wanted %g", wanted[i].keys, config.scale, wanted[i].scale);
    }
}

/* Level 0 holds F and its differences times a power of two; no level overflows or is all zeros. */
static void test_table(void **state)
{
    (void)state;
    enum { DIM = 100 };
    for (int n = 2; n <= 320; n = n == 3 ? 320 : n + 1) {
        const dam__recall_config config = {.interaction = {DAM__INTERACTION_POLY, n, 0}};
        dam__recall_table table = {0};
        assert_true(dam__recall_table_fits(&config, DIM));
        assert_int_equal(dam__recall_table_create(&config, DIM, &table), DAM_OK);
        for (int k = 1; k <= DIM && n < 4; k++) {
            double s = 2.0 * k - DIM, difference = pow(s, n) - pow(s - 2, n);
            assert_true(ldexp(table.differences[k], table.base) == difference);
            assert_true(ldexp(table.values[k], table.base) == pow(s, n));
        }
        for (int k = DIM / 2; k <= DIM; k++) {
            const double *row = table.differences + (size_t)table.level_of[k] * (DIM + 2);
            double most = fmax(fabs(row[k]), fabs(row[k + 1]));
            assert_true(most <= 2 && most >= 0x1p-65);
        }
        dam__recall_table_free(&table);
    }
    const dam__recall_config steep = {.interaction = {DAM__INTERACTION_EXP, 2, 0}, .scale = 1000};
    assert_false(dam__recall_table_fits(&steep, 10000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regions), cmocka_unit_test(test_flips), cmocka_unit_test(test_noise),
        cmocka_unit_test(test_cells),   cmocka_unit_test(test_table), cmocka_unit_test(test_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
