/* needs: recall */
/* Sweeps over memories of any values. */

/* A leak that is so much more than what is above 0 leaves it below all rounding. */
#define MOST_SHARE ((real)1e30)

/*
 * F(S) in a scale of its own for every state, so that neither it nor F(V) leaves the range: for
 * poly and rect F(S / c), whatever b is; for leaky (b c)^-n F(b S), both times `gain` where the
 * leak would be larger than 1; for exp e^(b (S - c)).
 */
typedef struct scaling {
    real centre, factor, gain, leak;
} scaling;

/*
 * extent: largest of the state's similarities; reach: largest entry of a free neuron's column, by
 * which a flip changes them twice; leak: F'(x < 0); most: bound of all similarities; b: of F(b S).
 */
INLINE scaling scaling_of(const real extent, const real reach, const real leak, const real most,
                          const real b)
{
    scaling by = {extent, b, 1, 0};
    if (INTERACTION == 3)
        return by;
    by.centre = fmax(extent, (real)0) + 2 * reach;
    if (!(by.centre > REAL_TINY))
        by.centre = 1;
    if (EXPONENT <= EXACT_EXPONENT)
        by.centre = ldexp((real)1, ilogb(by.centre) + 1);
    by.factor = 1 / by.centre;
    if (INTERACTION == 2) {
        /* (b c)^-n against the leak's largest value; in a vector, as powers are. Both are cut off
         * where what is above 0 could not be told from the leak's rounding. */
        const vector powers = power((vector)(by.factor / b), EXPONENT);
        const real own = fmin(powers.s0, 1 / REAL_TINY);
        const real share = fmin(fabs(leak) * (b * most) * own, MOST_SHARE);
        by.gain = share <= 1 ? 1 : 1 / share;
        by.leak = share <= 1 ? leak * own * (b * by.centre) : copysign(by.centre / most, leak);
    }
    return by;
}

INLINE vector scaled_value(const vector similarities, const scaling by)
{
    const vector x =
        INTERACTION == 3 ? by.factor * (similarities - by.centre) : by.factor * similarities;
    return interaction_value(x, (vector)by.gain, (vector)by.leak);
}

/* Whether similarities grew beyond what a scale was made for. */
INLINE int outgrown(const scaling by, const real extent, const real reach)
{
    return INTERACTION == 3 ? by.factor * (extent - by.centre) > 16
                            : extent + 2 * reach > by.centre;
}

/* This item's share of the largest similarity. */
INLINE real my_extent(KEPT const real *similarities, const int memories, const int ld)
{
    vector extent = (vector)-MAXFLOAT;
    MY_VECTORS(mu)
    extent = fmax(extent, extent_of(LOAD_UNALIGNED(similarities + mu), mu, memories));
    return lanes_max(extent);
}

INLINE void refresh(KEPT const real *similarities, KEPT real *values, const int ld,
                    const scaling by)
{
    MY_VECTORS(mu)
    STORE_UNALIGNED(scaled_value(LOAD_UNALIGNED(similarities + mu), by), values + mu);
}

/* Flips a neuron of value x; gives this item's share of the largest similarity. */
INLINE real flip(__global const real *column, const real x, KEPT real *similarities,
                 KEPT real *values, const int memories, const int ld, const scaling by)
{
    vector extent = (vector)-MAXFLOAT;
    MY_VECTORS(mu)
    {
        const vector s =
            fma((vector)(-2 * x), LOAD(column + mu), LOAD_UNALIGNED(similarities + mu));
        STORE_UNALIGNED(s, similarities + mu);
        STORE_UNALIGNED(scaled_value(s, by), values + mu);
        extent = fmax(extent, extent_of(s, mu, memories));
    }
    return lanes_max(extent);
}

INLINE vector gaps_of(__global const real *column, const real x, KEPT const real *similarities,
                      KEPT const real *values, const int ld, const scaling by)
{
    vector gaps = 0;
    MY_VECTORS(mu)
    {
        const vector v =
            fma((vector)(-2 * x), LOAD(column + mu), LOAD_UNALIGNED(similarities + mu));
        gaps += LOAD_UNALIGNED(values + mu) - scaled_value(v, by);
    }
    return gaps;
}

INLINE void record_energy(KEPT const real *values, const int memories, const int ld,
                          const scaling by, __global real *record SCRATCH_PARAMETER)
{
    vector sums = 0, sizes = 0;
    MY_VECTORS(mu)
    {
        const vector value = SELECT(0, LOAD_UNALIGNED(values + mu), present(mu, memories));
        sums += value;
        sizes += fabs(value);
    }
    const real sum = GROUP_SUM(scratch, lanes_sum(sums));
    const real size = GROUP_SUM(scratch, lanes_sum(sizes));
    WRITE_RECORD(record, sum, size, by.centre, by.gain)
}

/*
 * A sweep of every probe that still moves. columns is M', dim x memories; free the neurons that may
 * move, order the order of this sweep; wishes, of synchronous sweeps, dim marks a probe for each
 * parity of the sweep. Records sweep and sweep + 1 get the energy before and after.
 */
KERNEL void recall_sweep(__global real *restrict states, __global real *restrict all_similarities,
                         __global real *restrict all_values, __global const real *restrict columns,
                         __global const int *restrict free, __global const int *restrict order,
                         __global uchar *restrict wishes, __global int *restrict ends,
                         __global int *restrict flips, __global real *restrict records,
                         const int probes, const int neurons, const int memories, const int ld,
                         const int states_ld, const int records_ld, const int sweep,
                         const real reach, const real leak, const real most, const real b)
{
    DECLARE_PAIRS(scratch);
    const int probe = (int)get_group_id(0);
    __global real *x = states + (size_t)probe * states_ld;
#if LOCAL_MEMORIES > 0
    __local real similarities[LOCAL_MEMORIES], values[LOCAL_MEMORIES];
    __global real *home = all_similarities + (size_t)probe * ld;
#else
    __global real *similarities = all_similarities + (size_t)probe * ld;
    __global real *values = all_values + (size_t)probe * ld;
#endif
    if (ends[probe] != RUNNING)
        return;
#if LOCAL_MEMORIES > 0
    MY_VECTORS(mu) STORE_UNALIGNED(LOAD(home + mu), similarities + mu);
#endif
    real mine = my_extent(similarities, memories, ld), extent = mine, gap = 0;
    GROUP_PAIR(scratch, gap, extent);
    scaling by = scaling_of(extent, reach, leak, most, b);
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
            by = scaling_of(extent, reach, leak, most, b);
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
    by = scaling_of(extent, reach, leak, most, b);
    refresh(similarities, values, ld, by);
    record_energy(values, memories, ld, by, record + (size_t)records_ld * RECORD SCRATCH_ARGUMENT);
#if LOCAL_MEMORIES > 0
    MY_VECTORS(mu) STORE(LOAD_UNALIGNED(similarities + mu), home + mu);
#endif
    if (ITEM == 0) {
        flips[(size_t)sweep * probes + probe] = flipped;
        ends[probe] = END_OF(flipped, sweep, changed);
    }
}
