/* F over the number of agreeing neurons, for memories and states of +-1. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/energy/recall_internal.h"

/* Beyond this a scaled entry is cut off: only a state that outgrew its level sees such entries, and
 * sums of them must stay finite. */
static const double CUT_OFF = 0x1p+90;

static dam__wide normal(double mantissa, int exponent)
{
    int shift = 0;
    dam__wide out = {.mantissa = frexp(mantissa, &shift)};
    out.exponent = mantissa == 0 ? 0 : exponent + shift;
    return out;
}

/* x^n: as many multiplications as its bits ask for, exact as long as a double holds the result. */
static dam__wide wide_power(double x, int n)
{
    dam__wide result = normal(1, 0), square = normal(x, 0);
    for (; n > 0; n /= 2) {
        if (n % 2 != 0)
            result = normal(result.mantissa * square.mantissa, result.exponent + square.exponent);
        square = normal(square.mantissa * square.mantissa, 2 * square.exponent);
    }
    return result;
}

/* b^-n of leak b x. */
static dam__wide leaked(const dam__recall_config *config, double x)
{
    const dam__interaction *interaction = &config->interaction;
    dam__wide share = wide_power(1 / config->scale, interaction->exponent - 1);
    return normal(interaction->leak * x * share.mantissa, share.exponent);
}

dam__wide dam__wide_interaction(const dam__recall_config *config, double x)
{
    const dam__interaction *interaction = &config->interaction;
    switch ((dam__interaction_kind)interaction->kind) {
    case DAM__INTERACTION_POLY:
        return wide_power(x, interaction->exponent);
    case DAM__INTERACTION_RECT:
        return wide_power(fmax(x, 0), interaction->exponent);
    case DAM__INTERACTION_LEAKY:
        return x >= 0 ? wide_power(x, interaction->exponent) : leaked(config, x);
    case DAM__INTERACTION_EXP:
        break;
    }
    double bits = config->scale * x / 0.69314718055994530942;
    return normal(exp2(bits - floor(bits)), (int)floor(bits));
}

/* a - b. */
static dam__wide difference(dam__wide a, dam__wide b)
{
    if (a.mantissa == 0)
        return (dam__wide){-b.mantissa, b.exponent};
    if (b.mantissa == 0)
        return a;
    int common = a.exponent > b.exponent ? a.exponent : b.exponent;
    return normal(ldexp(a.mantissa, a.exponent - common) - ldexp(b.mantissa, b.exponent - common),
                  common);
}

static double scaled(dam__wide number, int base, int level)
{
    double value = ldexp(number.mantissa, number.exponent - base + DAM__LEVEL_BITS * level);
    return fmax(-CUT_OFF, fmin(CUT_OFF, value));
}

/* The level that takes the larger of two numbers into (2^-64, 1]; the last where both are 0. */
static int level_for(dam__wide a, dam__wide b, int base, int last)
{
    int exponent = INT32_MIN / 2;
    if (a.mantissa != 0)
        exponent = a.exponent;
    if (b.mantissa != 0 && b.exponent > exponent)
        exponent = b.exponent;
    int below = base - exponent;
    int level = below > 0 ? below / DAM__LEVEL_BITS : 0;
    return level < last ? level : last;
}

static dam__wide value_at(const dam__recall_config *config, int dim, int k)
{
    return dam__wide_interaction(config, 2.0 * k - dim);
}

static dam__wide difference_at(const dam__recall_config *config, int dim, int k)
{
    if (k < 1 || k > dim)
        return (dam__wide){0};
    /* Where both leak, all differences are the same number, so that they cancel. */
    if (config->interaction.kind == DAM__INTERACTION_LEAKY && 2 * k <= dim)
        return leaked(config, 2);
    return difference(value_at(config, dim, k), value_at(config, dim, k - 1));
}

static int level_at(const dam__recall_config *config, int dim, int k, int base, int last)
{
    return level_for(difference_at(config, dim, k), difference_at(config, dim, k + 1), base, last);
}

/* The deepest level that any state needs. */
static int deepest(const dam__recall_config *config, int dim, int base)
{
    enum { NO_LIMIT = 1 << 20 };
    int level = 0;
    for (int k = 0; k <= dim; k++) {
        int needed = level_at(config, dim, k, base, NO_LIMIT);
        if (needed < NO_LIMIT && needed > level)
            level = needed;
    }
    return level;
}

/* The exponent of the largest number of a table: F(N), or what leaks. */
static int base_of(const dam__recall_config *config, int dim)
{
    dam__wide first = dam__wide_interaction(config, -dim),
              last = dam__wide_interaction(config, dim);
    return first.mantissa != 0 && first.exponent > last.exponent ? first.exponent : last.exponent;
}

bool dam__recall_table_fits(const dam__recall_config *config, int dim)
{
    enum { MOST_ENTRIES = 1 << 22 };
    if (dim > MOST_ENTRIES / 2)
        return false;
    return (int64_t)(deepest(config, dim, base_of(config, dim)) + 1) * (dim + 2) <= MOST_ENTRIES;
}

dam_status dam__recall_table_create(const dam__recall_config *config, int dim,
                                    dam__recall_table *out)
{
    dam_status status = DAM_OK;
    dam__recall_table table = {.dim = dim};
    table.base = base_of(config, dim);
    table.levels = deepest(config, dim, table.base) + 1;
    size_t levels = (size_t)table.levels, width = (size_t)dim + 1;
    DAM_TRY_CLEANUP(
        dam__alloc(levels * (width + 1), sizeof *table.differences, &table.differences));
    DAM_TRY_CLEANUP(dam__alloc(levels * width, sizeof *table.values, &table.values));
    DAM_TRY_CLEANUP(dam__alloc(width, sizeof *table.level_of, &table.level_of));
    for (int k = 0; k <= dim; k++) {
        dam__wide value = value_at(config, dim, k), step = difference_at(config, dim, k);
        for (int level = 0; level < table.levels; level++) {
            table.values[(size_t)level * width + (size_t)k] = scaled(value, table.base, level);
            table.differences[(size_t)level * (width + 1) + (size_t)k] =
                scaled(step, table.base, level);
        }
        table.level_of[k] = level_at(config, dim, k, table.base, table.levels - 1);
        /* What leaks may be more than what the furthest similarity gives. */
        bool leaks = config->interaction.kind == DAM__INTERACTION_LEAKY;
        if (leaks && k > 0 && table.level_of[k - 1] < table.level_of[k])
            table.level_of[k] = table.level_of[k - 1];
    }
    *out = table;
    table = (dam__recall_table){0};
cleanup:
    dam__recall_table_free(&table);
    return status;
}

void dam__recall_table_free(dam__recall_table *table)
{
    free(table->differences);
    free(table->values);
    free(table->level_of);
    *table = (dam__recall_table){0};
}
