/*
 * src/data readers: IDX, NPY and HDF5, what they read and what they refuse.
 *
 * golden/data/NAME.npy were written by numpy 1.24.2, with a = np.arange(6).reshape(2, 3):
 * u1 a*50, i4 a*-70000, i8 a*-(2**40), f4 a*0.5-1 (also as versions 2.0 and 3.0), f8 a/3,
 * scalar np.array(2.5), vector np.arange(4), rank3 np.arange(8).reshape(2, 2, 2), none
 * np.zeros((0, 3)); the others, named after what they are, must be refused.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/file.h"
#include "files.h"
#include "store/array.h"

/* --- helpers ---------------------------------------------------------------------------------- */

/* The array's items are start, start + step, ... */
static void assert_ramp(dam__array *array, dam__element element, int rank, size_t items,
                        double start, double step)
{
    assert_int_equal(array->element, element);
    assert_int_equal(array->rank, rank);
    assert_int_equal(dam__array_items(array), items);
    for (size_t i = 0; i < items; i++)
        if (fabs(dam__array_at(array, i) - (start + (double)i * step)) > 1e-15)
            fail_msg("item %zu is %.17g", i, dam__array_at(array, i));
    dam__array_free(array);
    assert_null(array->data);
}

static dam_status read_rows(const char *location, size_t rows, dam__array *out, size_t *there)
{
    dam__reading reading = {.rows = rows};
    dam_status status = dam__array_read_part(location, &reading, out);
    *there = reading.there;
    return status;
}

/* --- arrays ----------------------------------------------------------------------------------- */

static void arrays_are_made_zeroed_or_refused(void **state)
{
    (void)state;
    dam__array array = {0};
    assert_int_equal(dam__array_create(DAM__F64, 2, (size_t[]){3, 4}, &array), DAM_OK);
    assert_ramp(&array, DAM__F64, 2, 12, 0, 0);
    assert_int_equal(dam__array_create(DAM__U8, 0, NULL, &array), DAM_OK);
    assert_ramp(&array, DAM__U8, 0, 1, 0, 0);
    size_t huge[9] = {SIZE_MAX / 2, 3, 1, 1, 1, 1, 1, 1, 1};
    assert_int_equal(dam__array_create(DAM__U8, 2, huge, &array), DAM_NO_MEMORY);
    assert_int_equal(dam__array_create(DAM__F64, 1, huge, &array), DAM_NO_MEMORY);
    assert_int_equal(dam__array_create(DAM__U8, 9, huge, &array), DAM_INPUT);
    assert_int_equal(dam__array_create(DAM__U8, -1, huge, &array), DAM_INPUT);
    assert_null(array.data);
    dam__array_free(NULL);
    assert_string_equal(dam__element_name(DAM__I64), "int64");
    assert_int_equal(dam__element_size(DAM__I64), 8);
}

/* --- IDX -------------------------------------------------------------------------------------- */

static void idx_of_every_type_is_read_plain_and_gzipped(void **state)
{
    files *in = *state;
    static const unsigned char u8[] = {0, 0, 8, 3, 0, 0, 0, 2, 0,  0,
                                       0, 1, 0, 0, 0, 2, 0, 9, 18, 27};
    static const unsigned char i32[] = {0, 0, 12, 1, 0, 0, 0, 3, 0xff, 0xff,
                                        0, 0, 0,  0, 0, 0, 0, 1, 0,    0};
    static const unsigned char f32[] = {0, 0, 13, 1, 0, 0, 0, 2, 0xbf, 0x80, 0, 0, 0x3f, 0, 0, 0};
    static const unsigned char f64[] = {0, 0, 14, 1, 0,    0,    0, 2, 0x3f, 0xf0, 0, 0,
                                        0, 0, 0,  0, 0x40, 0x08, 0, 0, 0,    0,    0, 0};
    const struct {
        const unsigned char *bytes;
        size_t length;
        dam__element element;
        int rank;
        size_t items;
        double start, step;
    } cases[] = {{u8, sizeof u8, DAM__U8, 3, 4, 0, 9},
                 {f32, sizeof f32, DAM__F32, 1, 2, -1, 1.5},
                 {f64, sizeof f64, DAM__F64, 1, 2, 1, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int packed = 0; packed < 2; packed++) {
            const char *path = packed ? gz_file(in, "a.gz", cases[i].bytes, cases[i].length)
                                      : plain_file(in, "a", cases[i].bytes, cases[i].length);
            dam__array array = read_array(path);
            assert_ramp(&array, cases[i].element, cases[i].rank, cases[i].items, cases[i].start,
                        cases[i].step);
        }
    dam__array array = read_array(plain_file(in, "a", i32, sizeof i32));
    assert_int_equal(array.shape[0], 3);
    assert_ramp(&array, DAM__I32, 1, 3, -65536, 65536);
    array = read_array(plain_file(in, "a", u8, sizeof u8));
    assert_int_equal(array.shape[0], 2);
    assert_int_equal(array.shape[1], 1);
    assert_int_equal(array.shape[2], 2);
    dam__array_free(&array);
}

#define IDX(...)                                                                                   \
    plain_file(in, "a", (const unsigned char[]){__VA_ARGS__},                                      \
               sizeof((const unsigned char[]){__VA_ARGS__}))

static void idx_of_small_integers_is_read(void **state)
{
    files *in = *state;
    const struct {
        const unsigned char bytes[12];
        size_t length;
        double items[2];
    } cases[] = {{{0, 0, 9, 1, 0, 0, 0, 2, 0xff, 5}, 10, {-1, 5}},
                 {{0, 0, 11, 1, 0, 0, 0, 2, 0xff, 0xfe, 1, 2}, 12, {-2, 258}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__array array = read_array(plain_file(in, "a", cases[i].bytes, cases[i].length));
        assert_int_equal(array.element, DAM__I32);
        for (size_t k = 0; k < 2; k++)
            assert_true(dam__array_at(&array, k) == cases[i].items[k]);
        dam__array_free(&array);
    }
}

static void idx_that_is_damaged_is_refused(void **state)
{
    files *in = *state;
    assert_refused(IDX(0, 0, 8), "is no IDX, NPY, NPZ, HDF5, CSV, LIBSVM, PNG or JPEG file");
    assert_refused(IDX(0, 0, 8, 2, 0, 0, 0, 1, 0), "cut short", "byte 9", "header");
    assert_refused(IDX(0, 0, 8, 1, 0, 0, 0, 3, 1, 2), "cut short", "shape, 3 of uint8",
                   "needs 3 bytes", "there are 2");
    assert_refused(IDX(0, 0, 8, 1, 0, 0, 0, 1, 1, 2), "goes on after the 1 bytes");
    assert_refused(IDX(0, 0, 11, 1, 0, 0, 0, 1, 0), "cut short", "shape, 1 of int16");
    assert_refused(IDX(0, 0, 0x77, 1, 0, 0, 0, 1, 1), "0x77", "which no numbers have", "convert");
    assert_refused(IDX(0, 0, 8, 0, 1), "0 axes");
    assert_refused(IDX(0, 0, 8, 9, 1), "9 axes");
    assert_refused(IDX(0, 0, 14, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255),
                   "no file holds the shape", "4294967295 x 4294967295 x 4294967295 of float64");
    /* 2^31 x 2^30 items of 8 bytes: the product wraps to 0 bytes. */
    assert_refused(IDX(0, 0, 14, 2, 128, 0, 0, 0, 64, 0, 0, 0), "no file holds the shape");
    /* 18 EB do not overflow, but the file does not have them. */
    assert_refused(IDX(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255, 0), "cut short",
                   "there are 1;");
    dam__array array = {0};
    assert_int_equal(dam__idx_parse("memory", "\0\1\10\1", 4, &array), DAM_INPUT);
    assert_string_equal(dam_error(),
                        "'memory' is no IDX file: it starts with bytes 00 01, not 00 00");
}

/* The first rows are those of the whole; what follows them is checked only where that costs
 * nothing. */
static void the_first_rows_are_read_alone(void **state)
{
    files *in = *state;
    static const unsigned char idx[] = {0, 0, 8, 2, 0,  0,  0,  3,  0, 0,
                                        0, 2, 0, 5, 10, 15, 20, 25, 7};
    for (int kind = 0; kind < 3; kind++)
        for (size_t rows = 1; rows <= (kind < 2 ? 4 : 2); rows++) {
            const char *path = kind == 0   ? plain_file(in, "a", idx, sizeof idx - 1)
                               : kind == 1 ? gz_file(in, "a.gz", idx, sizeof idx - 1)
                                           : gz_file(in, "a.gz", idx, sizeof idx);
            dam__array array = {0};
            size_t there = 0;
            assert_int_equal(read_rows(path, rows, &array, &there), DAM_OK);
            assert_int_equal(there, 3);
            assert_ramp(&array, DAM__U8, 2, 2 * (rows < 3 ? rows : 3), 0, 5);
        }
    dam__array array = {0};
    size_t there = 0;
    assert_int_equal(read_rows(golden("i4"), 1, &array, &there), DAM_OK);
    assert_int_equal(there, 2);
    assert_ramp(&array, DAM__I32, 2, 3, 0, -70000);
    assert_int_equal(read_rows(golden("scalar"), 1, &array, &there), DAM_OK);
    assert_int_equal(there, 0);
    dam__array_free(&array);
    /* A plain file's length tells at once. */
    for (size_t length = sizeof idx; length >= sizeof idx - 2; length -= 2)
        assert_int_equal(read_rows(plain_file(in, "a", idx, length), 1, &array, &there), DAM_INPUT);
}

static void gzip_that_is_damaged_or_a_bomb_is_refused(void **state)
{
    files *in = *state;
    enum { BOMB = 1 << 24 };
    unsigned char *bytes = calloc(1, BOMB);
    memcpy(bytes, "\0\0\10\1\0\0\0\12", 8);
    /* The header promises ten bytes and gzip brings sixteen million. */
    assert_refused(gz_file(in, "a.gz", bytes, BOMB), "goes on after the 10 bytes");
    /* It promises more than any gzip file of its size can hold: refused before allocating. */
    memcpy(bytes + 4, "\377\377\377\377", 4);
    assert_refused(gz_file(in, "a.gz", bytes, 1000), "cut short", "there are at most");
    /* It promises more than it has. */
    memcpy(bytes + 4, "\0\0\3\350", 4);
    assert_refused(gz_file(in, "a.gz", bytes, 1000), "cut short", "byte 1000", "its data");

    for (size_t i = 8; i < 1008; i++)
        bytes[i] = (unsigned char)(i * i >> 3);
    const char *path = gz_file(in, "a.gz", bytes, 1008);
    struct stat whole;
    assert_int_equal(stat(path, &whole), 0);
    dam__array array = read_array(path);
    dam__array_free(&array);
    /* Cut anywhere, also in the checksum, it is refused. */
    for (off_t length = 0; length < whole.st_size; length++) {
        path = gz_file(in, "a.gz", bytes, 1008);
        assert_int_equal(truncate(path, length), 0);
        assert_refused(path, length == 0 ? "is empty" : "'");
    }
    /* A wrong checksum, with all the data. */
    path = gz_file(in, "a.gz", bytes, 1008);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -8, SEEK_END), 0);
    assert_int_equal(fputs("oops", file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
    assert_refused(path, "is damaged", "gzip");
    free(bytes);
    assert_refused(gz_file(in, "a.gz", "plain text", 10),
                   "is no IDX, NPY, NPZ, HDF5, CSV, LIBSVM, PNG or JPEG", "70 6c 61 69");
    assert_refused(plain_file(in, "a.gz", "\x1f\x8b\x08 and no more", 15), "gzip");
}

/* --- NPY -------------------------------------------------------------------------------------- */

static void npy_files_of_numpy_are_read(void **state)
{
    (void)state;
    const struct {
        const char *name;
        dam__element element;
        int rank;
        size_t items;
        double start, step;
    } cases[] = {{"u1", DAM__U8, 2, 6, 0, 50},
                 {"i4", DAM__I32, 2, 6, 0, -70000},
                 {"i8", DAM__I64, 2, 6, 0, -1099511627776.},
                 {"f4", DAM__F32, 2, 6, -1, 0.5},
                 {"f4-v2", DAM__F32, 2, 6, -1, 0.5},
                 {"f4-v3", DAM__F32, 2, 6, -1, 0.5},
                 {"f8", DAM__F64, 2, 6, 0, 1 / 3.},
                 {"scalar", DAM__F64, 0, 1, 2.5, 0},
                 {"vector", DAM__F32, 1, 4, 0, 1},
                 {"rank3", DAM__I32, 3, 8, 0, 1},
                 {"none", DAM__F32, 2, 0, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dam__array array = read_array(golden(cases[i].name));
        assert_ramp(&array, cases[i].element, cases[i].rank, cases[i].items, cases[i].start,
                    cases[i].step);
    }
}

static void npy_files_are_written_as_numpy_writes_them(void **state)
{
    files *in = *state;
    static const char *const names[] = {"u1",     "i4",     "i8",    "f4",  "f8",
                                        "scalar", "vector", "rank3", "none"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *theirs = NULL, *ours = NULL;
        size_t their_length = 0, our_length = 0;
        dam__array array = read_array(golden(names[i]));
        const char *path = path_of(in, "written.npy");
        assert_int_equal(dam__npy_write(path, &array), DAM_OK);
        dam__array_free(&array);
        assert_int_equal(dam__file_read(path, 4096, &ours, &our_length), DAM_OK);
        assert_int_equal(dam__file_read(golden(names[i]), 4096, &theirs, &their_length), DAM_OK);
        assert_int_equal(our_length, their_length);
        assert_memory_equal(ours, theirs, our_length);
        free(ours);
        free(theirs);
    }
}

static void npy_writes_pass_their_buffer_and_fail_whole(void **state)
{
    files *in = *state;
    dam__array array = {0}, back = {0};
    assert_int_equal(dam__array_create(DAM__F64, 1, (size_t[]){5001}, &array), DAM_OK);
    for (size_t i = 0; i < 5001; i++)
        ((double *)array.data)[i] = (double)i;
    const char *path = path_of(in, "written.npy");
    assert_int_equal(dam__npy_write(path, &array), DAM_OK);
    back = read_array(path);
    assert_ramp(&back, DAM__F64, 1, 5001, 0, 1);
    assert_int_equal(dam__npy_write(path_of(in, "absent/written.npy"), &array), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "absent/written.npy"));
    /* A folder cannot be replaced; nothing stays beside it. */
    assert_int_equal(mkdir(path_of(in, "folder"), 0777), 0);
    assert_int_equal(dam__npy_write(path_of(in, "folder"), &array), DAM_INPUT);
    assert_int_equal(rmdir(path_of(in, "folder")), 0);
    /* A file may not grow further, as on a full disk: in the header, and in the items. */
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit kept;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    for (rlim_t limit = 20; limit <= 40020; limit += 40000) {
        const struct rlimit full = {.rlim_cur = limit, .rlim_max = kept.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
        dam_status status = dam__npy_write(path_of(in, "full.npy"), &array);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
        assert_int_equal(status, DAM_INPUT);
        assert_non_null(strstr(dam_error(), strerror(EFBIG)));
    }
    (void)signal(SIGXFSZ, before);
    assert_false(dam__file_exists(path_of(in, "full.npy")));
    dam__array_free(&array);
}

static void npy_of_other_kinds_is_refused_with_the_way_to_convert(void **state)
{
    (void)state;
    assert_refused(golden("structured"), "structured", "a['field']");
    assert_refused(golden("text"), "'<U2'");
}

/* An NPY file with that header (version 1.0) and so many zero bytes. */
static const char *npy_file(files *in, const char *header, size_t bytes)
{
    char buffer[512] = "\x93NUMPY\1";
    size_t length = strlen(header);
    buffer[8] = (char)length;
    memcpy(buffer + 10, header, length);
    return plain_file(in, "a.npy", buffer, 10 + length + bytes);
}

#define HEAD "{'descr': '<f4', 'fortran_order': False, "

static void npy_headers_are_parsed_with_care(void **state)
{
    files *in = *state;
    static const char *const good[] = {
        HEAD "'shape': (2,), }   \n", HEAD "'shape': (2,)}", HEAD "'shape': (2L,)}",
        "{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<f4\"}",
        " { 'shape' : ( 2 , ) , 'descr' : '<f4' , 'fortran_order' : False , } "};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        dam__array array = read_array(npy_file(in, good[i], 8));
        assert_int_equal(array.shape[0], 2);
        assert_ramp(&array, DAM__F32, 1, 2, 0, 0);
    }
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "{'descr'",
        "{'descr'}",
        "{'descr': <f4}",
        HEAD "}",
        HEAD "'shape': (2,",
        HEAD "'shape': (2)}",
        HEAD "'shape': (,)}",
        HEAD "'shape': (2 2)}",
        HEAD "'shape': (-2,)}",
        HEAD "'shape': (2.0,)}",
        HEAD "'shape': 2}",
        HEAD "'shape': (2,)} x",
        HEAD "'shape': (2,), 'shape': (2,)}",
        HEAD "'shape': (2,), 'more': 1}",
        HEAD "'shape': (99999999999999999999999,)}",
        HEAD "'shape': (2,) 'more': 1}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}",
        "{'descr': '<f4\n', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4\\n', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4-and-a-very-long-tail', 'fortran_order': False, 'shape': (2,)}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(npy_file(in, bad[i], 8), "is damaged", "NPY header");
}

static void npy_that_is_damaged_is_refused(void **state)
{
    files *in = *state;
    assert_refused(npy_file(in, HEAD "'shape': (2,)}", 7), "cut short", "there are 7");
    assert_refused(npy_file(in, HEAD "'shape': (2,)}", 9), "goes on after the 8 bytes");
    assert_refused(npy_file(in, HEAD "'shape': (1000000000000,)}", 8), "cut short");
    assert_refused(npy_file(in, HEAD "'shape': (4611686018427387904, 4)}", 8), "no file holds");
    assert_refused(npy_file(in, HEAD "'shape': (1,1,1,1,1,1,1,1,1)}", 4), "more than 8 axes");
    assert_refused(plain_file(in, "a.npy", "\x93NUMPY", 6), "cut short", "eight bytes");
    assert_refused(plain_file(in, "a.npy", "\x93NUMPY\4\0__", 10), "version 4.0");
    assert_refused(plain_file(in, "a.npy", "\x93NUMPY\1\0\377\377{", 11), "cut short", "header");
    assert_refused(plain_file(in, "a.npy", "\x93NUMPY\2\0\377\377\377\377{", 13), "is damaged",
                   "4294967295 bytes");
    dam__array array = {0};
    assert_int_equal(dam__npy_parse("memory", "\x93NUMPX\1\0", 8, &array), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "'memory' is no NPY file"));
}

/* --- what is no data file --------------------------------------------------------------------- */

static void what_is_no_readable_file_is_refused(void **state)
{
    files *in = *state;
    assert_refused(path_of(in, "absent"), "absent'", "No such file");
    assert_refused(path_of(in, "absent.h5:/a"), "absent.h5'", "No such file");
    assert_refused("", "cannot open ''");
    assert_refused(in->folder, "it is a folder", in->folder);
    assert_refused(plain_file(in, "a", "", 0), "is empty");
    assert_refused(plain_file(in, "a", "P5 2 2", 6),
                   "is no IDX, NPY, NPZ, HDF5, CSV, LIBSVM, PNG or JPEG", "50 35 20 32");
    assert_refused(plain_file(in, "a", "x", 1),
                   "is no IDX, NPY, NPZ, HDF5, CSV, LIBSVM, PNG or JPEG");
    assert_int_equal(symlink("loop", path_of(in, "loop")), 0);
    assert_refused(path_of(in, "loop"), "symbolic links");
    assert_int_equal(mkfifo(path_of(in, "pipe"), 0666), 0);
    assert_refused(path_of(in, "pipe"), "no regular file");
    /* A file of which every read fails, whoever asks. */
    assert_refused("/proc/self/mem", "cannot read '/proc/self/mem': Input/output error");
    if (geteuid() != 0) {
        const char *path = plain_file(in, "locked", "x", 1);
        assert_int_equal(chmod(path, 0), 0);
        assert_refused(path, "Permission denied", "permissions");
    }
    assert_refused(path_of(in, "a:/b"), "is no IDX, NPY, NPZ, HDF5, CSV, LIBSVM, PNG or JPEG");
    /* A folder's name may end in a colon: what exists as a whole is no dataset's path. */
    assert_int_equal(mkdir(path_of(in, "a:"), 0777), 0);
    dam__array array = read_array(plain_file(in, "a:/b", "\0\0\10\1\0\0\0\1\7", 9));
    assert_ramp(&array, DAM__U8, 1, 1, 7, 0);
    char location[4096];
    (void)snprintf(location, sizeof location, "%s:/b", golden("u1"));
    assert_refused(location, "holds one array", "leave out ':/b'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_made_zeroed_or_refused),
        cmocka_unit_test_setup_teardown(idx_of_every_type_is_read_plain_and_gzipped, files_open,
                                        files_close),
        cmocka_unit_test_setup_teardown(the_first_rows_are_read_alone, files_open, files_close),
        cmocka_unit_test_setup_teardown(idx_of_small_integers_is_read, files_open, files_close),
        cmocka_unit_test_setup_teardown(idx_that_is_damaged_is_refused, files_open, files_close),
        cmocka_unit_test_setup_teardown(gzip_that_is_damaged_or_a_bomb_is_refused, files_open,
                                        files_close),
        cmocka_unit_test(npy_files_of_numpy_are_read),
        cmocka_unit_test_setup_teardown(npy_files_are_written_as_numpy_writes_them, files_open,
                                        files_close),
        cmocka_unit_test_setup_teardown(npy_writes_pass_their_buffer_and_fail_whole, files_open,
                                        files_close),
        cmocka_unit_test(npy_of_other_kinds_is_refused_with_the_way_to_convert),
        cmocka_unit_test_setup_teardown(npy_headers_are_parsed_with_care, files_open, files_close),
        cmocka_unit_test_setup_teardown(npy_that_is_damaged_is_refused, files_open, files_close),
        cmocka_unit_test_setup_teardown(what_is_no_readable_file_is_refused, files_open,
                                        files_close),
    };
    return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
