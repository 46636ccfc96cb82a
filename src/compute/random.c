#include "compute/random.h"

#include <math.h>

void dam__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * c[0];
        uint64_t product1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t next[4] = {(uint32_t)(product1 >> 32) ^ c[1] ^ k[0], (uint32_t)product1,
                            (uint32_t)(product0 >> 32) ^ c[3] ^ k[1], (uint32_t)product0};
        for (int i = 0; i < 4; i++)
            c[i] = next[i];
        k[0] += 0x9E3779B9u;
        k[1] += 0xBB67AE85u;
    }
    for (int i = 0; i < 4; i++)
        out[i] = c[i];
}

void dam__random_words(uint64_t seed, dam__stream stream, uint32_t step, uint64_t index,
                       uint32_t out[4])
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), step, (uint32_t)stream};
    dam__philox(counter, key, out);
}

double dam__uniform(uint32_t word)
{
    return ((double)(word >> 8) + 0.5) * 0x1p-24;
}

void dam__normals(uint64_t seed, dam__stream stream, uint32_t step, size_t count, double *out)
{
    const double two_pi = 6.283185307179586476925286766559;
    for (size_t i = 0; i < count; i += 2) {
        uint32_t words[4];
        dam__random_words(seed, stream, step, i / 2, words);
        /* 53 bits for the radius, so that the tail reaches beyond 8 sigma. */
        double u = ((double)(words[0] >> 5) * 67108864.0 + (double)(words[1] >> 6) + 0.5) * 0x1p-53;
        double radius = sqrt(-2.0 * log(u)), angle = two_pi * dam__uniform(words[2]);
        out[i] = radius * cos(angle);
        if (i + 1 < count)
            out[i + 1] = radius * sin(angle);
    }
}

void dam__unit_vectors(uint64_t seed, dam__stream stream, uint32_t step, size_t count, size_t dim,
                       double *out)
{
    dam__normals(seed, stream, step, count * dim, out);
    for (size_t i = 0; i < count; i++) {
        double squares = 0;
        for (size_t j = 0; j < dim; j++)
            squares += out[i * dim + j] * out[i * dim + j];
        for (size_t j = 0; j < dim; j++)
            out[i * dim + j] /= sqrt(squares);
    }
}

/* Smallest side with side * side >= size. */
static uint32_t square_side(uint32_t size)
{
    uint32_t side = (uint32_t)sqrt((double)size);
    while ((uint64_t)side * side < size)
        side++;
    return side;
}

uint32_t dam__permuted(uint64_t seed, uint32_t epoch, uint32_t size, uint32_t index)
{
    enum { ROUNDS = 4 };
    uint32_t side = square_side(size);
    uint32_t value = index;
    do {
        uint32_t left = value / side, right = value % side;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            uint32_t words[4];
            dam__random_words(seed, DAM__STREAM_ORDER, epoch, ((uint64_t)round << 32) | right,
                              words);
            uint32_t mixed = (left + words[0] % side) % side;
            left = right;
            right = mixed;
        }
        value = left * side + right;
    } while (value >= size);
    return value;
}
