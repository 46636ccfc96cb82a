/* Growth of the vmf model against golden cases, and the bookkeeping round it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/grow.h"

static double *directions_now(struct rig *rig, int memories)
{
    dam__matrix view = rig->search.directions;
    view.rows = memories;
    return read_matrix(&view);
}

/* S u = kappa u - b^2 C u; the scatter's tangent part, -b C u, lies in the memories' gradient. */
static void check_products(struct rig *rig, const struct golden_case *p, const setting *how)
{
    size_t memories = (size_t)p->memories, dim = (size_t)p->dim;
    const double *u = numbers(&p->u);
    double *su = read_matrix(&rig->model->parameters[MEMORIES].gradient);
    double *measured = calloc(DAM__GROW_NUMBERS * memories, sizeof *measured);
    OK(rig->model->ops->grow->read(rig->model, measured));
    const double *kappa = measured + DAM__GROW_KAPPA * memories;
    for (size_t i = 0; i < memories * dim; i++)
        su[i] = kappa[i / dim] * u[i] + p->b * su[i];
    assert_close(kappa, numbers(&p->kappa), memories, tolerance_of(how), "kappa", how);
    assert_close(measured + DAM__GROW_MASS * memories, numbers(&p->mass), memories,
                 tolerance_of(how), "mass", how);
    assert_close(su, numbers(&p->su), memories * dim, tolerance_of(how), "S u", how);
    free(measured);
    free(su);
}

static void check_eigenvalues(struct rig *rig, const struct golden_case *p, const setting *how)
{
    size_t memories = (size_t)p->memories;
    double *measured = calloc(DAM__GROW_NUMBERS * memories, sizeof *measured);
    double *u = directions_now(rig, p->memories);
    OK(rig->model->ops->grow->read(rig->model, measured));
    assert_close(measured, numbers(&p->lambda), memories, tolerance_of(how), "lambda", how);
    assert_close(u, numbers(&p->directions), memories * (size_t)p->dim, tolerance_of(how),
                 "directions", how);
    free(measured);
    free(u);
}

static void check_matrix(const dam__matrix *matrix, const dam__array *wanted, bool transpose,
                         const char *what, const setting *how)
{
    double *got = read_matrix(matrix);
    size_t rows = wanted->shape[0], columns = wanted->rank > 1 ? wanted->shape[1] : 1;
    double *expected = transpose ? transposed(numbers(wanted), rows, columns) : NULL;
    assert_int_equal(dam__matrix_items(matrix), rows * columns);
    assert_close(got, expected != NULL ? expected : numbers(wanted), rows * columns,
                 tolerance_of(how), what, how);
    free(got);
    free(expected);
}

/* Along the reference's directions, so that their errors do not count. */
static void check_split(struct rig *rig, const struct golden_case *p, const setting *how)
{
    int *picked = calloc((size_t)p->memories, sizeof *picked);
    int32_t *list = calloc(2 * (size_t)p->memories, sizeof *list);
    int count = 0;
    dam__matrix all = rig->search.directions;
    all.rows = p->memories;
    OK(dam__matrix_write_doubles(&all, numbers(&p->directions), "test"));
    OK(dam__growth_pick(numbers(&p->lambda), p->memories, p->threshold, p->fraction,
                        p->capacity - p->memories, picked, &count));
    assert_int_equal(count, (int)p->picked.shape[0]);
    for (int j = 0; j < count; j++) {
        assert_int_equal(picked[j], (int)numbers(&p->picked)[j]);
        list[2 * j] = list[2 * j + 1] = picked[j];
    }
    OK(dam__buffer_write(rig->search.list, 0, list, 2 * (size_t)count * sizeof *list, true,
                         "test"));
    const dam__pairs pairs = {.count = count, .step = p->step};
    const dam__matrix *velocities = dam__optimizer_velocities(rig->optimizer);
    OK(rig->model->ops->grow->split(rig->model, &rig->search, &pairs, velocities,
                                    dam__optimizer_squares(rig->optimizer)));
    dam__optimizer_follow(rig->optimizer);
    assert_int_equal(rig->model->ops->grow->memories(rig->model), p->memories + count);
    check_matrix(value_of(rig, MEMORIES), &p->w2, false, "W after the split", how);
    check_matrix(value_of(rig, CLASS_WEIGHTS), &p->g2, true, "G after the split", how);
    check_matrix(value_of(rig, COUNTS), &p->counts2, false, "counts after the split", how);
    check_matrix(&velocities[MEMORIES], &p->vw2, false, "velocity of W after the split", how);
    check_matrix(&velocities[CLASS_WEIGHTS], &p->vg2, true, "velocity of G after the split", how);
    free(picked);
    free(list);
}

static void check_golden(const dam_device_info *info, const setting *how, const char *name)
{
    struct golden_case p = load_case(name);
    struct rig *rig = open_rig(info, how, &p, NULL);
    pass(rig, &p, rig->model->ops->grow->accumulate);
    iterate(rig, &p, 1);
    check_products(rig, &p, how);
    write_search(rig, &p);
    iterate(rig, &p, p.iterations);
    check_eigenvalues(rig, &p, how);
    check_split(rig, &p, how);
    close_rig(rig);
    free_case(&p);
}

static void golden(const dam_device_info *info, const setting *how)
{
    check_golden(info, how, "whole");
    check_golden(info, how, "partial");
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(golden);
}

static void test_no_room(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_PANEL};
    struct golden_case p = load_case("whole");
    struct rig *rig = open_rig(&info, &how, &p, NULL);
    const dam__grow_ops *ops = rig->model->ops->grow;
    assert_int_equal(ops->resize(rig->model, p.capacity + 1), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "21 memories, but its preset allows 20"));
    assert_int_equal(ops->resize(rig->model, 0), DAM_INPUT);
    OK(ops->resize(rig->model, p.capacity));
    assert_int_equal(ops->memories(rig->model), p.capacity);
    assert_int_equal(value_of(rig, MEMORIES)->rows, p.capacity);
    assert_int_equal(value_of(rig, CLASS_WEIGHTS)->cols, p.capacity + 1);
    close_rig(rig);
    free_case(&p);
}

static void test_pick(void **state)
{
    (void)state;
    const double ranks[] = {-0.5, 0.2, -0.5, NAN, -0.9, -0.1, -0.001};
    int picked[7], count = -1;
    OK(dam__growth_pick(ranks, 7, -0.001, 1, 100, picked, &count));
    assert_int_equal(count, 4);
    assert_memory_equal(picked, ((const int[]){0, 2, 4, 5}), 4 * sizeof *picked);
    /* Equal ranks: the first of them. */
    OK(dam__growth_pick(ranks, 7, -0.001, 1, 2, picked, &count));
    assert_int_equal(count, 2);
    assert_memory_equal(picked, ((const int[]){0, 4}), 2 * sizeof *picked);
    OK(dam__growth_pick(ranks, 7, -0.001, 0.45, 100, picked, &count));
    assert_int_equal(count, 3);
    /* Less than a memory's share is one memory's; nothing spare is none. */
    OK(dam__growth_pick(ranks, 7, -0.001, 0.01, 100, picked, &count));
    assert_int_equal(count, 1);
    assert_int_equal(picked[0], 4);
    OK(dam__growth_pick(ranks, 7, -0.001, 1, 0, picked, &count));
    assert_int_equal(count, 0);
    OK(dam__growth_pick(ranks, 7, -1, 1, 100, picked, &count));
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_pick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
