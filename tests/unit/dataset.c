/* Data sets: where they are searched, what their samples and labels become, what is refused. */
#include <math.h>
#include <sys/stat.h>

#include "data_files.h"

static const char fashion_folder[] = "/usr/share/datasets/fashion-mnist";

/* --- helpers ---------------------------------------------------------------------------------- */

/* Loading fails as DAM_INPUT, in one line that holds all the parts, and leaves nothing. */
static void check_load_refused(const dam__data_config *config, dam__split split,
                               const char *const *parts, int line)
{
    dam__dataset set = {.count = 7};
    dam_status status = dam__dataset_load(config, split, &set);
    if (status != DAM_INPUT)
        fail_msg("line %d: loading gave %s", line, dam_status_name(status));
    assert_int_equal(set.count, 0);
    assert_null(set.samples.data);
    assert_null(set.labels);
    assert_null(strchr(dam_error(), '\n'));
    for (; *parts != NULL; parts++)
        if (strstr(dam_error(), *parts) == NULL)
            fail_msg("line %d: '%s' lacks '%s'", line, dam_error(), *parts);
}

#define assert_load_refused(config, split, ...)                                                    \
    check_load_refused(&(config), (split), (const char *const[]){__VA_ARGS__, NULL}, __LINE__)

/* An IDX file of bytes: one axis of `count`, or count x 1 x 2 images where images is set. */
static void idx_file(files *in, const char *name, int images, int count, unsigned char first)
{
    unsigned char bytes[64] = {0, 0, 8, images ? 3 : 1, 0, 0, 0, (unsigned char)count};
    size_t at = 8;
    if (images) {
        memcpy(bytes + at, "\0\0\0\1\0\0\0\2", 8);
        at += 8;
    }
    for (int i = 0; i < count * (images ? 2 : 1); i++)
        bytes[at++] = (unsigned char)(first + i);
    const char *ending = strrchr(name, '.');
    if (ending != NULL && strcmp(ending, ".gz") == 0)
        (void)gz_file(in, name, bytes, at);
    else
        (void)plain_file(in, name, bytes, at);
}

/* The split's samples start with this byte, which tells the file they came from. */
static void assert_first(const dam__data_config *config, dam__split split, unsigned char first)
{
    dam__dataset set = load(config, split);
    assert_int_equal(((const unsigned char *)set.samples.data)[0], first);
    dam__dataset_free(&set);
}

static void make_folder(files *in, const char *name)
{
    assert_int_equal(mkdir(path_of(in, name), 0777), 0);
}

/* --- named sets ------------------------------------------------------------------------------- */

static void a_named_set_is_loaded_by_split(void **state)
{
    files *in = *state;
    const dam__data_config config = {.name = "mnist"};
    make_folder(in, "data");
    idx_file(in, "data/train-images-idx3-ubyte", 1, 4, 10);
    idx_file(in, "data/train-labels-idx1-ubyte", 0, 4, 1);
    idx_file(in, "data/t10k-images-idx3-ubyte.gz", 1, 2, 50);
    idx_file(in, "data/t10k-labels-idx1-ubyte.gz", 0, 2, 0);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    static const unsigned char samples[] = {10, 11, 12, 13, 14, 15, 16, 17};
    static const int32_t labels[] = {1, 2, 3, 4};
    assert_string_equal(set.name, "mnist");
    assert_int_equal(set.samples.element, DAM__U8);
    assert_int_equal(set.samples.rank, 2);
    assert_int_equal(set.samples.shape[0], 4);
    assert_int_equal(set.samples.shape[1], 2);
    assert_memory_equal(set.samples.data, samples, sizeof samples);
    assert_memory_equal(set.labels, labels, sizeof labels);
    assert_int_equal(set.count, 4);
    assert_int_equal(set.features, 2);
    assert_int_equal(set.height, 1);
    assert_int_equal(set.width, 2);
    assert_int_equal(set.classes, 5);
    dam__dataset_free(&set);
    assert_null(set.samples.data);
    dam__dataset_free(NULL);
    set = load(&config, DAM__SPLIT_TEST);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.classes, 2);
    dam__dataset_free(&set);
    assert_first(&config, DAM__SPLIT_TEST, 50);
}

static void folders_are_searched_in_order(void **state)
{
    files *in = *state;
    const dam__data_config mnist = {.name = "mnist"}, other = {.name = "other"};
    static const char *const places[] = {"data", "data/mnist", "own", "own/mnist"};
    make_folder(in, "data");
    make_folder(in, "own");
    make_folder(in, "data/mnist");
    make_folder(in, "own/mnist");
    assert_int_equal(setenv("DENSEAM_DATA", "own", 1), 0);
    /* Each place comes before those filled so far. */
    for (int i = 0; i < 4; i++)
        for (int packed = 1; packed >= 0; packed--) {
            char name[128];
            unsigned char mark = (unsigned char)(10 * i + 5 * packed);
            (void)snprintf(name, sizeof name, "%s/train-images-idx3-ubyte%s", places[i],
                           packed ? ".gz" : "");
            idx_file(in, name, 1, 2, mark);
            (void)snprintf(name, sizeof name, "%s/train-labels-idx1-ubyte%s", places[i],
                           packed ? ".gz" : "");
            idx_file(in, name, 0, 2, 0);
            assert_first(&mnist, DAM__SPLIT_TRAIN, mark);
        }
    assert_int_equal(setenv("DENSEAM_DATA", "", 1), 0);
    assert_first(&mnist, DAM__SPLIT_TRAIN, 10);
    /* Loose files have the names of every such set: they are not taken for another one. */
    assert_load_refused(other, DAM__SPLIT_TRAIN, "'other'", "'data/other'");
    make_folder(in, "data/other");
    idx_file(in, "data/other/train-images-idx3-ubyte", 1, 2, 99);
    assert_load_refused(other, DAM__SPLIT_TRAIN, "no labels beside it",
                        "'train-labels-idx1-ubyte' (or .gz) into 'data/other'");
    idx_file(in, "data/other/train-labels-idx1-ubyte", 0, 2, 0);
    assert_first(&other, DAM__SPLIT_TRAIN, 99);
}

static void an_absent_set_tells_where_it_was_sought(void **state)
{
    (void)state;
    const dam__data_config mnist = {.name = "mnist"}, other = {.name = "no-such-set"};
    assert_load_refused(mnist, DAM__SPLIT_TEST,
                        "'data/mnist', 'data', '/usr/share/datasets/mnist': ci/setup", "ci/setup",
                        "dataset-fashion-mnist", "DENSEAM_DATA");
    assert_int_equal(setenv("DENSEAM_DATA", "/nowhere", 1), 0);
    assert_load_refused(mnist, DAM__SPLIT_TEST,
                        "'/nowhere/mnist', '/nowhere', 'data/mnist', 'data', "
                        "'/usr/share/datasets/mnist'");
    assert_load_refused(other, DAM__SPLIT_TEST,
                        "'/nowhere/no-such-set', 'data/no-such-set', "
                        "'/usr/share/datasets/no-such-set'");
}

static void fashion_mnist_of_debian_is_loaded(void **state)
{
    (void)state;
    if (access(fashion_folder, R_OK) != 0)
        skip();
    const dam__data_config config = {.name = "fashion-mnist"};
    dam__dataset set = load(&config, DAM__SPLIT_TEST);
    assert_int_equal(set.count, 10000);
    assert_int_equal(set.height, 28);
    assert_int_equal(set.width, 28);
    assert_int_equal(set.classes, 10);
    int each[10] = {0};
    for (size_t i = 0; i < set.count; i++)
        each[set.labels[i]]++;
    for (int label = 0; label < 10; label++)
        assert_int_equal(each[label], 1000); /* balanced, as its authors say */
    dam__dataset_free(&set);
}

/* --- files ------------------------------------------------------------------------------------ */

static void numbers_become_float32(void **state)
{
    files *in = *state;
    const dam__data_config config = {.images = "x.npy", .test_images = "y.npy"};
    const struct {
        const char *descr;
        int size;
        const void *data;
    } cases[] = {{"<f4", 4, (const float[]){-2, 0.5F, 3, 4, 5, 6}},
                 {"<f8", 8, (const double[]){-2, 0.5, 3, 4, 5, 6}},
                 {"<i4", 4, (const int32_t[]){-2, 0, 3, 4, 5, 6}},
                 {"<i8", 8, (const int64_t[]){-2, 0, 3, 4, 5, 6}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        npy_file(in, "x.npy", cases[i].descr, "(3, 1, 2, 1, 1)", cases[i].data,
                 6 * (size_t)cases[i].size);
        dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
        const float expected[] = {-2, i < 2 ? 0.5F : 0, 3, 4, 5, 6};
        assert_int_equal(set.samples.element, DAM__F32);
        assert_memory_equal(set.samples.data, expected, sizeof expected);
        assert_string_equal(set.name, "x.npy");
        assert_int_equal(set.count, 3);
        assert_int_equal(set.features, 2);
        assert_int_equal(set.height, 0); /* five axes: not an image */
        assert_null(set.labels);
        assert_int_equal(set.classes, 0);
        dam__dataset_free(&set);
    }
    NPY("y.npy", "|u1", "(5,)", unsigned char, 1, 2, 3, 4, 5);
    dam__dataset set = load(&config, DAM__SPLIT_TEST);
    assert_int_equal(set.samples.element, DAM__U8);
    assert_int_equal(set.samples.rank, 2);
    assert_int_equal(set.count, 5);
    assert_int_equal(set.features, 1);
    dam__dataset_free(&set);
}

static void a_value_that_is_not_finite_is_refused(void **state)
{
    files *in = *state;
    const dam__data_config config = {.images = "x.npy", .samples = 0};
    dam__data_config first = config;
    first.samples = 1;
    NPY("x.npy", "<f4", "(2, 2)", float, 1, 2, 3, NAN);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "sample 1 of 'x.npy'", "nan");
    dam__dataset set = load(&first, DAM__SPLIT_TRAIN); /* what is not used is not checked */
    dam__dataset_free(&set);
    NPY("x.npy", "<f8", "(2, 2)", double, 1, -INFINITY, 3, 4);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "sample 0 of 'x.npy'", "-inf");
    NPY("x.npy", "<f8", "(1, 2)", double, 1, 1e300);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "sample 0 of 'x.npy'", "1e+300");
}

static void a_subset_is_the_start_of_the_training_split(void **state)
{
    files *in = *state;
    dam__data_config config = {.images = "x", .labels = "y", .test_images = "x", .samples = 2};
    idx_file(in, "x", 1, 5, 20);
    idx_file(in, "y", 0, 5, 3);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.samples.shape[0], 2);
    assert_memory_equal(set.samples.data, "\24\25\26\27", 4);
    assert_int_equal(set.labels[1], 4);
    assert_int_equal(set.classes, 8); /* of the whole file: a subset has the same classes */
    dam__dataset_free(&set);
    set = load(&config, DAM__SPLIT_TEST);
    assert_int_equal(set.count, 5);
    dam__dataset_free(&set);
    config.samples = 5;
    set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.count, 5);
    dam__dataset_free(&set);
    config.samples = 6;
    assert_load_refused(config, DAM__SPLIT_TRAIN, "data.samples = 6", "5 samples", "'x'");
    config.samples = -1;
    assert_load_refused(config, DAM__SPLIT_TRAIN, "data.samples = -1");
}

static void labels_are_class_numbers_one_a_sample(void **state)
{
    files *in = *state;
    const dam__data_config config = {.images = "x", .labels = "y.npy"};
    idx_file(in, "x", 1, 3, 0);
    NPY("y.npy", "<f8", "(3, 1)", double, 0, 65535, 2);
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.labels[1], 65535);
    assert_int_equal(set.classes, 65536);
    dam__dataset_free(&set);
    NPY("y.npy", "<i8", "(3,)", int64_t, 0, 1, -1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "label 2 of 'y.npy' is -1", "0 ... 65535");
    NPY("y.npy", "<i4", "(3,)", int32_t, 0, 65536, 1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "label 1 of 'y.npy' is 65536");
    NPY("y.npy", "<i8", "(3,)", int64_t, INT64_MAX, 0, 1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "label 0 of 'y.npy' is 9.2");
    NPY("y.npy", "<f4", "(3,)", float, 0, 1.5F, 1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "label 1 of 'y.npy' is 1.5", "whole numbers");
    NPY("y.npy", "<f4", "(3,)", float, 0, NAN, 1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "label 1 of 'y.npy' is nan");
    NPY("y.npy", "|u1", "(2,)", unsigned char, 0, 1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "'x' holds 3 samples but 'y.npy' 2 labels");
    NPY("y.npy", "|u1", "(4,)", unsigned char, 0, 1, 0, 1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "'x' holds 3 samples but 'y.npy' 4 labels");
    NPY("y.npy", "|u1", "(3, 2)", unsigned char, 0, 1, 0, 1, 1, 0);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "shape 3 x 2", "one-hot");
    NPY("y.npy", "|u1", "()", unsigned char, 1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "shape ()");
    (void)plain_file(in, "y.npy", "", 0);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "'y.npy' is empty");
}

static void a_set_without_samples_is_refused(void **state)
{
    files *in = *state;
    const dam__data_config config = {.images = "x.npy"};
    npy_file(in, "x.npy", "<f4", "(0, 28, 28)", "", 0);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "'x.npy' holds no samples", "0 x 28 x 28");
    npy_file(in, "x.npy", "<f4", "(5, 0)", "", 0);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "holds no samples", "5 x 0");
    NPY("x.npy", "<f4", "()", float, 1);
    assert_load_refused(config, DAM__SPLIT_TRAIN, "one number, not samples");
}

static void what_the_configuration_lacks_is_named(void **state)
{
    files *in = *state;
    const dam__data_config nothing = {.samples = 1}, lonely = {.labels = "y"},
                           test = {.images = "x", .test_labels = "y"}, absent = {.images = "gone"};
    idx_file(in, "x", 1, 2, 0);
    assert_load_refused(nothing, DAM__SPLIT_TRAIN, "no training set", "data.images", "data.name");
    assert_load_refused(nothing, DAM__SPLIT_TEST, "no test set", "data.test_images");
    assert_load_refused(lonely, DAM__SPLIT_TRAIN, "data.labels", "without data.images");
    assert_load_refused(test, DAM__SPLIT_TEST, "data.test_labels", "without data.test_images");
    assert_load_refused(absent, DAM__SPLIT_TRAIN, "cannot open 'gone'");
    /* Files for one split may stand beside a name for the other. */
    dam__data_config both = {.name = "mnist", .images = "x"};
    assert_first(&both, DAM__SPLIT_TRAIN, 0);
    assert_load_refused(both, DAM__SPLIT_TEST, "data set 'mnist'");
    /* A name longer than the field is cut, not spilt. */
    dam__data_config longer = {.images = "."};
    memset(longer.images + 1, '/', 300);
    longer.images[301] = 'x';
    dam__dataset set = load(&longer, DAM__SPLIT_TRAIN);
    assert_int_equal(strlen(set.name), sizeof set.name - 1);
    dam__dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INSIDE(a_named_set_is_loaded_by_split),
        INSIDE(folders_are_searched_in_order),
        INSIDE(an_absent_set_tells_where_it_was_sought),
        INSIDE(fashion_mnist_of_debian_is_loaded),
        INSIDE(numbers_become_float32),
        INSIDE(a_value_that_is_not_finite_is_refused),
        INSIDE(a_subset_is_the_start_of_the_training_split),
        INSIDE(labels_are_class_numbers_one_a_sample),
        INSIDE(a_set_without_samples_is_refused),
        INSIDE(what_the_configuration_lacks_is_named),
    };
    return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
