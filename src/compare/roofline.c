#include "compare/roofline.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/summary.h"
#include "draw/html.h"
#include "model/model_type.h"

enum {
    WIDTH = 560,
    HEIGHT = 340,
    LEFT = 56,
    RIGHT = 14,
    TOP = 14,
    BOTTOM = 44,
    MOST_RECORDS = 1000,
    MOST_LABELS = 8,
    MOST_DECADES = 15
};

static const double LEAST_PART = 0.05; /* of a step, for a dot */
static const double LABEL_WIDTH = 6.6; /* of a letter, in pixels */

typedef struct plot {
    dam__text *page;
    double x0, x1, y0, y1;    /* decimal logarithms at the edges */
    double peak, copy, cache; /* GFLOP/s, GB/s; NaN where unknown */
    struct box {
        double x, y, width;
    } labels[MOST_LABELS];
    int label_count;
} plot;

static double at_x(const plot *p, double intensity)
{
    return LEFT + (log10(intensity) - p->x0) / (p->x1 - p->x0) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const plot *p, double rate)
{
    return HEIGHT - BOTTOM - (log10(rate) - p->y0) / (p->y1 - p->y0) * (HEIGHT - TOP - BOTTOM);
}

/* A ceiling as the median over the presets of the result set. */
static double ceiling_of(const dam__result_set *results, const char *metric)
{
    double values[MOST_RECORDS];
    size_t count = 0;
    for (size_t r = 0; r < results->count && count < MOST_RECORDS; r++) {
        const dam__measure *m = dam__bench_measure(&results->records[r], metric);
        if (m != NULL && m->value > 0)
            values[count++] = m->value;
    }
    return dam__summarise(values, count).median;
}

static bool is_dot(const dam__measure *m)
{
    return m->kernel && m->part >= LEAST_PART && m->flops > 0 && m->bytes > 0 && m->seconds > 0;
}

static double intensity_of(const dam__measure *m)
{
    return m->flops / m->bytes;
}

static double rate_of(const dam__measure *m)
{
    return 1e-9 * m->flops / m->seconds;
}

/* Whole decades round all dots, the ridge and the peak. Whether there is a dot. */
static bool choose_axes(plot *p, const dam__result_set *results)
{
    double ridge = p->peak / p->copy, x0 = ridge, x1 = ridge, y0 = p->peak, y1 = p->peak;
    bool any = false;
    for (size_t r = 0; r < results->count; r++) {
        for (size_t i = 0; i < results->records[r].count; i++) {
            const dam__measure *m = &results->records[r].measures[i];
            if (!is_dot(m))
                continue;
            any = true;
            x0 = fmin(x0, intensity_of(m));
            x1 = fmax(x1, intensity_of(m));
            y0 = fmin(y0, rate_of(m));
            y1 = fmax(y1, rate_of(m));
        }
    }
    p->x0 = floor(log10(x0));
    p->x1 = fmax(ceil(log10(x1)), p->x0 + 1);
    p->y0 = floor(log10(y0));
    p->y1 = fmax(ceil(log10(y1 * 1.1)), p->y0 + 1);
    /* A file of nonsense must not make a picture without end. */
    return any && p->x0 >= -MOST_DECADES && p->x1 <= MOST_DECADES && p->y0 >= -MOST_DECADES &&
           p->y1 <= MOST_DECADES;
}

static void draw_grid(plot *p)
{
    for (int decade = (int)p->x0; decade <= (int)p->x1; decade++) {
        double x = at_x(p, pow(10, decade));
        dam__text_append(p->page,
                         "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" "
                         "y2=\"%d\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g"
                         "</text>\n",
                         x, x, TOP, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 16, pow(10, decade));
    }
    for (int decade = (int)p->y0; decade <= (int)p->y1; decade++) {
        double y = at_y(p, pow(10, decade));
        dam__text_append(p->page,
                         "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" "
                         "y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g"
                         "</text>\n",
                         LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, pow(10, decade));
    }
    dam__text_append(p->page,
                     "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">flops a byte</text>"
                     "<text x=\"14\" y=\"%d\" transform=\"rotate(-90 14 %d)\" "
                     "text-anchor=\"middle\">GFLOP/s</text>\n",
                     (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, (TOP + HEIGHT - BOTTOM) / 2,
                     (TOP + HEIGHT - BOTTOM) / 2);
}

/* The slope of a bandwidth from the edge to the peak. */
static void draw_slope(plot *p, double bandwidth, const char *class)
{
    double x0 = fmax(pow(10, p->x0), pow(10, p->y0) / bandwidth);
    double x1 = fmin(p->peak / bandwidth, pow(10, p->x1));
    if (!(bandwidth > 0) || x1 <= x0)
        return;
    dam__text_append(p->page,
                     "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                     "y2=\"%.1f\"/>\n",
                     class, at_x(p, x0), at_y(p, bandwidth * x0), at_x(p, x1),
                     at_y(p, bandwidth * x1));
}

static void draw_roof(plot *p)
{
    char peak[DAM__NUMBER_BYTES], copy[DAM__NUMBER_BYTES];
    double x = at_x(p, fmin(fmax(p->peak / p->copy, pow(10, p->x0)), pow(10, p->x1)));
    double y = at_y(p, p->peak);
    draw_slope(p, p->copy, "roofline");
    draw_slope(p, p->cache, "roofline cache");
    dam__text_append(p->page,
                     "<line class=\"roofline\" x1=\"%.1f\" x2=\"%d\" y1=\"%.1f\" "
                     "y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">peak %s "
                     "GFLOP/s</text>",
                     x, WIDTH - RIGHT, y, y, WIDTH - RIGHT, y - 6, dam__number_text(p->peak, peak));
    dam__text_append(p->page, "<text x=\"%d\" y=\"%d\">copies %s GB/s%s</text>\n", LEFT + 8,
                     TOP + 14, dam__number_text(p->copy, copy),
                     p->cache > 0 ? "; in a cache (dashed)" : "");
    if (p->cache > 0)
        dam__text_append(p->page, "<text x=\"%d\" y=\"%d\">%s GB/s</text>\n", LEFT + 8, TOP + 29,
                         dam__number_text(p->cache, copy));
}

static const char *class_of(const char *kind)
{
    for (int i = 0; i < DAM__KINDS; i++)
        if (strcmp(dam__model_types[i]->name, kind) == 0)
            return dam__model_types[i]->name;
    return "other";
}

/* A name beside a dot, where no other name stands. */
static void label_dot(plot *p, double x, double y, const char *name, const char *kind)
{
    enum { LINE = 13, GAP = 8 };
    double width = LABEL_WIDTH * (double)strlen(name);
    bool left = x + GAP + width > WIDTH - RIGHT;
    double from = left ? x - GAP - width : x + GAP;
    if (p->label_count == MOST_LABELS || from < LEFT)
        return;
    for (int i = 0; i < p->label_count; i++) {
        const struct box *other = &p->labels[i];
        if (fabs(other->y - y) < LINE && from < other->x + other->width && other->x < from + width)
            return;
    }
    p->labels[p->label_count++] = (struct box){from, y, width};
    dam__text_append(p->page,
                     "<text class=\"name\" data-kind=\"%s\" x=\"%.1f\" y=\"%.1f\" "
                     "text-anchor=\"%s\">",
                     kind, left ? x - GAP : x + GAP, y + 4, left ? "end" : "start");
    dam__html_text(p->page, name);
    dam__text_append(p->page, "</text>\n");
}

static bool is_labelled(const dam__result_set *results, size_t record, const dam__measure *m)
{
    for (size_t r = 0; r < record; r++) {
        const dam__measure *before = dam__bench_measure(&results->records[r], m->metric);
        if (before != NULL && is_dot(before))
            return true;
    }
    return false;
}

static void draw_dot(plot *p, const dam__bench_record *record, const dam__measure *m)
{
    char text[DAM__NUMBER_BYTES];
    double x = at_x(p, intensity_of(m)), y = at_y(p, rate_of(m));
    dam__text_append(
        p->page, "<circle class=\"%s\" data-kind=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>",
        class_of(record->kind), class_of(record->kind), x, y, 3 + 4 * sqrt(fmin(m->part, 1)));
    dam__html_text(p->page, m->metric);
    dam__text_append(p->page, " of ");
    dam__html_text(p->page, record->preset);
    dam__text_append(p->page, ": %.0f %% of the step, %s GFLOP/s</title></circle>\n", 100 * m->part,
                     dam__number_text(rate_of(m), text));
}

bool dam__roofline(const dam__comparison *comparison, size_t index, dam__text *page)
{
    const dam__result_set *own = &comparison->all->items[index];
    plot p = {.page = page,
              .peak = ceiling_of(own, "fma_peak"),
              .copy = ceiling_of(own, "copy_bandwidth"),
              .cache = ceiling_of(own, "cache_bandwidth")};
    if (!(p.peak > 0 && p.copy > 0 && choose_axes(&p, own)))
        return false;
    dam__text_append(page,
                     "<svg class=\"roof\" viewBox=\"0 0 %d %d\" role=\"img\" "
                     "aria-label=\"Roofline plot\">\n",
                     WIDTH, HEIGHT);
    draw_grid(&p);
    draw_roof(&p);
    for (size_t r = 0; r < own->count; r++)
        for (size_t i = 0; i < own->records[r].count; i++)
            if (is_dot(&own->records[r].measures[i]))
                draw_dot(&p, &own->records[r], &own->records[r].measures[i]);
    for (size_t r = 0; r < own->count; r++) {
        for (size_t i = 0; i < own->records[r].count; i++) {
            const dam__measure *m = &own->records[r].measures[i];
            if (is_dot(m) && !is_labelled(own, r, m))
                label_dot(&p, at_x(&p, intensity_of(m)), at_y(&p, rate_of(m)), m->metric,
                          class_of(own->records[r].kind));
        }
    }
    dam__text_append(page, "</svg>\n");
    return true;
}
