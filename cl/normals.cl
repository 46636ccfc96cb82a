/*
 * Normal numbers of a counter-based stream: number `column` of sample `id` does not depend on how
 * many are drawn. Four columns share a draw at {id, column / 4, step, stream}: words 0 and 1 give
 * the first two by Box-Muller, words 2 and 3 the others.
 */

/* In (0, 1]: ((x >> 8) + 0.5) 2^-24, as on the host. */
inline real normals_uniform(const uint word)
{
    return ((real)(word >> 8) + (real)0.5) * (real)5.9604644775390625e-8;
}

/* Those of LANES columns from `column` on, a multiple of LANES. A sine is a cosine a quarter turn
 * later, so that one cosine of a vector gives all. */
inline vector normals_at(const uint id, const uint column, const uint step, const uint stream,
                         const uint2 key)
{
    real radii[LANES], turns[LANES];
#if LANES == 2
    const uint4 words = philox((uint4)(id, column / 4, step, stream), key);
    const uint2 pair = (column & 2) != 0 ? words.zw : words.xy;
    radii[0] = radii[1] = normals_uniform(pair.x);
    turns[0] = normals_uniform(pair.y);
    turns[1] = turns[0] - (real)0.25;
#else
    for (int l = 0; l < LANES; l += 4) {
        const uint4 words = philox((uint4)(id, (column + l) / 4, step, stream), key);
        radii[l] = radii[l + 1] = normals_uniform(words.x);
        turns[l] = normals_uniform(words.y);
        turns[l + 1] = turns[l] - (real)0.25;
        radii[l + 2] = radii[l + 3] = normals_uniform(words.z);
        turns[l + 2] = normals_uniform(words.w);
        turns[l + 3] = turns[l + 2] - (real)0.25;
    }
#endif
    return sqrt(-2 * log(LOAD(radii))) * cos((real)6.283185307179586 * LOAD(turns));
}
