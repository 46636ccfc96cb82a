/*
 * C = alpha op(A) op(B) + beta C, row-major, `count` products at once (batched GEMM).
 */
#ifndef DAM__COMPUTE_GEMM_H
#define DAM__COMPUTE_GEMM_H

#include "compute/matrix.h"

typedef enum dam__gemm_provider {
    DAM__GEMM_AUTO,
    DAM__GEMM_PANEL,   /* our packed-panel kernel: CPU drivers */
    DAM__GEMM_TILED,   /* our tiles in local memory: GPUs, in a build without CLBlast */
    DAM__GEMM_CLBLAST, /* the library: GPUs and accelerators; last, as not every build has it */
    DAM__GEMM_PROVIDERS
} dam__gemm_provider;

/* "auto", "panel", "tiled" or "clblast"; and that provider, or PROVIDERS where this build has none
 * of that name. */
const char *dam__gemm_provider_name(dam__gemm_provider provider);
dam__gemm_provider dam__gemm_provider_find(const char *name);
bool dam__gemm_is_built(dam__gemm_provider provider);

/* The provider of what panel is not for: CLBlast, or tiled in a build without it. */
dam__gemm_provider dam__gemm_for_gpus(void);

enum { DAM__CLBLAST_VERSION = 32 };

/*
 * CLBlast's version, such as "1.6.2"; "none" in a build without it. It is that of the library that
 * was loaded, as its file's name has it: all of 1.x fit a program that was built with one of them,
 * and CLBlast cannot be asked. Without such a name it is the version of the build.
 */
void dam__clblast_version(char version[DAM__CLBLAST_VERSION]);

/*
 * One factor. Row i of the stored matrix is row rows[first + i] of it where rows (int32) is given,
 * else row first + i. `height` is how many stored rows take part.
 */
typedef struct dam__operand {
    const dam__matrix *matrix;
    bool transposed;
    int height;
    const dam__buffer *rows;
    int first;
} dam__operand;

/* All rows of a matrix, plain or transposed. */
dam__operand dam__whole(const dam__matrix *matrix, bool transposed);

typedef struct dam__gemm dam__gemm;

/*
 * AUTO follows the device's tuning, product by product; without one it takes panel with CPU-shaped
 * kernels and native vectors of 8 floats or more, else CLBlast. In a build without CLBlast it takes
 * panel with all CPU-shaped kernels, else tiled.
 */
dam_status dam__gemm_create(dam__device *device, dam__gemm_provider provider, dam__gemm **out);
void dam__gemm_destroy(dam__gemm *gemm);

/* What a device that is used as it is built in multiplies with. */
typedef struct dam__gemm_facts {
    dam__gemm_provider usual;
    bool replaced[2]; /* by dam__precision: CLBlast's parameters for it are wrong; it gets others */
} dam__gemm_facts;

/* Opens the device to see; DAM_NO_DEVICE or the like where that fails. */
dam_status dam__gemm_facts_of(const dam_device_info *info, dam__gemm_facts *out);

/* Never AUTO; where a tuning mixes providers, that of most products. */
dam__gemm_provider dam__gemm_usual(const dam__gemm *gemm);
const char *dam__gemm_name(const dam__gemm *gemm);
bool dam__gemm_mixes(const dam__gemm *gemm);

/* Whether operands may have row indices (the panel provider gathers while packing). */
bool dam__gemm_gathers(const dam__gemm *gemm);

/*
 * Announces a product before the plan is allocated, so that its scratch memory is in the plan; the
 * scratch is shared by all products.
 */
dam_status dam__gemm_reserve(dam__gemm *gemm, dam__operand a, dam__operand b, const dam__matrix *c);
dam_status dam__gemm_plan(dam__gemm *gemm, dam__plan *plan);

/* The shapes announced so far, each once. The gemm's, until the next is announced. */
const struct dam__product_shape *dam__gemm_shapes(const dam__gemm *gemm, size_t *count);

/*
 * Queues the product. op(A) is m x k, op(B) is k x n; C must have n columns and at least m rows.
 * beta = 0 never reads C. DAM_INTERNAL where shapes disagree.
 */
dam_status dam__gemm_run(dam__gemm *gemm, double alpha, dam__operand a, dam__operand b, double beta,
                         const dam__matrix *c);

#endif
