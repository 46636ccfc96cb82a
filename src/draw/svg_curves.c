#include "draw/svg_curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "draw/curve_panel.h"
#include "draw/html.h"

enum {
    WIDTH = 640,
    HEIGHT = 280,
    LEFT = 62,
    RIGHT = 12,
    TOP = 10,
    BOTTOM = 40,
    TICKS = 6,
    MOST_POINTS = 1200 /* of a curve: two for each of half as many pieces where it has more */
};

static const double LEAST_LOG = 1e-300, LOG_SPAN = 30; /* as in src/draw/plots/curves.gp */

typedef struct frame {
    const dam__curve_panel *panel;
    const dam__table *history;
    dam__text *page;
    double x0, x1, y0, y1; /* at the edges, y0 and y1 as logarithms where it is logarithmic */
    bool logarithmic;
} frame;

static double at_x(const frame *f, double x)
{
    return LEFT + (x - f->x0) / (f->x1 - f->x0) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const frame *f, double value)
{
    double y = f->logarithmic ? log10(fmax(value, LEAST_LOG)) : value;
    return HEIGHT - BOTTOM - (y - f->y0) / (f->y1 - f->y0) * (HEIGHT - TOP - BOTTOM);
}

/* Between ticks: 1, 2 or 5 of a decade. */
static double step_of(double range)
{
    double decade = pow(10, floor(log10(range / TICKS)));
    double steps = range / TICKS / decade;
    return decade * (steps <= 1.5 ? 1 : steps <= 3 ? 2 : steps <= 7 ? 5 : 10);
}

static void tick_y(const frame *f, double value)
{
    char number[DAM__NUMBER_BYTES];
    double y = at_y(f, value);
    if (y < TOP - 0.5 || y > HEIGHT - BOTTOM + 0.5)
        return;
    dam__text_append(f->page,
                     "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                     "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                     LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4,
                     dam__real_digits(value, 6, number));
}

/* Which multiples of a step lie between two places; none, *to < *from, where that is of no use:
 * numbers of a file may be anything. */
static void find_ticks(double low, double high, double step, int *from, int *to)
{
    static const double MOST = 1e8;
    double first = ceil(low / step), last = floor(high / step + 1e-6);
    bool useful = fabs(first) < MOST && fabs(last) < MOST && last - first < 10 * TICKS;
    *from = useful ? (int)first : 0;
    *to = useful ? (int)last : -1;
}

static void draw_axes(const frame *f)
{
    char number[DAM__NUMBER_BYTES];
    double step = f->logarithmic ? 1 : step_of(f->y1 - f->y0);
    bool few = f->logarithmic && f->y1 - f->y0 <= 3;
    int from, to;
    find_ticks(f->y0 - (few ? 1 : 0), f->y1, step, &from, &to);
    for (int i = from; i <= to; i++) {
        tick_y(f, f->logarithmic ? pow(10, i) : i * step);
        for (int digit = 2; few && digit <= 5; digit += 3)
            tick_y(f, digit * pow(10, i));
    }
    step = fmax(1, step_of(f->x1 - f->x0));
    find_ticks(f->x0, f->x1, step, &from, &to);
    for (int i = from; i <= to; i++)
        dam__text_append(f->page, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                         at_x(f, i * step), HEIGHT - BOTTOM + 16,
                         dam__real_digits(i * step, 6, number));
    dam__text_append(f->page, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">epoch</text>\n",
                     (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6);
}

/* Of a run that grew, every second stage is shaded. */
static void draw_stages(const frame *f)
{
    size_t stage = 0, first = 0, number = 0;
    const dam__table *h = f->history;
    if (!dam__table_find(h, "stage", &stage))
        return;
    for (size_t row = 0; row < h->rows; row++) {
        bool last = row + 1 == h->rows;
        if (!last && dam__table_at(h, row, stage) == dam__table_at(h, row + 1, stage))
            continue;
        double from = at_x(f, dam__curve_place(h, first) - (first > 0 ? 0.5 : 0));
        double to = at_x(f, dam__curve_place(h, row) + (last ? 0 : 0.5));
        if (number++ % 2 == 1)
            dam__text_append(f->page,
                             "<rect class=\"stage\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
                             "height=\"%d\"/>\n",
                             from, TOP, to - from, HEIGHT - TOP - BOTTOM);
        first = row + 1;
    }
}

/* The steep start may leave the panel (dam__curve_range). */
static double clipped_y(const frame *f, size_t row, size_t column)
{
    double value = f->panel->factor * dam__table_at(f->history, row, column);
    return fmin(fmax(at_y(f, value), TOP), HEIGHT - BOTTOM);
}

/* The rows of the least and the largest value from first to last, in order; whether there are. */
static bool extremes(const dam__table *h, size_t column, size_t first, size_t last, size_t rows[2])
{
    size_t least = last, most = last;
    for (size_t row = first; row < last; row++) {
        double value = dam__table_at(h, row, column);
        if (!isfinite(value))
            continue;
        if (least == last || value < dam__table_at(h, least, column))
            least = row;
        if (most == last || value > dam__table_at(h, most, column))
            most = row;
    }
    rows[0] = least < most ? least : most;
    rows[1] = least < most ? most : least;
    return least < last;
}

static void draw_curve(const frame *f, size_t column, size_t role)
{
    const dam__table *h = f->history;
    size_t rows[2], points = 0;
    size_t piece = h->rows > MOST_POINTS ? 2 * h->rows / MOST_POINTS : 1;
    dam__text_append(f->page, "<path class=\"curve curve%zu\" d=\"", role);
    for (size_t first = 0; first < h->rows; first += piece) {
        size_t last = first + piece < h->rows ? first + piece : h->rows;
        if (!extremes(h, column, first, last, rows))
            continue;
        for (size_t i = 0; i < (rows[0] == rows[1] ? 1 : 2); i++)
            dam__text_append(f->page, "%s%.1f %.1f", points++ == 0 ? "M" : "L",
                             at_x(f, dam__curve_place(h, rows[i])), clipped_y(f, rows[i], column));
    }
    dam__text_append(f->page, "\"/>\n");
    for (size_t row = 0; row < h->rows && points <= DAM__CURVE_FEW; row++)
        if (isfinite(dam__table_at(h, row, column)))
            dam__text_append(f->page,
                             "<circle class=\"curve%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n",
                             role, at_x(f, dam__curve_place(h, row)), clipped_y(f, row, column));
}

/* --- panels ------------------------------------------------------------------------------------- */

static void choose_axes(frame *f)
{
    double least, most;
    const dam__table *h = f->history;
    dam__curve_range(f->panel, h, &least, &most);
    f->logarithmic = !f->panel->rising && least > LEAST_LOG && most > LOG_SPAN * least;
    f->y0 = f->logarithmic ? log10(least) : least;
    f->y1 = f->logarithmic ? log10(most) : most;
    double margin = f->y1 > f->y0 ? 0.04 * (f->y1 - f->y0) : fmax(fabs(f->y0), 1) / 10;
    f->y0 -= margin;
    f->y1 += margin;
    f->x0 = dam__curve_place(h, 0);
    f->x1 = dam__curve_place(h, h->rows - 1);
    if (!(f->x1 > f->x0)) {
        f->x0 -= 1;
        f->x1 += 1;
    }
}

/* Above the drawing, where it can be broken into lines. */
static void append_legend(const frame *f)
{
    size_t others = 0;
    dam__text_append(f->page, "<p class=\"small\">");
    for (size_t i = 0; i < f->history->columns; i++) {
        char *legend = NULL, attributes[32];
        if (!dam__curve_belongs(f->panel, f->history, i))
            continue;
        (void)snprintf(attributes, sizeof attributes, "class=\"key curve%zu\"",
                       dam__curve_role(f->history->names[i], &others));
        if (dam__curve_legend(f->panel, f->history, i, &legend) == DAM_OK)
            dam__html_element(f->page, "span", attributes, legend);
        dam__text_append(f->page, " ");
        free(legend);
    }
    dam__text_append(f->page, "</p>\n");
}

static void append_panel(const frame *f, const char *title)
{
    size_t others = 0;
    dam__text_append(f->page, "<div class=\"section\">");
    dam__html_element(f->page, "h3", "", title);
    append_legend(f);
    dam__text_append(f->page,
                     "<div class=\"wide\"><svg class=\"curves\" viewBox=\"0 0 %d %d\" "
                     "role=\"img\" aria-label=\"%s over epochs\">\n",
                     WIDTH, HEIGHT, title);
    draw_stages(f);
    draw_axes(f);
    for (size_t i = 0; i < f->history->columns; i++)
        if (dam__curve_belongs(f->panel, f->history, i))
            draw_curve(f, i, dam__curve_role(f->history->names[i], &others));
    dam__text_append(f->page, "</svg></div></div>\n");
}

bool dam__svg_curves(const dam__table *history, dam__text *page)
{
    dam__curve_panel panels[DAM__CURVE_PANELS];
    bool grew = dam__curve_panels(history, panels), any = false;
    for (size_t i = 0; i < DAM__CURVE_PANELS; i++) {
        frame f = {.panel = &panels[i], .history = history, .page = page};
        if (dam__curve_count(&panels[i], history) == 0)
            continue;
        any = true;
        choose_axes(&f);
        append_panel(&f, panels[i].rising ? "accuracy (%)"
                         : grew           ? "loss + log(sum of class weights)"
                                          : "loss");
    }
    return any;
}
