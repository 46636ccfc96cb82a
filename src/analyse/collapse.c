#include "analyse/collapse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model_type.h"

const double dam__collapse_flat = 0.1;

bool dam__collapse_should_be_flat(const char *name)
{
    size_t length = strlen(name);
    return name[0] == 'D' && strcmp(name, "DbZ") != 0 && strcmp(name, "DcF") != 0 && length > 1 &&
           strchr("WZF", name[length - 1]) != NULL;
}

size_t dam__collapse_steepest(const dam__collapse *c, int column, bool should_be_flat)
{
    size_t count = c->rows * c->columns, found = count;
    for (size_t i = 0; i < count; i++) {
        size_t own = i % c->columns;
        if ((column >= 0 && own != (size_t)column) || !isfinite(c->slopes[i]) ||
            (should_be_flat && !dam__collapse_should_be_flat(c->first.names[own])))
            continue;
        if (found == count || fabs(c->slopes[i]) > fabs(c->slopes[found]))
            found = i;
    }
    return found;
}

void dam__collapse_free(dam__collapse *collapse)
{
    free(collapse->sizes);
    free(collapse->steps);
    free(collapse->left_out);
    free(collapse->values);
    free(collapse->slopes);
    dam__diagnosed_free(&collapse->first);
    *collapse = (dam__collapse){0};
}

/* A run with its diagnostics. */
struct member {
    const dam__run *run;
    dam__diagnosed diagnosed;
};

static dam_status read_member(const dam__run *run, const struct member *first, struct member *out)
{
    out->run = run;
    if (dam__model_type_of(&run->experiment.model)->ops->diagnose == NULL)
        return dam__fail(DAM_USAGE,
                         "'%s' is a run of model.kind = \"%s\", whose training has no diagnostics",
                         run->folder, dam__model_type_of(&run->experiment.model)->name);
    DAM_TRY(dam__diagnosed_read(&run->container, &out->diagnosed));
    const dam__diagnosed *got = &out->diagnosed, *wanted = &first->diagnosed;
    if (got->rows == 0)
        return dam__fail(DAM_USAGE,
                         "'%s' has no diagnostics; train it with train.diagnostics = \"0,10,100\"",
                         run->folder);
    bool same = got->columns == wanted->columns;
    for (int c = 0; same && c < got->columns; c++)
        same = strcmp(got->names[c], wanted->names[c]) == 0;
    if (!same)
        return dam__fail(DAM_USAGE,
                         "'%s' and '%s' measured other numbers: compare runs of one activation and "
                         "optimizer",
                         first->run->folder, run->folder);
    return DAM_OK;
}

static int by_size(const void *a, const void *b)
{
    const struct member *left = a, *right = b;
    if (left->run->dim != right->run->dim)
        return left->run->dim < right->run->dim ? -1 : 1;
    return (left->run->memories > right->run->memories) -
           (left->run->memories < right->run->memories);
}

/* The row of a step, or -1. */
static int row_of(const dam__diagnosed *diagnosed, double step)
{
    for (int i = 0; i < diagnosed->rows; i++)
        if (diagnosed->steps[i] == step)
            return i;
    return -1;
}

static bool is_common(const struct member *members, size_t runs, double step)
{
    for (size_t r = 0; r < runs; r++)
        if (row_of(&members[r].diagnosed, step) < 0)
            return false;
    return true;
}

static int by_number(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static dam_status find_left_out(const struct member *members, dam__collapse *out)
{
    size_t found = 0, kept = 0;
    for (size_t r = 0; r < out->runs; r++) {
        const dam__diagnosed *of = &members[r].diagnosed;
        DAM_TRY(dam__grow(&out->left_out, found + (size_t)of->rows, sizeof *out->left_out));
        for (int row = 0; row < of->rows; row++)
            if (!is_common(members, out->runs, of->steps[row]))
                out->left_out[found++] = of->steps[row];
    }
    qsort(out->left_out, found, sizeof *out->left_out, by_number);
    for (size_t i = 0; i < found; i++)
        if (kept == 0 || out->left_out[i] != out->left_out[kept - 1])
            out->left_out[kept++] = out->left_out[i];
    out->left_out_count = kept;
    return DAM_OK;
}

/* Steps that all have, and their numbers. */
static dam_status gather(const struct member *members, dam__collapse *out)
{
    const dam__diagnosed *first = &members[0].diagnosed;
    for (int row = 0; row < first->rows; row++) {
        double step = first->steps[row];
        if (!is_common(members, out->runs, step))
            continue;
        for (size_t i = 0; i < out->columns * out->runs; i++) {
            const dam__diagnosed *of = &members[i % out->runs].diagnosed;
            size_t at = (size_t)row_of(of, step) * out->columns + i / out->runs;
            out->values[out->rows * out->columns * out->runs + i] = of->values[at];
        }
        out->steps[out->rows++] = step;
    }
    if (out->rows == 0)
        return dam__fail(DAM_USAGE, "the runs have no step of their diagnostics in common; train "
                                    "them with the same train.diagnostics");
    return DAM_OK;
}

/* Slope of log2 |value| against log2 size, by least squares. */
static double slope_of(const dam__collapse *c, const double *values)
{
    double n = (double)c->runs, x = 0, y = 0, xx = 0, xy = 0;
    for (size_t r = 0; r < c->runs; r++) {
        double size = log2(c->sizes[r]), value = log2(fabs(values[r]));
        x += size / n;
        y += value / n;
        xx += size * size / n;
        xy += size * value / n;
    }
    double spread = xx - x * x;
    return spread > 0 ? (xy - x * y) / spread : NAN;
}

static dam_status find_sizes(const struct member *members, dam__collapse *out)
{
    size_t last = out->runs - 1;
    out->axis = out->runs > 1 && members[0].run->dim == members[last].run->dim ? 'K' : 'N';
    for (size_t r = 0; r < out->runs; r++)
        out->sizes[r] = out->axis == 'N' ? members[r].run->dim : members[r].run->memories;
    if (out->runs > 1 && out->sizes[0] == out->sizes[last])
        return dam__fail(DAM_USAGE,
                         "all runs are of one size, N = %d, K = %d: there is nothing to "
                         "compare",
                         members[0].run->dim, members[0].run->memories);
    return DAM_OK;
}

static dam_status fill(struct member *members, dam__collapse *out)
{
    size_t columns = (size_t)members[0].diagnosed.columns, rows = (size_t)members[0].diagnosed.rows;
    out->columns = columns;
    DAM_TRY(dam__alloc(out->runs, sizeof *out->sizes, &out->sizes));
    DAM_TRY(dam__alloc(rows, sizeof *out->steps, &out->steps));
    DAM_TRY(dam__alloc(rows * columns * out->runs, sizeof *out->values, &out->values));
    DAM_TRY(dam__alloc(rows * columns, sizeof *out->slopes, &out->slopes));
    DAM_TRY(find_sizes(members, out));
    DAM_TRY(gather(members, out));
    DAM_TRY(find_left_out(members, out));
    for (size_t i = 0; i < out->rows * columns; i++)
        out->slopes[i] = slope_of(out, out->values + i * out->runs);
    out->first = members[0].diagnosed;
    members[0].diagnosed = (dam__diagnosed){0};
    return DAM_OK;
}

dam_status dam__collapse_make(const dam__run *runs, size_t count, dam__collapse *out)
{
    dam_status status = DAM_OK;
    struct member *members = NULL;
    dam__collapse collapse = {.runs = count};
    *out = (dam__collapse){0};
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *members, &members));
    for (size_t r = 0; r < count; r++)
        DAM_TRY_CLEANUP(read_member(&runs[r], &members[0], &members[r]));
    qsort(members, count, sizeof *members, by_size);
    DAM_TRY_CLEANUP(fill(members, &collapse));
    *out = collapse;
    collapse = (dam__collapse){0};
cleanup:
    for (size_t r = 0; members != NULL && r < count; r++)
        dam__diagnosed_free(&members[r].diagnosed);
    free(members);
    dam__collapse_free(&collapse);
    return status;
}
