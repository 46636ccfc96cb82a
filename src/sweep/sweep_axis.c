#include "sweep/sweep_axis.h"

#include <math.h>
#include <stdlib.h>

#include "base/number.h"

enum { MOST_LABELS = 16, SHORT = 3, EXACT = 15 };

double dam__sweep_place(const dam__axis *axis, size_t i)
{
    switch (axis->spacing) {
    case DAM__SPACING_LINEAR:
        return axis->numbers[i];
    case DAM__SPACING_LOGARITHMIC:
        return log10(axis->numbers[i]);
    case DAM__SPACING_INVERSE:
        return 1 / axis->numbers[i];
    case DAM__SPACING_LIST:
        break;
    }
    return (double)i;
}

double dam__sweep_half_step(const dam__axis *axis)
{
    if (axis->count < 2)
        return 0.5;
    double span = dam__sweep_place(axis, axis->count - 1) - dam__sweep_place(axis, 0);
    return fabs(span) / (double)(axis->count - 1) / 2;
}

/* The values of a list, of a long one only some. */
static void append_list(const dam__axis *axis, dam__text *script)
{
    char number[DAM__NUMBER_BYTES];
    size_t step = (axis->count + MOST_LABELS - 1) / MOST_LABELS;
    for (size_t i = 0; i < axis->count; i += step) {
        const char *shown = axis->numbers != NULL
                                ? dam__real_digits(axis->numbers[i], SHORT, number)
                                : axis->values[i];
        dam__text_append(script, "%s", i > 0 ? ", " : "");
        dam__plot_quote(script, shown);
        dam__text_append(script, " %zu", i);
    }
}

/* Powers of ten, over less than two of them also their double and fivefold; small tics between. */
static void append_decades(const dam__axis *axis, dam__text *script)
{
    char number[DAM__NUMBER_BYTES], place[DAM__NUMBER_BYTES];
    double first = dam__sweep_place(axis, 0), last = dam__sweep_place(axis, axis->count - 1);
    double half = dam__sweep_half_step(axis);
    double low = fmin(first, last) - half, high = fmax(first, last) + half;
    int step = (int)((high - low) / MOST_LABELS) + 1;
    const char *separator = "";
    for (int decade = (int)floor(low); decade <= (int)ceil(high); decade++) {
        for (int digit = 1; digit < 10; digit++) {
            double at = decade + log10(digit);
            bool labelled =
                digit == 1 ? decade % step == 0 : high - low < 2 && (digit == 2 || digit == 5);
            if (at < low || at > high || (step > 1 && digit > 1))
                continue;
            (void)dam__real_digits(at, EXACT, place);
            if (labelled)
                dam__text_append(script, "%s'%s' %s", separator,
                                 dam__real_digits(pow(10, at), SHORT, number), place);
            else
                dam__text_append(script, "%s'' %s 1", separator, place);
            separator = ", ";
        }
    }
}

dam_status dam__sweep_plot_axis(const dam__axis *axis, const char *name, dam__plot *plot)
{
    dam_status status = DAM_OK;
    char *label = NULL;
    double first = dam__sweep_place(axis, 0), last = dam__sweep_place(axis, axis->count - 1);
    double half = dam__sweep_half_step(axis);
    dam__text *script = &plot->variables;
    dam__plot_real(plot, fmin(first, last) - half, "%s_from", name);
    dam__plot_real(plot, fmax(first, last) + half, "%s_to", name);
    DAM_TRY_CLEANUP(dam__format(&label, "%s%s", axis->spacing == DAM__SPACING_INVERSE ? "1 / " : "",
                                axis->key));
    dam__plot_text(plot, label, "%s_label", name);
    if (axis->spacing == DAM__SPACING_LIST || axis->spacing == DAM__SPACING_LOGARITHMIC) {
        dam__text_append(script, "set %stics noenhanced (", name);
        if (axis->spacing == DAM__SPACING_LIST)
            append_list(axis, script);
        else
            append_decades(axis, script);
        dam__text_append(script, ")\n");
    }
cleanup:
    free(label);
    return status;
}
