/*
 * The tuning of a device: the parameters that `denseam tune` found for its products and fused
 * kernels.
 *
 * A tuning file is text for one device, driver and set of kernels. It is used as a whole or not at
 * all; without one every choice is built in. Tuning changes the order of sums, so the same file
 * gives the same bits, and another file other last bits.
 */
#ifndef DAM__COMPUTE_TUNING_H
#define DAM__COMPUTE_TUNING_H

#include "base/digest.h"
#include "base/text.h"
#include "compute/gemm.h"
#include "compute/opencl_device.h"

/* --- sets of parameters --------------------------------------------------------------------------
 */

/* What is tuned together. */
typedef enum dam__space_kind {
    DAM__SPACE_PANEL,         /* a tile of the panel product: dam__panel_key */
    DAM__SPACE_XGEMM,         /* CLBlast's kernel for large products */
    DAM__SPACE_XGEMM_DIRECT,  /* CLBlast's kernel for small ones */
    DAM__SPACE_XGEMM_ROUTINE, /* from which size on the large one is taken */
    DAM__SPACE_KERNELS,       /* all other kernels: dam__kernel_key; 0 = the built-in choice */
    DAM__SPACES
} dam__space_kind;

typedef enum dam__panel_key {
    DAM__PANEL_ROWS,         /* of a tile */
    DAM__PANEL_VECTORS,      /* of a tile's columns */
    DAM__PANEL_DEPTH,        /* at most so much depth is worked off at once */
    DAM__PANEL_UNROLL,       /* steps of depth per unrolled iteration */
    DAM__PANEL_DIRECT_A,     /* A is read as it is stored instead of being packed */
    DAM__PANEL_DIRECT_B,     /* the same for B where it is not transposed */
    DAM__PANEL_COLUMNS_FIRST /* neighbouring work-items share rows of A, not columns of B */
} dam__panel_key;

typedef enum dam__kernel_key {
    DAM__KERNEL_VECTOR_WIDTH,
    DAM__KERNEL_GROUP,          /* of the GPU shape */
    DAM__KERNEL_PARTS,          /* that sums over a batch's samples are made in */
    DAM__KERNEL_VMF_CLASSES,    /* class columns in registers, at most */
    DAM__KERNEL_ENERGY_CLASSES, /* likewise of the energy model */
    DAM__KERNEL_ENERGY_STATES,  /* of a tile */
    DAM__KERNEL_ENERGY_VECTORS, /* of a tile's neurons or memories */
    DAM__KERNEL_ENERGY_MEMORIES /* of a tile of the own terms */
} dam__kernel_key;

enum { DAM__MOST_TUNABLES = 16, DAM__MOST_TUNED_VALUES = 8 };

typedef struct dam__tunable {
    const char *name;
    int count; /* of values */
    int values[DAM__MOST_TUNED_VALUES];
} dam__tunable;

/* A space of sets: values of its tunables that fit together. */
typedef struct dam__space {
    const char *name;    /* as in the file */
    const char *clblast; /* CLBlast's name of the kernel; NULL for ours */
    int count;           /* of tunables */
    const dam__tunable *tunables;
    bool (*fits)(const int *values); /* whether valid values go together; NULL: always */
} dam__space;

extern const dam__space dam__spaces[DAM__SPACES];

/* Values in the order of the space's tunables. */
typedef struct dam__set {
    bool given; /* else it is the built-in choice */
    int values[DAM__MOST_TUNABLES];
} dam__set;

/* Whether each value is one of its tunable's, and they go together. */
bool dam__set_valid(dam__space_kind kind, const int *values);

/* DAM_INPUT where the device has smaller work-groups or less local memory than the set needs. */
dam_status dam__set_check(dam__space_kind kind, const dam__set *set, const dam_device_info *info,
                          bool wide);

/* "rows=12 vectors=2 ...": every tunable once, in any order. DAM_INPUT says what is wrong. */
dam_status dam__set_parse(dam__space_kind kind, const char *text, dam__set *out);
void dam__set_print(dam__space_kind kind, const dam__set *set, dam__text *out);

/* --- products --------------------------------------------------------------------------------- */

typedef struct dam__product_shape {
    bool a_transposed, b_transposed;
    int m, n, k, count; /* op(A) is m x k, op(B) is k x n */
} dam__product_shape;

/* "nt 1000x784x1000x1": transpositions, then m x n x k x count. DAM_INPUT. */
dam_status dam__product_parse(const char *text, dam__product_shape *out);
void dam__product_print(const dam__product_shape *shape, dam__text *out);

/* The distance of two shapes, in doublings of their sizes; infinite where transpositions differ. */
double dam__product_distance(const dam__product_shape *a, const dam__product_shape *b);

/* Which provider multiplies such a product, and with which tile. */
typedef struct dam__choice {
    dam__product_shape shape;
    dam__gemm_provider provider; /* never AUTO */
    dam__set panel;              /* of the panel provider; may be the built-in choice */
} dam__choice;

/* --- a device's tuning ------------------------------------------------------------------------ */

enum { DAM__MOST_CHOICES = 48 };

/* Of one shape of the kernels in one precision. */
typedef struct dam__tuning_part {
    dam__gemm_provider provider; /* AUTO: the built-in choice */
    dam__set sets[DAM__SPACES];  /* PANEL: for products unlike all choices */
    int count;                   /* of choices */
    dam__choice choices[DAM__MOST_CHOICES];
} dam__tuning_part;

typedef struct dam__tuning {
    dam__tuning_part parts[2][2]; /* [GPU shape][double precision] */
    char digest[DAM__DIGEST_HEX]; /* of the file; empty where there is none */
} dam__tuning;

dam__tuning_part *dam__tuning_part_of(dam__tuning *tuning, dam__shape shape,
                                      dam__precision precision);

/* The choice for a product most like this one, within two doublings; NULL where there is none. */
const dam__choice *dam__tuning_choice(const dam__tuning_part *part,
                                      const dam__product_shape *shape);

/* The tuned value of a key of the kernels, or the built-in one where there is none. */
int dam__tuned(const dam__device *device, dam__kernel_key key, int built_in);

/* --- files ------------------------------------------------------------------------------------ */

/* The lines that a file for this device, driver, program and its kernels begins with. */
dam_status dam__tuning_header(const dam_device_info *info, dam__text *out);

/* The whole text of a file. */
dam_status dam__tuning_print(const dam__tuning *tuning, const dam_device_info *info,
                             dam__text *out);

/*
 * DAM_INPUT, as a message to follow a file's name: truncated, of another device, driver, version or
 * kernels, an unknown or impossible value. *out is untouched then.
 */
dam_status dam__tuning_parse(const char *text, size_t length, const dam_device_info *info,
                             dam__tuning *out);

/* *path = where `denseam tune` keeps this device's file; its folder need not exist. free(). */
dam_status dam__tuning_path(const dam_device_info *info, char **path);

/*
 * *out = this device's tuning, of the first there is: the file that $DENSEAM_TUNING names ("none"
 * for no tuning), the user's, one that came with the program; NULL for none. free(). A file that is
 * truncated or belongs to something else is ignored with a warning.
 */
dam_status dam__tuning_find(const dam_device_info *info, const dam_log *log, dam__tuning **out);

#endif
