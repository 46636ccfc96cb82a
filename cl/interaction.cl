/*
 * Interaction functions F of the energy and their slopes (docs/models/energy.md), for VECTOR_WIDTH
 * numbers at once. The kind and the exponent n are constants of the compilation, so that powers
 * unroll.
 *
 * The host puts this text before each source whose first line is "needs: interaction" in a comment.
 */
#ifndef INTERACTION
#define INTERACTION 2 /* 0 poly, 1 rect, 2 leaky, 3 exp: dam__interaction_kind */
#endif
#ifndef EXPONENT
#define EXPONENT 5 /* 2 ... 320 */
#endif

/*
 * x^n by squaring, for a constant n of 1 ... 511: floor(log2 n) + popcount(n) - 1 multiplications,
 * since those by the 1 at the start and the last squares fall away. Never pow(): x may be negative.
 */
#define POWER_BIT(bit)                                                                             \
    if ((n >> (bit)) % 2 == 1)                                                                     \
        result *= x;                                                                               \
    if (n >> ((bit) + 1))                                                                          \
        x *= x;
INLINE vector power(vector x, const int n)
{
    vector result = 1;
    POWER_BIT(0)
    POWER_BIT(1)
    POWER_BIT(2)
    POWER_BIT(3)
    POWER_BIT(4)
    POWER_BIT(5)
    POWER_BIT(6)
    POWER_BIT(7)
    POWER_BIT(8)
    return result;
}

/*
 * F(x). Leaky has two branches, gain x^n and leak x, so that a scale can be split between them: 1
 * and the leak are F itself. The other kinds do not read them.
 */
INLINE vector interaction_value(const vector x, const vector gain, const vector leak)
{
#if INTERACTION == 0
    return power(x, EXPONENT);
#elif INTERACTION == 1
    return power(fmax(x, (vector)0), EXPONENT);
#elif INTERACTION == 2
    return SELECT(leak * x, gain * power(x, EXPONENT), x >= (vector)0);
#else
    return exp(x);
#endif
}

/*
 * F'(x), without the factor n for poly and rect: x^(n-1). For leaky gain x^(n-1) or leak: n and the
 * leak are F' itself.
 */
INLINE vector interaction_slope(const vector x, const vector gain, const vector leak)
{
#if INTERACTION == 0
    return power(x, EXPONENT - 1);
#elif INTERACTION == 1
    return power(fmax(x, (vector)0), EXPONENT - 1);
#elif INTERACTION == 2
    return SELECT(leak, gain * power(x, EXPONENT - 1), x >= (vector)0);
#else
    return exp(x);
#endif
}
