#include "store/stored.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
    dam__element element;
} kinds[] = {
    [DAM__STORED_U8] = {"uint8", 1, DAM__U8},     [DAM__STORED_I8] = {"int8", 1, DAM__I32},
    [DAM__STORED_BOOL] = {"bool", 1, DAM__U8},    [DAM__STORED_U16] = {"uint16", 2, DAM__I32},
    [DAM__STORED_I16] = {"int16", 2, DAM__I32},   [DAM__STORED_U32] = {"uint32", 4, DAM__I64},
    [DAM__STORED_I32] = {"int32", 4, DAM__I32},   [DAM__STORED_U64] = {"uint64", 8, DAM__I64},
    [DAM__STORED_I64] = {"int64", 8, DAM__I64},   [DAM__STORED_F16] = {"float16", 2, DAM__F32},
    [DAM__STORED_F32] = {"float32", 4, DAM__F32}, [DAM__STORED_F64] = {"float64", 8, DAM__F64},
};

_Static_assert(sizeof kinds / sizeof *kinds == DAM__STORED_KINDS, "kinds");

size_t dam__stored_size(dam__stored stored)
{
    return kinds[stored].size;
}

const char *dam__stored_name(dam__stored stored)
{
    return kinds[stored].name;
}

dam__element dam__stored_element(dam__stored stored)
{
    return kinds[stored].element;
}

dam__stored dam__stored_of(dam__element element)
{
    static const dam__stored same[] = {[DAM__U8] = DAM__STORED_U8,
                                       [DAM__I32] = DAM__STORED_I32,
                                       [DAM__I64] = DAM__STORED_I64,
                                       [DAM__F32] = DAM__STORED_F32,
                                       [DAM__F64] = DAM__STORED_F64};
    return same[element];
}

/* IEEE 754's binary16: a sign, five bits of exponent, ten of fraction. */
static float half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size = exponent == 31  ? (fraction != 0 ? NAN : INFINITY)
                 : exponent == 0 ? ldexpf((float)fraction, -24)
                                 : ldexpf((float)(1024 + fraction), exponent - 25);
    return (bits >> 15) != 0 ? -size : size;
}

/* A small integer. */
static int32_t narrow_at(dam__stored stored, const unsigned char *at)
{
    uint16_t wide = 0;
    if (stored == DAM__STORED_I8)
        return (int8_t)*at;
    memcpy(&wide, at, sizeof wide);
    return stored == DAM__STORED_I16 ? (int32_t)(int16_t)wide : (int32_t)wide;
}

/* One item; `to` may overlap it. */
static bool convert_item(dam__stored stored, const unsigned char *from, unsigned char *to)
{
    uint64_t large = 0;
    uint16_t bits = 0;
    uint32_t word = 0;
    switch (stored) {
    case DAM__STORED_BOOL:
        *to = *from != 0;
        return true;
    case DAM__STORED_F16: {
        memcpy(&bits, from, sizeof bits);
        float value = half(bits);
        memcpy(to, &value, sizeof value);
        return true;
    }
    case DAM__STORED_U32:
        memcpy(&word, from, sizeof word);
        large = word;
        memcpy(to, &large, sizeof large);
        return true;
    case DAM__STORED_U64:
        memcpy(&large, from, sizeof large);
        return large <= INT64_MAX;
    default: {
        int32_t value = narrow_at(stored, from);
        memcpy(to, &value, sizeof value);
        return true;
    }
    }
}

bool dam__stored_convert(dam__stored stored, size_t items, void *data)
{
    size_t from = kinds[stored].size, to = dam__element_size(kinds[stored].element);
    unsigned char *first = data;
    if (dam__stored_of(kinds[stored].element) == stored)
        return true;
    for (size_t i = 0; i < items; i++)
        if (!convert_item(stored, first + items * (to - from) + i * from, first + i * to))
            return false;
    return true;
}
