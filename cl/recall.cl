/* needs: interaction */
/*
 * Recall by energy descent (arXiv 2407.08742, equations 3 and 4; docs/models/energy.md): one sweep
 * over the free neurons of each probe, by one work-group. With S the similarities of a state x, and
 * V those after neuron i was flipped, V = S - 2 x_i M_i,
 *
 *   gap = sum_mu F(S) - F(V);   the neuron flips where gap < 0, or gap = 0 and x_i = -1.
 *
 * Each work-item keeps its own memories: all VECTOR_WIDTH of them, GROUP * VECTOR_WIDTH further,
 * and so on. So what is kept of the similarities needs no barrier; only the gap is a sum over the
 * group.
 *
 * Two kernels do it, with this file before them: recall_sweep takes any memories, recall_signs
 * those of +-1.
 */
#ifndef LOCAL_MEMORIES
#define LOCAL_MEMORIES                                                                             \
    0 /* memories, with padding, that fit into local memory; 0: all in global                      \
       */
#endif
#ifndef SYNCHRONOUS
#define SYNCHRONOUS 0 /* 1: all neurons decide from the same similarities, then flip together */
#endif
#ifndef EXACT_EXPONENT
#define EXACT_EXPONENT 16 /* up to here scales are powers of two, which keep ties of integers */
#endif

/* What has become of a probe: dam__recall_end. */
#define RUNNING 0
#define CONVERGED 1
#define CYCLING 2

/* Reals of a record: sum of F(S), of |F(S)|, and the scale they are in (see energy/recall.c). */
#define RECORD 4

#if LOCAL_MEMORIES > 0
#define KEPT __local
#else
#define KEPT __global
#endif

/*
 * A sum and a largest number over the group in one tree; scratch holds 2 GROUP reals and may be
 * used again right away.
 */
#if GROUP == 1
#define DECLARE_PAIRS(name)
#define GROUP_PAIR(scratch, sum, most)
#else
#define DECLARE_PAIRS(name) __local real name[2 * GROUP]
#define GROUP_PAIR(scratch, sum, most) group_pair(scratch, &(sum), &(most))
INLINE void group_pair(__local real *scratch, real *sum, real *most)
{
    const uint item = (uint)get_local_id(0);
    scratch[item] = *sum;
    scratch[GROUP + item] = *most;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint s = GROUP / 2; s > 0; s >>= 1) {
        if (item < s) {
            scratch[item] += scratch[item + s];
            scratch[GROUP + item] = fmax(scratch[GROUP + item], scratch[GROUP + item + s]);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    *sum = scratch[0];
    *most = scratch[GROUP];
    barrier(CLK_LOCAL_MEM_FENCE);
}
#endif

/* Which memories of a vector there are. */
INLINE vmask present(const int mu, const int memories)
{
    return (vmask)mu + LANE_INDEX < (vmask)memories;
}

/* How large similarities are, as their scale counts it: |S| where F grows both ways, else S. */
INLINE vector extent_of(const vector similarities, const int mu, const int memories)
{
    return SELECT(-MAXFLOAT, INTERACTION == 0 ? fabs(similarities) : similarities,
                  present(mu, memories));
}

/* The vectors of memories that a work-item keeps. */
#define ITEM ((int)get_local_id(0))
#define MY_VECTORS(mu) for (int mu = ITEM * VECTOR_WIDTH; mu < ld; mu += GROUP * VECTOR_WIDTH)

/* Item 0 writes the energy's record: sums over this item's values come in. */
#define WRITE_RECORD(record, sum, size, third, fourth)                                             \
    if (ITEM == 0) {                                                                               \
        (record)[0] = sum;                                                                         \
        (record)[1] = size;                                                                        \
        (record)[2] = third;                                                                       \
        (record)[3] = fourth;                                                                      \
    }

/* What becomes of a probe: a synchronous one that flips what it flipped before goes to and fro. */
#define END_OF(flipped, sweep, changed)                                                            \
    ((flipped) == 0 ? CONVERGED : SYNCHRONOUS && (sweep) > 0 && (changed) == 0 ? CYCLING : RUNNING)

INLINE void turn_over(__global real *x, __global const uchar *wish, __global const int *free,
                      const int neurons)
{
    for (int visit = ITEM; visit < neurons; visit += GROUP) {
        const int i = free[visit];
        if (wish[i])
            x[i] = -x[i];
    }
}

/* --- the nearest memory ------------------------------------------------------------------------ */

/* The least value of the group and its index, the lower one of equals. */
#if GROUP == 1
#define DECLARE_INDICES(name)
#define GROUP_LEAST(scratch, indices, value, index)
#else
#define DECLARE_INDICES(name) __local int name[GROUP]
#define GROUP_LEAST(scratch, indices, value, index)                                                \
    group_least(scratch, indices, &(value), &(index))
INLINE void group_least(__local real *scratch, __local int *indices, real *value, int *index)
{
    const uint item = (uint)get_local_id(0);
    scratch[item] = *value;
    indices[item] = *index;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint s = GROUP / 2; s > 0; s >>= 1) {
        if (item < s) {
            const real other = scratch[item + s];
            const int at = indices[item + s];
            if (other < scratch[item] || (other == scratch[item] && at < indices[item])) {
                scratch[item] = other;
                indices[item] = at;
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    *value = scratch[0];
    *index = indices[0];
}
#endif

/*
 * The memory nearest to each probe, the first of equals, and half of the squared distance without
 * the state's own part: halves[mu] - S, halves being half the memories' squared norms. Where counts
 * are given (counted), S = 2 k - N is that of agreements. One work-group a probe.
 */
KERNEL void recall_nearest(__global const real *restrict similarities,
                           __global const int *restrict agreements,
                           __global const real *restrict halves, __global int *restrict nearest,
                           __global real *restrict distances, const int memories, const int ld,
                           const int dim, const int counted)
{
    DECLARE_SCRATCH(scratch);
    DECLARE_INDICES(indices);
    const size_t probe = get_group_id(0);
    real least = MAXFLOAT;
    int at = 0;
    for (int mu = ITEM; mu < memories; mu += GROUP) {
        const real similarity =
            counted ? (real)(2 * agreements[probe * ld + mu] - dim) : similarities[probe * ld + mu];
        const real distance = halves[mu] - similarity;
        if (distance < least) {
            least = distance;
            at = mu;
        }
    }
    GROUP_LEAST(scratch, indices, least, at);
    if (ITEM == 0) {
        nearest[probe] = at;
        distances[probe] = least;
    }
}
