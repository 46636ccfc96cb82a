/* Pictures and folders of them, against what Pillow makes of them (golden/make_pictures.py). */
#include <dirent.h>
#include <math.h>
#include <sys/stat.h>

#include "base/file.h"
#include "data_files.h"

#define PICTURES GOLDEN_FOLDER "/../fuzz/corpus/picture/"

enum { HEIGHT = 6, WIDTH = 9, MOST_PATH = 1024 };

/* --- single files ----------------------------------------------------------------------------- */

static void all_kinds_are_read_as_pillow_does(void **state)
{
    (void)state;
    DIR *folder = opendir(GOLDEN_FOLDER "/pictures");
    int count = 0;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[MOST_PATH], picture[MOST_PATH];
        size_t length = strlen(entry->d_name);
        if (length < 5)
            continue;
        (void)snprintf(path, sizeof path, GOLDEN_FOLDER "/pictures/%s", entry->d_name);
        (void)snprintf(picture, sizeof picture, PICTURES "%.*s", (int)(length - 4), entry->d_name);
        dam__array expected = read_array(path), array = read_array(picture);
        /* Decoders of JPEG may round otherwise. */
        double bearable = strstr(picture, ".jpg") != NULL ? 1 : 0;
        assert_int_equal(array.element, expected.element);
        assert_int_equal(array.rank, expected.rank);
        assert_memory_equal(array.shape, expected.shape, sizeof array.shape);
        for (size_t i = 0; i < dam__array_items(&array); i++)
            if (fabs(dam__array_at(&array, i) - dam__array_at(&expected, i)) > bearable)
                fail_msg("%s: level %zu is %g, not %g", picture, i, dam__array_at(&array, i),
                         dam__array_at(&expected, i));
        dam__array_free(&expected);
        dam__array_free(&array);
        count++;
    }
    (void)closedir(folder);
    assert_int_equal(count, 26);
}

static void what_is_cut_or_damaged_is_refused_by_its_path(void **state)
{
    (void)state;
    assert_refused(PICTURES "bad-alone.png", "bad-alone.png' is cut short: it ends at byte 8");
    assert_refused(PICTURES "bad-cut-50-rgb.png", "bad-cut-50-rgb.png' is cut short");
    assert_refused(PICTURES "bad-cut-90-rgb.png", "bad-cut-90-rgb.png' is cut short");
    assert_refused(PICTURES "bad-cut-90-progressive.jpg", "progressive.jpg' is cut short");
    assert_refused(PICTURES "bad-middle-rgb.png", "is a damaged PNG file");
    assert_refused(PICTURES "bad-middle-progressive.jpg", "is a damaged JPEG file");
    assert_refused(PICTURES "bad-huge.png", "no PNG file of", "has its 524288 x 256 pixels");
    assert_refused(PICTURES "bad-huge.jpg", "no JPEG file of", "has its 65000 x 65000 pixels");
    assert_refused(PICTURES "rgb.png:x", "holds one array and nothing called 'x'");
}

/* --- folders ---------------------------------------------------------------------------------- */

static void copy(files *in, const char *from, const char *to)
{
    char path[MOST_PATH];
    char *bytes = NULL;
    size_t length = 0;
    (void)snprintf(path, sizeof path, PICTURES "%s", from);
    if (dam__file_read(path, 1 << 20, &bytes, &length) != DAM_OK)
        fail_msg("%s", dam_error());
    (void)plain_file(in, to, bytes, length);
    free(bytes);
}

static void make_folder(const char *name)
{
    assert_int_equal(mkdir(name, 0700), 0);
}

/* Classes b (three pictures, one further down), B and a, and what is none. */
static void make_classes(files *in)
{
    make_folder("p");
    make_folder("p/b");
    make_folder("p/b/x");
    make_folder("p/a");
    make_folder("p/B");
    make_folder("p/.cache");
    make_folder("p/none");
    copy(in, "grey.png", "p/b/2.PNG");
    copy(in, "rgb.png", "p/b/10.png");
    copy(in, "grey.jpg", "p/b/x/0.jpeg");
    copy(in, "grey.png", "p/a/1.png");
    copy(in, "grey.png", "p/B/1.png");
    copy(in, "grey.png", "p/.cache/1.png");
    copy(in, "grey.png", "p/b/.1.png");
    copy(in, "grey.png", "p/loose.png");
    (void)plain_file(in, "p/a/notes.txt", "x", 1);
}

static void a_folder_a_class_in_the_order_of_bytes(void **state)
{
    make_classes(*state);
    const dam__data_config config = {.images = "p"};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    const int32_t labels[] = {0, 1, 2, 2, 2};
    const char *const names[] = {"B", "a", "b"};
    assert_int_equal(set.count, 5);
    assert_int_equal(set.classes, 3);
    assert_memory_equal(set.labels, labels, sizeof labels);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(set.class_names.items[i], names[i]);
    /* One of them has colours, so all have; it is the first of b: "10" comes before "2". */
    assert_int_equal(set.pixels, DAM__PIXELS_RGB);
    assert_int_equal(set.features, HEIGHT * WIDTH * 3);
    dam__array rgb = read_array(GOLDEN_FOLDER "/pictures/rgb.png.npy");
    dam__array grey = read_array(GOLDEN_FOLDER "/pictures/grey.png.npy");
    const uint8_t *levels = set.samples.data;
    assert_memory_equal(levels + 2 * set.features, rgb.data, set.features);
    for (size_t i = 0; i < set.features; i++)
        assert_int_equal(levels[3 * set.features + i], ((const uint8_t *)grey.data)[i / 3]);
    dam__array_free(&rgb);
    dam__array_free(&grey);
    /* The loose picture, the notes and the folder without a picture. */
    assert_int_equal(set.pictures.skipped, 3);
    dam__dataset_free(&set);
    /* A part of them has all classes, and is not read further. */
    const dam__data_config part = {.images = "p", .samples = 2};
    set = load(&part, DAM__SPLIT_TRAIN);
    assert_int_equal(set.count, 2);
    assert_int_equal(set.classes, 3);
    assert_int_equal(set.pixels, DAM__PIXELS_GREY);
    dam__dataset_free(&set);
}

static void parts_of_a_data_set_are_no_classes(void **state)
{
    files *in = *state;
    make_folder("p");
    make_folder("p/train");
    make_folder("p/Test");
    make_folder("p/train/a");
    make_folder("p/Test/a");
    copy(in, "grey.png", "p/train/a/1.png");
    copy(in, "grey.png", "p/Test/a/1.png");
    assert_refused("p", "the folders of 'p' are parts of a data set", "such as 'p/train'");
    make_folder("p/station");
    copy(in, "grey.png", "p/station/1.png");
    dam__array array = read_array("p"); /* trains, tests and stations are classes */
    assert_int_equal(array.shape[0], 3);
    dam__array_free(&array);
    (void)plain_file(in, "y.csv", "a\n", 2);
    const dam__data_config config = {.images = "p/train", .labels = "y.csv"};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_string_equal(set.class_names.items[0], "a");
    dam__dataset_free(&set);
}

static void a_flat_folder_has_no_classes(void **state)
{
    files *in = *state;
    make_folder("p");
    copy(in, "grey.png", "p/b.png");
    copy(in, "rgb.png", "p/a.png");
    const dam__data_config config = {.images = "p", .colour = DAM__COLOUR_GREY};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_null(set.labels);
    assert_int_equal(set.features, HEIGHT * WIDTH);
    assert_int_equal(set.pictures.greyed, 1);
    dam__array rgb = read_array(GOLDEN_FOLDER "/pictures/rgb.png.npy");
    for (size_t i = 0; i < set.features; i++) {
        const uint8_t *at = (const uint8_t *)rgb.data + 3 * i;
        double luma = 0.299 * at[0] + 0.587 * at[1] + 0.114 * at[2];
        assert_true(fabs(((const uint8_t *)set.samples.data)[i] - luma) <= 0.502);
    }
    dam__array_free(&rgb);
    dam__dataset_free(&set);
}

static void test_pictures_have_the_numbers_of_the_training(void **state)
{
    make_classes(*state);
    make_folder("t");
    make_folder("t/b");
    copy(*state, "grey.png", "t/b/1.png");
    const dam__data_config config = {.images = "p", .test_images = "t"};
    dam__dataset set = load(&config, DAM__SPLIT_TEST);
    assert_int_equal(set.labels[0], 2);
    assert_int_equal(set.classes, 3);
    dam__dataset_free(&set);
    assert_int_equal(rename("t/b", "t/c"), 0);
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TEST, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "'t' has the class 'c', which the training has not (B, a"));
}

static void sizes_and_depths_must_agree_or_be_made_to(void **state)
{
    files *in = *state;
    make_folder("p");
    copy(in, "grey.png", "p/a.png");
    copy(in, "side6.jpg", "p/b.jpg");
    assert_refused("p", "'p/b.jpg' has 6 x 9 pixels, but 'p/a.png' 9 x 6",
                   "data.resize = \"9x6\" makes all alike");
    const dam__data_config config = {.images = "p", .resize = "4x3"};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.width, 4);
    assert_int_equal(set.height, 3);
    assert_int_equal(set.pictures.resized, 2);
    dam__dataset_free(&set);
    copy(in, "grey16.png", "p/b.jpg");
    assert_refused("p", "'p/b.jpg' has levels of 16 bits, but 'p/a.png' of 8");
    copy(in, "bad-cut-50-rgb.png", "p/b.jpg");
    assert_refused("p", "'p/b.jpg' is cut short");
    (void)plain_file(in, "p/b.jpg", "GIF89a", 6);
    assert_refused("p", "'p/b.jpg' is neither a PNG nor a JPEG picture");
    size_t width = 0, height = 0;
    static const char *const none[] = {"x", "3", "3x", "x3", "0x3", "3x-1", "3x3x3", "99999x1"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(dam__resize_read(none[i], &width, &height), DAM_USAGE);
}

/* The mean of each picture stays, and what is even stays even. */
static void resizing_keeps_means(void **state)
{
    files *in = *state;
    make_folder("p");
    copy(in, "grey.png", "p/a.png");
    static const char *const sizes[] = {"1x1", "3x2", "9x3", "18x12", "90x60"};
    dam__array grey = read_array(GOLDEN_FOLDER "/pictures/grey.png.npy");
    double mean = 0;
    for (size_t i = 0; i < dam__array_items(&grey); i++)
        mean += dam__array_at(&grey, i) / (double)dam__array_items(&grey);
    dam__array_free(&grey);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        dam__data_config config = {.images = "p"};
        double own = 0;
        (void)snprintf(config.resize, sizeof config.resize, "%s", sizes[k]);
        dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
        for (size_t i = 0; i < set.features; i++)
            own += dam__array_at(&set.samples, i) / (double)set.features;
        assert_true(fabs(own - mean) < 4);
        dam__dataset_free(&set);
    }
}

static void folders_without_pictures_say_what_they_have(void **state)
{
    files *in = *state;
    make_folder("p");
    assert_refused("p", "'p': it is a folder without PNG or JPEG pictures; name a file in it");
    (void)plain_file(in, "p/a.webp", "x", 1);
    assert_refused("p", "pictures (but with 'p/a.webp')");
    assert_false(dam__picture_folder_is("p"));
    assert_false(dam__picture_folder_is("absent"));
    copy(in, "grey.png", "p/a.png");
    assert_true(dam__picture_folder_is("p"));
    /* A link that leads back is followed once. */
    make_folder("p/class");
    copy(in, "grey.png", "p/class/a.png");
    assert_int_equal(symlink("..", "p/class/back"), 0);
    dam__array array = read_array("p");
    assert_int_equal(array.shape[0], 1);
    dam__array_free(&array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_are_read_as_pillow_does),
        cmocka_unit_test(what_is_cut_or_damaged_is_refused_by_its_path),
        INSIDE(a_folder_a_class_in_the_order_of_bytes),
        INSIDE(parts_of_a_data_set_are_no_classes),
        INSIDE(a_flat_folder_has_no_classes),
        INSIDE(test_pictures_have_the_numbers_of_the_training),
        INSIDE(sizes_and_depths_must_agree_or_be_made_to),
        INSIDE(resizing_keeps_means),
        INSIDE(folders_without_pictures_say_what_they_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
