/* Results in every format, against what each format says byte by byte. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/file.h"
#include "place.h"
#include "store/results.h"

static void add(dam__container *to, const char *name, dam__element element, int rank,
                const size_t *shape, const void *items)
{
    dam__array array = {0};
    assert_int_equal(dam__array_create(element, rank, shape, &array), DAM_OK);
    memcpy(array.data, items, dam__array_items(&array) * dam__element_size(element));
    assert_int_equal(dam__container_add(to, name, &array), DAM_OK);
}

/* Three rows: a class with names, one of them of two bytes a letter and one to be quoted. */
static dam__container make_table(void)
{
    dam__container table = {0};
    const int32_t classes[] = {1, -1, 0};
    const float shares[] = {0.1F, 0.9F, 0.5F, 0.5F, 1, 0};
    const double near[] = {0.1, -2, 1e300};
    char summer[] = "\xc3\xa9t\xc3\xa9", quoted[] = "a, \"b\"";
    char *names[] = {summer, quoted};
    add(&table, "class", DAM__I32, 1, (const size_t[]){3}, classes);
    add(&table, "share", DAM__F32, 2, (const size_t[]){3, 2}, shares);
    add(&table, "near", DAM__F64, 1, (const size_t[]){3}, near);
    assert_int_equal(
        dam__container_set_list(&table, "class_names", &(dam__names){.items = names, .count = 2}),
        DAM_OK);
    assert_int_equal(dam__container_set_text(&table, "note", "two\nlines"), DAM_OK);
    return table;
}

static char *written(const dam__container *results, dam__results_format format, const char *path,
                     size_t *length)
{
    char *bytes = NULL;
    assert_int_equal(dam__results_write(results, format, path), DAM_OK);
    assert_int_equal(dam__file_read(path, 1 << 20, &bytes, length), DAM_OK);
    return bytes;
}

static void formats_follow_from_names(void **state)
{
    (void)state;
    const unsigned both = 1u << DAM__RESULTS_NPZ | 1u << DAM__RESULTS_NUMBERS;
    dam__results_format format = DAM__RESULTS_FORMATS;
    assert_int_equal(dam__results_format_of("a.csv/b.NPZ", both, &format), DAM_OK);
    assert_int_equal(format, DAM__RESULTS_NPZ);
    assert_int_equal(dam__results_format_of("b.csv", both, &format), DAM_OK);
    assert_int_equal(format, DAM__RESULTS_NUMBERS);
    const char *const wrong[] = {"", "npz", ".npz", "b.h5", "b.npz.gz", "b.npz/"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(dam__results_format_of(wrong[i], both, &format), DAM_USAGE);
        assert_non_null(strstr(dam_error(), "one of .npz, .csv"));
    }
}

static void tables_are_lines_with_names(void **state)
{
    place *at = *state;
    size_t length = 0;
    dam__container table = make_table();
    char *text = written(&table, DAM__RESULTS_CSV, at->file, &length);
    assert_string_equal(text, "class,class_name,share_0,share_1,near\n"
                              "1,\"a, \"\"b\"\"\",0.100000001,0.899999976,0.1\n"
                              "-1,none,0.5,0.5,-2\n"
                              "0,\xc3\xa9t\xc3\xa9,1,0,1e+300\n");
    free(text);
    text = written(&table, DAM__RESULTS_NUMBERS, at->file, &length);
    assert_int_equal(strncmp(text,
                             "# note: two\n#     lines\n# class_names: \xc3\xa9t\xc3\xa9\n"
                             "# class_names: a, \"b\"\nparameter,row,column,value\nclass,0,0,1\n",
                             100),
                     0);
    assert_non_null(strstr(text, "\nshare,0,1,0.899999976\nshare,1,0,0.5\n"));
    free(text);
    dam__container_free(&table);
}

static void tables_are_structured_items(void **state)
{
    enum { LETTERS = 6, ITEM = 4 + 4 * LETTERS + 8 + 8 };
    place *at = *state;
    size_t length = 0;
    dam__container table = make_table();
    char *bytes = written(&table, DAM__RESULTS_NPY, at->file, &length);
    const char header[] = "{'descr': [('class', '<i4'), ('class_name', '<U6'), "
                          "('share', '<f4', (2,)), ('near', '<f8')], 'fortran_order': False, "
                          "'shape': (3,), }";
    assert_memory_equal(bytes, "\x93NUMPY\1\0", 8);
    size_t start = 10 + (unsigned char)bytes[8] + 256 * (size_t)(unsigned char)bytes[9];
    assert_int_equal(start % 64, 0);
    assert_int_equal(bytes[start - 1], '\n');
    assert_memory_equal(bytes + 10, header, sizeof header - 1);
    assert_int_equal(length, start + 3 * ITEM);
    /* The last row: class 0, "été" in UTF-32, 1, 0 and 1e300. */
    const unsigned char row[] = {0, 0, 0, 0, 0xe9, 0, 0, 0, 't', 0, 0, 0, 0xe9, 0, 0, 0};
    assert_memory_equal(bytes + start + 2 * ITEM, row, sizeof row);
    double last = 0;
    memcpy(&last, bytes + length - sizeof last, sizeof last);
    assert_true(last == 1e300);
    free(bytes);
    dam__container_free(&table);
}

static void safetensors_have_a_header_in_json(void **state)
{
    place *at = *state;
    size_t length = 0;
    dam__container table = make_table();
    char *bytes = written(&table, DAM__RESULTS_SAFETENSORS, at->file, &length);
    const char header[] =
        "{\"__metadata__\":{\"note\":\"two\\nlines\",\"class_names\":\"[\\\"\xc3\xa9t\xc3\xa9\\\","
        "\\\"a, \\\\\\\"b\\\\\\\"\\\"]\"},\"class\":{\"dtype\":\"I32\",\"shape\":[3],"
        "\"data_offsets\":[0,12]},\"share\":{\"dtype\":\"F32\",\"shape\":[3,2],"
        "\"data_offsets\":[12,36]},\"near\":{\"dtype\":\"F64\",\"shape\":[3],"
        "\"data_offsets\":[36,60]}}";
    size_t padded = (sizeof header - 1 + 7) / 8 * 8;
    assert_int_equal((unsigned char)bytes[0] + 256 * (size_t)(unsigned char)bytes[1], padded);
    assert_memory_equal(bytes + 2, "\0\0\0\0\0\0", 6);
    assert_memory_equal(bytes + 8, header, sizeof header - 1);
    assert_int_equal(length, 8 + padded + 60);
    const int32_t classes[] = {1, -1, 0};
    assert_memory_equal(bytes + 8 + padded, classes, sizeof classes);
    free(bytes);
    dam__container_free(&table);
}

static uint64_t number(const char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)at[i] << 8 * i;
    return value;
}

/* Walks the entries' own headers; the list and the end must say the same. */
static void npz_files_are_stored_zips(void **state)
{
    enum { LOCAL = 30, EXTRA = 20, ENTRIES = 5, CENTRAL = 46, CENTRAL_EXTRA = 28, END = 22 };
    place *at = *state;
    size_t length = 0, here = 0, list = 0;
    dam__container table = make_table();
    char *bytes = written(&table, DAM__RESULTS_NPZ, at->file, &length);
    static const char *const names[] = {"class.npy", "share.npy", "near.npy", "class_names.npy",
                                        "note.npy"};
    const char *end = bytes + length - END - 20 - 56;
    assert_memory_equal(end, "PK\6\6", 4);
    list = number(end + 48, 8);
    for (int i = 0; i < ENTRIES; i++) {
        size_t name = strlen(names[i]), began = here;
        assert_memory_equal(bytes + here, "PK\3\4", 4);
        assert_int_equal(number(bytes + here + 26, 2), name);
        assert_memory_equal(bytes + here + LOCAL, names[i], name);
        uint64_t sum = number(bytes + here + 14, 4);
        uint64_t size = number(bytes + here + LOCAL + name + 4, 8);
        here += LOCAL + name + EXTRA;
        assert_memory_equal(bytes + here, "\x93NUMPY", 6);
        assert_int_equal(crc32(0, (const unsigned char *)bytes + here, (unsigned)size), sum);
        here += size;
        assert_memory_equal(bytes + list, "PK\1\2", 4);
        assert_int_equal(number(bytes + list + 16, 4), sum);
        assert_int_equal(number(bytes + list + CENTRAL + name + 4, 8), size);
        assert_int_equal(number(bytes + list + CENTRAL + name + 20, 8), began);
        list += CENTRAL + name + CENTRAL_EXTRA;
    }
    assert_ptr_equal(bytes + list, end);
    assert_int_equal(number(end + 32, 8), ENTRIES);
    free(bytes);
    dam__container_free(&table);
}

/* A file may not grow further, as on a full disk. */
static void a_full_disk_leaves_what_was_there(void **state)
{
    place *at = *state;
    dam__container table = make_table();
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit kept;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    for (int format = 0; format < DAM__RESULTS_FORMATS; format++) {
        char *bytes = NULL;
        size_t length = 0;
        assert_int_equal(dam__file_write(at->file, "old", 3), DAM_OK);
        const struct rlimit full = {.rlim_cur = 30, .rlim_max = kept.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
        dam_status status = dam__results_write(&table, (dam__results_format)format, at->file);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
        assert_int_equal(status, DAM_INPUT);
        assert_int_equal(dam__file_read(at->file, 100, &bytes, &length), DAM_OK);
        assert_string_equal(bytes, "old");
        free(bytes);
    }
    (void)signal(SIGXFSZ, before);
    dam__container_free(&table);
}

static void lists_come_back_from_a_container(void **state)
{
    place *at = *state;
    dam__container table = make_table(), back = {0};
    assert_int_equal(dam__container_write(&table, at->file), DAM_OK);
    assert_int_equal(dam__container_read(at->file, &back), DAM_OK);
    const dam__names *names = dam__container_list(&back, "class_names");
    assert_non_null(names);
    assert_int_equal(names->count, 2);
    assert_string_equal(names->items[0], "\xc3\xa9t\xc3\xa9");
    assert_string_equal(names->items[1], "a, \"b\"");
    assert_string_equal(dam__container_text(&back, "note"), "two\nlines");
    assert_null(dam__container_list(&back, "note"));
    assert_null(dam__container_text(&back, "class_names"));
    /* One of the same name takes its place. */
    char only[] = "only";
    char *one[] = {only};
    assert_int_equal(
        dam__container_set_list(&back, "class_names", &(dam__names){.items = one, .count = 1}),
        DAM_OK);
    assert_int_equal(dam__container_list(&back, "class_names")->count, 1);
    assert_int_equal(back.list_count, 1);
    dam__container_free(&back);
    dam__container_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_follow_from_names),
        cmocka_unit_test_setup_teardown(tables_are_lines_with_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tables_are_structured_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(safetensors_have_a_header_in_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(npz_files_are_stored_zips, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_what_was_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_come_back_from_a_container, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
