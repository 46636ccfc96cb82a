/*
 * For tests of the public library, which include no other header of it: what they share. Include
 * <cmocka.h> first.
 */
#ifndef TESTS_KERNEL_PUBLIC_H
#define TESTS_KERNEL_PUBLIC_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denseam/denseam.h"

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != DAM_OK)                                                                      \
            fail_msg("line %d: %s: %s", __LINE__, #call, dam_error());                             \
    } while (0)

/* A call must fail, with this message. */
#define REFUSED(call, status, message)                                                             \
    do {                                                                                           \
        assert_int_equal(call, status);                                                            \
        assert_string_equal(dam_error(), message);                                                 \
    } while (0)

static inline dam_preset *preset_of(const char *text)
{
    dam_preset *preset = NULL;
    OK(dam_preset_parse(text, &preset));
    return preset;
}

/* A parameter of a run; free(). */
static inline double *parameter_of(const dam_run *run, const char *name)
{
    double *values = NULL;
    size_t rows = 0, cols = 0;
    OK(dam_run_parameter(run, name, &values, &rows, &cols));
    assert_true(rows > 0 && cols > 0);
    return values;
}

static inline int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

/* A folder that is not there yet, in one that is. */
static inline void new_folder(char folder[64])
{
    (void)snprintf(folder, 64, "/tmp/denseam-public-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)strcat(folder, "/run");
}

static inline void remove_folder(char folder[64])
{
    *strrchr(folder, '/') = '\0';
    (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* +1 and -1 of a small generator of its own. */
static inline void fill_signs(uint64_t seed, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        out[i] = seed >> 63 != 0 ? 1 : -1;
    }
}

/* Nearly normal numbers, of mean 0 and variance 1. */
static inline void fill_numbers(uint64_t seed, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            sum += (double)(seed >> 11) * 0x1p-53;
        }
        out[i] = (float)sum;
    }
}

#endif
