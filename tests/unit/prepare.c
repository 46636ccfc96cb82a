/* What becomes of the numbers of files: cut to states, centred in double, inverted, transposed. */
#include <math.h>

#include "data_files.h"

#include "data/rows.h"

enum { COUNT = 3, FEATURES = 8 };

/* Whole numbers, so that any type and any offset holds them exactly. */
static const int numbers[COUNT][FEATURES] = {
    {1, 2, 3, 4, 5, 6, 7, 100}, {9, 9, 9, 1, 1, 1, 1, 1}, {40, 41, 42, 43, 250, 44, 45, 46}};

static double number_at(size_t i)
{
    size_t row = i / FEATURES;
    return numbers[row][i % FEATURES];
}

/* A file of them, of one of the types that are read. */
static void number_file(files *in, const char *descr, int64_t offset)
{
    union {
        uint8_t bytes[COUNT * FEATURES];
        int32_t i4[COUNT * FEATURES];
        int64_t i8[COUNT * FEATURES];
        float f4[COUNT * FEATURES];
        double f8[COUNT * FEATURES];
    } data;
    for (size_t i = 0; i < (size_t)COUNT * FEATURES; i++) {
        int64_t value = offset + numbers[i / FEATURES][i % FEATURES];
        if (strcmp(descr, "|u1") == 0)
            data.bytes[i] = (uint8_t)value;
        else if (strcmp(descr, "<i4") == 0)
            data.i4[i] = (int32_t)value;
        else if (strcmp(descr, "<i8") == 0)
            data.i8[i] = value;
        else if (strcmp(descr, "<f4") == 0)
            data.f4[i] = (float)value;
        else
            data.f8[i] = (double)value;
    }
    size_t size = descr[1] == 'u' ? 1 : (size_t)(descr[2] - '0');
    npy_file(in, "x.npy", descr, "(3, 2, 4)", &data, COUNT * FEATURES * size);
}

static const struct {
    const char *descr;
    int64_t offset;
} kinds[] = {{"|u1", 0},
             {"<i4", 0},
             {"<i4", 2000000000},
             {"<i8", -3000000000},
             {"<i8", (int64_t)1 << 60},
             {"<i8", -((int64_t)1 << 62)},
             {"<f4", 0},
             {"<f4", 1 << 20},
             {"<f8", 10000000},
             {"<f8", -((int64_t)1 << 50)}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* The state of a number, in whole numbers: above the mean, or above half the sum of the middle two.
 */
static bool is_above(const char *threshold, const int *row, int j)
{
    int sum = 0, sorted[FEATURES];
    for (int i = 0; i < FEATURES; i++) {
        int at = i;
        for (; at > 0 && sorted[at - 1] > row[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = row[i];
        sum += row[i];
    }
    if (strcmp(threshold, "mean") == 0)
        return row[j] * FEATURES > sum;
    return 2 * row[j] > sorted[FEATURES / 2 - 1] + sorted[FEATURES / 2];
}

static double state_of(const dam__dataset *set, size_t i)
{
    double value = dam__array_at(&set->samples, i);
    return set->samples.element == DAM__U8 ? (value > 0 ? 1 : -1) : value;
}

static void mean_and_median_are_those_of_the_sample(void **state)
{
    static const char *const words[] = {"mean", "median"};
    for (int k = 0; k < KINDS; k++)
        for (int w = 0; w < 2; w++)
            for (int invert = 0; invert < 2; invert++) {
                dam__data_config config = {.images = "x.npy", .levels = true, .invert = invert};
                strcpy(config.threshold, words[w]);
                number_file(*state, kinds[k].descr, kinds[k].offset);
                dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
                assert_int_equal(set.samples.element,
                                 kinds[k].descr[1] == 'u' ? DAM__U8 : DAM__F32);
                for (int i = 0; i < COUNT; i++)
                    for (int j = 0; j < FEATURES; j++) {
                        int turned[FEATURES];
                        for (int l = 0; l < FEATURES; l++)
                            turned[l] = invert ? -numbers[i][l] : numbers[i][l];
                        bool above = is_above(words[w], turned, j);
                        if (state_of(&set, (size_t)i * FEATURES + (size_t)j) != (above ? 1 : -1))
                            fail_msg("%s, %s %d: sample %d, number %d", kinds[k].descr, words[w],
                                     invert, i, j);
                    }
                assert_string_equal(set.threshold, words[w]);
                dam__dataset_free(&set);
            }
}

/* Rounding of a mean must not make a sample of one number +1. */
static void a_number_equal_to_the_mean_is_not_above_it(void **state)
{
    files *in = *state;
    dam__data_config config = {.images = "x.npy", .levels = true, .threshold = "mean"};
    double same[7 * 13];
    for (int i = 0; i < 13; i++)
        for (int j = 0; j < 7; j++)
            same[i * 7 + j] = 0.1 * (i + 1) - 0.65;
    npy_file(in, "x.npy", "<f8", "(13, 7)", same, sizeof same);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(dam__array_at(&set.samples, i) == -1);
    dam__dataset_free(&set);
    NPY("x.npy", "|u1", "(2, 3)", unsigned char, 1, 2, 3, 7, 7, 7);
    set = load(&config, DAM__SPLIT_TRAIN);
    assert_memory_equal(set.samples.data, "\0\0\1\0\0\0", 6);
    dam__dataset_free(&set);
}

static void a_number_is_one_threshold_for_all(void **state)
{
    files *in = *state;
    dam__data_config config = {.images = "x.npy", .levels = true, .threshold = "40.5"};
    for (int k = 0; k < KINDS; k++) {
        if (kinds[k].offset != 0)
            continue;
        number_file(in, kinds[k].descr, 0);
        dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
        for (size_t i = 0; i < (size_t)COUNT * FEATURES; i++)
            assert_true(state_of(&set, i) == (number_at(i) > 40.5 ? 1 : -1));
        dam__dataset_free(&set);
    }
    NPY("x.npy", "<f8", "(1, 2)", double, 1, NAN);
    dam__dataset set = {0};
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "sample 0 of 'x.npy', feature 1, holds nan"));
    strcpy(config.threshold, "middle");
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_USAGE);
    assert_non_null(strstr(dam_error(), "data.threshold = \"middle\""));
}

/* Bytes and numbers up to 255 alike, inverted or not; numbers up to 1; what has no white. */
static void grey_is_scaled_to_states(void **state)
{
    files *in = *state;
    dam__data_config config = {.images = "x.npy", .levels = true, .threshold = "grey"};
    for (int k = 0; k < KINDS; k++)
        for (int invert = 0; invert < 2 && kinds[k].offset == 0; invert++) {
            config.invert = invert;
            number_file(in, kinds[k].descr, 0);
            dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
            assert_int_equal(set.samples.element, DAM__F32);
            assert_string_equal(set.threshold, "grey");
            for (size_t i = 0; i < (size_t)COUNT * FEATURES; i++) {
                double wanted = (number_at(i) / 127.5 - 1) * (invert ? -1 : 1);
                assert_true(fabs(dam__array_at(&set.samples, i) - wanted) < 1e-7);
            }
            dam__dataset_free(&set);
        }
    config.invert = 0;
    const double parts[][2] = {{0, 0.75}, {-0.5, 1}}, scaled[][2] = {{-1, 0.5}, {-0.5, 1}};
    for (int i = 0; i < 2; i++) {
        NPY("x.npy", "<f8", "(1, 2)", double, parts[i][0], parts[i][1]);
        dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
        for (size_t j = 0; j < 2; j++)
            assert_true(dam__array_at(&set.samples, j) == scaled[i][j]);
        dam__dataset_free(&set);
    }
    NPY("x.npy", "<f8", "(1, 2)", double, 0, 256);
    dam__dataset set = {0};
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "go from 0 to 256, and data.threshold = \"grey\" takes"));
}

static void auto_chooses_by_the_range(void **state)
{
    files *in = *state;
    dam__data_config config = {
        .images = "x.npy", .test_images = "x.npy", .levels = true, .threshold = "auto"};
    static const struct {
        const char *descr;
        unsigned char numbers[8];
        const char *chosen;
    } cases[] = {{"|u1", {0, 0, 7, 9, 0, 200, 255, 3}, "none"},           /* a background of 0 */
                 {"|u1", {1, 1, 7, 9, 1, 200, 255, 3}, "mean"},           /* grey */
                 {"|u1", {0, 1, 7, 9, 2, 200, 255, 3}, "mean"},           /* one black pixel */
                 {"|u1", {255, 0, 255, 255, 255, 255, 255, 255}, "none"}, /* two colours */
                 {"|u1", {200, 3, 200, 200, 3, 200, 200, 200}, "101.5"},
                 {"|u1", {0, 1, 1, 1, 1, 1, 1, 1}, "none"},
                 {"<f4", {0, 1, 1, 1, 1, 1, 1, 1}, "none"},
                 {"<f4", {0, 0, 7, 9, 0, 200, 255, 3}, "0"},
                 {"<f4", {1, 1, 7, 9, 1, 200, 255, 3}, "mean"},
                 {"<f4", {200, 3, 200, 200, 3, 200, 200, 200}, "101.5"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        float floats[8];
        for (int i = 0; i < 8; i++)
            floats[i] = cases[c].numbers[i];
        bool bytes = cases[c].descr[1] == 'u';
        npy_file(in, "x.npy", cases[c].descr, "(2, 4)",
                 bytes ? (const void *)cases[c].numbers : floats, bytes ? 8 : sizeof floats);
        dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
        if (strcmp(set.threshold, cases[c].chosen) != 0 || !set.threshold_is_auto)
            fail_msg("case %zu: '%s' instead of '%s'", c, set.threshold, cases[c].chosen);
        /* What was found for the training samples holds for others. */
        dam__data_config resolved = config;
        dam__dataset_resolve(&set, &resolved);
        assert_string_equal(resolved.threshold, cases[c].chosen);
        assert_int_equal(resolved.split, DAM__HOLDOUT_END);
        dam__dataset_free(&set);
    }
    NPY("x.npy", "<f4", "(2, 2)", float, -1, 1, 1, 1);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_string_equal(set.threshold, "none");
    dam__dataset_free(&set);
}

/* --- double ----------------------------------------------------------------------------------- */

/* The cosine of a sample without its mean with that of the numbers that it was made of. */
static double likeness(const dam__dataset *set, size_t row, const double *numbers_of)
{
    double a[FEATURES], b[FEATURES], ab = 0, aa = 0, bb = 0, mean_a = 0, mean_b = 0;
    for (int j = 0; j < FEATURES; j++) {
        a[j] = dam__array_at(&set->samples, row * FEATURES + (size_t)j);
        b[j] = numbers_of[j];
        mean_a += a[j] / FEATURES;
        mean_b += b[j] / FEATURES;
    }
    for (int j = 0; j < FEATURES; j++) {
        ab += (a[j] - mean_a) * (b[j] - mean_b);
        aa += (a[j] - mean_a) * (a[j] - mean_a);
        bb += (b[j] - mean_b) * (b[j] - mean_b);
    }
    return ab / sqrt(aa * bb);
}

static void an_offset_takes_nothing_from_what_differs(void **state)
{
    const dam__data_config config = {.images = "x.npy"};
    for (int k = 0; k < KINDS; k++) {
        number_file(*state, kinds[k].descr, kinds[k].offset);
        dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
        for (size_t i = 0; i < COUNT; i++) {
            double row[FEATURES];
            for (int j = 0; j < FEATURES; j++)
                row[j] = numbers[i][j];
            if (!(likeness(&set, i, row) > 1 - 1e-12))
                fail_msg("%s + %lld: %.17g", kinds[k].descr, (long long)kinds[k].offset,
                         likeness(&set, i, row));
        }
        bool far = kinds[k].offset > 1 << 24 || kinds[k].offset < -(1 << 24);
        assert_int_equal(set.recentred, far ? COUNT : 0);
        dam__dataset_free(&set);
    }
}

static void scales_do_not_matter(void **state)
{
    files *in = *state;
    const dam__data_config config = {.images = "x.npy"};
    static const double scales[] = {1e-300, 1e-60, 1e-42, 1e-38, 1e-25, 1e-3, 1, 1e3, 1e25, 1e35};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        double wide[FEATURES], row[FEATURES];
        float narrow[FEATURES];
        for (int j = 0; j < FEATURES; j++) {
            row[j] = numbers[2][j] / 255.0;
            wide[j] = row[j] * scales[s];
            narrow[j] = (float)wide[j];
        }
        npy_file(in, "x.npy", "<f8", "(1, 8)", wide, sizeof wide);
        dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
        assert_true(likeness(&set, 0, row) > 1 - 1e-12);
        /* Whatever is left must have squares in float32. */
        double largest = 0;
        for (size_t j = 0; j < FEATURES; j++)
            largest = fmax(largest, fabs(dam__array_at(&set.samples, j)));
        assert_true(largest > 1e-17 && largest < 1e18);
        dam__dataset_free(&set);
        if (scales[s] < 1e-37)
            continue; /* float32 files do not hold them */
        npy_file(in, "x.npy", "<f4", "(1, 8)", narrow, sizeof narrow);
        set = load(&config, DAM__SPLIT_TRAIN);
        assert_true(likeness(&set, 0, row) > 1 - 1e-12);
        assert_int_equal(set.recentred, scales[s] < 1e-17 || scales[s] > 1e18);
        dam__dataset_free(&set);
    }
}

/* What float32 holds well enough stays as it was: runs are the same to the last bit. */
static void what_fits_is_only_narrowed(void **state)
{
    files *in = *state;
    const dam__data_config config = {.images = "x.npy"};
    double wide[COUNT * FEATURES];
    for (size_t i = 0; i < (size_t)COUNT * FEATURES; i++)
        wide[i] = 1 + number_at(i) / 255;
    npy_file(in, "x.npy", "<f8", "(3, 8)", wide, sizeof wide);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    for (size_t i = 0; i < (size_t)COUNT * FEATURES; i++)
        assert_true(((const float *)set.samples.data)[i] == (float)wide[i]);
    assert_int_equal(set.recentred, 0);
    dam__dataset_free(&set);
}

static void constants_stay_constant(void **state)
{
    files *in = *state;
    const dam__data_config config = {.images = "x.npy"};
    /* 0.1 + 0.2 is not 0.3 in double: that is no difference to learn. */
    NPY("x.npy", "<f8", "(2, 3)", double, 0.1 + 0.2, 0.3, 0.3, 1e7 + 0.1, 1e7 + 0.1, 1e7 + 0.1);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    const float *values = set.samples.data;
    for (int i = 1; i < 3; i++) {
        assert_true(values[i] == values[0]);
        assert_true(values[3 + i] == values[3]);
    }
    assert_int_equal(set.recentred, 0);
    dam__dataset_free(&set);
}

/* Models that need the numbers get them, and are told what float32 took. */
static void levels_stay_and_losses_are_counted(void **state)
{
    files *in = *state;
    const dam__data_config config = {.images = "x.npy", .levels = true};
    NPY("x.npy", "<f8", "(2, 2)", double, 1e9, 1e9 + 1, 1, 2);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.lossy, 1);
    assert_int_equal(set.recentred, 0);
    assert_true(((const float *)set.samples.data)[3] == 2);
    dam__dataset_free(&set);
}

/* --- images ----------------------------------------------------------------------------------- */

static void images_are_transposed_and_inverted(void **state)
{
    files *in = *state;
    const dam__data_config config = {
        .images = "x.npy", .transpose = DAM__TRANSPOSE_YES, .invert = 1};
    NPY("x.npy", "|u1", "(2, 2, 3)", unsigned char, 1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    static const unsigned char bytes[] = {254, 251, 253, 250, 252, 249,
                                          245, 215, 235, 205, 225, 195};
    assert_memory_equal(set.samples.data, bytes, sizeof bytes);
    assert_int_equal(set.height, 3);
    assert_int_equal(set.width, 2);
    assert_true(set.survey.least == 195 && set.survey.most == 254);
    dam__dataset_free(&set);
    static const struct {
        float first, second, inverted[2];
    } cases[] = {
        {0, 1, {1, 0}}, {0.25F, 0.5F, {0.75F, 0.5F}}, {0, 200, {255, 55}}, {-1, 1, {1, -1}}};
    const dam__data_config levels = {.images = "x.npy", .invert = 1, .levels = true};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        NPY("x.npy", "<f4", "(1, 2)", float, cases[c].first, cases[c].second);
        set = load(&levels, DAM__SPLIT_TRAIN);
        assert_memory_equal(set.samples.data, cases[c].inverted, sizeof cases[c].inverted);
        dam__dataset_free(&set);
    }
    NPY("x.npy", "|u1", "(2, 6)", unsigned char, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    set = (dam__dataset){0};
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "data.transpose"));
}

static void sets_that_look_unlike_are_told(void **state)
{
    (void)state;
    const dam__survey digits = {.least = 0, .most = 255, .mean = 33};
    const dam__survey others = {.least = 0, .most = 253, .mean = 36};
    const dam__survey scaled = {.least = 0, .most = 1, .mean = 0.13};
    const dam__survey inverse = dam__survey_turned(&digits, 255), none = {0};
    assert_true(inverse.mean == 222 && inverse.least == 0 && inverse.most == 255);
    assert_false(dam__survey_differs(&digits, &others, true));
    assert_true(dam__survey_differs(&digits, &inverse, false));
    assert_false(dam__survey_differs(&digits, &scaled, false)); /* directions have no scale */
    assert_true(dam__survey_differs(&digits, &scaled, true));
    assert_false(dam__survey_differs(&digits, &none, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INSIDE(mean_and_median_are_those_of_the_sample),
        INSIDE(a_number_equal_to_the_mean_is_not_above_it),
        INSIDE(a_number_is_one_threshold_for_all),
        INSIDE(grey_is_scaled_to_states),
        INSIDE(auto_chooses_by_the_range),
        INSIDE(an_offset_takes_nothing_from_what_differs),
        INSIDE(scales_do_not_matter),
        INSIDE(what_fits_is_only_narrowed),
        INSIDE(constants_stay_constant),
        INSIDE(levels_stay_and_losses_are_counted),
        INSIDE(images_are_transposed_and_inverted),
        cmocka_unit_test(sets_that_look_unlike_are_told),
    };
    return cmocka_run_group_tests_name("prepare", tests, NULL, NULL);
}
