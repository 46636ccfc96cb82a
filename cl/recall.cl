/* needs: interaction */
/*
 * Recall by energy descent (arXiv 2407.08742, equations 3 and 4; docs/models.md): one sweep over
 * the free neurons of each probe, by one work-group. With S the similarities of a state x, and V
 * those after neuron i was flipped, V = S - 2 x_i M_i,
 *
 *   gap = sum_mu F(S) - F(V);   the neuron flips where gap < 0, or gap = 0 and x_i = -1.
 *
 * Each work-item keeps its own memories: all LANES of them, GROUP * LANES further, and so on. So
 * what is kept of the similarities needs no barrier; only the gap is a sum over the group.
 *
 * Two kernels do it. recall_sweep takes any memories. recall_signs takes memories and states of
 * +-1: then V = S +- 2, so F(S) - F(V) is one of two numbers a memory, which change only when a
 * neuron flips, and a visit is a sum of those that the memories' signs pick.
 */
#ifndef LOCAL_ROOM
#define LOCAL_ROOM                                                                                 \
    0 /* memories, with padding, that local memory has room for; 0: all in global                  \
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
#define SETTLED 1
#define CYCLING 2

/* Reals of a record: sum of F(S), of |F(S)|, and the scale they are in (see model/recall.c). */
#define RECORD 4

#if LOCAL_ROOM > 0
#define KEPT __local
#else
#define KEPT __global
#endif

#define UINTS JOIN(uint, LANES)
#define INTS JOIN(int, LANES)
#define LOAD_INTS(pointer) JOIN(vload, LANES)(0, pointer)
#define STORE_INTS(value, pointer) JOIN(vstore, LANES)(value, 0, pointer)
#define TO_REALS(v) JOIN(JOIN(convert_, REAL_NAME), LANES)(v)
#define TO_MASK(v) JOIN(JOIN(convert_, MASK_NAME), LANES)(v)
#define TO_INTS(v) JOIN(convert_int, LANES)(v)

/* table[index] in every lane. */
#if LANES == 2
#define GATHER(table, i) (vector)((table)[(i).s0], (table)[(i).s1])
#elif LANES == 4
#define GATHER(table, i)                                                                           \
    (vector)((table)[(i).s0], (table)[(i).s1], (table)[(i).s2], (table)[(i).s3])
#elif LANES == 8
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
 * A sum and a largest number over the group in one tree; scratch holds 2 GROUP reals and may be
 * used again right away.
 */
#if GROUP == 1
#define DECLARE_PAIRS(name)
#define GROUP_PAIR(scratch, sum, most)
#else
#define DECLARE_PAIRS(name) __local real name[2 * GROUP]
#define GROUP_PAIR(scratch, sum, most) group_pair(scratch, &(sum), &(most))
inline void group_pair(__local real *scratch, real *sum, real *most)
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
inline vmask present(const int mu, const int memories)
{
    return (vmask)mu + LANE_INDEX < (vmask)memories;
}

/* How large similarities are, as their scale counts it: |S| where F grows both ways, else S. */
inline vector extent_of(const vector similarities, const int mu, const int memories)
{
    return SELECT(-MAXFLOAT, INTERACTION == 0 ? fabs(similarities) : similarities,
                  present(mu, memories));
}

/* The vectors of memories that a work-item keeps. */
#define ITEM ((int)get_local_id(0))
#define MY_VECTORS(mu) for (int mu = ITEM * LANES; mu < ld; mu += GROUP * LANES)

/* --- any memories ----------------------------------------------------------------------------- */

/*
 * F(S) in a scale of its own for every state, so that neither it nor F(V) leaves the range: for
 * poly and rect F(S / c), for leaky c^-n F(S), both times `gain` where the leak would be larger
 * than 1; for exp e^(sharpness (S - c)).
 */
typedef struct scaling {
    real centre, factor, gain, leak;
} scaling;

/*
 * extent: largest of the state's similarities; reach: largest entry of a free neuron's column, by
 * which a flip changes them twice; leak: F'(x < 0); most: bound of all similarities.
 */
inline scaling scaling_of(const real extent, const real reach, const real leak, const real most,
                          const real sharpness)
{
    scaling by = {extent, sharpness, 1, 0};
    if (INTERACTION == 3)
        return by;
    by.centre = fmax(extent, (real)0) + 2 * reach;
    if (!(by.centre > REAL_TINY))
        by.centre = 1;
    if (EXPONENT <= EXACT_EXPONENT)
        by.centre = ldexp((real)1, ilogb(by.centre) + 1);
    by.factor = 1 / by.centre;
    if (INTERACTION == 2) {
        /* c^-n against the leak's largest value; in a vector, as powers are. */
        const vector powers = power((vector)by.factor, EXPONENT);
        const real share = fabs(leak) * most * powers.s0;
        by.gain = share <= 1 ? 1 : 1 / share;
        by.leak = share <= 1 ? leak * powers.s0 * by.centre : copysign(by.centre / most, leak);
    }
    return by;
}

inline vector scaled_value(const vector similarities, const scaling by)
{
    const vector x =
        INTERACTION == 3 ? by.factor * (similarities - by.centre) : by.factor * similarities;
    return interaction_value(x, (vector)by.gain, (vector)by.leak);
}

/* Whether similarities grew beyond what a scale was made for. */
inline int outgrown(const scaling by, const real extent, const real reach)
{
    return INTERACTION == 3 ? by.factor * (extent - by.centre) > 16
                            : extent + 2 * reach > by.centre;
}

/* This item's share of the largest similarity. */
inline real my_extent(KEPT const real *similarities, const int memories, const int ld)
{
    vector extent = (vector)-MAXFLOAT;
    MY_VECTORS(mu)
    extent = fmax(extent, extent_of(LOAD(similarities + mu), mu, memories));
    return lanes_max(extent);
}

inline void refresh(KEPT const real *similarities, KEPT real *values, const int ld,
                    const scaling by)
{
    MY_VECTORS(mu)
    STORE(scaled_value(LOAD(similarities + mu), by), values + mu);
}

/* Turns a neuron of value x over; gives this item's share of the largest similarity. */
inline real flip(__global const real *column, const real x, KEPT real *similarities,
                 KEPT real *values, const int memories, const int ld, const scaling by)
{
    vector extent = (vector)-MAXFLOAT;
    MY_VECTORS(mu)
    {
        const vector s = fma((vector)(-2 * x), LOAD(column + mu), LOAD(similarities + mu));
        STORE(s, similarities + mu);
        STORE(scaled_value(s, by), values + mu);
        extent = fmax(extent, extent_of(s, mu, memories));
    }
    return lanes_max(extent);
}

inline vector gaps_of(__global const real *column, const real x, KEPT const real *similarities,
                      KEPT const real *values, const int ld, const scaling by)
{
    vector gaps = 0;
    MY_VECTORS(mu)
    {
        const vector v = fma((vector)(-2 * x), LOAD(column + mu), LOAD(similarities + mu));
        gaps += LOAD(values + mu) - scaled_value(v, by);
    }
    return gaps;
}

/* Item 0 writes the energy's record: sums over this item's values come in. */
#define WRITE_RECORD(record, sum, size, third, fourth)                                             \
    if (ITEM == 0) {                                                                               \
        (record)[0] = sum;                                                                         \
        (record)[1] = size;                                                                        \
        (record)[2] = third;                                                                       \
        (record)[3] = fourth;                                                                      \
    }

inline void record_energy(KEPT const real *values, const int memories, const int ld,
                          const scaling by, __global real *record SCRATCH_PARAMETER)
{
    vector sums = 0, sizes = 0;
    MY_VECTORS(mu)
    {
        const vector value = SELECT(0, LOAD(values + mu), present(mu, memories));
        sums += value;
        sizes += fabs(value);
    }
    const real sum = GROUP_SUM(scratch, lanes_sum(sums));
    const real size = GROUP_SUM(scratch, lanes_sum(sizes));
    WRITE_RECORD(record, sum, size, by.centre, by.gain)
}

/* What becomes of a probe: a synchronous one that flips what it flipped before goes to and fro. */
#define END_OF(flipped, sweep, changed)                                                            \
    ((flipped) == 0 ? SETTLED : SYNCHRONOUS && (sweep) > 0 && (changed) == 0 ? CYCLING : RUNNING)

inline void turn_over(__global real *x, __global const uchar *wish, __global const int *free,
                      const int neurons)
{
    for (int visit = ITEM; visit < neurons; visit += GROUP) {
        const int i = free[visit];
        if (wish[i])
            x[i] = -x[i];
    }
}

/*
 * A sweep of every probe that still moves. columns is M', dim x memories; free the neurons that may
 * move, order the order of this sweep; wishes, of synchronous sweeps, dim marks a probe for each
 * parity of the sweep. Records sweep and sweep + 1 get the energy before and after.
 */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
recall_sweep(__global real *restrict states, __global real *restrict all_similarities,
             __global real *restrict all_values, __global const real *restrict columns,
             __global const int *restrict free, __global const int *restrict order,
             __global uchar *restrict wishes, __global int *restrict ends,
             __global int *restrict flips, __global real *restrict records, const int probes,
             const int neurons, const int memories, const int ld, const int states_ld,
             const int records_ld, const int sweep, const real reach, const real leak,
             const real most, const real sharpness)
{
    DECLARE_PAIRS(scratch);
    const int probe = (int)get_group_id(0);
    __global real *x = states + (size_t)probe * states_ld;
#if LOCAL_ROOM > 0
    __local real similarities[LOCAL_ROOM], values[LOCAL_ROOM];
    __global real *home = all_similarities + (size_t)probe * ld;
#else
    __global real *similarities = all_similarities + (size_t)probe * ld;
    __global real *values = all_values + (size_t)probe * ld;
#endif
    if (ends[probe] != RUNNING)
        return;
#if LOCAL_ROOM > 0
    MY_VECTORS(mu) STORE(LOAD(home + mu), similarities + mu);
#endif
    real mine = my_extent(similarities, memories, ld), extent = mine, gap = 0;
    GROUP_PAIR(scratch, gap, extent);
    scaling by = scaling_of(extent, reach, leak, most, sharpness);
    refresh(similarities, values, ld, by);
    __global real *record = records + ((size_t)sweep * records_ld + probe) * RECORD;
    record_energy(values, memories, ld, by, record SCRATCH_ARGUMENT);
    int flipped = 0;
    __global uchar *wish = wishes + ((size_t)(sweep & 1) * probes + probe) * states_ld;
    __global const uchar *last = wishes + ((size_t)(1 - (sweep & 1)) * probes + probe) * states_ld;
    int changed = 0;
    for (int visit = 0; visit < neurons; visit++) {
        const int i = free[SYNCHRONOUS ? visit : order[visit]];
        const real xi = x[i];
        __global const real *column = columns + (size_t)i * ld;
        gap = lanes_sum(gaps_of(column, xi, similarities, values, ld, by));
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
        if (outgrown(by, extent, reach)) {
            by = scaling_of(extent, reach, leak, most, sharpness);
            refresh(similarities, values, ld, by);
        }
        if (flips_now) {
            mine = flip(column, xi, similarities, values, memories, ld, by);
            if (ITEM == 0)
                x[i] = -xi;
        }
    }
    GROUP_BARRIER();
    for (int visit = 0; SYNCHRONOUS && visit < neurons; visit++) {
        const int i = free[visit];
        if (wish[i])
            mine = flip(columns + (size_t)i * ld, x[i], similarities, values, memories, ld, by);
    }
    GROUP_BARRIER();
    if (SYNCHRONOUS)
        turn_over(x, wish, free, neurons);
    extent = mine;
    gap = 0;
    GROUP_PAIR(scratch, gap, extent);
    by = scaling_of(extent, reach, leak, most, sharpness);
    refresh(similarities, values, ld, by);
    record_energy(values, memories, ld, by, record + (size_t)records_ld * RECORD SCRATCH_ARGUMENT);
#if LOCAL_ROOM > 0
    MY_VECTORS(mu) STORE(LOAD(similarities + mu), home + mu);
#endif
    if (ITEM == 0) {
        flips[(size_t)sweep * probes + probe] = flipped;
        ends[probe] = END_OF(flipped, sweep, changed);
    }
}

/* --- memories and states of +-1 ---------------------------------------------------------------- */

/*
 * In how many neurons each probe agrees with each memory, by which everything is counted here:
 * S = 2 k - N. rows is words x memories (ld apart): 32 signs of a memory a word, set for +1, zeros
 * beyond its end; states are packed alike, a row of `words` a probe. One work-group a probe.
 */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
recall_agree(__global const uint *restrict packed, __global const uint *restrict rows,
             __global int *restrict agreements, const int words, const int ld, const int dim)
{
    const size_t probe = get_group_id(0);
    __global const uint *x = packed + probe * words;
    MY_VECTORS(mu)
    {
        UINTS differ = 0;
        for (int w = 0; w < words; w++)
            differ += popcount((UINTS)x[w] ^ LOAD_INTS(rows + (size_t)w * ld + mu));
        STORE_INTS((INTS)dim - JOIN(convert_int, LANES)(differ), agreements + probe * ld + mu);
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
inline vector agreements_extent(const INTS k, const int dim, const int mu, const int memories)
{
    return SELECT(0, TO_REALS(INTERACTION == 0 ? max(k, (INTS)dim - k) : k), present(mu, memories));
}

inline real my_agreements_extent(KEPT const int *agreements, const int dim, const int memories,
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
inline void refresh_gains(KEPT const int *agreements, KEPT real *closer, KEPT real *further,
                          const int memories, const int ld, const tables of, const int level)
{
    __global const real *differences = of.differences + (size_t)level * (of.dim + 2);
    MY_VECTORS(mu)
    {
        const INTS k = LOAD_INTS(agreements + mu);
        const vmask there = present(mu, memories);
        STORE(SELECT(0, GATHER(differences, k), there), closer + mu);
        STORE(SELECT(0, -GATHER(differences, k + 1), there), further + mu);
    }
}

/* The memories of a vector, from mu on, in which a neuron is +1: a bit each. */
#define SIGNS(signs, mu)                                                                           \
    ((((vmask)((signs)[(mu) / 32] >> ((mu) % 32))) & ((vmask)1 << LANE_INDEX)) != (vmask)0)

inline vector signed_gaps(__global const uint *signs, const real x, KEPT const real *closer,
                          KEPT const real *further, const int ld)
{
    vector gaps = 0;
    KEPT const real *plus = x > 0 ? closer : further, *minus = x > 0 ? further : closer;
    MY_VECTORS(mu)
    gaps += SELECT(LOAD(minus + mu), LOAD(plus + mu), SIGNS(signs, mu));
    return gaps;
}

/*
 * Turns a neuron over: k moves by one, and of the two differences one is the other's with its sign
 * changed, so only one is looked up.
 */
inline real flip_sign(__global const uint *signs, const real x, KEPT int *agreements,
                      KEPT real *closer, KEPT real *further, const int memories, const int ld,
                      const tables of, const int level)
{
    __global const real *differences = of.differences + (size_t)level * (of.dim + 2);
    vector extent = 0;
    const vmask turned = x > 0 ? (vmask)0 : (vmask)-1;
    MY_VECTORS(mu)
    {
        const vmask agreed = SIGNS(signs, mu) ^ turned;
        const INTS was = LOAD_INTS(agreements + mu), step = TO_INTS(agreed);
        const INTS k = was + 1 + 2 * step; /* agreed is -1 */
        const vector looked_up =
            SELECT(0, GATHER(differences, k + 1 + step), present(mu, memories));
        const vector old_closer = LOAD(closer + mu), old_further = LOAD(further + mu);
        STORE_INTS(k, agreements + mu);
        STORE(SELECT(-old_further, looked_up, agreed), closer + mu);
        STORE(SELECT(-looked_up, -old_closer, agreed), further + mu);
        extent = fmax(extent, agreements_extent(k, of.dim, mu, memories));
    }
    return lanes_max(extent);
}

inline void record_signs(KEPT const int *agreements, const int memories, const int ld,
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
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
recall_signs(__global real *restrict states, __global int *restrict all_agreements,
             __global real *restrict all_closer, __global real *restrict all_further,
             __global const uint *restrict signs, __global const real *restrict differences,
             __global const real *restrict table, __global const int *restrict level_of,
             __global const int *restrict free, __global const int *restrict order,
             __global uchar *restrict wishes, __global int *restrict ends,
             __global int *restrict flips, __global real *restrict records, const int probes,
             const int neurons, const int dim, const int memories, const int ld,
             const int states_ld, const int records_ld, const int sweep)
{
    DECLARE_PAIRS(scratch);
    const int probe = (int)get_group_id(0), words = ld / 32 + (ld % 32 > 0);
    const tables of = {differences, table, level_of, dim};
    __global real *x = states + (size_t)probe * states_ld;
#if LOCAL_ROOM > 0
    __local int agreements[LOCAL_ROOM];
    __local real closer[LOCAL_ROOM], further[LOCAL_ROOM];
    __global int *home = all_agreements + (size_t)probe * ld;
#else
    __global int *agreements = all_agreements + (size_t)probe * ld;
    __global real *closer = all_closer + (size_t)probe * ld;
    __global real *further = all_further + (size_t)probe * ld;
#endif
    if (ends[probe] != RUNNING)
        return;
#if LOCAL_ROOM > 0
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
#if LOCAL_ROOM > 0
    MY_VECTORS(mu) STORE_INTS(LOAD_INTS(agreements + mu), home + mu);
#endif
    if (ITEM == 0) {
        flips[(size_t)sweep * probes + probe] = flipped;
        ends[probe] = END_OF(flipped, sweep, changed);
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
inline void group_least(__local real *scratch, __local int *indices, real *value, int *index)
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
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
recall_nearest(__global const real *restrict similarities, __global const int *restrict agreements,
               __global const real *restrict halves, __global int *restrict nearest,
               __global real *restrict distances, const int memories, const int ld, const int dim,
               const int counted)
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
