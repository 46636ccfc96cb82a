#include "draw/text_curves.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "draw/curve_panel.h"

enum {
    LEAST_LABEL = 8,
    ROLES = 2,
    LEAST_WIDTH = 24,
    LEAST_HEIGHT = 4,
    MOST_WIDTH = 200,
    MOST_HEIGHT = 60
};

static const double LOG_SPAN = 30;

/* What a cell shows: a bit a curve; JUMP where a curve goes through it between two columns. */
enum { JUMP = 1 << ROLES };

typedef struct canvas {
    unsigned char cells[MOST_HEIGHT][MOST_WIDTH];
    size_t width, height; /* without labels */
    int label;            /* letters of the widest one */
    double least, most;   /* logarithms where it is logarithmic */
    bool logarithmic;
} canvas;

const char *dam__text_curve_mark(size_t role, bool ascii)
{
    static const char *const marks[ROLES][2] = {{"\u25cf", "*"}, {"\u25cb", "o"}};
    return marks[role < ROLES ? role : 0][ascii];
}

static double height_of(const canvas *c, double value)
{
    return c->logarithmic ? log10(value) : value;
}

static size_t line_of(const canvas *c, double y)
{
    double share = c->most > c->least ? (c->most - y) / (c->most - c->least) : 0.5;
    return (size_t)lround(fmin(fmax(share, 0), 1) * (double)(c->height - 1));
}

/* The next row from `row` on with a finite value; history->rows where there is none. */
static size_t next_finite(const dam__table *history, size_t column, size_t row)
{
    while (row < history->rows && !isfinite(dam__table_at(history, row, column)))
        row++;
    return row;
}

/*
 * The value at a place between rows, on the line between its neighbours that are finite; NaN before
 * the first and behind the last. *from goes on with the places.
 */
static double value_at(const canvas *c, const dam__table *history, size_t column, double place,
                       size_t *from)
{
    size_t next = next_finite(history, column, *from + 1);
    while (next < history->rows && (double)next <= place) {
        *from = next;
        next = next_finite(history, column, next + 1);
    }
    double before = height_of(c, dam__table_at(history, *from, column));
    if (place <= (double)*from || next == history->rows)
        return place < (double)*from || place > (double)*from ? NAN : before;
    double after = height_of(c, dam__table_at(history, next, column));
    double share = (place - (double)*from) / (double)(next - *from);
    return before + share * (after - before);
}

static void draw(canvas *c, const dam__table *history, size_t column, size_t role)
{
    size_t row = next_finite(history, column, 0), before = c->height;
    double step = c->width > 1 ? (double)(history->rows - 1) / (double)(c->width - 1) : 0;
    for (size_t x = 0; x < c->width; x++) {
        double place = x + 1 == c->width ? (double)(history->rows - 1) : step * (double)x;
        double y = value_at(c, history, column, place, &row);
        if (!isfinite(y))
            continue;
        size_t line = line_of(c, y);
        c->cells[line][x] |= (unsigned char)(1u << role);
        while (before < c->height && before != line) {
            before += before < line ? 1 : (size_t)-1;
            if (before != line)
                c->cells[before][x] |= JUMP;
        }
        before = line;
    }
}

static void append_cell(unsigned char cell, bool ascii, dam__text *text)
{
    if ((cell & 3) == 3)
        dam__text_append(text, "%s", ascii ? "@" : "\u25c9");
    else if ((cell & 3) != 0)
        dam__text_append(text, "%s", dam__text_curve_mark(cell >> 1 & 1, ascii));
    else
        dam__text_append(text, "%s", (cell & JUMP) != 0 ? (ascii ? ":" : "\u250a") : " ");
}

/* Of every third line, the last among them; "" of the others. */
static const char *label_of(const canvas *c, size_t line, char number[DAM__NUMBER_BYTES])
{
    double y = c->most - (c->most - c->least) * (double)line / (double)(c->height - 1);
    number[0] = '\0';
    if ((c->height - 1 - line) % 3 == 0)
        (void)dam__real_digits(c->logarithmic ? pow(10, y) : y, 4, number);
    return number;
}

/* What is left beside the labels, a blank and the axis is the drawing's. */
static void make_room(canvas *c)
{
    char number[DAM__NUMBER_BYTES];
    c->label = LEAST_LABEL;
    for (size_t line = 0; line < c->height; line++) {
        int length = (int)strlen(label_of(c, line, number));
        c->label = length > c->label ? length : c->label;
    }
    c->width -= (size_t)c->label + 2;
}

static void append_line(const canvas *c, size_t line, bool ascii, dam__text *text)
{
    char number[DAM__NUMBER_BYTES];
    size_t used = c->width;
    bool labelled = label_of(c, line, number)[0] != '\0';
    dam__text_append(text, "%*s ", c->label, number);
    dam__text_append(text, "%s", ascii ? (labelled ? "+" : "|") : labelled ? "\u2524" : "\u2502");
    while (used > 0 && c->cells[line][used - 1] == 0)
        used--;
    for (size_t x = 0; x < used; x++)
        append_cell(c->cells[line][x], ascii, text);
    dam__text_append(text, "\n");
}

static void append_epochs(const canvas *c, const dam__table *history, dam__text *text)
{
    char first[DAM__NUMBER_BYTES], last[DAM__NUMBER_BYTES];
    (void)dam__real_digits(dam__curve_place(history, 0), 10, first);
    (void)dam__real_digits(dam__curve_place(history, history->rows - 1), 10, last);
    int room = (int)c->width - (int)strlen(first) - (int)strlen("epoch");
    dam__text_append(text, "%*s%s%*s%*s\n", c->label + 2, "", first,
                     (int)strlen("epoch") + room / 2, "epoch", room - room / 2, last);
}

bool dam__text_curves(const dam__table *history, size_t width, size_t height, bool ascii,
                      dam__text *text)
{
    dam__curve_panel panels[DAM__CURVE_PANELS];
    canvas c = {.width = width < MOST_WIDTH ? width : MOST_WIDTH,
                .height = height < MOST_HEIGHT ? height : MOST_HEIGHT};
    size_t others = 0;
    (void)dam__curve_panels(history, panels);
    if (dam__curve_count(&panels[0], history) == 0 || width < LEAST_WIDTH || height < LEAST_HEIGHT)
        return false;
    dam__curve_range(&panels[0], history, &c.least, &c.most);
    c.logarithmic = c.least > 0 && c.most > LOG_SPAN * c.least;
    c.least = height_of(&c, c.least);
    c.most = height_of(&c, c.most);
    make_room(&c);
    for (size_t i = 0; i < history->columns; i++) {
        size_t role = dam__curve_role(history->names[i], &others);
        if (role < ROLES && dam__curve_belongs(&panels[0], history, i))
            draw(&c, history, i, role);
    }
    for (size_t line = 0; line < c.height; line++)
        append_line(&c, line, ascii, text);
    append_epochs(&c, history, text);
    return true;
}
