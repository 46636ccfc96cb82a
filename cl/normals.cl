/*
 * Normal numbers of a counter-based stream: number `column` of sample `id` does not depend on how
 * many are drawn. Four columns share a draw at {id, column / 4, step, stream}: words 0 and 1 give
 * the first two by Box-Muller, words 2 and 3 the others.
 */

#define DRAWS (VECTOR_WIDTH / 4)

/* In (0, 1]: ((x >> 8) + 0.5) 2^-24, as on the host. */
INLINE real normals_uniform(const uint word)
{
    return ((real)(word >> 8) + (real)0.5) * (real)5.9604644775390625e-8;
}

/* Those of VECTOR_WIDTH columns from `column` on, a multiple of VECTOR_WIDTH. A sine is a cosine a
 * quarter turn later, so that one cosine of a vector gives all. */
INLINE vector normals_at(const uint id, const uint column, const uint step, const uint stream,
                         const uint2 key)
{
    real radii[VECTOR_WIDTH], turns[VECTOR_WIDTH];
#if VECTOR_WIDTH == 2
    const uint4 words = philox((uint4)(id, column / 4, step, stream), key);
    const uint2 pair = (column & 2) != 0 ? words.zw : words.xy;
    radii[0] = radii[1] = normals_uniform(pair.x);
    turns[0] = normals_uniform(pair.y);
    turns[1] = turns[0] - (real)0.25;
#else
    /* The draws side by side: compilers make vectors of them. */
    uint x[DRAWS], y[DRAWS], z[DRAWS], w[DRAWS];
    uint2 round_key = key;
    UNROLL for (int d = 0; d < DRAWS; d++)
    {
        x[d] = id;
        y[d] = column / 4 + d;
        z[d] = step;
        w[d] = stream;
    }
    for (int round = 0; round < PHILOX_ROUNDS; round++, round_key += PHILOX_NEXT_KEY)
        UNROLL for (int d = 0; d < DRAWS; d++) philox_round(x + d, y + d, z + d, w + d, round_key);
    UNROLL for (int d = 0; d < DRAWS; d++)
    {
        const int l = 4 * d;
        radii[l] = radii[l + 1] = normals_uniform(x[d]);
        turns[l] = normals_uniform(y[d]);
        turns[l + 1] = turns[l] - (real)0.25;
        radii[l + 2] = radii[l + 3] = normals_uniform(z[d]);
        turns[l + 2] = normals_uniform(w[d]);
        turns[l + 3] = turns[l + 2] - (real)0.25;
    }
#endif
    return sqrt(-2 * log(LOAD_UNALIGNED(radii))) *
           cos((real)6.283185307179586 * LOAD_UNALIGNED(turns));
}
