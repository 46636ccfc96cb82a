#include "base/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_sign(const char *at)
{
    return *at == '+' || *at == '-' ? at + 1 : at;
}

static const char *skip_digits(const char *at)
{
    return at + strspn(at, "0123456789");
}

dam__number_result dam__integer_read(const char *text, int64_t *out)
{
    const char *digits = skip_sign(text);
    const char *end = skip_digits(digits);
    if (end == digits || *end != '\0')
        return DAM__NUMBER_NONE;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE)
        return DAM__NUMBER_HUGE;
    *out = value;
    return DAM__NUMBER_OK;
}

const char *dam__integer_print(int64_t value, char text[DAM__NUMBER_BYTES])
{
    (void)snprintf(text, DAM__NUMBER_BYTES, "%lld", (long long)value);
    return text;
}

static bool looks_real(const char *text)
{
    const char *whole = skip_sign(text);
    const char *at = skip_digits(whole);
    size_t digits = (size_t)(at - whole);
    if (*at == '.') {
        const char *fraction = at + 1;
        at = skip_digits(fraction);
        digits += (size_t)(at - fraction);
    }
    if (digits == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        const char *exponent = skip_sign(at + 1);
        at = skip_digits(exponent);
        if (at == exponent)
            return false;
    }
    return *at == '\0';
}

/*
 * Only this thread changes its locale, and only until leave_c; where no "C" locale can be had,
 * uselocale(0) leaves things as they are.
 */
static locale_t enter_c(locale_t *before)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    *before = uselocale(c);
    return c;
}

static void leave_c(locale_t c, locale_t before)
{
    (void)uselocale(before);
    if (c != (locale_t)0)
        freelocale(c);
}

dam__number_result dam__real_read(const char *text, double *out)
{
    if (!looks_real(text))
        return DAM__NUMBER_NONE;
    locale_t before, c = enter_c(&before);
    double value = strtod(text, NULL);
    leave_c(c, before);
    if (!isfinite(value))
        return DAM__NUMBER_HUGE;
    *out = value;
    return DAM__NUMBER_OK;
}

/* By a format of digits and a double. */
static const char *print(const char *format, int digits, double value, char text[DAM__NUMBER_BYTES])
{
    locale_t before, c = enter_c(&before);
    (void)snprintf(text, DAM__NUMBER_BYTES, format, digits, value);
    leave_c(c, before);
    return text;
}

const char *dam__real_print(double value, char out[DAM__NUMBER_BYTES])
{
    size_t best = 0;
    locale_t before, c = enter_c(&before);
    /* More digits can be shorter ("100", not "1e+02"); of equals the one without exponent reads
     * best. */
    for (int digits = 1; digits <= 17; digits++) {
        char text[DAM__NUMBER_BYTES];
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (memcmp(&back, &value, sizeof value) != 0)
            continue;
        size_t length = strlen(text);
        if (best == 0 || length < best || (length == best && strchr(text, 'e') == NULL)) {
            memcpy(out, text, sizeof text);
            best = length;
        }
    }
    leave_c(c, before);
    return out;
}

const char *dam__real_digits(double value, int digits, char text[DAM__NUMBER_BYTES])
{
    return isfinite(value) ? print("%.*g", digits, value, text) : strcpy(text, "NaN");
}

const char *dam__number_text(double value, char text[DAM__NUMBER_BYTES])
{
    double size = fabs(value);
    bool exponent = size >= 1e9 || (size > 0 && size < 1e-3);
    int digits = exponent || size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0;
    return print(exponent ? "%.*e" : "%.*f", digits, value, text);
}

const char *dam__ratio_text(double ratio, char text[DAM__NUMBER_BYTES])
{
    int digits = ratio >= 100 ? 0 : ratio >= 10 ? 1 : ratio >= 0.1 ? 2 : 4;
    return isfinite(ratio) && ratio < 1e9 ? print("%.*f", digits, ratio, text) : strcpy(text, "");
}
