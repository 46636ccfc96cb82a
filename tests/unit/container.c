/* src/store/container.c: round trips, and every way in which a run file can be broken. */
#include <dirent.h>
#include <errno.h>
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>
#include <zlib.h>

#include "base/digest.h"
#include "base/file.h"
#include "place.h"
#include "store/container.h"
#include "store/seal.h"

static int entries(const char *folder)
{
    DIR *open = opendir(folder);
    assert_non_null(open);
    int count = -2;
    while (readdir(open) != NULL)
        count++;
    closedir(open);
    return count;
}

static void add(dam__container *to, const char *name, dam__element element, int rank,
                const size_t *shape)
{
    dam__array array = {0};
    assert_int_equal(dam__array_create(element, rank, shape, &array), DAM_OK);
    unsigned char *bytes = array.data;
    for (size_t i = 0; i < dam__array_items(&array) * dam__element_size(element); i++)
        bytes[i] = (unsigned char)(i * 37 + i / 251 + strlen(name));
    assert_int_equal(dam__container_add(to, name, &array), DAM_OK);
    assert_null(array.data);
}

static void fill(dam__container *to, bool backwards)
{
    static const struct {
        const char *name;
        dam__element element;
        int rank;
        size_t shape[DAM__MAX_RANK];
    } arrays[] = {
        {"bytes", DAM__U8, 1, {5}},
        {"history/epoch", DAM__I32, 1, {3}},
        {"history/deep/er/counter", DAM__I64, 2, {2, 2}},
        {"optimizer/empty", DAM__F32, 2, {0, 784}},
        {"parameters/memories", DAM__F32, 2, {7, 11}},
        {"scalar", DAM__F64, 0, {0}},
        {"ten", DAM__F64, 8, {1, 2, 1, 3, 1, 1, 2, 1}},
    };
    int count = (int)(sizeof arrays / sizeof arrays[0]);
    for (int i = 0; i < count; i++) {
        int at = backwards ? count - 1 - i : i;
        add(to, arrays[at].name, arrays[at].element, arrays[at].rank, arrays[at].shape);
    }
    const char *texts[][2] = {{"preset", "seed = 1\n"}, {"empty", ""}, {"device", "caf\xc3\xa9"}};
    for (int i = 0; i < 3; i++) {
        int at = backwards ? 2 - i : i;
        assert_int_equal(dam__container_set_text(to, texts[at][0], texts[at][1]), DAM_OK);
    }
}

static void assert_same(const dam__container *a, const dam__container *b)
{
    assert_int_equal(a->array_count, b->array_count);
    assert_int_equal(a->text_count, b->text_count);
    for (size_t i = 0; i < a->array_count; i++) {
        const dam__array *x = &a->arrays[i].array;
        const dam__array *y = dam__container_array(b, a->arrays[i].name);
        assert_non_null(y);
        assert_int_equal(x->element, y->element);
        assert_int_equal(x->rank, y->rank);
        assert_memory_equal(x->shape, y->shape, (size_t)x->rank * sizeof *x->shape);
        size_t bytes = dam__array_items(x) * dam__element_size(x->element);
        if (bytes > 0)
            assert_memory_equal(x->data, y->data, bytes);
    }
    for (size_t i = 0; i < a->text_count; i++) {
        const char *y = dam__container_text(b, a->texts[i].name);
        assert_non_null(y);
        assert_string_equal(a->texts[i].value, y);
    }
}

static void read_bytes(const char *path, char **bytes, size_t *length)
{
    assert_int_equal(dam__file_read(path, 1 << 28, bytes, length), DAM_OK);
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Reading path must fail as bad input with one line that holds each of the words. */
static void assert_refused(const char *path, const char *word)
{
    dam__container container;
    assert_int_equal(dam__container_read(path, &container), DAM_INPUT);
    assert_null(container.arrays);
    assert_null(container.texts);
    if (strstr(dam_error(), word) == NULL)
        fail_msg("'%s' is not in: %s", word, dam_error());
    assert_non_null(strstr(dam_error(), path));
    assert_null(strchr(dam_error(), '\n'));
}

static void names_are_unique(void **state)
{
    (void)state;
    dam__container container = {0};
    assert_int_equal(dam__container_set_text(&container, "a", "one"), DAM_OK);
    assert_int_equal(dam__container_set_text(&container, "a", "two"), DAM_OK);
    assert_int_equal(container.text_count, 1);
    assert_string_equal(dam__container_text(&container, "a"), "two");
    assert_null(dam__container_text(&container, "b"));
    add(&container, "x", DAM__U8, 1, (size_t[]){3});
    add(&container, "x", DAM__I32, 1, (size_t[]){4});
    assert_int_equal(container.array_count, 1);
    assert_int_equal(dam__container_array(&container, "x")->element, DAM__I32);
    assert_null(dam__container_array(&container, "y"));
    dam__container_free(&container);
    assert_int_equal(container.array_count, 0);
}

static void everything_comes_back(void **state)
{
    const place *at = *state;
    dam__container written = {0}, got = {0};
    fill(&written, false);
    assert_int_equal(dam__container_write(&written, at->file), DAM_OK);
    assert_int_equal(dam__container_read(at->file, &got), DAM_OK);
    assert_same(&written, &got);
    dam__container_free(&got);
    assert_int_equal(entries(at->folder), 1);

    dam__container nothing = {0};
    assert_int_equal(dam__container_write(&nothing, at->file), DAM_OK);
    assert_int_equal(dam__container_read(at->file, &got), DAM_OK);
    assert_same(&nothing, &got);
    dam__container_free(&got);
    dam__container_free(&written);
}

/* Chunks with edges, over 64 KiB of text, and HDF5's own driver as the second opinion. */
static void large_things_come_back_and_hdf5_reads_them(void **state)
{
    const place *at = *state;
    dam__container written = {0}, got = {0};
    add(&written, "parameters/memories", DAM__F32, 2, (size_t[]){1001, 784});
    add(&written, "long", DAM__F64, 1, (size_t[]){300007});
    add(&written, "wide", DAM__F64, 2, (size_t[]){2, 200003});
    const size_t length = 3000000;
    char *text = malloc(length + 1);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + i % 23);
    text[length] = '\0';
    assert_int_equal(dam__container_set_text(&written, "huge", text), DAM_OK);
    text[100000] = '\0';
    assert_int_equal(dam__container_set_text(&written, "preset", text), DAM_OK);
    text[65000] = '\0';
    assert_int_equal(dam__container_set_text(&written, "middling", text), DAM_OK);
    assert_int_equal(dam__container_write(&written, at->file), DAM_OK);
    assert_int_equal(dam__container_read(at->file, &got), DAM_OK);
    assert_same(&written, &got);

    hid_t file = H5Fopen(at->file, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "/parameters/memories", H5P_DEFAULT);
    hid_t plist = H5Dget_create_plist(dataset);
    hsize_t chunk[2] = {0};
    assert_int_equal(H5Pget_chunk(plist, 2, chunk), 2);
    assert_in_range(chunk[0] * chunk[1] * 4, 1 << 19, 1 << 20);
    assert_int_equal(chunk[1], 784);
    assert_int_equal(H5Pget_nfilters(plist), 1);
    unsigned flags = 0;
    assert_true(
        H5Pget_filter_by_id2(plist, H5Z_FILTER_FLETCHER32, &flags, NULL, NULL, 0, NULL, NULL) >= 0);
    float *values = malloc(1001 * 784 * sizeof *values);
    assert_true(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    assert_memory_equal(values, dam__container_array(&written, "parameters/memories")->data,
                        1001 * 784 * sizeof *values);
    H5Pclose(plist);
    H5Dclose(dataset);
    H5Fclose(file);
    free(values);
    free(text);
    dam__container_free(&got);
    dam__container_free(&written);
}

static void equal_content_gives_equal_bytes(void **state)
{
    const place *at = *state;
    dam__container first = {0}, second = {0};
    fill(&first, false);
    fill(&second, true);
    add(&first, "chunks", DAM__F32, 2, (size_t[]){1001, 300});
    add(&second, "chunks", DAM__F32, 2, (size_t[]){1001, 300});
    assert_int_equal(dam__container_write(&first, at->file), DAM_OK);
    /* Another second, and a heap full of other bytes: neither may reach the file. */
    for (time_t now = time(NULL); time(NULL) == now;)
        (void)usleep(20000);
    for (size_t size = 64; size < 4 << 20; size *= 2) {
        char *dirt = malloc(size);
        memset(dirt, 0xa5, size);
        free(dirt);
    }
    assert_int_equal(dam__container_write(&second, at->other), DAM_OK);
    char *a = NULL, *b = NULL;
    size_t a_length = 0, b_length = 0;
    read_bytes(at->file, &a, &a_length);
    read_bytes(at->other, &b, &b_length);
    assert_int_equal(a_length, b_length);
    assert_memory_equal(a, b, a_length);
    free(a);
    free(b);
    dam__container_free(&first);
    dam__container_free(&second);
}

static void every_altered_byte_is_refused(void **state)
{
    const place *at = *state;
    dam__container container = {0};
    fill(&container, false);
    assert_int_equal(dam__container_write(&container, at->file), DAM_OK);
    dam__container_free(&container);
    char *bytes = NULL;
    size_t length = 0;
    read_bytes(at->file, &bytes, &length);
    FILE *file = fopen(at->other, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    (void)setvbuf(file, NULL, _IONBF, 0);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(fseek(file, (long)i, SEEK_SET), 0);
        assert_int_equal(fputc((unsigned char)bytes[i] ^ (1 << i % 8), file) == EOF, false);
        assert_refused(at->other, "altered or damaged");
        assert_int_equal(fseek(file, (long)i, SEEK_SET), 0);
        assert_int_equal(fputc((unsigned char)bytes[i], file) == EOF, false);
    }
    fclose(file);
    assert_int_equal(dam__container_read(at->other, &container), DAM_OK);
    dam__container_free(&container);
    free(bytes);
}

static void every_truncation_and_extension_is_refused(void **state)
{
    const place *at = *state;
    dam__container container = {0};
    fill(&container, false);
    assert_int_equal(dam__container_write(&container, at->file), DAM_OK);
    dam__container_free(&container);
    char *bytes = NULL;
    size_t length = 0;
    read_bytes(at->file, &bytes, &length);
    write_bytes(at->other, bytes, length);
    for (size_t left = length; left-- > 0;) {
        assert_int_equal(truncate(at->other, (off_t)left), 0);
        assert_refused(at->other, "truncated");
    }
    FILE *file = fopen(at->other, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fputc(0, file), 0);
    fclose(file);
    assert_refused(at->other, "altered or damaged");
    free(bytes);
}

static void other_files_are_refused(void **state)
{
    const place *at = *state;
    assert_refused(at->file, "No such file");
    assert_refused(at->folder, "not a file");
    write_bytes(at->file, "a text of some length\n", 22);
    assert_refused(at->file, "is not a denseam run file (it is not even HDF5)");

    hid_t plain = H5Fcreate(at->other, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(plain >= 0 && H5Fclose(plain) >= 0);
    assert_refused(at->other, "is not a denseam run file (but other HDF5)");

    /* A seal round bytes that are not HDF5, and round HDF5 that we did not write. */
    FILE *file = fopen(at->file, "w+b");
    for (int i = 0; i < 100; i++)
        (void)fputc('x', file);
    (void)fflush(file);
    assert_int_equal(dam__seal_write(fileno(file), 100), DAM_OK);
    fclose(file);
    assert_refused(at->file, "its seal holds no HDF5");
}

/* Seals what HDF5 itself wrote into file. */
static void seal(const char *path)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    struct stat info;
    assert_int_equal(fstat(fileno(file), &info), 0);
    assert_int_equal(dam__seal_write(fileno(file), (uint64_t)info.st_size), DAM_OK);
    fclose(file);
}

static void sealed_content_is_distrusted(void **state)
{
    const place *at = *state;
    hid_t file = H5Fcreate(at->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    /* 2^50 floats of which none is stored: HDF5 would ask for 4 PiB. */
    hid_t space = H5Screate_simple(1, (hsize_t[]){(hsize_t)1 << 50}, NULL);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 1, (hsize_t[]){1024});
    hid_t dataset =
        H5Dcreate2(file, "vast", H5T_IEEE_F32LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Pclose(plist);
    H5Sclose(space);
    H5Fclose(file);
    seal(at->file);
    assert_refused(at->file, "'vast' in it: it was never written whole");

    file = H5Fcreate(at->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    space = H5Screate(H5S_SCALAR);
    dataset = H5Dcreate2(file, "odd", H5T_STD_U16BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, &(int){1}) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Fclose(file);
    seal(at->file);
    assert_refused(at->file, "'odd' in it: its elements are of another type");

    file = H5Fcreate(at->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Lcreate_external("/etc/passwd", "/x", file, "away", H5P_DEFAULT, H5P_DEFAULT) >=
                0);
    H5Fclose(file);
    seal(at->file);
    assert_refused(at->file, "'away' in it: it is neither an array nor a group");

    file = H5Fcreate(at->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Lcreate_soft("/away/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Fclose(file);
    seal(at->file);
    assert_refused(at->file, "'soft' in it: it is neither an array nor a group");

    file = H5Fcreate(at->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, "number", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Fclose(file);
    seal(at->file);
    assert_refused(at->file, "text 'number' in it: it is not a text");
}

/* 60 MB of which a deflated chunk has 60 kB: HDF5 1.10.8 reads beyond them. */
static void short_chunks_in_a_sealed_file_are_refused(void **state)
{
    const place *at = *state;
    static unsigned char zeros[60000], stream[70000];
    const hsize_t shape[] = {60000, 1000};
    uLongf length = sizeof stream;
    assert_int_equal(compress2(stream, &length, zeros, sizeof zeros, 0), Z_OK);
    for (uint32_t skipped = 0; skipped < 2; skipped++) {
        hid_t file = H5Fcreate(at->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hid_t space = H5Screate_simple(2, shape, NULL), plist = H5Pcreate(H5P_DATASET_CREATE);
        assert_true(H5Pset_chunk(plist, 2, shape) >= 0 && H5Pset_deflate(plist, 9) >= 0);
        hid_t dataset = H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
        assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, (hsize_t[]){0, 0},
                                   skipped ? sizeof zeros : length, skipped ? zeros : stream) >= 0);
        assert_true(H5Dclose(dataset) >= 0 && H5Pclose(plist) >= 0 && H5Sclose(space) >= 0 &&
                    H5Fclose(file) >= 0);
        seal(at->file);
        assert_refused(at->file, "'x' in it: it is damaged or was never written whole");
    }
}

/* Bytes of other files that would be taken for the run's, under a seal that is whole. */
static void nothing_outside_a_sealed_file_is_read(void **state)
{
    const place *at = *state;
    hid_t space = H5Screate_simple(1, (hsize_t[]){4}, NULL);
    for (int kind = 0; kind < 3; kind++) {
        write_bytes(at->other, "\1\2\3\4", 4);
        hid_t file = H5Fcreate(at->file, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
        if (kind == 0) {
            assert_true(H5Pset_external(plist, at->other, 0, 4) >= 0);
        } else if (kind == 1) {
            assert_true(H5Pset_virtual(plist, space, at->other, "/x", space) >= 0);
        } else {
            assert_true(H5Pset_chunk(plist, 1, (hsize_t[]){4}) >= 0);
            assert_true(H5Pset_scaleoffset(plist, H5Z_SO_INT, 0) >= 0);
        }
        hid_t dataset = H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
        assert_true(dataset >= 0 && H5Dclose(dataset) >= 0 && H5Pclose(plist) >= 0 &&
                    H5Fclose(file) >= 0);
        seal(at->file);
        assert_refused(at->file, kind < 2 ? "'x' in it: it keeps its data in other files"
                                          : "'x' in it: it is packed by filter 6");
    }
    H5Sclose(space);
}

static void assert_unwritten(const dam__container *container, const char *path, const char *word)
{
    assert_int_equal(dam__container_write(container, path), DAM_INPUT);
    if (strstr(dam_error(), word) == NULL || strstr(dam_error(), path) == NULL)
        fail_msg("neither '%s' nor '%s' may miss in: %s", word, path, dam_error());
    assert_null(strchr(dam_error(), '\n'));
}

static void a_failed_write_keeps_the_old_file(void **state)
{
    place *at = *state;
    dam__container container = {0};
    fill(&container, false);
    assert_int_equal(dam__container_write(&container, at->file), DAM_OK);

    char path[160];
    (void)snprintf(path, sizeof path, "%s/absent/run.h5", at->folder);
    assert_unwritten(&container, path, "No such file or directory");
    (void)snprintf(path, sizeof path, "%s/run.h5", at->file);
    assert_unwritten(&container, path, "Not a directory");
    (void)snprintf(path, sizeof path, "%s/full", at->folder);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_unwritten(&container, path, "Is a directory");
    assert_int_equal(rmdir(path), 0);
    if (geteuid() != 0) { /* root may write anywhere */
        assert_int_equal(chmod(at->folder, 0555), 0);
        assert_unwritten(&container, at->file, "Permission denied");
        assert_int_equal(chmod(at->folder, 0777), 0);
    }
    /* A name that is an array cannot be a group too. */
    add(&container, "scalar/below", DAM__U8, 1, (size_t[]){1});
    assert_unwritten(&container, at->file, "'scalar/below'");
    dam__container_free(&container);

    assert_int_equal(entries(at->folder), 1);
    fill(&container, false);
    dam__container got = {0};
    assert_int_equal(dam__container_read(at->file, &got), DAM_OK);
    assert_same(&container, &got);
    dam__container_free(&got);
    dam__container_free(&container);
}

/* Writing stops at a limit as it does on a full disk; HDF5 alone crashes of that. */
static void a_full_disk_keeps_the_old_file(void **state)
{
    place *at = *state;
    dam__container old = {0}, new = {0}, got = {0};
    fill(&old, false);
    fill(&new, true);
    add(&new, "parameters/large", DAM__F32, 2, (size_t[]){1001, 784});
    char text[100001];
    memset(text, 't', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(dam__container_set_text(&new, "long", text), DAM_OK);
    assert_int_equal(dam__container_write(&new, at->other), DAM_OK);
    struct stat info;
    assert_int_equal(stat(at->other, &info), 0);
    assert_int_equal(dam__container_write(&old, at->file), DAM_OK);

    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, kept;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    const rlim_t size = (rlim_t)info.st_size;
    const rlim_t limits[] = {0,         1,         47,        100,       1000,     5000,
                             20000,     100000,    150000,    1000000,   size / 2, size - 1000000,
                             size - 41, size - 40, size - 39, size - 32, size - 1};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        limit = (struct rlimit){.rlim_cur = limits[i], .rlim_max = kept.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        dam_status status = dam__container_write(&new, at->file);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
        assert_int_equal(status, DAM_INPUT);
        assert_non_null(strstr(dam_error(), strerror(EFBIG)));
        assert_int_equal(entries(at->folder), 2);
        assert_int_equal(dam__container_read(at->file, &got), DAM_OK);
        assert_same(&old, &got);
        dam__container_free(&got);
    }
    (void)signal(SIGXFSZ, before);
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    assert_int_equal(dam__container_write(&new, at->file), DAM_OK);
    dam__container_free(&old);
    dam__container_free(&new);
}

/* Address space can be limited but under AddressSanitizer, which takes all for itself. */
#ifndef __SANITIZE_ADDRESS__
/* The address space of this process, in bytes. */
static rlim_t address_space(void)
{
    char *pages = NULL; /* the first number */
    size_t length = 0;
    read_bytes("/proc/self/statm", &pages, &length);
    rlim_t bytes = strtoul(pages, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
    free(pages);
    return bytes;
}

/* How a process ends that writes, or reads, with so many bytes of memory to spare. */
static int end_with_memory(const dam__container *container, const char *path, rlim_t spare)
{
    rlim_t most = address_space() + spare;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
        dam__container got = {0};
        (void)signal(SIGSEGV, SIG_DFL); /* cmocka's would go on with the tests */
        bool limited = setrlimit(RLIMIT_AS, &limit) == 0;
        dam_status status = container != NULL ? dam__container_write(container, path)
                                              : dam__container_read(path, &got);
        _exit(limited ? (int)status : -1);
    }
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : -WTERMSIG(ended);
}

/* HDF5 crashes where it gets none, or gives another reason. Comes first: HDF5 has not begun yet. */
static void no_memory_is_told_and_keeps_the_old_file(void **state)
{
    const place *at = *state;
    enum { STEP = 1 << 19, STEPS = 64 };
    dam__container container = {0};
    fill(&container, false);
    add(&container, "parameters/large", DAM__F32, 2, (size_t[]){3001, 784});
    write_bytes(at->file, "old", 3);
    int written = -1, read = -1;
    for (int step = 0; step < STEPS && written != DAM_OK; step++) {
        written = end_with_memory(&container, at->file, (rlim_t)step * STEP);
        assert_true(written == DAM_NO_MEMORY || (written == DAM_OK && step > 0));
        struct stat info;
        assert_int_equal(stat(at->file, &info), 0);
        assert_true(written == DAM_OK || info.st_size == 3);
        assert_int_equal(entries(at->folder), 1);
    }
    assert_int_equal(written, DAM_OK);
    for (int step = 0; step < STEPS && read != DAM_OK; step++) {
        read = end_with_memory(NULL, at->file, (rlim_t)step * STEP);
        assert_true(read == DAM_NO_MEMORY || (read == DAM_OK && step > 0));
    }
    assert_int_equal(read, DAM_OK);
    dam__container_free(&container);
}
#endif

static void the_digest_of_a_file_is_that_of_its_bytes(void **state)
{
    const place *at = *state;
    const size_t length = 700001; /* several pieces and an odd rest */
    unsigned char *bytes = malloc(length);
    unsigned char whole[DAM__DIGEST_BYTES], pieces[DAM__DIGEST_BYTES];
    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)(i * i >> 3);
    write_bytes(at->file, bytes, length);
    FILE *file = fopen(at->file, "rb");
    assert_non_null(file);
    for (size_t part = 0; part <= length; part += 350000) {
        assert_int_equal(dam__digest(bytes, part, whole), DAM_OK);
        assert_int_equal(dam__digest_file(fileno(file), part, pieces), DAM_OK);
        assert_memory_equal(whole, pieces, sizeof whole);
    }
    assert_int_equal(dam__digest_file(fileno(file), length + 1, pieces), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "byte 700001"));
    fclose(file);
    free(bytes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
        TEST(no_memory_is_told_and_keeps_the_old_file),
#endif
        cmocka_unit_test(names_are_unique),
        TEST(everything_comes_back),
        TEST(large_things_come_back_and_hdf5_reads_them),
        TEST(equal_content_gives_equal_bytes),
        TEST(every_altered_byte_is_refused),
        TEST(every_truncation_and_extension_is_refused),
        TEST(other_files_are_refused),
        TEST(sealed_content_is_distrusted),
        TEST(short_chunks_in_a_sealed_file_are_refused),
        TEST(nothing_outside_a_sealed_file_is_read),
        TEST(a_failed_write_keeps_the_old_file),
        TEST(a_full_disk_keeps_the_old_file),
        TEST(the_digest_of_a_file_is_that_of_its_bytes),
    };
    return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
