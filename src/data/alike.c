#include "data/alike.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* States are sorted by a hash, and compared where it is the same. */
typedef struct entry {
    uint64_t hash, opposite; /* of the state, and of its negative */
    size_t index;
} entry;

static float value_at(const dam__array *states, size_t i)
{
    if (states->element == DAM__U8)
        return ((const uint8_t *)states->data)[i] > 0 ? 1 : -1;
    return ((const float *)states->data)[i];
}

static uint64_t mix(uint64_t hash, uint32_t bits)
{
    hash = (hash ^ bits) * 0x9e3779b97f4a7c15U;
    return hash ^ hash >> 29;
}

/* Bytes are one bit each, 32 of them a word. */
static size_t mix_bytes(const uint8_t *bytes, size_t dim, entry *made)
{
    size_t above = 0;
    for (size_t i = 0; i < dim; i += 32) {
        size_t count = dim - i < 32 ? dim - i : 32;
        uint32_t word = 0, all = count < 32 ? (1U << count) - 1 : UINT32_MAX;
        for (size_t j = 0; j < count; j++)
            word = word << 1 | (bytes[i + j] > 0);
        made->hash = mix(made->hash, word);
        made->opposite = mix(made->opposite, word ^ all);
        above += (size_t)__builtin_popcount(word);
    }
    return above;
}

static size_t mix_floats(const float *values, size_t dim, entry *made)
{
    size_t above = 0;
    for (size_t i = 0; i < dim; i++) {
        /* Of 0, both signs are the same. */
        float value = values[i] + 0.0F, opposite = 0.0F - values[i];
        uint32_t bits[2];
        memcpy(&bits[0], &value, sizeof value);
        memcpy(&bits[1], &opposite, sizeof opposite);
        made->hash = mix(made->hash, bits[0]);
        made->opposite = mix(made->opposite, bits[1]);
        above += value > 0;
    }
    return above;
}

static entry entry_of(const dam__array *states, size_t index, dam__alike *out)
{
    size_t dim = states->shape[1], at = index * dim;
    entry made = {.index = index};
    size_t above = states->element == DAM__U8
                       ? mix_bytes((const uint8_t *)states->data + at, dim, &made)
                       : mix_floats((const float *)states->data + at, dim, &made);
    out->one_sided += above == 0 || above == dim;
    return made;
}

static int compare(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Whether row b is sign times row a. */
static bool is_same(const dam__array *states, size_t a, size_t b, float sign)
{
    size_t dim = states->shape[1];
    for (size_t i = 0; i < dim; i++)
        if (value_at(states, a * dim + i) != sign * value_at(states, b * dim + i))
            return false;
    return true;
}

/* The first entry whose hash is not below. */
static size_t find(const entry *entries, size_t count, uint64_t hash)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entries[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Links each state to the last equal one before it; entries of one hash stand in their order. */
static void link_equals(const dam__array *states, const entry *entries, dam__alike *out)
{
    for (size_t e = 0; e < out->count; e++) {
        size_t index = entries[e].index, other = e;
        out->first[index] = index;
        out->next[index] = out->count;
        while (other > 0 && entries[other - 1].hash == entries[e].hash &&
               out->first[index] == index) {
            size_t before = entries[--other].index;
            if (!is_same(states, before, index, 1))
                continue;
            out->first[index] = out->first[before];
            out->next[before] = index;
        }
        out->distinct += out->first[index] == index;
    }
    for (size_t i = 0; i < out->count; i++)
        out->twins += dam__alike_has_twin(out, i, out->count);
}

static void count_opposed(const dam__array *states, const entry *entries, dam__alike *out)
{
    for (size_t e = 0; e < out->count; e++) {
        bool found = false;
        for (size_t at = find(entries, out->count, entries[e].opposite);
             at < out->count && entries[at].hash == entries[e].opposite && !found; at++)
            found = is_same(states, entries[at].index, entries[e].index, -1);
        out->opposed += found;
    }
}

dam_status dam__alike_find(const dam__array *states, dam__alike *out)
{
    dam_status status = DAM_OK;
    entry *entries = NULL;
    dam__alike alike = {.count = states->shape[0]};
    *out = (dam__alike){0};
    DAM_TRY_CLEANUP(dam__alloc(alike.count, sizeof *alike.first, &alike.first));
    DAM_TRY_CLEANUP(dam__alloc(alike.count, sizeof *alike.next, &alike.next));
    DAM_TRY_CLEANUP(dam__alloc(alike.count, sizeof *entries, &entries));
    for (size_t i = 0; i < alike.count; i++)
        entries[i] = entry_of(states, i, &alike);
    qsort(entries, alike.count, sizeof *entries, compare);
    link_equals(states, entries, &alike);
    count_opposed(states, entries, &alike);
    *out = alike;
    alike = (dam__alike){0};
cleanup:
    free(entries);
    dam__alike_free(&alike);
    return status;
}

void dam__alike_free(dam__alike *alike)
{
    free(alike->first);
    free(alike->next);
    *alike = (dam__alike){0};
}

bool dam__alike_has_twin(const dam__alike *alike, size_t i, size_t count)
{
    return alike->first[i] != i || alike->next[i] < count;
}
