/* needs: recall */
/*
 * Sweeps over memories and states of +-1: then V = S +- 2, so F(S) - F(V) is one of two numbers a
 * memory, which change only when a neuron flips, and a visit is a sum of those that the memories'
 * signs pick.
 */
#define UINTS JOIN(uint, VECTOR_WIDTH)
#define INTS JOIN(int, VECTOR_WIDTH)
#define LOAD_INTS(pointer) JOIN(vload, VECTOR_WIDTH)(0, pointer)
#define STORE_INTS(value, pointer) JOIN(vstore, VECTOR_WIDTH)(value, 0, pointer)
#define TO_REALS(v) JOIN(JOIN(convert_, REAL_NAME), VECTOR_WIDTH)(v)
#define TO_MASK(v) JOIN(JOIN(convert_, MASK_NAME), VECTOR_WIDTH)(v)
#define TO_INTS(v) JOIN(convert_int, VECTOR_WIDTH)(v)

/* table[index] in every lane. */
#if VECTOR_WIDTH == 2
#define GATHER(table, i) (vector)((table)[(i).s0], (table)[(i).s1])
#elif VECTOR_WIDTH == 4
#define GATHER(table, i)                                                                           \
    (vector)((table)[(i).s0], (table)[(i).s1], (table)[(i).s2], (table)[(i).s3])
#elif VECTOR_WIDTH == 8
#define GATHER(table, i)                                                                           \
    (vector)((table)[(i).s0], (table)[(i).s1], (table)[(i).s2], (table)[(i).s3], (table)[(i).s4],  \
             (table)[(i).s5], (table)[(i).s6], (table)[(i).s7])
#else
#define GATHER(table, i)                                                                           \
    (vector)((table)[(i).s0], (table)[(i).s1], (table)[(i).s2], (table)[(i).s3], (table)[(i).s4],  \
             (table)[(i).s5], (table)[(i).s6], (table)[(i).s7], (table)[(i).s8], (table)[(i).s9],  \
             (table)[(i).sa], (table)[(i).sb], (table)[(i).sc], (table)[(i).sd], (table)[(i).se],  \
             (table)[(i).sf])
#endif

/*
 * In how many neurons each probe agrees with each memory, by which everything is counted here:
 * S = 2 k - N. rows is words x memories (ld apart): 32 signs of a memory a word, set for +1, zeros
 * beyond its end; states are packed alike, a row of `words` a probe. One work-group a probe.
 */
KERNEL void recall_signs_agree(__global const uint *restrict packed,
                               __global const uint *restrict rows,
                               __global int *restrict agreements, const int words, const int ld,
                               const int dim)
{
    const size_t probe = get_group_id(0);
    __global const uint *x = packed + probe * words;
    MY_VECTORS(mu)
    {
        UINTS differ = 0;
        for (int w = 0; w < words; w++)
            differ += popcount((UINTS)x[w] ^ LOAD_INTS(rows + (size_t)w * ld + mu));
        STORE_INTS((INTS)dim - JOIN(convert_int, VECTOR_WIDTH)(differ),
                   agreements + probe * ld + mu);
    }
}

/*
 * Tables over k at several scales: level l is 2^(LEVEL_BITS l) times F, so that states whose F is
 * tiny are compared all the same. level_of, by k or, for poly, by the k furthest from N / 2, says
 * which level takes F of such a state. differences is F(k) - F(k - 1), of dim + 2 entries a level.
 */
typedef struct tables {
    __global const real *differences, *values;
    __global const int *level_of;
    int dim;
} tables;

/* Agreements as their level counts them: k, or the further one of k and N - k. */
INLINE vector agreements_extent(const INTS k, const int dim, const int mu, const int memories)
{
    return SELECT(0, TO_REALS(INTERACTION == 0 ? max(k, (INTS)dim - k) : k), present(mu, memories));
}

INLINE real my_agreements_extent(KEPT const int *agreements, const int dim, const int memories,
                                 const int ld)
{
    vector extent = 0;
    MY_VECTORS(mu)
    extent = fmax(extent, agreements_extent(LOAD_INTS(agreements + mu), dim, mu, memories));
    return lanes_max(extent);
}

/*
 * What a flip takes from F(S): closer is F(k) - F(k - 1), of a neuron that agrees with the memory,
 * further F(k) - F(k + 1), of one that does not.
 */
INLINE void refresh_gains(KEPT const int *agreements, KEPT real *closer, KEPT real *further,
                          const int memories, const int ld, const tables of, const int level)
{
    __global const real *differences = of.differences + (size_t)level * (of.dim + 2);
    MY_VECTORS(mu)
    {
        const INTS k = LOAD_INTS(agreements + mu);
        const vmask there = present(mu, memories);
        STORE_UNALIGNED(SELECT(0, GATHER(differences, k), there), closer + mu);
        STORE_UNALIGNED(SELECT(0, -GATHER(differences, k + 1), there), further + mu);
    }
}

/* The memories of a vector, from mu on, in which a neuron is +1: a bit each. */
#define SIGNS(signs, mu)                                                                           \
    ((((vmask)((signs)[(mu) / 32] >> ((mu) % 32))) & ((vmask)1 << LANE_INDEX)) != (vmask)0)

INLINE vector signed_gaps(__global const uint *signs, const real x, KEPT const real *closer,
                          KEPT const real *further, const int ld)
{
    vector gaps = 0;
    KEPT const real *plus = x > 0 ? closer : further, *minus = x > 0 ? further : closer;
    MY_VECTORS(mu)
    gaps += SELECT(LOAD_UNALIGNED(minus + mu), LOAD_UNALIGNED(plus + mu), SIGNS(signs, mu));
    return gaps;
}

/*
 * Flips a neuron: k moves by one, and of the two differences one is the other's with its sign
 * changed, so only one is looked up.
 */
INLINE real flip_sign(__global const uint *signs, const real x, KEPT int *agreements,
                      KEPT real *closer, KEPT real *further, const int memories, const int ld,
                      const tables of, const int level)
{
    __global const real *differences = of.differences + (size_t)level * (of.dim + 2);
    vector extent = 0;
    const vmask flipped = x > 0 ? (vmask)0 : (vmask)-1;
    MY_VECTORS(mu)
    {
        const vmask agreed = SIGNS(signs, mu) ^ flipped;
        const INTS was = LOAD_INTS(agreements + mu), step = TO_INTS(agreed);
        const INTS k = was + 1 + 2 * step; /* agreed is -1 */
        const vector looked_up =
            SELECT(0, GATHER(differences, k + 1 + step), present(mu, memories));
        const vector old_closer = LOAD_UNALIGNED(closer + mu),
                     old_further = LOAD_UNALIGNED(further + mu);
        STORE_INTS(k, agreements + mu);
        STORE_UNALIGNED(SELECT(-old_further, looked_up, agreed), closer + mu);
        STORE_UNALIGNED(SELECT(-looked_up, -old_closer, agreed), further + mu);
        extent = fmax(extent, agreements_extent(k, of.dim, mu, memories));
    }
    return lanes_max(extent);
}

INLINE void record_signs(KEPT const int *agreements, const int memories, const int ld,
                         const tables of, const int level, __global real *record SCRATCH_PARAMETER)
{
    __global const real *table = of.values + (size_t)level * (of.dim + 1);
    vector sums = 0, sizes = 0;
    MY_VECTORS(mu)
    {
        const vector value =
            SELECT(0, GATHER(table, LOAD_INTS(agreements + mu)), present(mu, memories));
        sums += value;
        sizes += fabs(value);
    }
    const real sum = GROUP_SUM(scratch, lanes_sum(sums));
    const real size = GROUP_SUM(scratch, lanes_sum(sizes));
    WRITE_RECORD(record, sum, size, (real)level, (real)0)
}

/* As recall_sweep, for memories and states of +-1. signs is dim x memories, 32 of them a word. */
KERNEL void recall_signs(__global real *restrict states, __global int *restrict all_agreements,
                         __global real *restrict all_closer, __global real *restrict all_further,
                         __global const uint *restrict signs,
                         __global const real *restrict differences,
                         __global const real *restrict table, __global const int *restrict level_of,
                         __global const int *restrict free, __global const int *restrict order,
                         __global uchar *restrict wishes, __global int *restrict ends,
                         __global int *restrict flips, __global real *restrict records,
                         const int probes, const int neurons, const int dim, const int memories,
                         const int ld, const int states_ld, const int records_ld, const int sweep)
{
    DECLARE_PAIRS(scratch);
    const int probe = (int)get_group_id(0), words = ld / 32 + (ld % 32 > 0);
    const tables of = {differences, table, level_of, dim};
    __global real *x = states + (size_t)probe * states_ld;
#if LOCAL_MEMORIES > 0
    __local int agreements[LOCAL_MEMORIES];
    __local real closer[LOCAL_MEMORIES], further[LOCAL_MEMORIES];
    __global int *home = all_agreements + (size_t)probe * ld;
#else
    __global int *agreements = all_agreements + (size_t)probe * ld;
    __global real *closer = all_closer + (size_t)probe * ld;
    __global real *further = all_further + (size_t)probe * ld;
#endif
    if (ends[probe] != RUNNING)
        return;
#if LOCAL_MEMORIES > 0
    MY_VECTORS(mu) STORE_INTS(LOAD_INTS(home + mu), agreements + mu);
#endif
    real mine = my_agreements_extent(agreements, dim, memories, ld), extent = mine, gap = 0;
    GROUP_PAIR(scratch, gap, extent);
    int level = level_of[(int)extent];
    refresh_gains(agreements, closer, further, memories, ld, of, level);
    __global real *record = records + ((size_t)sweep * records_ld + probe) * RECORD;
    record_signs(agreements, memories, ld, of, level, record SCRATCH_ARGUMENT);
    int flipped = 0;
    __global uchar *wish = wishes + ((size_t)(sweep & 1) * probes + probe) * states_ld;
    __global const uchar *last = wishes + ((size_t)(1 - (sweep & 1)) * probes + probe) * states_ld;
    int changed = 0;
    for (int visit = 0; visit < neurons; visit++) {
        const int i = free[SYNCHRONOUS ? visit : order[visit]];
        const real xi = x[i];
        __global const uint *column = signs + (size_t)i * words;
        gap = lanes_sum(signed_gaps(column, xi, closer, further, ld));
        extent = mine;
        GROUP_PAIR(scratch, gap, extent);
        const int flips_now = gap < 0 || (gap == 0 && xi < 0);
        flipped += flips_now;
        if (SYNCHRONOUS) {
            changed += flips_now != last[i];
            if (ITEM == 0)
                wish[i] = (uchar)flips_now;
            continue;
        }
        if (level_of[(int)extent] < level) {
            level = level_of[(int)extent];
            refresh_gains(agreements, closer, further, memories, ld, of, level);
        }
        if (flips_now) {
            mine = flip_sign(column, xi, agreements, closer, further, memories, ld, of, level);
            if (ITEM == 0)
                x[i] = -xi;
        }
    }
    GROUP_BARRIER();
    for (int visit = 0; SYNCHRONOUS && visit < neurons; visit++) {
        const int i = free[visit];
        if (wish[i])
            mine = flip_sign(signs + (size_t)i * words, x[i], agreements, closer, further, memories,
                             ld, of, level);
    }
    GROUP_BARRIER();
    if (SYNCHRONOUS)
        turn_over(x, wish, free, neurons);
    extent = mine;
    gap = 0;
    GROUP_PAIR(scratch, gap, extent);
    record_signs(agreements, memories, ld, of, level_of[(int)extent],
                 record + (size_t)records_ld * RECORD SCRATCH_ARGUMENT);
#if LOCAL_MEMORIES > 0
    MY_VECTORS(mu) STORE_INTS(LOAD_INTS(agreements + mu), home + mu);
#endif
    if (ITEM == 0) {
        flips[(size_t)sweep * probes + probe] = flipped;
        ends[probe] = END_OF(flipped, sweep, changed);
    }
}
