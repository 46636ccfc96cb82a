/* Arrays as other programs store them (golden/make_formats.py), and columns of words. */
#include "base/file.h"
#include "data_files.h"

#define FORMATS GOLDEN_FOLDER "/formats/"

static void assert_same(const char *location, dam__reading *reading, const char *as)
{
    dam__array expected = read_array(as), array = {0};
    if (dam__array_read_part(location, reading, &array) != DAM_OK)
        fail_msg("%s", dam_error());
    if (array.element != expected.element || array.rank != expected.rank ||
        memcmp(array.shape, expected.shape, sizeof array.shape) != 0)
        fail_msg("'%s' has another type or shape than '%s'", location, as);
    assert_memory_equal(array.data, expected.data,
                        dam__array_items(&array) * dam__element_size(array.element));
    dam__array_free(&array);
    dam__array_free(&expected);
}

static void whatever_numpy_and_h5py_store_is_read(void **state)
{
    (void)state;
    static const char *const kinds[] = {"u1", "b1", "i1", "u2", "i2", "i4",
                                        "u4", "i8", "u8", "f2", "f4", "f8"};
    static const char *const cases[][2] = {{"types.h5:/bool", "b1"},
                                           {"types.h5:/half", "f2"},
                                           {"types.h5:/group/deep", "u1"},
                                           {"types.h5.gz:/group/deep", "u1"},
                                           {"types.h5.zst:/bool", "b1"},
                                           {"matlab.mat:/X", "matlab-X"},
                                           {"matlab.mat.gz:/X", "matlab-X"},
                                           {"matlab.mat:/images", "matlab-images"},
                                           {"u1-plain.npy.gz", "u1"},
                                           {"u1-plain.npy.zst", "u1"},
                                           {"two.npz.zst:a", "u1"},
                                           {"two.npz.zst:b", "f2"},
                                           {"sparse", "sparse"},
                                           {"signed.libsvm", "sparse"},
                                           {"types.h5:/fixed", "words"},
                                           {"types.h5:/any", "words"},
                                           {"matlab.mat.zst:/X", "matlab-X"},
                                           {"types.h5.gz:/any", "words"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int turned = 0; turned < 2; turned++) {
            char from[1024], as[1024];
            dam__reading reading = {0};
            (void)snprintf(as, sizeof as, FORMATS "%s.npy", kinds[i]);
            (void)snprintf(from, sizeof from, FORMATS "%s-%s.npy", kinds[i],
                           turned ? "turned" : "plain");
            assert_same(from, &reading, as);
            assert_int_equal(reading.there, 4);
        }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char from[1024], as[1024];
        dam__reading reading = {.as_words = true};
        (void)snprintf(from, sizeof from, FORMATS "%s", cases[i][0]);
        (void)snprintf(as, sizeof as, FORMATS "%s.npy", cases[i][1]);
        assert_same(from, &reading, as);
        if (strcmp(cases[i][1], "words") == 0) {
            assert_int_equal(reading.words.count, 3);
            assert_string_equal(reading.words.items[2], "dog");
        }
        dam__reading_free(&reading);
    }
}

static void a_part_of_turned_arrays_is_their_first_rows(void **state)
{
    (void)state;
    static const char *const turned[] = {FORMATS "f8-turned.npy", FORMATS "types.h5:/big",
                                         FORMATS "matlab.mat:/images", FORMATS "sparse"};
    for (size_t i = 0; i < sizeof turned / sizeof *turned; i++) {
        dam__reading reading = {.rows = 2};
        dam__array part = {0}, whole = read_array(turned[i]);
        assert_int_equal(dam__array_read_part(turned[i], &reading, &part), DAM_OK);
        assert_int_equal(part.shape[0], 2);
        assert_int_equal(reading.there, 4);
        assert_memory_equal(part.data, whole.data,
                            dam__array_items(&part) * dam__element_size(part.element));
        dam__array_free(&part);
        dam__array_free(&whole);
        dam__reading_free(&reading);
    }
}

static void what_is_not_read_is_called_by_its_name(void **state)
{
    (void)state;
    assert_refused(FORMATS "types.h5:/lzf", "filter 32000 (lzf, h5py's own)", "compression=");
    assert_refused(FORMATS "types.h5:/complex", "records, such as complex numbers");
    assert_refused(FORMATS "types.h5:/any", "words, which are read as labels");
    assert_refused(FORMATS "types.h5.zst:/none", "types.h5.zst'", "none");
    assert_refused(FORMATS "u1-plain.npy.zst:x", "holds one array and nothing called 'x'");
}

static void packed_files_that_are_cut_or_changed_are_refused(void **state)
{
    files *in = *state;
    char *bytes = NULL;
    size_t length = 0;
    if (dam__file_read(FORMATS "u1-plain.npy.zst", 1 << 20, &bytes, &length) != DAM_OK)
        fail_msg("%s", dam_error());
    for (size_t cut = 5; cut < length; cut += 7)
        assert_refused(plain_file(in, "a", bytes, cut), "'");
    assert_refused(plain_file(in, "a", bytes, length - 1),
                   "is cut short: its zstd data do not end");
    bytes[length - 2] ^= 1;
    assert_refused(plain_file(in, "a", bytes, length), "is damaged: its zstd data do not unpack");
    free(bytes);
}

/* --- LIBSVM ------------------------------------------------------------------------------------ */

static void sparse_samples_bring_their_labels(void **state)
{
    (void)state;
    const dam__data_config plain = {.images = FORMATS "sparse"};
    dam__dataset set = load(&plain, DAM__SPLIT_TRAIN);
    const int32_t labels[] = {0, 2, 1, 2};
    assert_memory_equal(set.labels, labels, sizeof labels);
    assert_int_equal(set.class_names.count, 0);
    dam__dataset_free(&set);
    const dam__data_config signed_ones = {.images = FORMATS "signed.libsvm"};
    set = load(&signed_ones, DAM__SPLIT_TRAIN);
    const int32_t classes[] = {1, 0, 1, 1};
    assert_memory_equal(set.labels, classes, sizeof classes);
    assert_string_equal(set.class_names.items[0], "-1");
    dam__dataset_free(&set);
}

static void sparse_lines_are_refused_with_their_number(void **state)
{
    files *in = *state;
#define LINES(TEXT, ...)                                                                           \
    assert_refused(plain_file(in, "a.svm", TEXT, sizeof(TEXT) - 1), __VA_ARGS__)
    LINES("1 1:2\n1 2:1 1:1\n", "line 2 of", "'1:1' does not come after the feature before it");
    LINES("1 1:2 1:2\n", "line 1 of", "does not come after");
    LINES("# x\nx 1:2\n", "line 2 of", "'x' is no label");
    LINES("1,2 1:1\n", "'1,2' is no label");
    LINES("1.5 1:1\n", "has the label 1.5");
    LINES("99999 1:1\n", "has the label 99999");
    LINES("1 qid:3 1:1\n", "'qid:3' is no INDEX:VALUE");
    LINES("1 1:\n", "has no number");
    LINES("1 1:nan\n", "'1:nan' has no number");
    LINES("1 4194305:1\n", "beyond 4194304");
    LINES("1\n2\n", "has no features");
    LINES("\n\n", "'");
    /* Other samples have the features of the training's. */
    const char *path = plain_file(in, "t.svm", "1 1:2\n0 2:1\n", 12);
    dam__data_config config = {.run_features = 5};
    (void)snprintf(config.images, sizeof config.images, "%s", path);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.features, 5);
    dam__dataset_free(&set);
    config.run_features = 1;
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "has a feature 2, but the training had 1 features"));
}

/* --- words ------------------------------------------------------------------------------------ */

/* A column of words alone does not tell whether its first is its name: the number of samples does.
 */
static void a_column_of_words_keeps_its_first(void **state)
{
    files *in = *state;
    NPY("x.npy", "|u1", "(3, 2)", unsigned char, 1, 2, 3, 4, 5, 7);
    static const struct {
        const char *text, *location, *first;
        int32_t labels[3], classes;
    } cases[] = {{"ox\nant\nox\n", "y.csv", "ant", {1, 0, 1}, 2},
                 {"ox\nant\nox", "y.csv:0", "ant", {1, 0, 1}, 2},
                 {"kind\nox\nant\nox\n", "y.csv", "ant", {1, 0, 1}, 2},
                 {"kind\nox\nant\nox\n", "y.csv:kind", "ant", {1, 0, 1}, 2},
                 {"ox\nant\nox\n", "y.csv:ox", NULL, {0}, 0},
                 {"kind\n4\n0\n1\n", "y.csv", NULL, {4, 0, 1}, 5},
                 {"\"ox\"\nant\n\"a,b\"\n", "y.csv", "a,b", {2, 1, 0}, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__data_config config = {.images = "x.npy"};
        (void)snprintf(config.labels, sizeof config.labels, "%s", cases[i].location);
        (void)plain_file(in, "y.csv", cases[i].text, strlen(cases[i].text));
        dam__dataset set = {0};
        dam_status status = dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set);
        if (cases[i].classes == 0) {
            assert_int_equal(status, DAM_INPUT);
            assert_non_null(strstr(dam_error(), "'x.npy' holds 3 samples but 'y.csv:ox' 2 labels"));
            continue;
        }
        assert_int_equal(status, DAM_OK);
        assert_memory_equal(set.labels, cases[i].labels, sizeof cases[i].labels);
        assert_int_equal(set.classes, cases[i].classes);
        if (cases[i].first != NULL)
            assert_string_equal(set.class_names.items[0], cases[i].first);
        dam__dataset_free(&set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_numpy_and_h5py_store_is_read),
        cmocka_unit_test(a_part_of_turned_arrays_is_their_first_rows),
        cmocka_unit_test(what_is_not_read_is_called_by_its_name),
        INSIDE(packed_files_that_are_cut_or_changed_are_refused),
        cmocka_unit_test(sparse_samples_bring_their_labels),
        INSIDE(sparse_lines_are_refused_with_their_number),
        INSIDE(a_column_of_words_keeps_its_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
