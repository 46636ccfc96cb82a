#include "compute/selftest_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "compute/random.h"

/* Something to free when a test ends; at most one field is set. */
struct owned {
    struct owned *next;
    void *memory;
    dam__buffer *buffer;
    dam__program *program;
};

static dam_status own(dam__test *test, struct owned **out)
{
    dam_status status = dam__alloc(1, sizeof **out, out);
    if (status == DAM_OK) {
        (*out)->next = test->owned;
        test->owned = *out;
    }
    return status;
}

static void free_owned(dam__test *test)
{
    for (struct owned *item = test->owned; item != NULL;) {
        struct owned *next = item->next;
        dam__buffer_destroy(item->buffer);
        dam__program_destroy(item->program);
        free(item->memory);
        free(item);
        item = next;
    }
    test->owned = NULL;
}

/* The test destroys buffer when it ends, or at once where there is no memory to list it. */
static dam_status own_buffer(dam__test *test, dam__buffer *buffer)
{
    struct owned *item = NULL;
    dam_status status = own(test, &item);
    if (status == DAM_OK)
        item->buffer = buffer;
    else
        dam__buffer_destroy(buffer);
    return status;
}

dam_status dam__test_array(dam__test *test, size_t count, size_t size, void *out)
{
    struct owned *item = NULL;
    DAM_TRY(own(test, &item));
    DAM_TRY(dam__alloc(count, size, &item->memory));
    *(void **)out = item->memory;
    return DAM_OK;
}

dam_status dam__test_numbers(dam__test *test, size_t count, double least, double most, double **out)
{
    dam_status status = dam__test_array(test, count, sizeof **out, out);
    if (status != DAM_OK)
        return status;
    uint32_t words[4] = {0};
    for (size_t i = 0; i < count; i++) {
        if (i % 4 == 0)
            dam__random_words(test->seed, DAM__STREAM_TEST, 0, i / 4, words);
        (*out)[i] = (double)(float)(least + (most - least) * dam__uniform(words[i % 4]));
    }
    test->seed++;
    return DAM_OK;
}

dam_status dam__test_matrix(dam__test *test, int rows, int cols, int count, const double *dense,
                            dam__matrix *out)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "self-test", rows, cols, count, out));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(own_buffer(test, out->buffer));
    if (dense != NULL)
        DAM_TRY_CLEANUP(dam__matrix_write_doubles(out, dense, "self-test"));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

dam_status dam__test_buffer(dam__test *test, const void *data, size_t bytes, dam__buffer **out)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(dam__plan_buffer(plan, "self-test", bytes, out));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(own_buffer(test, *out));
    if (data != NULL)
        DAM_TRY_CLEANUP(dam__buffer_write(*out, 0, data, bytes, true, "self-test"));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

dam_status dam__test_kernel(dam__test *test, const char *program, const char *options,
                            const char *name, dam__kernel **out)
{
    struct owned *item = NULL;
    DAM_TRY(own(test, &item));
    DAM_TRY(dam__program_create(test->device, program, options, &item->program));
    return dam__program_kernel(item->program, name, out);
}

void dam__test_compare(dam__test *test, double got, double wanted, double scale)
{
    double error = fabs(got - wanted);
    if (error > 0)
        error /= scale * dam__real_epsilon(test->device);
    if (!(error <= test->error))
        test->error = isnan(error) ? INFINITY : error;
}

dam_status dam__test_compare_matrix(dam__test *test, const dam__matrix *matrix,
                                    const double *wanted, double least_scale)
{
    dam_status status = DAM_OK;
    size_t items = dam__matrix_items(matrix);
    double *got = NULL, scale = least_scale;
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *got, &got));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(matrix, got, "self-test"));
    for (size_t i = 0; i < items; i++)
        scale = fmax(scale, fabs(wanted[i]));
    for (size_t i = 0; i < items; i++)
        dam__test_compare(test, got[i], wanted[i], scale);
cleanup:
    free(got);
    return status;
}

dam_status dam__test_compare_integers(dam__test *test, dam__buffer *buffer, size_t count,
                                      const int32_t *wanted)
{
    dam_status status = DAM_OK;
    int32_t *got = NULL;
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *got, &got));
    DAM_TRY_CLEANUP(dam__buffer_read(buffer, 0, got, count * sizeof *got, "self-test"));
    for (size_t i = 0; i < count; i++)
        if (got[i] != wanted[i])
            test->error = INFINITY;
cleanup:
    free(got);
    return status;
}

dam_status dam__test_run(dam__test *test, const dam__selftest_case *item)
{
    test->error = 0;
    test->seed = 1;
    dam_status status = item->run(test);
    /* Nothing of the case may still be queued when its buffers are freed. */
    if (status == DAM_OK)
        status = dam__device_finish(test->device);
    else
        dam__device_drain(test->device);
    free_owned(test);
    return status;
}

bool dam__selftest_covers(const dam__selftest_case *item, const char *kernel)
{
    const char *names = item->kernels; /* blank-separated */
    size_t length = strlen(kernel);
    for (const char *at = names; (at = strstr(at, kernel)) != NULL; at++)
        if ((at == names || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static bool is_covered(const dam__selftest_case *const *tables, const char *name)
{
    for (; *tables != NULL; tables++)
        for (const dam__selftest_case *item = *tables; item->name != NULL; item++)
            if (dam__selftest_covers(item, name))
                return true;
    return false;
}

dam_status dam__selftest_coverage(dam__device *device, const dam__selftest_case *const *tables)
{
    dam_status status = DAM_OK;
    dam__program *program = NULL;
    char *names = NULL;
    for (const dam__embedded *source = dam__kernel_sources; source->name != NULL; source++) {
        char *rest = NULL;
        if (strcmp(source->name, "common") == 0)
            continue;
        DAM_TRY_CLEANUP(dam__program_create(device, source->name, "", &program));
        DAM_TRY_CLEANUP(dam__program_kernel_names(program, &names));
        for (char *name = strtok_r(names, ";", &rest); name != NULL;
             name = strtok_r(NULL, ";", &rest))
            if (!is_covered(tables, name))
                DAM_FAIL(DAM_INTERNAL, "kernel '%s' of 'cl/%s.cl' is in no self-test case", name,
                         source->name);
        dam__program_destroy(program);
        program = NULL;
        free(names);
        names = NULL;
    }
cleanup:
    dam__program_destroy(program);
    free(names);
    return status;
}
