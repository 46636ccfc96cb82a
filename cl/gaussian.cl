/* needs: normals */
/*
 * Made-up samples for denoisers: independent normal numbers, each column with a deviation of its
 * own. Work-items: vectors of a row x rows.
 */
KERNEL void gaussian_samples(__global const real *restrict deviations,
                             __global real *restrict samples, const int first, const int dim,
                             const int ld, const uint split, const uint stream, const uint seed_low,
                             const uint seed_high)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= dim)
        return;
    const uint row = (uint)get_group_id(1);
    const vector drawn =
        normals_at((uint)first + row, (uint)j, split, stream, (uint2)(seed_low, seed_high));
    /* Behind the last column deviations are 0. */
    STORE(LOAD(deviations + j) * drawn, samples + (size_t)row * ld + j);
}
