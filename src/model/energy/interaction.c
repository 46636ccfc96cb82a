#include "model/energy/interaction.h"

#include <math.h>

#include "base/text.h"

dam_status dam__interaction_options(const dam__interaction *interaction, char **out)
{
    return dam__format(out, "-DINTERACTION=%d -DEXPONENT=%d", interaction->kind,
                       interaction->exponent);
}

double dam__interaction_value(const dam__interaction *interaction, double x)
{
    switch ((dam__interaction_kind)interaction->kind) {
    case DAM__INTERACTION_POLY:
        return pow(x, interaction->exponent);
    case DAM__INTERACTION_RECT:
        return x > 0 ? pow(x, interaction->exponent) : 0;
    case DAM__INTERACTION_LEAKY:
        return x >= 0 ? pow(x, interaction->exponent) : interaction->leak * x;
    case DAM__INTERACTION_EXP:
        break;
    }
    return exp(x);
}

double dam__interaction_slope(const dam__interaction *interaction, double x)
{
    int n = interaction->exponent;
    switch ((dam__interaction_kind)interaction->kind) {
    case DAM__INTERACTION_POLY:
        return n * pow(x, n - 1);
    case DAM__INTERACTION_RECT:
        return x > 0 ? n * pow(x, n - 1) : 0;
    case DAM__INTERACTION_LEAKY:
        return x >= 0 ? n * pow(x, n - 1) : interaction->leak;
    case DAM__INTERACTION_EXP:
        break;
    }
    return exp(x);
}
