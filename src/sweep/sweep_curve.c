/* Curves over one key: the mean with the spread as bars, and each seed as a small point. */
#include <math.h>

#include "draw/script.h"
#include "run/history_table.h"
#include "sweep/sweep_axis.h"
#include "sweep/sweep_picture.h"

enum block { MEANS, SEEDS, LOST, BEST, BLOCKS };
enum { EXACT = 15 };

static void append_point(dam__text *data, double x, double y, double spread, size_t *items)
{
    char text[3][DAM__NUMBER_BYTES];
    (*items)++;
    dam__text_append(data, "%s %s %s\n", dam__number(text[0], x, EXACT),
                     dam__number(text[1], y, EXACT),
                     dam__number(text[2], isfinite(spread) ? spread : 0, EXACT));
}

/* One block of the data; least and most follow what it shows. */
static void append_block(const dam__sweep_view *view, enum block block, dam__text *data,
                         size_t *items)
{
    const dam__sweep *sweep = view->sweep;
    const dam__axis *axis = &sweep->axes[view->axes[0]];
    size_t best = 0, unused = 0;
    bool has_best = dam__sweep_view_best(view, &best, &unused);
    for (size_t i = 0; i < axis->count; i++) {
        size_t index = dam__sweep_view_cell(view, i, 0);
        const dam__problem_result *results = sweep->results + index * sweep->seeds;
        double x = dam__sweep_place(axis, i);
        dam__cell cell;
        dam__sweep_cell(sweep, index, &cell);
        double mean = cell.mean[sweep->metric];
        if (block == LOST && cell.diverged + cell.failed > 0)
            append_point(data, x, 0, 0, items);
        if ((block == MEANS || (block == BEST && has_best && best == i)) && isfinite(mean))
            append_point(data, x, mean, cell.spread, items);
        for (size_t seed = 0; block == SEEDS && sweep->seeds > 1 && seed < sweep->seeds; seed++)
            if (results[seed].status == DAM__PROBLEM_DONE &&
                isfinite(results[seed].metrics[sweep->metric]))
                append_point(data, x, results[seed].metrics[sweep->metric], 0, items);
    }
    /* To gnuplot empty blocks do not count: more blank lines are one separator. */
    if (*items > 0)
        dam__text_append(data, "\n\n");
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
            const dam__problem_result *result = &sweep->results[index * sweep->seeds + seed];
            double value =
                result->status == DAM__PROBLEM_DONE ? result->metrics[sweep->metric] : NAN;
            *least = fmin(*least, value);
            *most = fmax(*most, value);
        }
    }
}

static void append_plots(const dam__sweep_view *view, const size_t items[BLOCKS], dam__text *script)
{
    static const char *const styles[BLOCKS] = {
        [LOST] = "using 1:(bottom):(0):(top - bottom) with vectors nohead dt 2 lw 2 lc rgb "
                 "'#b0b0aa' title 'diverged or failed'",
        [SEEDS] = "using 1:2 with points pt 7 ps 0.7 lc rgb '#9db8d6' title 'one seed'",
        [MEANS] = "using 1:2:3 with yerrorlines pt 7 ps 0.9 lw 2 lc rgb '#1f5fa8' title 'mean and "
                  "standard deviation'",
        [BEST] = "using 1:2 with points pt 6 ps 2.2 lw 3 lc rgb '#d62728' title 'best'"};
    static const enum block order[BLOCKS] = {LOST, SEEDS, MEANS, BEST};
    const char *separator = "plot ";
    for (size_t i = 0; i < BLOCKS; i++) {
        int index = 0;
        if (items[order[i]] == 0)
            continue;
        for (int before = 0; before < (int)order[i]; before++)
            index += items[before] > 0;
        dam__text_append(script, "%s'%s' index %d %s", separator, view->file, index,
                         styles[order[i]]);
        separator = ", \\\n     ";
    }
    dam__text_append(script, "\n");
}

void dam__sweep_curve(const dam__sweep_view *view, dam__text *data, dam__text *script)
{
    const dam__sweep *sweep = view->sweep;
    const dam__axis *axis = &sweep->axes[view->axes[0]];
    size_t items[BLOCKS] = {0};
    double least, most;
    char bottom[DAM__NUMBER_BYTES], top[DAM__NUMBER_BYTES];
    dam__text_append(data, "# %s over %s; x mean spread\n", dam__metric_name(sweep->metric),
                     axis->key);
    for (int block = 0; block < BLOCKS; block++)
        append_block(view, (enum block)block, data, &items[block]);
    find_range(view, &least, &most);
    if (!(least <= most)) { /* nothing is done: an empty frame that shows what was lost */
        least = 0;
        most = 1;
    }
    bool logarithmic = dam__sweep_wants_log(sweep->metric, least, most);
    double margin = least < most ? 0.08 * (most - least) : fmax(0.1 * fabs(least), 1e-3);
    dam__text_append(
        script, "set tmargin at screen 0.87\nbottom = %s\ntop = %s\nset yrange [bottom:top]\n%s",
        dam__number(bottom, logarithmic ? least / 1.3 : least - margin, EXACT),
        dam__number(top, logarithmic ? most * 1.3 : most + margin, EXACT),
        logarithmic ? "set logscale y\n" : "");
    dam__sweep_view_heading(view, script);
    dam__sweep_script_axis(axis, "x", script);
    dam__text_append(script, "set ylabel ");
    dam__script_quoted(script, dam__metric_name(sweep->metric));
    dam__text_append(script, " noenhanced textcolor rgb '#34363c'\nset key outside bottom "
                             "center horizontal\n");
    append_plots(view, items, script);
}
