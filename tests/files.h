/*
 * For tests of readers: a folder of its own for each test, files in it written without the code
 * under test, and the check of a refusal. Include <cmocka.h> first.
 */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ftw.h>
#include <zlib.h>

#include "store/array.h"

typedef struct files {
    char *folder;
    char **paths; /* all that were handed out */
    size_t count;
} files;

static inline int files_open(void **state)
{
    files *in = calloc(1, sizeof *in);
    in->folder = strdup("/tmp/denseam-test-XXXXXX");
    *state = in;
    return mkdtemp(in->folder) == NULL;
}

static inline int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline int files_close(void **state)
{
    files *in = *state;
    int failed = nftw(in->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    for (size_t i = 0; i < in->count; i++)
        free(in->paths[i]);
    free(in->paths);
    free(in->folder);
    free(in);
    return failed;
}

/* The path of a name in the folder; valid until files_close. */
static inline const char *path_of(files *in, const char *name)
{
    char *path = NULL;
    in->paths = reallocarray(in->paths, in->count + 1, sizeof *in->paths);
    if (in->paths == NULL || asprintf(&path, "%s/%s", in->folder, name) < 0)
        abort();
    in->paths[in->count++] = path;
    return path;
}

static inline const char *plain_file(files *in, const char *name, const void *bytes, size_t length)
{
    const char *path = path_of(in, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0)
        abort();
    return path;
}

static inline const char *gz_file(files *in, const char *name, const void *bytes, size_t length)
{
    const char *path = path_of(in, name);
    gzFile file = gzopen(path, "wb");
    if (file == NULL || gzwrite(file, bytes, (unsigned)length) != (int)length ||
        gzclose(file) != Z_OK)
        abort();
    return path;
}

/* golden/data/NAME.npy; valid until the next call. */
static inline const char *golden(const char *name)
{
    static char path[1024];
    (void)snprintf(path, sizeof path, "%s/data/%s.npy", GOLDEN_FOLDER, name);
    return path;
}

#define assert_refused(location, ...)                                                              \
    check_refused((location), (const char *const[]){__VA_ARGS__, NULL}, __LINE__)

/* Reading it fails as DAM_INPUT, in one line that names the file and holds all the parts. */
static inline void check_refused(const char *location, const char *const *parts, int line)
{
    dam__array array = {.rank = 7};
    dam_status status = dam__array_read(location, &array);
    if (status != DAM_INPUT)
        fail_msg("line %d: '%s' gave %s", line, location, dam_status_name(status));
    assert_null(array.data);
    assert_null(strchr(dam_error(), '\n'));
    for (; *parts != NULL; parts++)
        if (strstr(dam_error(), *parts) == NULL)
            fail_msg("line %d: '%s' lacks '%s'", line, dam_error(), *parts);
}

static inline dam__array read_array(const char *location)
{
    dam__array array = {0};
    if (dam__array_read(location, &array) != DAM_OK)
        fail_msg("%s", dam_error());
    return array;
}

#endif
