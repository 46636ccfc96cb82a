#include "data/survey.h"

#include <math.h>

/* Rows to look at: so many numbers at most, unless one row has more. */
static size_t step_of(const dam__array *samples)
{
    const size_t most = (size_t)1 << 21;
    return 1 + dam__array_items(samples) / most;
}

/* What a range of numbers tells; the rest follows from it. */
static void look(const dam__array *samples, size_t first, size_t count, dam__survey *out)
{
    double sum = 0, zeros = 0, numbers = 0;
    for (size_t i = first; i < first + count; i++)
        numbers += !isnan(dam__array_at(samples, i));
    numbers = fmax(numbers, 1);
    for (size_t i = first; i < first + count; i++) {
        double value = dam__array_at(samples, i);
        if (isnan(value))
            continue;
        out->least = fmin(out->least, value);
        out->most = fmax(out->most, value);
        sum += value / numbers;
        zeros += value == 0;
    }
    out->mean += sum;
    out->zeros += zeros / numbers;
}

/* Counts the numbers that are the largest; whether there are others besides it and the least. */
static bool look_again(const dam__array *samples, size_t first, size_t count, dam__survey *out)
{
    double tops = 0;
    bool others = false;
    for (size_t i = first; i < first + count; i++) {
        double value = dam__array_at(samples, i);
        tops += value == out->most;
        others = others || (value != out->least && value != out->most && !isnan(value));
    }
    out->tops += tops / (double)count;
    return others;
}

dam__survey dam__survey_of(const dam__array *samples)
{
    dam__survey out = {.least = INFINITY, .most = -INFINITY, .is_two = true};
    size_t count = samples->shape[0], features = samples->shape[1], rows = 0;
    for (size_t row = 0; row < count; row += step_of(samples), rows++)
        look(samples, row * features, features, &out);
    for (size_t row = 0; row < count; row += step_of(samples))
        if (look_again(samples, row * features, features, &out))
            out.is_two = false;
    out.mean /= (double)rows;
    out.zeros /= (double)rows;
    out.tops /= (double)rows;
    out.is_two = out.is_two && out.least < out.most;
    return out;
}

dam__survey dam__survey_turned(const dam__survey *survey, double about)
{
    dam__survey out = *survey;
    out.least = about - survey->most;
    out.most = about - survey->least;
    out.mean = about - survey->mean;
    out.zeros = out.least == 0 ? survey->tops : 0;
    out.tops = survey->least == 0 ? survey->zeros : 0;
    return out;
}

bool dam__survey_is(const dam__survey *survey)
{
    return survey->most > survey->least;
}

bool dam__survey_differs(const dam__survey *a, const dam__survey *b, bool levels)
{
    const double far = 0.25, wide = 4; /* shares of a range; rare outliers may double it */
    if (!dam__survey_is(a) || !dam__survey_is(b))
        return false;
    double one = a->most - a->least, other = b->most - b->least;
    if (fabs((a->mean - a->least) / one - (b->mean - b->least) / other) > far)
        return true;
    return levels && (one > wide * other || other > wide * one ||
                      fabs(a->mean - b->mean) > far * fmax(one, other));
}
