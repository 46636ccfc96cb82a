/*
 * Shared by every kernel: the real type, vectors of VECTOR_WIDTH reals, reductions over a
 * work-group, and Philox random numbers. The host puts this text before each of the other sources.
 *
 * Two shapes come out of the same source. CPU: GROUP = 1 and VECTOR_WIDTH = the width of the
 * machine's vectors. GPU: GROUP work-items, each with a short vector.
 */
#ifndef REAL_IS_DOUBLE
#define REAL_IS_DOUBLE 0
#endif
#ifndef VECTOR_WIDTH
#define VECTOR_WIDTH 4 /* 2, 4, 8 or 16 */
#endif
#ifndef GROUP
#define GROUP 64
#endif

#if REAL_IS_DOUBLE
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
typedef double real;
#define REAL_TINY 2.2250738585072014e-308
#define REAL_NAME double
#define MASK_NAME long /* an integer as wide as a real: what vector comparisons give */
#else
typedef float real;
#define REAL_TINY 1.17549435e-38f
#define REAL_NAME float
#define MASK_NAME int
#endif

/*
 * How functions are declared here. Static, because C99's inline has no external definition, and
 * what AMD's and NVIDIA's compilers call they then do not link. Always inlined, because a call
 * costs a GPU the registers, and because LLVM 15 under PoCL 3.1 crashes on some static functions
 * with barriers that it inlines itself (group_pair in recall_signs).
 */
#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#endif

/*
 * How kernels are declared: with the work-group size that they are launched with, so that a
 * compiler need not reckon with larger groups, which cost it registers.
 */
#define KERNEL __kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
#define SINGLE_KERNEL __kernel __attribute__((reqd_work_group_size(1, 1, 1)))

#define UNROLL _Pragma("unroll")
/*
 * For long loops that add up what they load: so a GPU has several loads under way, where one would
 * leave it waiting. The order of the sum stays. By hand, ROWS_AT_ONCE of them, where a loop also
 * stores or does more than add; CPUs look ahead themselves, and lose by it.
 */
#if GROUP == 1
#define UNROLL_LOADS
#define ROWS_AT_ONCE 1
#else
#define UNROLL_LOADS _Pragma("unroll 8")
#define ROWS_AT_ONCE 4
#endif
/* The row to load: in place of those behind the last that one. */
INLINE int row_below(const int row, const int end)
{
    return ROWS_AT_ONCE == 1 ? row : min(row, end - 1);
}
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define VECTOR JOIN(REAL_NAME, VECTOR_WIDTH)
#define MASK JOIN(MASK_NAME, VECTOR_WIDTH)

typedef VECTOR vector;
typedef MASK vmask;

/*
 * LOAD and STORE are for vectors of a matrix: columns from a multiple of VECTOR_WIDTH on, since
 * rows begin at multiples of 16 reals. vload4 promises only the alignment of one real, so that
 * NVIDIA's compiler emits four scalar loads. Arrays of a work-item and columns from anywhere take
 * the UNALIGNED ones.
 */
#define LOAD(pointer) (*(const __global vector *)(pointer))
#define STORE(value, pointer) (*(__global vector *)(pointer) = (value))
#if GROUP == 1 && defined(__clang__)
/* One instruction each, where PoCL 3.1 makes vload16 and vstore16 of four. */
#define OVERLOADED INLINE __attribute__((overloadable))
typedef struct __attribute__((packed, aligned(sizeof(real)))) unaligned_vector {
    vector value;
} unaligned_vector;
OVERLOADED vector load_lanes(const __global real *from)
{
    return ((const __global unaligned_vector *)from)->value;
}
OVERLOADED vector load_lanes(const __private real *from)
{
    return ((const __private unaligned_vector *)from)->value;
}
OVERLOADED void store_lanes(const vector value, __global real *to)
{
    ((__global unaligned_vector *)to)->value = value;
}
OVERLOADED void store_lanes(const vector value, __private real *to)
{
    ((__private unaligned_vector *)to)->value = value;
}
#define LOAD_UNALIGNED(pointer) load_lanes(pointer)
#define STORE_UNALIGNED(value, pointer) store_lanes(value, pointer)
#else
#define LOAD_UNALIGNED(pointer) JOIN(vload, VECTOR_WIDTH)(0, pointer)
#define STORE_UNALIGNED(value, pointer) JOIN(vstore, VECTOR_WIDTH)(value, 0, pointer)
#endif
#define SELECT(no, yes, condition) select((vector)(no), (vector)(yes), condition)
#if VECTOR_WIDTH == 2
#define LANE_INDEX ((vmask)(0, 1))
#elif VECTOR_WIDTH == 4
#define LANE_INDEX ((vmask)(0, 1, 2, 3))
#elif VECTOR_WIDTH == 8
#define LANE_INDEX ((vmask)(0, 1, 2, 3, 4, 5, 6, 7))
#else
#define LANE_INDEX ((vmask)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#endif

/* Sum and largest of a vector's lanes, always in the same order. */
INLINE real lanes_sum(vector v)
{
#if VECTOR_WIDTH == 2
    return v.x + v.y;
#elif VECTOR_WIDTH == 4
    return (v.x + v.z) + (v.y + v.w);
#elif VECTOR_WIDTH == 8
    const JOIN(REAL_NAME, 4) q = v.lo + v.hi;
    return (q.x + q.z) + (q.y + q.w);
#else
    const JOIN(REAL_NAME, 8) o = v.lo + v.hi;
    const JOIN(REAL_NAME, 4) q = o.lo + o.hi;
    return (q.x + q.z) + (q.y + q.w);
#endif
}

INLINE real lanes_max(vector v)
{
#if VECTOR_WIDTH == 2
    return fmax(v.x, v.y);
#elif VECTOR_WIDTH == 4
    return fmax(fmax(v.x, v.z), fmax(v.y, v.w));
#elif VECTOR_WIDTH == 8
    const JOIN(REAL_NAME, 4) q = fmax(v.lo, v.hi);
    return fmax(fmax(q.x, q.z), fmax(q.y, q.w));
#else
    const JOIN(REAL_NAME, 8) o = fmax(v.lo, v.hi);
    const JOIN(REAL_NAME, 4) q = fmax(o.lo, o.hi);
    return fmax(fmax(q.x, q.z), fmax(q.y, q.w));
#endif
}

/* A block of VECTOR_WIDTH x VECTOR_WIDTH reals, rows to columns: a perfect shuffle of the rows, as
 * often as VECTOR_WIDTH can be halved. */
INLINE void transpose_lanes(vector *block)
{
    UNROLL for (int stage = 1; stage < VECTOR_WIDTH; stage *= 2)
    {
        vector next[VECTOR_WIDTH];
        UNROLL for (int i = 0; i < VECTOR_WIDTH / 2; i++)
        {
            next[2 * i].even = block[i].lo;
            next[2 * i].odd = block[i + VECTOR_WIDTH / 2].lo;
            next[2 * i + 1].even = block[i].hi;
            next[2 * i + 1].odd = block[i + VECTOR_WIDTH / 2].hi;
        }
        UNROLL for (int i = 0; i < VECTOR_WIDTH; i++) block[i] = next[i];
    }
}

/*
 * Sum and largest over a work-group; every work-item gets the result. Halving loops with a constant
 * trip count: PoCL 3.1 miscompiles ascending ones bounded by get_local_size, and the shape of the
 * tree decides the bits of the sum. scratch holds GROUP reals and may be used again right away.
 */
#if GROUP == 1
#define DECLARE_SCRATCH(name)
#define DECLARE_SCRATCHES(name, count)
#define DECLARE_VECTORS(name)
#define GROUP_SUM(scratch, value) (value)
#define GROUP_SUMS(scratch, values, count)
#define GROUP_MAX(scratch, value) (value)
#define GROUP_MAX_VECTOR(scratch, value) (value)
#define GROUP_BARRIER()
#else
#define DECLARE_SCRATCH(name) __local real name[GROUP]
#define DECLARE_SCRATCHES(name, count) __local real name[GROUP * (count)]
#define DECLARE_VECTORS(name) __local vector name[GROUP]
#define GROUP_SUM(scratch, value) group_sum(scratch, value)
#define GROUP_SUMS(scratch, values, count) group_sums(scratch, values, count)
#define GROUP_MAX(scratch, value) group_max(scratch, value)
#define GROUP_MAX_VECTOR(scratch, value) group_max_vector(scratch, value)
#define GROUP_BARRIER() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
INLINE real group_sum(__local real *scratch, real value)
{
    const uint item = (uint)get_local_id(0);
    scratch[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint s = GROUP / 2; s > 0; s >>= 1) {
        if (item < s)
            scratch[item] += scratch[item + s];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    const real result = scratch[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    return result;
}

/* Each of `count` values becomes its sum, as by group_sum, in one tree for all: the barriers of one
 * sum. scratch holds GROUP x count reals. */
INLINE void group_sums(__local real *scratch, real *values, const int count)
{
#ifdef POCL_DEVICE_ADDRESS_BITS
    /* PoCL 3.1 makes wrong sums of one tree, or fails an assertion of its own. */
    for (int v = 0; v < count; v++)
        values[v] = group_sum(scratch, values[v]);
#else
    const uint item = (uint)get_local_id(0);
    UNROLL for (int v = 0; v < count; v++) scratch[v * GROUP + item] = values[v];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint s = GROUP / 2; s > 0; s >>= 1) {
        if (item < s)
            UNROLL for (int v = 0; v < count; v++) scratch[v * GROUP + item] +=
                scratch[v * GROUP + item + s];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    UNROLL for (int v = 0; v < count; v++) values[v] = scratch[v * GROUP];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
}

INLINE real group_max(__local real *scratch, real value)
{
    const uint item = (uint)get_local_id(0);
    scratch[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint s = GROUP / 2; s > 0; s >>= 1) {
        if (item < s)
            scratch[item] = fmax(scratch[item], scratch[item + s]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    const real result = scratch[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    return result;
}

/* The largest of each lane; scratch holds GROUP vectors. */
INLINE vector group_max_vector(__local vector *scratch, vector value)
{
    const uint item = (uint)get_local_id(0);
    scratch[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint s = GROUP / 2; s > 0; s >>= 1) {
        if (item < s)
            scratch[item] = fmax(scratch[item], scratch[item + s]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    const vector result = scratch[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    return result;
}
#endif

/*
 * What the items of a work-group share: private where the group is one item; and how a function
 * takes the scratch of its kernel.
 */
#if GROUP == 1
#define SHARED __private
#define SCRATCH_PARAMETER
#define SCRATCH_ARGUMENT
#else
#define SHARED __local
#define SCRATCH_PARAMETER , __local real *scratch
#define SCRATCH_ARGUMENT , scratch
#endif

/*
 * Philox4x32-10 (Salmon et al. 2011), the same as compute/random.c on the host: four random words
 * for each value of a 128-bit counter under a 64-bit key. A round of the counter x, y, z, w; not
 * with mul_hi, which PoCL 3.1 puts together from halves.
 */
#define PHILOX_ROUNDS 10
#define PHILOX_NEXT_KEY ((uint2)(0x9E3779B9u, 0xBB67AE85u))
INLINE void philox_round(uint *x, uint *y, uint *z, uint *w, const uint2 key)
{
    const ulong first = (ulong)*x * 0xD2511F53u, second = (ulong)*z * 0xCD9E8D57u;
    *x = (uint)(second >> 32) ^ *y ^ key.x;
    *y = (uint)second;
    *z = (uint)(first >> 32) ^ *w ^ key.y;
    *w = (uint)first;
}

INLINE uint4 philox(const uint4 counter, uint2 key)
{
    uint x = counter.x, y = counter.y, z = counter.z, w = counter.w;
    for (int round = 0; round < PHILOX_ROUNDS; round++, key += PHILOX_NEXT_KEY)
        philox_round(&x, &y, &z, &w, key);
    return (uint4)(x, y, z, w);
}
