/* The spaces of what is tuned, and which choice is for which product. */
#include "compute/tuning.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- spaces ----------------------------------------------------------------------------------- */

#define VALUES(...)                                                                                \
    sizeof((int[]){__VA_ARGS__}) / sizeof(int),                                                    \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static const dam__tunable panel[] = {
    [DAM__PANEL_ROWS] = {"rows", VALUES(2, 4, 5, 6, 8, 10, 12, 14)},
    [DAM__PANEL_VECTORS] = {"vectors", VALUES(1, 2, 3, 4)},
    [DAM__PANEL_DEPTH] = {"depth", VALUES(128, 256, 400, 512, 800, 1024, 2048, 4096)},
    [DAM__PANEL_UNROLL] = {"unroll", VALUES(1, 2, 4, 8)},
    [DAM__PANEL_DIRECT_A] = {"direct_a", VALUES(0, 1)},
    [DAM__PANEL_DIRECT_B] = {"direct_b", VALUES(0, 1)},
    [DAM__PANEL_COLUMNS_FIRST] = {"columns_first", VALUES(0, 1)},
};

/* More accumulators than the largest register files hold are spilled, which no tile is worth. */
static bool panel_fits(const int *values)
{
    enum { MOST_ACCUMULATORS = 32 };
    return values[DAM__PANEL_ROWS] * values[DAM__PANEL_VECTORS] <= MOST_ACCUMULATORS;
}

/* Names and meanings are CLBlast's; GEMMK = 1 is left out: it is wrong in some versions. */
enum { GEMMK, KREG, KWG, KWI, MDIMA, MDIMC, MWG, NDIMB, NDIMC, NWG, SA, SB, STRM, STRN, VWM, VWN };
static const dam__tunable xgemm[] = {
    [GEMMK] = {"GEMMK", VALUES(0)},
    [KREG] = {"KREG", VALUES(1)},
    [KWG] = {"KWG", VALUES(16, 32, 64)},
    [KWI] = {"KWI", VALUES(1, 2, 4, 8)},
    [MDIMA] = {"MDIMA", VALUES(4, 8, 16, 32)},
    [MDIMC] = {"MDIMC", VALUES(4, 8, 16, 32)},
    [MWG] = {"MWG", VALUES(16, 32, 64, 128, 256)},
    [NDIMB] = {"NDIMB", VALUES(4, 8, 16, 32)},
    [NDIMC] = {"NDIMC", VALUES(4, 8, 16, 32)},
    [NWG] = {"NWG", VALUES(16, 32, 64, 128, 256)},
    [SA] = {"SA", VALUES(0, 1)},
    [SB] = {"SB", VALUES(0, 1)},
    [STRM] = {"STRM", VALUES(0, 1)},
    [STRN] = {"STRN", VALUES(0, 1)},
    [VWM] = {"VWM", VALUES(1, 2, 4, 8)},
    [VWN] = {"VWN", VALUES(1, 2, 4, 8)},
};

/* The constraints of CLBlast's own tuner (src/tuning/kernels/xgemm.hpp). */
static bool xgemm_fits(const int *v)
{
    int threads = v[MDIMC] * v[NDIMC];
    return v[KWG] % v[KWI] == 0 && v[MWG] % (v[MDIMC] * v[VWM]) == 0 &&
           v[NWG] % (v[NDIMC] * v[VWN]) == 0 && v[MWG] % (v[MDIMA] * v[VWM]) == 0 &&
           v[NWG] % (v[NDIMB] * v[VWN]) == 0 && threads % v[MDIMA] == 0 &&
           threads % v[NDIMB] == 0 && v[KWG] % (threads / v[MDIMA]) == 0 &&
           v[KWG] % (threads / v[NDIMB]) == 0;
}

enum { KWID, MDIMAD, MDIMCD, NDIMBD, NDIMCD, PADA, PADB, VWMD, VWND, WGD };
static const dam__tunable xgemm_direct[] = {
    [KWID] = {"KWID", VALUES(2, 4, 8, 16)},
    [MDIMAD] = {"MDIMAD", VALUES(4, 8, 16, 32)},
    [MDIMCD] = {"MDIMCD", VALUES(4, 8, 16, 32)},
    [NDIMBD] = {"NDIMBD", VALUES(4, 8, 16, 32)},
    [NDIMCD] = {"NDIMCD", VALUES(4, 8, 16, 32)},
    [PADA] = {"PADA", VALUES(0, 1)},
    [PADB] = {"PADB", VALUES(0, 1)},
    [VWMD] = {"VWMD", VALUES(1, 2, 4, 8)},
    [VWND] = {"VWND", VALUES(1, 2, 4, 8)},
    [WGD] = {"WGD", VALUES(8, 16, 32, 64)},
};

/* Likewise (src/tuning/kernels/xgemm_direct.hpp). */
static bool xgemm_direct_fits(const int *v)
{
    int threads = v[MDIMCD] * v[NDIMCD];
    return v[WGD] % v[KWID] == 0 && v[WGD] % (v[MDIMCD] * v[VWMD]) == 0 &&
           v[WGD] % (v[NDIMCD] * v[VWND]) == 0 && v[WGD] % (v[MDIMAD] * v[VWMD]) == 0 &&
           v[WGD] % (v[NDIMBD] * v[VWND]) == 0 && threads % v[MDIMAD] == 0 &&
           threads % v[NDIMBD] == 0 && v[WGD] % (threads / v[MDIMAD]) == 0 &&
           v[WGD] % (threads / v[NDIMBD]) == 0;
}

static const dam__tunable xgemm_routine[] = {
    {"XGEMM_MIN_INDIRECT_SIZE", VALUES(1, 128, 256, 384, 512, 768, 1024, 2048)},
};

static const dam__tunable kernels[] = {
    [DAM__KERNEL_VECTOR_WIDTH] = {"lanes", VALUES(0, 2, 4, 8, 16)},
    [DAM__KERNEL_GROUP] = {"group", VALUES(0, 16, 32, 64, 128, 256)},
    [DAM__KERNEL_PARTS] = {"parts", VALUES(0, 8, 16, 32, 64, 128)},
    [DAM__KERNEL_VMF_CLASSES] = {"vmf.classes", VALUES(0, 4, 6, 8, 12, 16)},
    [DAM__KERNEL_ENERGY_CLASSES] = {"energy.classes", VALUES(0, 4, 6, 8, 10, 12)},
    [DAM__KERNEL_ENERGY_STATES] = {"energy.states", VALUES(0, 1, 2, 3, 4, 6, 8)},
    [DAM__KERNEL_ENERGY_VECTORS] = {"energy.vectors", VALUES(0, 1, 2, 3, 4)},
    [DAM__KERNEL_ENERGY_MEMORIES] = {"energy.memories", VALUES(0, 2, 4, 6, 8, 10, 12)},
};

/* clang-format off */ /* whose versions differ on braces in macros */
#define SPACE(NAME, CLBLAST, TUNABLES, FITS)                                                       \
    {                                                                                              \
        .name = (NAME), .clblast = (CLBLAST), .count = sizeof(TUNABLES) / sizeof *(TUNABLES),      \
        .tunables = (TUNABLES), .fits = (FITS)                                                     \
    }
/* clang-format on */

const dam__space dam__spaces[DAM__SPACES] = {
    [DAM__SPACE_PANEL] = SPACE("panel", NULL, panel, panel_fits),
    [DAM__SPACE_XGEMM] = SPACE("xgemm", "Xgemm", xgemm, xgemm_fits),
    [DAM__SPACE_XGEMM_DIRECT] =
        SPACE("xgemm_direct", "XgemmDirect", xgemm_direct, xgemm_direct_fits),
    [DAM__SPACE_XGEMM_ROUTINE] = SPACE("xgemm_routine", "GemmRoutine", xgemm_routine, NULL),
    [DAM__SPACE_KERNELS] = SPACE("kernels", NULL, kernels, NULL),
};

/* --- sets ------------------------------------------------------------------------------------- */

static bool is_value_of(const dam__tunable *tunable, int value)
{
    for (int i = 0; i < tunable->count; i++)
        if (tunable->values[i] == value)
            return true;
    return false;
}

bool dam__set_valid(dam__space_kind kind, const int *values)
{
    const dam__space *space = &dam__spaces[kind];
    for (int i = 0; i < space->count; i++)
        if (!is_value_of(&space->tunables[i], values[i]))
            return false;
    return space->fits == NULL || space->fits(values);
}

/* Work-items of a group, and reals of local memory that they share. */
static void measure_needs(dam__space_kind kind, const int *v, size_t *threads, size_t *reals)
{
    size_t w[DAM__MOST_TUNABLES];
    *threads = *reals = 0;
    for (int i = 0; i < DAM__MOST_TUNABLES; i++)
        w[i] = (size_t)v[i];
    if (kind == DAM__SPACE_XGEMM) {
        *threads = w[MDIMC] * w[NDIMC];
        *reals = w[KWG] * (w[SA] * w[MWG] + w[SB] * w[NWG]);
    } else if (kind == DAM__SPACE_XGEMM_DIRECT) {
        *threads = w[MDIMCD] * w[NDIMCD];
        *reals = w[WGD] * (2 * w[WGD] + w[PADA] + w[PADB]);
    } else if (kind == DAM__SPACE_KERNELS) {
        *threads = w[DAM__KERNEL_GROUP];
    }
}

dam_status dam__set_check(dam__space_kind kind, const dam__set *set, const dam_device_info *info,
                          bool wide)
{
    size_t threads = 0, reals = 0;
    if (!set->given)
        return DAM_OK;
    measure_needs(kind, set->values, &threads, &reals);
    if (threads > info->largest_work_group)
        return dam__fail(DAM_INPUT, "'%s' wants a work-group of %zu, more than the device's %zu",
                         dam__spaces[kind].name, threads, info->largest_work_group);
    reals *= wide ? sizeof(double) : sizeof(float);
    if (reals > info->local_memory)
        return dam__fail(DAM_INPUT, "'%s' wants %zu bytes of local memory, more than there are",
                         dam__spaces[kind].name, reals);
    return DAM_OK;
}

static int find_tunable(const dam__space *space, const char *name, size_t length)
{
    for (int i = 0; i < space->count; i++)
        if (strlen(space->tunables[i].name) == length &&
            memcmp(space->tunables[i].name, name, length) == 0)
            return i;
    return -1;
}

/* A whole number of few digits; *end is behind it. */
static bool read_number(const char *text, const char **end, int *value)
{
    enum { MOST = 100000000 };
    int number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && number < MOST; at++)
        number = number * 10 + (*at - '0');
    *end = at;
    *value = number;
    return at > text && number < MOST;
}

dam_status dam__set_parse(dam__space_kind kind, const char *text, dam__set *out)
{
    const dam__space *space = &dam__spaces[kind];
    bool seen[DAM__MOST_TUNABLES] = {false};
    dam__set set = {.given = true};
    int count = 0;
    while (*text == ' ')
        text++;
    while (*text != '\0') {
        size_t length = strcspn(text, "= ");
        int key = text[length] == '=' ? find_tunable(space, text, length) : -1;
        if (key < 0 || seen[key])
            return dam__fail(DAM_INPUT, "'%.*s' is no parameter of '%s', or stands there twice",
                             (int)strcspn(text, " "), text, space->name);
        const char *value = text + length + 1;
        if (!read_number(value, &text, &set.values[key]) || (*text != ' ' && *text != '\0') ||
            !is_value_of(&space->tunables[key], set.values[key]))
            return dam__fail(DAM_INPUT, "'%s' cannot be '%.*s'", space->tunables[key].name,
                             (int)strcspn(value, " "), value);
        seen[key] = true;
        count++;
        while (*text == ' ')
            text++;
    }
    if (count < space->count)
        return dam__fail(DAM_INPUT, "'%s' has %d of its %d parameters", space->name, count,
                         space->count);
    if (!dam__set_valid(kind, set.values))
        return dam__fail(DAM_INPUT, "the parameters of '%s' do not go together", space->name);
    *out = set;
    return DAM_OK;
}

void dam__set_print(dam__space_kind kind, const dam__set *set, dam__text *out)
{
    const dam__space *space = &dam__spaces[kind];
    for (int i = 0; i < space->count; i++)
        dam__text_append(out, "%s%s=%d", i > 0 ? " " : "", space->tunables[i].name, set->values[i]);
}

/* --- products --------------------------------------------------------------------------------- */

dam_status dam__product_parse(const char *text, dam__product_shape *out)
{
    int sizes[4] = {0}, count = 0;
    const char *at = text;
    bool right = (at[0] == 'n' || at[0] == 't') && (at[1] == 'n' || at[1] == 't') && at[2] == ' ';
    if (right)
        for (at += 3; right && count < 4; count++) {
            right = read_number(at, &at, &sizes[count]) && sizes[count] > 0 &&
                    *at == (count < 3 ? 'x' : '\0');
            at += count < 3;
        }
    if (!right)
        return dam__fail(DAM_INPUT, "'%.60s' is no product such as 'nt 1000x784x1000x1'", text);
    *out = (dam__product_shape){.a_transposed = text[0] == 't',
                                .b_transposed = text[1] == 't',
                                .m = sizes[0],
                                .n = sizes[1],
                                .k = sizes[2],
                                .count = sizes[3]};
    return DAM_OK;
}

void dam__product_print(const dam__product_shape *shape, dam__text *out)
{
    dam__text_append(out, "%c%c %dx%dx%dx%d", shape->a_transposed ? 't' : 'n',
                     shape->b_transposed ? 't' : 'n', shape->m, shape->n, shape->k, shape->count);
}

static double doublings(int a, int b)
{
    return fabs(log2((double)a / b));
}

double dam__product_distance(const dam__product_shape *a, const dam__product_shape *b)
{
    if (a->a_transposed != b->a_transposed || a->b_transposed != b->b_transposed)
        return INFINITY;
    return doublings(a->m, b->m) + doublings(a->n, b->n) + doublings(a->k, b->k) +
           doublings(a->count, b->count);
}

const dam__choice *dam__tuning_choice(const dam__tuning_part *part, const dam__product_shape *shape)
{
    const double alike = 2;
    const dam__choice *best = NULL;
    double least = alike;
    if (shape->m < 1 || shape->n < 1 || shape->k < 1)
        return NULL;
    for (int i = 0; i < part->count; i++) {
        double distance = dam__product_distance(&part->choices[i].shape, shape);
        if (distance <= least && (best == NULL || distance < least)) {
            best = &part->choices[i];
            least = distance;
        }
    }
    return best;
}

dam__tuning_part *dam__tuning_part_of(dam__tuning *tuning, dam__shape shape,
                                      dam__precision precision)
{
    return &tuning->parts[shape == DAM__SHAPE_GPU][precision == DAM__PRECISION_DOUBLE];
}
