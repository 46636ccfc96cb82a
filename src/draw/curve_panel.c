#include "draw/curve_panel.h"

#include <math.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

enum { DIGITS = 15 };

/* Not all models' losses take an offset to be comparable over widths. */
static bool have_offset(const dam__table *history)
{
    size_t plain, normalised;
    if (!dam__table_find(history, "loss", &plain) ||
        !dam__table_find(history, "normalised_loss", &normalised))
        return true;
    for (size_t row = 0; row < history->rows; row++)
        if (dam__table_at(history, row, plain) != dam__table_at(history, row, normalised))
            return true;
    return false;
}

bool dam__curve_panels(const dam__table *history, dam__curve_panel out[DAM__CURVE_PANELS])
{
    /* Losses of different widths differ by more than learning does. */
    const dam__curve_panel normalised = {"normalised_loss", 1, false};
    const bool grew = dam__curve_count(&normalised, history) > 0;
    out[0] = grew ? normalised : (dam__curve_panel){"loss", 1, false};
    out[1] = (dam__curve_panel){"accuracy", 100, true};
    return grew && have_offset(history);
}

bool dam__curve_belongs(const dam__curve_panel *panel, const dam__table *history, size_t column)
{
    const char *name = history->names[column];
    size_t length = strlen(name), end = strlen(panel->suffix);
    double least, most;
    return length >= end && strcmp(name + length - end, panel->suffix) == 0 &&
           (length == end || name[length - end - 1] == '_') &&
           dam__table_range(history, column, &least, &most);
}

size_t dam__curve_count(const dam__curve_panel *panel, const dam__table *history)
{
    size_t count = 0;
    for (size_t i = 0; i < history->columns; i++)
        count += dam__curve_belongs(panel, history, i);
    return count;
}

double dam__curve_place(const dam__table *history, size_t row)
{
    size_t column;
    double epoch = (double)row + 1;
    if (dam__table_find(history, "epoch", &column))
        epoch = dam__table_at(history, row, column);
    return epoch;
}

dam_status dam__curve_legend(const dam__curve_panel *panel, const dam__table *history,
                             size_t column, char **legend)
{
    char number[DAM__NUMBER_BYTES], epoch[DAM__NUMBER_BYTES];
    double least, most;
    (void)dam__table_range(history, column, &least, &most);
    double best = panel->rising ? most : least;
    size_t row = 0;
    while (row + 1 < history->rows && dam__table_at(history, row, column) != best)
        row++;
    dam_status status =
        dam__format(legend, "%s, best %s%s in epoch %s", history->names[column],
                    dam__real_digits(panel->factor * best, 4, number), panel->rising ? " %" : "",
                    dam__real_digits(dam__curve_place(history, row), DIGITS, epoch));
    for (char *at = *legend; status == DAM_OK && *at != '\0'; at++)
        if (*at == '_')
            *at = ' ';
    return status;
}

size_t dam__curve_role(const char *name, size_t *others)
{
    enum { TRAINING, VALIDATION, OTHERS };
    if (strncmp(name, "validation", strlen("validation")) == 0)
        return VALIDATION;
    if (strchr(name, '_') == NULL || strncmp(name, "train", strlen("train")) == 0 ||
        strcmp(name, "normalised_loss") == 0)
        return TRAINING;
    return OTHERS + (*others)++ % (DAM__CURVE_ROLES - OTHERS);
}

void dam__curve_range(const dam__curve_panel *panel, const dam__table *history, double *least,
                      double *most)
{
    /* The plateau is what differs between runs: the steep start may leave the panel. */
    size_t from = panel->rising && history->rows > DAM__CURVE_FEW ? history->rows / 10 : 0;
    const dam__table rest = {history->names, history->columns, history->rows - from,
                             history->values + from * history->columns};
    double low, high;
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = 0; i < history->columns; i++) {
        if (dam__curve_belongs(panel, history, i) && dam__table_range(&rest, i, &low, &high)) {
            *least = fmin(*least, panel->factor * low);
            *most = fmax(*most, panel->factor * high);
        }
    }
}
