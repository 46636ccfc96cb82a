/* HDF5 datasets: what is read, and what a header may claim in vain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>
#include <zlib.h>

#include "files.h"
#include "store/array.h"

/* --- files written with HDF5 itself ----------------------------------------------------------- */

static hid_t create_file(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

/* Adds a dataset; data may be NULL (never written), properties H5P_DEFAULT. */
static void add(hid_t file, const char *name, hid_t type, int rank, const hsize_t *shape,
                hid_t properties, hid_t memory_type, const void *data)
{
    hid_t space = rank < 0    ? H5Screate(H5S_NULL)
                  : rank == 0 ? H5Screate(H5S_SCALAR)
                              : H5Screate_simple(rank, shape, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    assert_true(set >= 0);
    if (data != NULL)
        assert_true(H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    assert_true(H5Dclose(set) >= 0 && H5Sclose(space) >= 0);
}

/* A file with the one dataset "/x" of -1, 0, 1 (or 0, 1, 2 where start is 0) in that file type. */
static const char *ramp_file(files *in, hid_t type, int start)
{
    const int items[] = {start, start + 1, start + 2};
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path);
    add(file, "x", type, 1, (hsize_t[]){3}, H5P_DEFAULT, H5T_NATIVE_INT, items);
    assert_true(H5Fclose(file) >= 0);
    return path;
}

static const char *at(files *in, const char *path, const char *inner)
{
    char name[256];
    (void)snprintf(name, sizeof name, "%s:%s", strrchr(path, '/') + 1, inner);
    return path_of(in, name);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void types_become_the_nearest_element(void **state)
{
    files *in = *state;
    hid_t twelve = H5Tcopy(H5T_STD_I16BE), half = H5Tcopy(H5T_IEEE_F32LE);
    assert_true(H5Tset_precision(twelve, 12) >= 0);
    assert_true(H5Tset_fields(half, 15, 10, 5, 0, 10) >= 0 && H5Tset_ebias(half, 15) >= 0 &&
                H5Tset_precision(half, 16) >= 0 && H5Tset_size(half, 2) >= 0);
    const struct {
        hid_t type;
        int start;
        dam__element element;
    } cases[] = {{H5T_STD_U8LE, 0, DAM__U8},     {H5T_STD_I8LE, -1, DAM__I32},
                 {H5T_STD_U16BE, 0, DAM__I32},   {H5T_STD_I32BE, -1, DAM__I32},
                 {twelve, -1, DAM__I32},         {H5T_STD_U32LE, 0, DAM__I64},
                 {H5T_STD_I64LE, -1, DAM__I64},  {H5T_STD_U64BE, 0, DAM__I64},
                 {half, -1, DAM__F32},           {H5T_IEEE_F32BE, -1, DAM__F32},
                 {H5T_IEEE_F64LE, -1, DAM__F64}, {H5T_NATIVE_LDOUBLE, -1, DAM__F64}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dam__array array = read_array(ramp_file(in, cases[i].type, cases[i].start));
        assert_int_equal(array.element, cases[i].element);
        assert_int_equal(array.rank, 1);
        assert_int_equal(array.shape[0], 3);
        for (int item = 0; item < 3; item++)
            assert_true(dam__array_at(&array, (size_t)item) == cases[i].start + item);
        dam__array_free(&array);
    }
    assert_true(H5Tclose(twelve) >= 0 && H5Tclose(half) >= 0);
}

static void datasets_are_found_by_path_or_alone(void **state)
{
    files *in = *state;
    const float items[] = {1, 2, 3, 4, 5, 6}, one = 7;
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path);
    hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    add(group, "x", H5T_NATIVE_FLOAT, 2, (hsize_t[]){3, 2}, H5P_DEFAULT, H5T_NATIVE_FLOAT, items);
    assert_true(H5Fflush(file, H5F_SCOPE_LOCAL) >= 0);
    assert_true(H5Gclose(group) >= 0 && H5Fclose(file) >= 0);
    dam__array array = read_array(path); /* alone, though in a group */
    assert_int_equal(array.rank, 2);
    assert_int_equal(array.shape[0], 3);
    assert_memory_equal(array.data, items, sizeof items);
    dam__array_free(&array);

    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    add(file, "one", H5T_NATIVE_FLOAT, 0, NULL, H5P_DEFAULT, H5T_NATIVE_FLOAT, &one);
    add(file, "none", H5T_NATIVE_FLOAT, 2, (hsize_t[]){0, 5}, H5P_DEFAULT, H5T_NATIVE_FLOAT, NULL);
    add(file, "null", H5T_NATIVE_FLOAT, -1, NULL, H5P_DEFAULT, H5T_NATIVE_FLOAT, NULL);
    assert_true(H5Fclose(file) >= 0);
    assert_refused(path, "4 datasets", "/g/x, /none, /null, /one", "a.h5:/PATH");
    array = read_array(at(in, path, "/g/x"));
    assert_memory_equal(array.data, items, sizeof items);
    dam__array_free(&array);
    array = read_array(at(in, path, "/one"));
    assert_int_equal(array.rank, 0);
    assert_true(dam__array_at(&array, 0) == 7);
    dam__array_free(&array);
    array = read_array(at(in, path, "/none"));
    assert_int_equal(dam__array_items(&array), 0);
    dam__array_free(&array);
    assert_refused(at(in, path, "/null"), "no shape", "'/null'");
    assert_refused(at(in, path, "/g"), "dataset '/g' of", "cannot be opened: not a dataset");
    assert_refused(at(in, path, "/absent"), "dataset '/absent' of", "doesn't exist");

    path = path_of(in, "many.h5");
    file = create_file(path);
    assert_true(H5Fflush(file, H5F_SCOPE_LOCAL) >= 0 && H5Fclose(file) >= 0);
    assert_refused(path, "without any dataset");
    file = create_file(path);
    for (char name[] = "a"; name[0] < 'k'; name[0]++)
        add(file, name, H5T_NATIVE_FLOAT, 0, NULL, H5P_DEFAULT, H5T_NATIVE_FLOAT, &one);
    assert_true(H5Fclose(file) >= 0);
    assert_refused(path, "10 datasets (/a, /b, /c, /d, /e, /f, /g, /h, ...)");
}

static void a_user_block_does_not_hide_the_file(void **state)
{
    files *in = *state;
    const char *path = path_of(in, "a.mat");
    const unsigned char items[] = {4, 5};
    hid_t properties = H5Pcreate(H5P_FILE_CREATE);
    assert_true(H5Pset_userblock(properties, 512) >= 0);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, properties, H5P_DEFAULT);
    add(file, "x", H5T_STD_U8LE, 1, (hsize_t[]){2}, H5P_DEFAULT, H5T_NATIVE_UINT8, items);
    assert_true(H5Fclose(file) >= 0 && H5Pclose(properties) >= 0);
    dam__array array = read_array(path);
    assert_memory_equal(array.data, items, 2);
    dam__array_free(&array);
}

static void what_is_no_number_is_refused(void **state)
{
    files *in = *state;
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path), text = H5Tcopy(H5T_C_S1);
    hid_t pair = H5Tcreate(H5T_COMPOUND, 8), truth = H5Tenum_create(H5T_NATIVE_INT8);
    int8_t no = 0, yes = 1;
    assert_true(H5Tinsert(pair, "x", 0, H5T_NATIVE_FLOAT) >= 0);
    assert_true(H5Tenum_insert(truth, "FALSE", &no) >= 0);
    assert_true(H5Tenum_insert(truth, "TRUE", &yes) >= 0);
    add(file, "text", text, 0, NULL, H5P_DEFAULT, text, "x");
    add(file, "pair", pair, 1, (hsize_t[]){2}, H5P_DEFAULT, pair, NULL);
    add(file, "truth", truth, 1, (hsize_t[]){1}, H5P_DEFAULT, truth, &no);
    const hsize_t ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    add(file, "deep", H5T_NATIVE_FLOAT, 9, ones, H5P_DEFAULT, H5T_NATIVE_FLOAT, NULL);
    const uint64_t huge = UINT64_MAX;
    add(file, "huge", H5T_STD_U64LE, 0, NULL, H5P_DEFAULT, H5T_NATIVE_UINT64, &huge);
    assert_true(H5Fclose(file) >= 0);
    assert_refused(at(in, path, "/text"), "'/text'", "it holds words", "data.labels");
    assert_refused(at(in, path, "/pair"), "it holds records", "write one field of them");
    dam__array truth_read = read_array(at(in, path, "/truth"));
    assert_int_equal(truth_read.element, DAM__U8);
    dam__array_free(&truth_read);
    assert_refused(at(in, path, "/deep"), "9 axes; at most 8");
    assert_refused(at(in, path, "/huge"), "does not fit int64", "float64");
    assert_true(H5Tclose(text) >= 0 && H5Tclose(pair) >= 0 && H5Tclose(truth) >= 0);
}

/* Properties of a dataset in chunks, deflated or not. */
static hid_t chunks(int rank, hsize_t edge, int deflated)
{
    hsize_t shape[8];
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    for (int axis = 0; axis < rank; axis++)
        shape[axis] = edge;
    assert_true(H5Pset_chunk(properties, rank, shape) >= 0);
    if (deflated)
        assert_true(H5Pset_deflate(properties, 9) >= 0);
    return properties;
}

static void chunks_are_read_where_all_are_there(void **state)
{
    files *in = *state;
    enum { EDGE = 1000 };
    double *items = calloc((size_t)EDGE * EDGE, sizeof *items);
    items[EDGE * EDGE - 1] = 9;
    for (int deflated = 0; deflated < 2; deflated++) {
        const char *path = path_of(in, "a.h5");
        hid_t file = create_file(path), properties = chunks(2, 300, deflated);
        add(file, "x", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){EDGE, EDGE}, properties, H5T_NATIVE_DOUBLE,
            items);
        assert_true(H5Fclose(file) >= 0 && H5Pclose(properties) >= 0);
        dam__array array = read_array(path); /* nearly all zeros: deflate's best ratio */
        assert_memory_equal(array.data, items, EDGE * EDGE * sizeof *items);
        dam__array_free(&array);
    }
    free(items);
}

static void the_smallest_filtered_chunks_are_read(void **state)
{
    files *in = *state;
    const unsigned char items[] = {7, 8, 9};
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path), properties = chunks(1, 1, 0);
    assert_true(H5Pset_shuffle(properties) >= 0);
    add(file, "x", H5T_STD_U8LE, 1, (hsize_t[]){3}, properties, H5T_NATIVE_UINT8, items);
    assert_true(H5Fclose(file) >= 0 && H5Pclose(properties) >= 0);
    dam__array array = read_array(path);
    assert_memory_equal(array.data, items, 3);
    dam__array_free(&array);
}

/* Writes the bytes with one of them, `offset` after the only place where `where` stands, changed.
 */
static const char *damaged(files *in, const char *bytes, size_t length, const void *where,
                           size_t where_length, size_t offset, int value)
{
    char *copy = malloc(length), *found = NULL;
    memcpy(copy, bytes, length);
    found = memmem(copy, length, where, where_length);
    assert_non_null(found);
    found[offset] = (char)value;
    const char *path = plain_file(in, "damaged.h5", copy, length);
    free(copy);
    return path;
}

/* A file of one chunk of rows x 1000 bytes that is stored as given, by these properties' filters.
 */
static const char *chunk_file(files *in, hsize_t rows, hid_t properties, uint32_t skipped,
                              const void *stored, size_t length)
{
    const char *path = path_of(in, "chunk.h5");
    const hsize_t shape[] = {rows, 1000};
    assert_true(H5Pset_chunk(properties, 2, shape) >= 0);
    hid_t file = create_file(path);
    add(file, "x", H5T_STD_U8LE, 2, shape, properties, H5T_NATIVE_UINT8, NULL);
    hid_t set = H5Dopen2(file, "x", H5P_DEFAULT);
    assert_true(H5Dwrite_chunk(set, H5P_DEFAULT, skipped, (hsize_t[]){0, 0}, length, stored) >= 0);
    assert_true(H5Dclose(set) >= 0 && H5Fclose(file) >= 0 && H5Pclose(properties) >= 0);
    return path;
}

/* Of 60000 bytes that gain nothing by it. */
static size_t deflate_noise(unsigned char *noise, unsigned char *stream, size_t room)
{
    uLongf length = room;
    unsigned random = 1;
    for (int i = 0; i < 60000; i++)
        noise[i] = (unsigned char)((random = random * 1664525U + 1013904223U) >> 24);
    assert_int_equal(compress2(stream, &length, noise, 60000, 0), Z_OK);
    return length;
}

/* HDF5 1.10.8 takes what filters give for a whole chunk, and read 60 MB from 60 kB. */
static void chunks_that_unpack_to_less_are_refused(void **state)
{
    files *in = *state;
    static unsigned char noise[60004], stream[70000];
    const char *const word = "chunks do not make up";
    size_t length = deflate_noise(noise, stream, sizeof stream);
    assert_refused(chunk_file(in, 60000, chunks(1, 1, 1), 1, noise, 60000), word);
    assert_refused(chunk_file(in, 60000, chunks(1, 1, 1), 0, stream, length), word);
    /* A little less and a little more, and a stream that is cut. */
    assert_refused(chunk_file(in, 61, chunks(1, 1, 1), 0, stream, length), word);
    assert_refused(chunk_file(in, 59, chunks(1, 1, 1), 0, stream, length), word);
    assert_refused(chunk_file(in, 60, chunks(1, 1, 1), 0, stream, length - 5), word);
    assert_refused(chunk_file(in, 60, chunks(1, 1, 1), 1, noise, 59999), word);
    hid_t shuffled = chunks(1, 1, 0), checked = chunks(1, 1, 0), order = chunks(1, 1, 1);
    assert_true(H5Pset_shuffle(shuffled) >= 0 && H5Pset_fletcher32(checked) >= 0 &&
                H5Pset_shuffle(order) >= 0);
    assert_refused(chunk_file(in, 60, shuffled, 0, noise, 59999), "never written whole");
    assert_refused(chunk_file(in, 60, checked, 0, noise, 60000), word);
    assert_refused(chunk_file(in, 60, order, 0, stream, length), word);
    /* Whole ones, deflated or not. */
    for (uint32_t skipped = 0; skipped < 2; skipped++) {
        const char *path = chunk_file(in, 60, chunks(1, 1, 1), skipped, skipped ? noise : stream,
                                      skipped ? 60000 : length);
        dam__array array = read_array(path);
        assert_memory_equal(array.data, noise, 60000);
        dam__array_free(&array);
    }
}

/* Every order of filters that writers use, and chunks at the edge that pass none. */
static void filters_are_undone(void **state)
{
    files *in = *state;
    enum { CASES = 6, COUNT = 1000 };
    int32_t items[COUNT];
    for (int i = 0; i < COUNT; i++)
        items[i] = i * i;
    for (int i = 0; i < CASES; i++) {
        hid_t properties = chunks(1, 300, 0);
        assert_true(i != 1 || H5Pset_fletcher32(properties) >= 0);
        assert_true(i == 0 || i == 4 || H5Pset_shuffle(properties) >= 0);
        assert_true(i < 2 || H5Pset_deflate(properties, 6) >= 0);
        assert_true(i < 3 || H5Pset_fletcher32(properties) >= 0);
        assert_true(i < 5 ||
                    H5Pset_chunk_opts(properties, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) >= 0);
        const char *path = path_of(in, "a.h5");
        hid_t access = H5Pcreate(H5P_FILE_ACCESS);
        assert_true(i < 5 ||
                    H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) >= 0);
        hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
        add(file, "x", H5T_STD_I32LE, 1, (hsize_t[]){COUNT}, properties, H5T_NATIVE_INT, items);
        assert_true(H5Fclose(file) >= 0 && H5Pclose(properties) >= 0 && H5Pclose(access) >= 0);
        dam__array array = read_array(path);
        assert_memory_equal(array.data, items, sizeof items);
        dam__array_free(&array);
    }
}

/* The file says a second time how long a chunk is, where no filter changes that; it may lie there.
 */
static void the_length_of_a_plain_chunk_is_known(void **state)
{
    files *in = *state;
    float items[200] = {0};
    char bytes[16384];
    for (int i = 0; i < 200; i++)
        items[i] = (float)i;
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path), properties = chunks(2, 8, 0);
    add(file, "x", H5T_IEEE_F32LE, 2, (hsize_t[]){20, 10}, properties, H5T_NATIVE_FLOAT, items);
    assert_true(H5Fclose(file) >= 0 && H5Pclose(properties) >= 0);
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    size_t length = fread(bytes, 1, sizeof bytes, stream);
    assert_true(fclose(stream) == 0 && length < sizeof bytes);
    const unsigned char key[32] = {0, 1}; /* 256 bytes at the corner */
    dam__array array = read_array(damaged(in, bytes, length, key, sizeof key, 1, 0));
    assert_memory_equal(array.data, items, sizeof items);
    dam__array_free(&array);
}

/* Refused by a check of ours, or, where HDF5 is 1.14.5, already by one of its own. */
static void check_refused_by_either(const char *location, const char *ours, const char *theirs)
{
    assert_refused(location, "damaged.h5'");
    if (strstr(dam_error(), ours) == NULL && strstr(dam_error(), theirs) == NULL)
        fail_msg("'%s' lacks '%s'", dam_error(), ours);
}

/* Each of these made HDF5 1.10.8 crash or eat all memory in H5Dread. */
static void damage_that_hdf5_does_not_survive_is_refused(void **state)
{
    files *in = *state;
    float items[200] = {0};
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path), properties = chunks(2, 8, 1);
    assert_true(H5Pset_fletcher32(properties) >= 0);
    for (int i = 0; i < 200; i++)
        items[i] = (float)i;
    add(file, "x", H5T_IEEE_F32BE, 2, (hsize_t[]){20, 10}, properties, H5T_NATIVE_FLOAT, items);
    hid_t set = H5Dopen2(file, "x", H5P_DEFAULT);
    hsize_t stored = 0;
    assert_true(H5Dget_chunk_storage_size(set, (hsize_t[]){0, 0}, &stored) >= 0);
    assert_true(stored > 4 && stored < 256 && H5Dclose(set) >= 0 && H5Pclose(properties) >= 0);
    assert_true(H5Fclose(file) >= 0);
    char bytes[16384];
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    size_t length = fread(bytes, 1, sizeof bytes, stream);
    assert_true(fclose(stream) == 0 && length < sizeof bytes);

    const unsigned char space[] = {1, 2, 1, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 10};
    check_refused_by_either(damaged(in, bytes, length, space, sizeof space, 1, 0),
                            "chunks do not make up", "number of dimensions cannot be zero");
    const unsigned char type[] = {0x11, 0x21, 0x1f, 0, 4, 0, 0, 0};
    check_refused_by_either(damaged(in, bytes, length, type, sizeof type, 4, 255),
                            "32 bits in 255 bytes", "prec = 32 bits, size = 255 bytes");
    const unsigned char edges[] = {8, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0};
    check_refused_by_either(damaged(in, bytes, length, edges, sizeof edges, 0, 255),
                            "do not make up", "bad coordinate offset");
    const unsigned char key[32] = {(unsigned char)stored};
    assert_refused(damaged(in, bytes, length, key, sizeof key, 0, 1), "do not make up");
}

static void claims_beyond_the_stored_bytes_are_refused(void **state)
{
    files *in = *state;
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path);
    const hsize_t terabytes[] = {1 << 20, 1 << 20},
                  endless[] = {1ULL << 31, 1ULL << 31, 1ULL << 31};
    const float one = 1;
    add(file, "unwritten", H5T_NATIVE_FLOAT, 2, terabytes, H5P_DEFAULT, H5T_NATIVE_FLOAT, NULL);
    for (int deflated = 0; deflated < 2; deflated++) {
        hid_t properties = chunks(2, 64, deflated);
        const char *name = deflated ? "deflated" : "plain";
        add(file, name, H5T_NATIVE_FLOAT, 2, terabytes, properties, H5T_NATIVE_FLOAT, NULL);
        hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
        hid_t point = H5Screate(H5S_SCALAR);
        const hsize_t place[] = {5, 5};
        assert_true(H5Sselect_elements(space, H5S_SELECT_SET, 1, place) >= 0);
        assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, point, space, H5P_DEFAULT, &one) >= 0);
        assert_true(H5Sclose(point) >= 0 && H5Sclose(space) >= 0 && H5Dclose(set) >= 0);
        assert_true(H5Pclose(properties) >= 0);
    }
    hid_t properties = chunks(3, 4, 0);
    add(file, "endless", H5T_NATIVE_FLOAT, 3, endless, properties, H5T_NATIVE_FLOAT, NULL);
    assert_true(H5Pclose(properties) >= 0 && H5Fclose(file) >= 0);
    assert_refused(at(in, path, "/unwritten"), "never written whole", "1048576 x 1048576",
                   "4398046511104 bytes and 0 are");
    assert_refused(at(in, path, "/plain"), "never written whole", "16384 are");
    assert_refused(at(in, path, "/deflated"), "never written whole");
    assert_refused(at(in, path, "/endless"), "no file holds its shape");
}

static void data_in_other_files_are_refused(void **state)
{
    files *in = *state;
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path), outside = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_external(outside, "/etc/passwd", 0, 64) >= 0);
    add(file, "outside", H5T_STD_U8LE, 1, (hsize_t[]){64}, outside, H5T_NATIVE_UINT8, NULL);
    hid_t mapped = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, (hsize_t[]){2}, NULL);
    assert_true(H5Pset_virtual(mapped, space, "other.h5", "/x", space) >= 0);
    add(file, "mapped", H5T_STD_U8LE, 1, (hsize_t[]){2}, mapped, H5T_NATIVE_UINT8, NULL);
    assert_true(H5Pclose(outside) >= 0 && H5Pclose(mapped) >= 0 && H5Sclose(space) >= 0);
    assert_true(H5Fclose(file) >= 0);
    assert_refused(at(in, path, "/outside"), "in other files", "h5repack");
    assert_refused(at(in, path, "/mapped"), "in other files", "h5repack");
}

/* To the file itself, to a group in it, and by a soft link inside this file. */
static void links_to_other_files_are_refused(void **state)
{
    files *in = *state;
    const float one = 1;
    hid_t file = create_file(path_of(in, "other.h5"));
    hid_t group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    add(group, "x", H5T_NATIVE_FLOAT, 0, NULL, H5P_DEFAULT, H5T_NATIVE_FLOAT, &one);
    assert_true(H5Gclose(group) >= 0 && H5Fclose(file) >= 0);
    const char *path = path_of(in, "a.h5");
    file = create_file(path);
    assert_true(H5Lcreate_external("other.h5", "/g/x", file, "x", H5P_DEFAULT, H5P_DEFAULT) >= 0 &&
                H5Lcreate_external("other.h5", "/g", file, "g", H5P_DEFAULT, H5P_DEFAULT) >= 0 &&
                H5Lcreate_soft("/g/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    add(file, "one", H5T_NATIVE_FLOAT, 0, NULL, H5P_DEFAULT, H5T_NATIVE_FLOAT, &one);
    assert_true(H5Lcreate_soft("/one", file, "near", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Fclose(file) >= 0);
    const char *const away[] = {"/x", "/g/x", "/soft"};
    for (size_t i = 0; i < sizeof away / sizeof *away; i++)
        assert_refused(at(in, path, away[i]), away[i], "leads from it to another file", "h5copy");
    const char *const here[] = {"/one", "/near"};
    for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
        dam__array array = read_array(at(in, path, here[i]));
        assert_true(dam__array_at(&array, 0) == 1);
        dam__array_free(&array);
    }
}

static size_t pass(unsigned flags, size_t count, const unsigned values[], size_t bytes,
                   size_t *size, void **buffer)
{
    (void)flags;
    (void)count;
    (void)values;
    (void)buffer;
    *size = bytes;
    return bytes;
}

/* HDF5 would look for the code of a filter on the disk, and load it. */
static void filters_other_than_named_are_refused(void **state)
{
    files *in = *state;
    enum { OF_OTHERS = 32000 };
    const H5Z_class2_t filter = {.version = H5Z_CLASS_T_VERS,
                                 .id = OF_OTHERS,
                                 .encoder_present = 1,
                                 .decoder_present = 1,
                                 .name = "lzf",
                                 .filter = pass};
    const int items[4] = {1, 2, 3, 4};
    const char *path = path_of(in, "a.h5");
    hid_t file = create_file(path), properties[3];
    for (int i = 0; i < 3; i++)
        properties[i] = chunks(1, 2, 0);
    assert_true(H5Zregister(&filter) >= 0);
    assert_true(H5Pset_filter(properties[0], OF_OTHERS, H5Z_FLAG_OPTIONAL, 0, NULL) >= 0 &&
                H5Pset_nbit(properties[1]) >= 0 &&
                H5Pset_scaleoffset(properties[2], H5Z_SO_INT, 0) >= 0);
    const char *const names[] = {"lzf", "nbit", "scale"};
    for (int i = 0; i < 3; i++) {
        add(file, names[i], H5T_STD_I32LE, 1, (hsize_t[]){4}, properties[i], H5T_NATIVE_INT, items);
        assert_true(H5Pclose(properties[i]) >= 0);
    }
    if (H5Zfilter_avail(H5Z_FILTER_SZIP) > 0) {
        hid_t szip = chunks(1, 2, 0);
        assert_true(H5Pset_filter(szip, H5Z_FILTER_SZIP, 0, 2, (unsigned[]){141, 2}) >= 0);
        add(file, "szip", H5T_STD_I32LE, 1, (hsize_t[]){4}, szip, H5T_NATIVE_INT, NULL);
        assert_true(H5Pclose(szip) >= 0);
    }
    assert_true(H5Fclose(file) >= 0);
    if (H5Zfilter_avail(H5Z_FILTER_SZIP) > 0)
        assert_refused(at(in, path, "/szip"), "filter 4", "h5repack -f GZIP");
    /* Neither where the caller's program knows the filter, nor where HDF5 would search. */
    assert_refused(at(in, path, "/lzf"), "filter 32000", "h5repack -f GZIP");
    assert_true(H5Zunregister(OF_OTHERS) >= 0);
    assert_refused(at(in, path, "/lzf"), "filter 32000", "h5repack -f GZIP");
    assert_refused(at(in, path, "/nbit"), "filter 5");
    assert_refused(at(in, path, "/scale"), "filter 6");
    unsigned plugins = 0;
    assert_true(H5PLget_loading_state(&plugins) >= 0);
    assert_true((plugins & H5PL_FILTER_PLUGIN) != 0); /* the caller's own setting is back */
}

/* Cut anywhere it is refused, and HDF5 prints nothing of its own. */
static void truncated_files_are_refused_quietly(void **state)
{
    files *in = *state;
    const char *path = ramp_file(in, H5T_STD_I32LE, 0);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char bytes[8192];
    size_t length = fread(bytes, 1, sizeof bytes, file);
    assert_true(fclose(file) == 0 && length > 1000 && length < sizeof bytes);

    const char *log = path_of(in, "log");
    int kept = dup(STDERR_FILENO);
    assert_non_null(freopen(log, "w", stderr));
    for (size_t cut = 0; cut < length; cut += cut < 64 ? 1 : 37)
        assert_refused(plain_file(in, "cut.h5", bytes, cut), "cut.h5");
    assert_refused(plain_file(in, "cut.h5", bytes, length - 1), "as HDF5", "truncated file");
    assert_int_equal(fflush(stderr), 0);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_int_equal(close(kept), 0);
    file = fopen(log, "rb");
    assert_non_null(file);
    assert_int_equal(fgetc(file), EOF);
    assert_int_equal(fclose(file), 0);
    dam__array unpacked = read_array(gz_file(in, "a.h5.gz", bytes, length));
    dam__array_free(&unpacked);
}

/* Larger than what is handed on at a time (32 MiB): whole chunks of rows, and a rest. */
static void a_large_dataset_comes_whole(void **state)
{
    enum { ROWS = 11, COLS = 1 << 20 };
    files *in = *state;
    const hsize_t shape[] = {ROWS, COLS}, chunks[][2] = {{2, COLS}, {3, COLS / 4}};
    int32_t *items = calloc((size_t)ROWS * COLS, sizeof *items);
    assert_non_null(items);
    for (int i = 0; i < ROWS * COLS; i++)
        items[i] = i;
    for (size_t kind = 0; kind < 3; kind++) {
        const char *path = path_of(in, "large.h5");
        hid_t file = create_file(path), creation = H5Pcreate(H5P_DATASET_CREATE);
        if (kind < 2)
            assert_true(H5Pset_chunk(creation, 2, chunks[kind]) >= 0);
        add(file, "x", H5T_STD_I64BE, 2, shape, creation, H5T_NATIVE_INT32, items);
        assert_true(H5Pclose(creation) >= 0 && H5Fclose(file) >= 0);
        dam__array array = read_array(path);
        assert_int_equal(array.element, DAM__I64);
        assert_true(array.shape[0] == ROWS && array.shape[1] == COLS);
        const int64_t *read = array.data;
        for (int i = 0; i < ROWS * COLS; i++)
            if (read[i] != i)
                fail_msg("item %d is %lld", i, (long long)read[i]);
        dam__array_free(&array);
    }
    free(items);
}

/* The caller's own way of printing HDF5 errors comes back. */
static void error_printing_is_put_back(void **state)
{
    files *in = *state;
    H5E_auto2_t before = NULL, after = NULL;
    void *user = NULL;
    assert_true(H5Eget_auto2(H5E_DEFAULT, &before, &user) >= 0);
    assert_non_null(before);
    assert_refused(at(in, ramp_file(in, H5T_STD_I32LE, 0), "/y"), "'/y'");
    assert_true(H5Eget_auto2(H5E_DEFAULT, &after, &user) >= 0);
    assert_ptr_equal(before, after);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, files_open, files_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(types_become_the_nearest_element),
        WITH_FILES(datasets_are_found_by_path_or_alone),
        WITH_FILES(a_user_block_does_not_hide_the_file),
        WITH_FILES(what_is_no_number_is_refused),
        WITH_FILES(chunks_are_read_where_all_are_there),
        WITH_FILES(the_smallest_filtered_chunks_are_read),
        WITH_FILES(chunks_that_unpack_to_less_are_refused),
        WITH_FILES(filters_are_undone),
        WITH_FILES(the_length_of_a_plain_chunk_is_known),
        WITH_FILES(damage_that_hdf5_does_not_survive_is_refused),
        WITH_FILES(claims_beyond_the_stored_bytes_are_refused),
        WITH_FILES(data_in_other_files_are_refused),
        WITH_FILES(links_to_other_files_are_refused),
        WITH_FILES(filters_other_than_named_are_refused),
        WITH_FILES(truncated_files_are_refused_quietly),
        WITH_FILES(a_large_dataset_comes_whole),
        WITH_FILES(error_printing_is_put_back),
    };
    return cmocka_run_group_tests_name("hdf5", tests, NULL, NULL);
}
