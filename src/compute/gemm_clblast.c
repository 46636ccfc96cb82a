/*
 * CLBlast behind the one GEMM function.
 *
 * Our matrices are row-major; CLBlast is told that they are column-major, which transposes them,
 * and multiplies them the other way round: C' = op(B)' op(A)'. Of a row-major product CLBlast
 * transposes C in a kernel of its own, before and after.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <clblast_c.h>

#include "base/handlers.h"
#include "base/memory.h"
#include "base/notice.h"
#include "compute/compute_internal.h"
#include "compute/gemm_provider.h"

struct clblast {
    dam__device *device;
    size_t reserved; /* bytes of scratch */
    dam__buffer *scratch;
};

/* CLBlast's program cache races before 1.6.1: one call at a time in the whole process. */
static pthread_mutex_t clblast_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Any call may compile. */
static void enter(void)
{
    (void)pthread_mutex_lock(&clblast_mutex);
    dam__handlers_begin();
}

static void leave(void)
{
    dam__handlers_end();
    (void)pthread_mutex_unlock(&clblast_mutex);
}

static void destroy(void *state)
{
    struct clblast *clblast = state;
    dam__buffer_destroy(clblast->scratch);
    free(clblast);
}

/* --- which CLBlast ---------------------------------------------------------------------------- */

void dam__clblast_version(char version[DAM__CLBLAST_VERSION])
{
    static const char mark[] = ".so.";
    Dl_info info = {0};
    char *path = NULL;
    (void)snprintf(version, DAM__CLBLAST_VERSION, "%s", DENSEAM_CLBLAST_VERSION);
    const void *loaded = dlsym(RTLD_DEFAULT, "CLBlastOverrideParameters");
    if (loaded != NULL && dladdr(loaded, &info) != 0 && info.dli_fname != NULL)
        path = realpath(info.dli_fname, NULL);
    const char *name = path != NULL ? strrchr(path, '/') : NULL;
    const char *number = name != NULL ? strstr(name, mark) : NULL;
    /* The name behind libclblast.so.1 has all three numbers. */
    if (number != NULL && strchr(number + sizeof mark - 1, '.') != NULL &&
        strspn(number, ".so0123456789") == strlen(number))
        (void)snprintf(version, DAM__CLBLAST_VERSION, "%s", number + sizeof mark - 1);
    free(path);
}

/* --- parameters ------------------------------------------------------------------------------- */

static dam_status override(const dam__device *device, dam__space_kind kind, const dam__set *set)
{
    CLBlastPrecision precision = device->precision == DAM__PRECISION_DOUBLE
                                     ? CLBlastPrecisionDouble
                                     : CLBlastPrecisionSingle;
    const dam__space *space = &dam__spaces[kind];
    const char *names[DAM__MOST_TUNABLES];
    size_t values[DAM__MOST_TUNABLES];
    for (int i = 0; i < space->count; i++) {
        names[i] = space->tunables[i].name;
        values[i] = (size_t)set->values[i];
    }
    enter();
    CLBlastStatusCode code = CLBlastOverrideParameters(device->id, space->clblast, precision,
                                                       (size_t)space->count, names, values);
    leave();
    if (code != CLBlastSuccess)
        return dam__fail(DAM_INTERNAL, "CLBlast refuses the parameters of %s with status %d",
                         space->clblast, (int)code);
    return DAM_OK;
}

dam_status dam__clblast_override(const dam__device *device, const dam__tuning_part *part)
{
    for (int kind = 0; kind < DAM__SPACES; kind++)
        if (dam__spaces[kind].clblast != NULL && part->sets[kind].given)
            DAM_TRY(override(device, (dam__space_kind)kind, &part->sets[kind]));
    return DAM_OK;
}

static dam_status fail(const dam__device *device, CLBlastStatusCode code)
{
    bool memory = code == CLBlastTempBufferAllocFailure || code == CLBlastOpenCLOutOfHostMemory;
    return dam__advise(
        DAM__ADVICE_KERNELS,
        dam__fail(memory ? DAM_NO_MEMORY : DAM_INTERNAL,
                  "CLBlast failed with status %d on '%s'; the self-test tells whether this "
                  "device works, the products of \"panel\" do without CLBlast",
                  (int)code, device->info.name));
}

static CLBlastTranspose transposition(const dam__operand *operand)
{
    return operand->transposed ? CLBlastTransposeYes : CLBlastTransposeNo;
}

static size_t offset_of(const dam__operand *operand)
{
    return (size_t)operand->first * operand->matrix->ld;
}

/* Bytes of scratch for a product whose matrices all begin at `offset`. */
static dam_status scratch_size(dam__device *device, const dam__product *p, size_t offset,
                               size_t *bytes)
{
    bool wide = device->precision == DAM__PRECISION_DOUBLE;
    enter();
    CLBlastStatusCode code =
        wide ? CLBlastDGemmTempBufferSize(CLBlastLayoutColMajor, transposition(&p->b),
                                          transposition(&p->a), (size_t)p->n, (size_t)p->m,
                                          (size_t)p->k, offset, p->b.matrix->ld, offset,
                                          p->a.matrix->ld, offset, p->c->ld, &device->queue, bytes)
             : CLBlastSGemmTempBufferSize(CLBlastLayoutColMajor, transposition(&p->b),
                                          transposition(&p->a), (size_t)p->n, (size_t)p->m,
                                          (size_t)p->k, offset, p->b.matrix->ld, offset,
                                          p->a.matrix->ld, offset, p->c->ld, &device->queue, bytes);
    leave();
    return code == CLBlastSuccess ? DAM_OK : fail(device, code);
}

/*
 * CLBlast has two kernels for large products, and GEMMK = 1 gives wrong ones or crashes: before
 * 1.6.3 where MWG and NWG differ, and up to 1.7.0, the newest that was tried, in batches whose
 * depth is no multiple of KWG * KREG. Its database takes that kernel for some devices, for more of
 * them in each version (1.5.3: TITAN RTX in double precision; 1.6.2: many GPUs of NVIDIA, Arc A770,
 * M1).
 *
 * Which parameters it has for a device, C cannot ask, but it shows: of whole tiles A and B' as they
 * are stored, GEMMK = 0 needs no scratch, while GEMMK = 1 always turns A and C. This holds in every
 * version, so that none need be known: a library may be replaced after the build.
 */
static dam_status takes_wrong_kernel(dam__device *device, bool *wrong)
{
    enum { WHOLE_TILES = 8192 }; /* a multiple of all tiles, far from the small products' kernel */
    const dam__matrix square = {.ld = WHOLE_TILES};
    const dam__product product = {.m = WHOLE_TILES,
                                  .n = WHOLE_TILES,
                                  .k = WHOLE_TILES,
                                  .a = {.matrix = &square, .transposed = true},
                                  .b = {.matrix = &square},
                                  .c = &square};
    size_t bytes = 0;
    DAM_TRY(scratch_size(device, &product, 0, &bytes));
    *wrong = bytes > 0;
    return DAM_OK;
}

dam_status dam__clblast_make_safe(dam__device *device, bool *replaced)
{
    /* Like those that CLBlast has for many GPUs, with half their depth: 16 KiB of local memory in
     * double precision. */
    static const char safe[] = "GEMMK=0 KREG=1 KWG=16 KWI=2 MDIMA=16 MDIMC=16 MWG=64 NDIMB=8 "
                               "NDIMC=8 NWG=64 SA=1 SB=1 STRM=0 STRN=0 VWM=4 VWN=4";
    dam__set set;
    *replaced = false;
    if (device->recording != NULL)
        return DAM_OK; /* CLBlast would ask the driver */
    DAM_TRY(takes_wrong_kernel(device, replaced));
    if (!*replaced)
        return DAM_OK;
    DAM_TRY(dam__set_parse(DAM__SPACE_XGEMM, safe, &set));
    return override(device, DAM__SPACE_XGEMM, &set);
}

/* --- the provider ----------------------------------------------------------------------------- */

static dam_status create(dam__device *device, void **state)
{
    dam_status status = DAM_OK;
    struct clblast *clblast = NULL;
    bool replaced = false;
    DAM_TRY_CLEANUP(dam__clblast_make_safe(device, &replaced));
    if (replaced)
        dam__info(&device->log,
                  "the parameters that CLBlast has for '%s' give wrong products: it gets others, "
                  "and tuning the device may find faster ones",
                  device->info.name);
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *clblast, &clblast));
    clblast->device = device;
    *state = clblast;
cleanup:
    return status;
}

/*
 * An operand that begins at 0 and fills whole tiles needs no scratch, but a smaller or later part
 * of it does. Offsets of 1 ask for the most that any part can need.
 */
static dam_status reserve(void *state, const dam__product *p)
{
    struct clblast *clblast = state;
    size_t bytes = 0;
    if (clblast->device->recording != NULL)
        return DAM_OK; /* CLBlast would ask the driver */
    DAM_TRY(scratch_size(clblast->device, p, 1, &bytes));
    clblast->reserved = bytes > clblast->reserved ? bytes : clblast->reserved;
    return DAM_OK;
}

static dam_status plan(void *state, dam__plan *plan)
{
    struct clblast *clblast = state;
    if (clblast->reserved == 0)
        return DAM_OK;
    return dam__plan_buffer(plan, "gemm: CLBlast scratch", clblast->reserved, &clblast->scratch);
}

static CLBlastStatusCode run_one(struct clblast *clblast, const dam__product *p)
{
    cl_mem scratch = clblast->scratch != NULL ? clblast->scratch->memory : NULL;
    cl_mem a = p->a.matrix->buffer->memory, b = p->b.matrix->buffer->memory;
    cl_mem c = p->c->buffer->memory;
    cl_command_queue *queue = &clblast->device->queue;
    if (clblast->device->precision == DAM__PRECISION_DOUBLE)
        return CLBlastDgemmWithTempBuffer(
            CLBlastLayoutColMajor, transposition(&p->b), transposition(&p->a), (size_t)p->n,
            (size_t)p->m, (size_t)p->k, p->alpha, b, offset_of(&p->b), p->b.matrix->ld, a,
            offset_of(&p->a), p->a.matrix->ld, p->beta, c, 0, p->c->ld, queue, NULL, scratch);
    return CLBlastSgemmWithTempBuffer(
        CLBlastLayoutColMajor, transposition(&p->b), transposition(&p->a), (size_t)p->n,
        (size_t)p->m, (size_t)p->k, (float)p->alpha, b, offset_of(&p->b), p->b.matrix->ld, a,
        offset_of(&p->a), p->a.matrix->ld, (float)p->beta, c, 0, p->c->ld, queue, NULL, scratch);
}

static CLBlastStatusCode run_batch(struct clblast *clblast, const dam__product *p)
{
    cl_mem a = p->a.matrix->buffer->memory, b = p->b.matrix->buffer->memory;
    cl_mem c = p->c->buffer->memory;
    cl_command_queue *queue = &clblast->device->queue;
    if (clblast->device->precision == DAM__PRECISION_DOUBLE)
        return CLBlastDgemmStridedBatched(
            CLBlastLayoutColMajor, transposition(&p->b), transposition(&p->a), (size_t)p->n,
            (size_t)p->m, (size_t)p->k, p->alpha, b, offset_of(&p->b), p->b.matrix->ld,
            p->b.matrix->stride, a, offset_of(&p->a), p->a.matrix->ld, p->a.matrix->stride, p->beta,
            c, 0, p->c->ld, p->c->stride, (size_t)p->count, queue, NULL);
    return CLBlastSgemmStridedBatched(
        CLBlastLayoutColMajor, transposition(&p->b), transposition(&p->a), (size_t)p->n,
        (size_t)p->m, (size_t)p->k, (float)p->alpha, b, offset_of(&p->b), p->b.matrix->ld,
        p->b.matrix->stride, a, offset_of(&p->a), p->a.matrix->ld, p->a.matrix->stride,
        (float)p->beta, c, 0, p->c->ld, p->c->stride, (size_t)p->count, queue, NULL);
}

/* Its kernels are its own: the product is recorded, its shape in place of a range. */
static dam_status record(const struct clblast *clblast, const dam__product *p,
                         const dam__timed *timed)
{
    dam__recorded_launch launch = {.wide = clblast->device->precision == DAM__PRECISION_DOUBLE,
                                   .program = DAM__NO_PROGRAM,
                                   .range = {.global = {(size_t)p->m, (size_t)p->n, (size_t)p->k},
                                             .local = {(size_t)p->count, 1, 1}},
                                   .work = {.flops = timed->flops, .bytes = timed->bytes}};
    (void)snprintf(launch.kernel, sizeof launch.kernel, "%s", timed->name);
    return dam__recording_launch(clblast->device->recording, &launch);
}

static dam_status run(void *state, const dam__product *product)
{
    struct clblast *clblast = state;
    dam__device *device = clblast->device;
    double outer = (double)product->m * product->n * product->count;
    double elements = ((double)product->m + product->n) * product->k * product->count + outer;
    const dam__timed timed = {.name = "clblast_gemm",
                              .flops = 2 * outer * product->k,
                              .bytes = elements * (double)dam__real_size(device)};
    if (device->recording != NULL)
        return record(clblast, product, &timed);
    /* Its several kernels give one event for the last only: the wall clock times them all. */
    dam__profile_begin_wall(device->profile, device->queue);
    enter();
    CLBlastStatusCode code =
        product->count == 1 ? run_one(clblast, product) : run_batch(clblast, product);
    leave();
    if (code != CLBlastSuccess)
        return fail(device, code);
    return dam__profile_end_wall(device->profile, device->queue, &timed);
}

const dam__gemm_ops dam__gemm_clblast = {
    .gathers = false,
    .create = create,
    .destroy = destroy,
    .reserve = reserve,
    .plan = plan,
    .run = run,
};
