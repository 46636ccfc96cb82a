/* Curves over one key: the mean with the spread as bars, and each seed as a small point. */
#include <math.h>

#include "sweep/sweep_axis.h"
#include "sweep/sweep_picture.h"

enum block { MEANS, SEEDS, LOST, BEST, BLOCKS };
enum { EXACT = 15 };

static size_t append_point(dam__csv *data, double x, double y, double spread)
{
    dam__csv_real(data, x, EXACT);
    dam__csv_real(data, y, EXACT);
    dam__csv_real(data, isfinite(spread) ? spread : 0, EXACT);
    dam__csv_end_row(data);
    return 1;
}

/* Returns how many points the block has. */
static size_t append_block(const dam__sweep_view *view, enum block block, dam__csv *data)
{
    const dam__sweep *sweep = view->sweep;
    const dam__axis *axis = &sweep->axes[view->axes[0]];
    size_t best = 0, unused = 0, points = 0;
    bool has_best = dam__sweep_view_best(view, &best, &unused);
    for (size_t i = 0; i < axis->count; i++) {
        size_t index = dam__sweep_view_cell(view, i, 0);
        const dam__replica_result *results = sweep->results + index * sweep->seeds;
        double x = dam__sweep_place(axis, i);
        dam__cell cell;
        dam__sweep_cell(sweep, index, &cell);
        double mean = cell.mean[sweep->metric];
        if (block == LOST && cell.diverged + cell.failed > 0)
            points += append_point(data, x, 0, 0);
        if ((block == MEANS || (block == BEST && has_best && best == i)) && isfinite(mean))
            points += append_point(data, x, mean, cell.spread);
        for (size_t seed = 0; block == SEEDS && sweep->seeds > 1 && seed < sweep->seeds; seed++)
            if (results[seed].status == DAM__REPLICA_DONE &&
                isfinite(results[seed].metrics[sweep->metric]))
                points += append_point(data, x, results[seed].metrics[sweep->metric], 0);
    }
    return points;
}

static void find_range(const dam__sweep_view *view, double *least, double *most)
{
    const dam__sweep *sweep = view->sweep;
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = 0; i < sweep->axes[view->axes[0]].count; i++) {
        size_t index = dam__sweep_view_cell(view, i, 0);
        dam__cell cell;
        dam__sweep_cell(sweep, index, &cell);
        double mean = cell.mean[sweep->metric];
        double spread = isfinite(cell.spread) ? cell.spread : 0;
        /* fmin and fmax pass over what is no number. */
        *least = fmin(*least, mean - spread);
        *most = fmax(*most, mean + spread);
        for (size_t seed = 0; seed < sweep->seeds; seed++) {
            const dam__replica_result *result = &sweep->results[index * sweep->seeds + seed];
            double value =
                result->status == DAM__REPLICA_DONE ? result->metrics[sweep->metric] : NAN;
            *least = fmin(*least, value);
            *most = fmax(*most, value);
        }
    }
}

dam_status dam__sweep_curve(const dam__sweep_view *view, dam__plot *plot)
{
    static const char *const names[BLOCKS] = {"means", "seeds", "lost", "best"};
    const dam__sweep *sweep = view->sweep;
    const dam__axis *axis = &sweep->axes[view->axes[0]];
    double least, most;
    int number = 0;
    dam__text_append(&plot->data.text, "# %s over %s; x mean spread\n",
                     dam__metric_name(sweep->metric), axis->key);
    for (int block = 0; block < BLOCKS; block++) {
        bool has = append_block(view, (enum block)block, &plot->data) > 0;
        dam__plot_integer(plot, has ? number : -1, "block_%s", names[block]);
        if (has)
            dam__plot_end_block(plot);
        number += has;
    }
    find_range(view, &least, &most);
    if (!(least <= most)) { /* nothing is done: an empty frame that shows what was lost */
        least = 0;
        most = 1;
    }
    bool logarithmic = dam__sweep_wants_log(sweep->metric, least, most);
    double margin = least < most ? 0.08 * (most - least) : fmax(0.1 * fabs(least), 1e-3);
    dam__plot_real(plot, logarithmic ? least / 1.3 : least - margin, "bottom");
    dam__plot_real(plot, logarithmic ? most * 1.3 : most + margin, "top");
    dam__plot_integer(plot, logarithmic, "logarithmic");
    dam__plot_text(plot, dam__metric_name(sweep->metric), "metric");
    DAM_TRY(dam__sweep_plot_axis(axis, "x", plot));
    dam__sweep_view_heading(view, plot);
    return DAM_OK;
}
