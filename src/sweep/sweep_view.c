#include <math.h>

#include "base/number.h"
#include "sweep/sweep_picture.h"

static const double LOGARITHMIC = 30; /* losses that span more get a logarithmic scale */
enum { SHORT = 4 };

/* Cells from one value of an axis to the next. */
static size_t stride_of(const dam__sweep *sweep, size_t axis)
{
    size_t stride = 1;
    for (size_t i = axis + 1; i < sweep->axis_count; i++)
        stride *= sweep->axes[i].count;
    return stride;
}

size_t dam__sweep_view_cell(const dam__sweep_view *view, size_t i, size_t j)
{
    size_t cell = view->first + i * stride_of(view->sweep, view->axes[0]);
    return view->count > 1 ? cell + j * stride_of(view->sweep, view->axes[1]) : cell;
}

bool dam__sweep_view_best(const dam__sweep_view *view, size_t *i, size_t *j)
{
    *i = 0;
    *j = 0;
    const dam__sweep *sweep = view->sweep;
    size_t columns = sweep->axes[view->axes[0]].count;
    size_t rows = view->count > 1 ? sweep->axes[view->axes[1]].count : 1;
    double record = NAN;
    for (size_t x = 0; x < columns; x++)
        for (size_t y = 0; y < rows; y++) {
            dam__cell cell;
            dam__sweep_cell(sweep, dam__sweep_view_cell(view, x, y), &cell);
            double value = cell.mean[sweep->metric];
            value = dam__metric_rises(sweep->metric) ? -value : value;
            if (cell.status != DAM__REPLICA_DONE || !isfinite(value) || value >= record)
                continue;
            record = value;
            *i = x;
            *j = y;
        }
    return isfinite(record);
}

bool dam__sweep_wants_log(dam__metric metric, double least, double most)
{
    return !dam__metric_rises(metric) && least > 0 && isnormal(least) && most > LOGARITHMIC * least;
}

/* "best 0.93 at model.beta = 8, train.batch = 100". */
static void append_best(const dam__sweep_view *view, dam__text *line)
{
    const dam__sweep *sweep = view->sweep;
    char number[DAM__NUMBER_BYTES];
    size_t at[2] = {0, 0};
    dam__cell cell;
    if (!dam__sweep_view_best(view, &at[0], &at[1]))
        return;
    dam__sweep_cell(sweep, dam__sweep_view_cell(view, at[0], at[1]), &cell);
    dam__text_append(line, "; best %s at",
                     dam__real_digits(cell.mean[sweep->metric], SHORT, number));
    for (size_t i = 0; i < (view->count > 1 ? 2 : 1); i++) {
        const dam__axis *axis = &sweep->axes[view->axes[i]];
        dam__text_append(line, "%s %s = %s", i > 0 ? "," : "", axis->key,
                         axis->numbers != NULL
                             ? dam__real_digits(axis->numbers[at[i]], SHORT, number)
                             : axis->values[at[i]]);
    }
}

/* Whether a cell of the picture is hatched. */
static bool has_bad_cells(const dam__sweep_view *view)
{
    const dam__sweep *sweep = view->sweep;
    dam__cell cell;
    if (view->count < 2)
        return false;
    for (size_t i = 0; i < sweep->axes[view->axes[0]].count; i++)
        for (size_t j = 0; j < sweep->axes[view->axes[1]].count; j++) {
            dam__sweep_cell(sweep, dam__sweep_view_cell(view, i, j), &cell);
            if (cell.diverged + cell.failed > 0)
                return true;
        }
    return false;
}

void dam__sweep_view_heading(const dam__sweep_view *view, dam__plot *plot)
{
    const dam__sweep *sweep = view->sweep;
    dam__text line = {0};
    dam__text_append(&line, "%s", dam__metric_name(sweep->metric));
    if (sweep->seeds > 1)
        dam__text_append(&line, ", mean of %zu seeds", sweep->seeds);
    append_best(view, &line);
    if (has_bad_cells(view))
        dam__text_append(&line, "; hatched: diverged or failed");
    dam__plot_text(plot, view->title, "title");
    dam__plot_text(plot, dam__text_part(&plot->variables, &line), "what");
    dam__text_free(&line);
}
