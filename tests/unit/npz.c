/*
 * NPZ files and what no reader takes. golden/data/stored.npz and packed.npz are np.savez and
 * np.savez_compressed (numpy 1.24.2) of x = (a * 50).astype('u1') and y = a / 3, with
 * a = np.arange(6).reshape(2, 3); words-u.npy is np.array(['dog', 'cat', 'été', 'dog']),
 * words-s.npy the same of bytes with b'ape' in place of the third.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "files.h"
#include "store/array.h"
#include "store/sniff.h"

static const char *const both[] = {GOLDEN_FOLDER "/data/stored.npz",
                                   GOLDEN_FOLDER "/data/packed.npz"};

static const char *part_of(const char *file, const char *part, char location[512])
{
    (void)snprintf(location, 512, "%s:%s", file, part);
    return location;
}

static void arrays_of_numpy_are_read_by_name(void **state)
{
    (void)state;
    char location[512];
    for (size_t i = 0; i < 2; i++) {
        static const char *const names[] = {"x", "/x", "x.npy"};
        for (size_t n = 0; n < 3; n++) {
            dam__array array = read_array(part_of(both[i], names[n], location));
            assert_int_equal(array.element, DAM__U8);
            assert_int_equal(array.shape[1], 3);
            assert_memory_equal(array.data, "\0\62\144\226\310\372", 6);
            dam__array_free(&array);
        }
        dam__array array = {0};
        dam__reading reading = {.rows = 1};
        assert_int_equal(dam__array_read_part(part_of(both[i], "y", location), &reading, &array),
                         DAM_OK);
        assert_int_equal(reading.there, 2);
        assert_int_equal(dam__array_items(&array), 3);
        assert_true(dam__array_at(&array, 2) == 2 / 3.0);
        dam__array_free(&array);
        assert_refused(both[i], "holds 2 arrays (x, y)", ":NAME'");
        assert_refused(part_of(both[i], "z", location), "holds no array 'z', but x, y");
    }
}

/* Every byte of the file in turn: an array that is right, or a refusal. */
static void a_changed_byte_is_found(void **state)
{
    files *in = *state;
    char location[512];
    for (size_t i = 0; i < 2; i++) {
        char *bytes = NULL;
        size_t length = 0, refused = 0;
        assert_int_equal(dam__file_read(both[i], 4096, &bytes, &length), DAM_OK);
        for (size_t at = 0; at < length; at++) {
            dam__array array = {0};
            bytes[at] = (char)(bytes[at] ^ 0x11);
            const char *path = plain_file(in, "a.npz", bytes, length);
            bytes[at] = (char)(bytes[at] ^ 0x11);
            if (dam__array_read(part_of(path, "x", location), &array) != DAM_OK) {
                refused++;
                continue;
            }
            if (array.element != DAM__U8 || dam__array_items(&array) != 6 ||
                memcmp(array.data, "\0\62\144\226\310\372", 6) != 0)
                fail_msg("byte %zu of '%s' changes the numbers", at, both[i]);
            dam__array_free(&array);
        }
        if (refused < 100)
            fail_msg("only %zu of %zu changes are found", refused, length);
        for (size_t kept = 4; kept < length; kept += 7)
            assert_refused(part_of(plain_file(in, "a.npz", bytes, kept), "x", location), "'");
        free(bytes);
    }
}

static void words_are_labels(void **state)
{
    (void)state;
    static const char *const files_of[] = {GOLDEN_FOLDER "/data/words-u.npy",
                                           GOLDEN_FOLDER "/data/words-s.npy"};
    static const char *const thirds[] = {"\xc3\xa9t\xc3\xa9", "ape"};
    for (size_t i = 0; i < 2; i++) {
        dam__array array = {0};
        dam__reading reading = {.as_words = true};
        assert_int_equal(dam__array_read_part(files_of[i], &reading, &array), DAM_OK);
        assert_int_equal(reading.words.count, 3);
        const int32_t *places = array.data;
        assert_string_equal(reading.words.items[places[0]], "dog");
        assert_string_equal(reading.words.items[places[1]], "cat");
        assert_string_equal(reading.words.items[places[2]], thirds[i]);
        assert_int_equal(places[3], places[0]);
        dam__reading_free(&reading);
        dam__array_free(&array);
        assert_refused(files_of[i], "holds words", "data.labels");
    }
}

static void what_a_file_is_gets_named(void **state)
{
    files *in = *state;
#define IS(BYTES, ...) assert_refused(plain_file(in, "a", BYTES, sizeof(BYTES) - 1), __VA_ARGS__)
    IS("GIF89a\x01\0__", "it is a GIF picture", "np.save");
    IS("\x89PNG\r\n\x1a\n____", "is cut short: it ends at byte 12");
    IS("\xff\xd8\xff\xe0____", "is cut short: it ends at byte 8");
    IS("version https://git-lfs.github.com/spec/v1\noid sha256:", "a pointer of Git LFS",
       "git lfs pull");
    IS("/annex/objects/SHA256E-s1", "a pointer of git-annex");
    IS("<!DOCTYPE html>\n<html>", "a web page", "download the file itself");
    IS("\xef\xbb\xbf \n<HTML>", "a web page");
    IS("{\"a\": [1, 2]}", "a JSON document");
    IS("\x80\x04\x95\x10\0\0\0\0", "a pickle of Python", "np.save");
    IS("\xfd"
       "7zXZ\0\0\4",
       "packed by xz", "unxz");
    IS("\x28\xb5\x2f\xfd____", "zstd data do not");
    IS("\x04\x22\x4d\x18____", "packed by lz4");
    IS("BZh91AY&SY\1", "packed by bzip2");
    IS("MATLAB 5.0 MAT-file\1", "a MAT file before version 7.3", "-v7.3");
    IS("PAR1\x15\4", "a Parquet file");
    IS("\xff\xfe"
       "a\0,\0",
       "a text in UTF-16");
    IS("caf\xe9,1\n", "another encoding than UTF-8");
    IS("1,2\n3,4\n", "it is a text", "ends in .csv, .tsv or .txt");
    IS("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "without an array of numpy's");
    IS("\1\2\3\4\5", "a kind that is not known", "01 02 03 04");
    assert_refused(gz_file(in, "a.gz", "\x1f\x8b\x08____", 7), "packed by gzip twice");
    char tar[600] = "name";
    memcpy(tar + 257, "ustar", 5);
    assert_refused(plain_file(in, "a", tar, sizeof tar), "a tar file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_of_numpy_are_read_by_name),
        cmocka_unit_test_setup_teardown(a_changed_byte_is_found, files_open, files_close),
        cmocka_unit_test(words_are_labels),
        cmocka_unit_test_setup_teardown(what_a_file_is_gets_named, files_open, files_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
