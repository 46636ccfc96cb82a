/*
 * For tests of kernels: what the scripts of tests/golden/ wrote. Include <cmocka.h> first.
 */
#ifndef TESTS_KERNEL_GOLDEN_H
#define TESTS_KERNEL_GOLDEN_H

#include <stdarg.h>

#include "kernel/device.h"
#include "store/array.h"

/* The array in golden/PATH.npy, where the format makes PATH: "vmf/%s/%s". */
__attribute__((format(printf, 1, 2))) static inline dam__array load_golden(const char *format, ...)
{
    char name[128], path[1024];
    dam__array array = {0};
    va_list list;
    va_start(list, format);
    (void)vsnprintf(name, sizeof name, format, list);
    va_end(list);
    (void)snprintf(path, sizeof path, "%s/%s.npy", GOLDEN_FOLDER, name);
    OK(dam__array_read(path, &array));
    return array;
}

static inline const double *numbers(const dam__array *array)
{
    assert_int_equal(array->element, DAM__F64);
    return array->data;
}

static inline double *read_matrix(const dam__matrix *matrix)
{
    double *values = calloc(dam__matrix_items(matrix), sizeof *values);
    OK(dam__matrix_read_doubles(matrix, values, "test"));
    return values;
}

/* Class weights are class-major on the device. */
static inline double *transposed(const double *from, size_t rows, size_t columns)
{
    double *to = calloc(rows * columns, sizeof *to);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * columns + j];
    return to;
}

#endif
