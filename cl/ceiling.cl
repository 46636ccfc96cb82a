/*
 * What a device can do at best, measured: fused multiply-adds in registers, copying, launching.
 */
#ifndef CHAINS
#define CHAINS 8 /* independent vectors: at least latency x throughput of the units */
#endif
#ifndef UNROLLED
#define UNROLLED 8 /* rounds between two looks at the loop's counter */
#endif
#ifndef COPIED
#define COPIED 1 /* vectors that a work-item copies */
#endif

/*
 * rounds x UNROLLED multiply-adds on each lane of each chain: c <- c * factor + term. With factor
 * = term = 1, which the compiler cannot know, chain i counts up from i + start, exactly. So results
 * {sum over all lanes of the chains' distances from the first, largest lane of the first} tell
 * whether every one was done, and nothing can be left out.
 */
KERNEL void ceiling_fma(__global const real *restrict start, __global real *restrict results,
                        const int rounds, const real factor, const real term)
{
    vector chain[CHAINS];
    const vector a = factor, b = term;
    UNROLL for (int i = 0; i < CHAINS; i++) chain[i] = LOAD(start) + (real)i;
    for (int round = 0; round < rounds; round++)
        UNROLL for (int u = 0; u < UNROLLED; u++) UNROLL for (int i = 0; i < CHAINS; i++) chain[i] =
            fma(chain[i], a, b);
    vector apart = 0;
    UNROLL for (int i = 0; i < CHAINS; i++) apart += chain[i] - chain[0];
    results[2 * get_global_id(0)] = lanes_sum(apart);
    results[2 * get_global_id(0) + 1] = lanes_max(chain[0]);
}

/*
 * A work-group copies GROUP x COPIED vectors: in a row where it is one work-item, as wide as the
 * group where not.
 */
KERNEL void ceiling_copy(__global const real *restrict from, __global real *restrict to)
{
    const size_t first = get_group_id(0) * COPIED * GROUP + get_local_id(0);
    for (int i = 0; i < COPIED; i++) {
        const size_t at = (first + (size_t)i * GROUP) * VECTOR_WIDTH;
        STORE(LOAD(from + at), to + at);
    }
}

SINGLE_KERNEL void ceiling_empty(void)
{
}
