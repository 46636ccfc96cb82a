/* What tests of data sets share: a folder for each test, NPY files in it, sets that are loaded. */
#ifndef UNIT_DATA_FILES_H
#define UNIT_DATA_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/dataset.h"
#include "files.h"

/* Each test runs inside its own folder, without DENSEAM_DATA. */
static inline int enter(void **state)
{
    int failed = files_open(state);
    return failed || chdir(((files *)*state)->folder) != 0 || unsetenv("DENSEAM_DATA") != 0;
}

static inline int leave(void **state)
{
    return chdir("/") != 0 || files_close(state);
}

#define INSIDE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

static inline dam__dataset load(const dam__data_config *config, dam__split split)
{
    dam__dataset set = {0};
    if (dam__dataset_load(config, split, &set) != DAM_OK)
        fail_msg("%s", dam_error());
    return set;
}

/* A little-endian NPY file (of this host's order, which the tests take for little-endian). */
static inline void npy_file(files *in, const char *name, const char *descr, const char *shape,
                            const void *data, size_t length)
{
    char head[512] = "\x93NUMPY\1";
    int header = snprintf(head + 10, 300, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                          descr, shape);
    head[8] = (char)(header & 0xff);
    char *bytes = malloc(10 + (size_t)header + length);
    memcpy(bytes, head, 10 + (size_t)header);
    memcpy(bytes + 10 + header, data, length);
    (void)plain_file(in, name, bytes, 10 + (size_t)header + length);
    free(bytes);
}

#define NPY(name, descr, shape, type, ...)                                                         \
    npy_file(in, (name), (descr), (shape), (const type[]){__VA_ARGS__},                            \
             sizeof((const type[]){__VA_ARGS__}))

#endif
