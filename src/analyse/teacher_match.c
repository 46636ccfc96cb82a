#include "analyse/teacher_match.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

void dam__teacher_match_free(dam__teacher_match *match)
{
    free(match->overlaps);
    *match = (dam__teacher_match){0};
}

static double overlap(const dam__array *a, size_t row_a, const dam__array *b, size_t row_b)
{
    size_t dim = a->shape[1];
    double sum = 0;
    for (size_t j = 0; j < dim; j++)
        sum += dam__array_at(a, row_a * dim + j) * dam__array_at(b, row_b * dim + j);
    return sum;
}

dam_status dam__teacher_compare(const dam__run *run, dam__teacher_match *out)
{
    return dam__teacher_compare_with(
        run, dam__container_array(&run->container, "parameters/memories"), out);
}

dam_status dam__teacher_compare_with(const dam__run *run, const dam__array *memories,
                                     dam__teacher_match *out)
{
    const double found_above = 0.9; /* the overlap that counts as found; see docs/models/vmf.md */
    const dam__array *teacher = dam__container_array(&run->container, "teacher/memories");
    *out = (dam__teacher_match){.least = 1};
    if (teacher == NULL)
        return DAM_OK;
    if (memories == NULL || memories->rank != 2 || teacher->rank != 2 || memories->shape[0] == 0 ||
        memories->shape[1] != teacher->shape[1])
        return dam__fail(DAM_INPUT, "'%s' has memories that do not go with its teacher's",
                         run->file);
    dam_status status = dam__alloc(teacher->shape[0], sizeof *out->overlaps, &out->overlaps);
    if (status != DAM_OK)
        return status;
    out->count = teacher->shape[0];
    for (size_t nu = 0; nu < out->count; nu++) {
        double best = -1;
        for (size_t mu = 0; mu < memories->shape[0]; mu++)
            best = fmax(best, overlap(memories, mu, teacher, nu));
        out->overlaps[nu] = best;
        out->found += best > found_above;
        out->least = fmin(out->least, best);
    }
    return DAM_OK;
}
