#include "compute/select.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

const char *dam_device_type_name(dam_device_type type)
{
    switch (type) {
    case DAM_DEVICE_CPU:
        return "CPU";
    case DAM_DEVICE_GPU:
        return "GPU";
    case DAM_DEVICE_ACCELERATOR:
        return "accelerator";
    case DAM_DEVICE_OTHER:
        break;
    }
    return "other";
}

/* --- the default ------------------------------------------------------------------------------ */

/* In descending order. */
typedef enum rank { RANK_GPU, RANK_ACCELERATOR, RANK_CPU, RANK_OTHER, RANK_SOFTWARE } rank;

/* Rasterizers and simulators on the CPU: correct but slow, whatever type they claim. */
static bool is_software(const dam_device_info *info)
{
    static const char *const names[] = {"llvmpipe",    "softpipe", "swrast",
                                        "swiftshader", "software", "oclgrind"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (dam__contains_nocase(info->name, names[i]))
            return true;
    return false;
}

static rank rank_of(const dam_device_info *info)
{
    if (is_software(info))
        return RANK_SOFTWARE;
    switch (info->type) {
    case DAM_DEVICE_GPU:
        return RANK_GPU;
    case DAM_DEVICE_ACCELERATOR:
        return RANK_ACCELERATOR;
    case DAM_DEVICE_CPU:
        return RANK_CPU;
    case DAM_DEVICE_OTHER:
        break;
    }
    return RANK_OTHER;
}

static uint64_t power(const dam_device_info *info)
{
    /* A driver that does not report its clock is assumed to run at 1 GHz. */
    enum { GUESSED_MHZ = 1000 };
    return (uint64_t)info->compute_units * (info->clock != 0 ? info->clock : GUESSED_MHZ);
}

/* Whether a is a better default than b; equals keep their order. */
static bool is_better(const dam_device_info *a, const dam_device_info *b)
{
    rank rank_a = rank_of(a), rank_b = rank_of(b);
    if (rank_a != rank_b)
        return rank_a < rank_b;
    if (rank_a == RANK_CPU && a->native_float_width != b->native_float_width)
        return a->native_float_width > b->native_float_width;
    if (power(a) != power(b))
        return power(a) > power(b);
    return a->global_memory > b->global_memory;
}

/* Index of the best usable device, or count. */
static size_t best_device(const dam_device_info *infos, size_t count)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        if (infos[i].usable && (best == count || is_better(&infos[i], &infos[best])))
            best = i;
    return best;
}

static const char *default_reason(const dam_device_info *infos, size_t count, size_t best)
{
    rank kind = rank_of(&infos[best]);
    size_t alike = 0;
    for (size_t i = 0; i < count; i++)
        alike += infos[i].usable && rank_of(&infos[i]) == kind;
    switch (kind) {
    case RANK_GPU:
        return alike == 1 ? "the only GPU" : "the GPU with the most compute units x clock";
    case RANK_ACCELERATOR:
        return alike == 1 ? "no GPU; the only accelerator"
                          : "no GPU; the accelerator with the most compute units x clock";
    case RANK_CPU:
        return alike == 1 ? "no GPU; the only CPU driver" : "no GPU; the widest CPU driver";
    case RANK_OTHER:
        return "neither a GPU nor a CPU driver; the best of the others";
    case RANK_SOFTWARE:
        break;
    }
    return "neither a GPU nor a CPU driver; this one is emulated and slow";
}

static const char *environment_selector(void)
{
    const char *selector = getenv("DENSEAM_DEVICE");
    return selector != NULL && selector[0] != '\0' ? selector : NULL;
}

void dam__mark_default(dam_device_info *infos, size_t count)
{
    for (size_t i = 0; i < count; i++)
        infos[i].is_default = false;
    size_t index = 0;
    if (dam_device_select(infos, count, NULL, &index) != DAM_OK)
        return;
    dam_device_info *info = &infos[index];
    info->is_default = true;
    const char *wanted = environment_selector();
    if (wanted != NULL)
        (void)snprintf(info->reason, sizeof info->reason, "DENSEAM_DEVICE=%s", wanted);
    else
        (void)snprintf(info->reason, sizeof info->reason, "%s",
                       default_reason(infos, count, index));
}

/* --- selectors -------------------------------------------------------------------------------- */

typedef enum request_kind { BY_INDEX, BY_PLACE, BY_TYPE, BY_NAME } request_kind;

/* A selector, read. */
typedef struct request {
    request_kind kind;
    const char *text;
    unsigned long first, second; /* of BY_INDEX and BY_PLACE */
    dam_device_type type;        /* of BY_TYPE */
} request;

/* Reads decimal digits and moves *at past them; values that do not fit become ULONG_MAX. */
static bool take_number(const char **at, unsigned long *value)
{
    if (!isdigit((unsigned char)**at))
        return false;
    char *end = NULL;
    *value = strtoul(*at, &end, 10);
    *at = end;
    return true;
}

static request read_selector(const char *text)
{
    request r = {.kind = BY_NAME, .text = text};
    const char *at = text;
    if (take_number(&at, &r.first)) {
        if (*at == '\0')
            r.kind = BY_INDEX;
        else if (*at++ == ':' && take_number(&at, &r.second) && *at == '\0')
            r.kind = BY_PLACE;
    } else if (strcasecmp(text, "gpu") == 0 || strcasecmp(text, "cpu") == 0) {
        r.kind = BY_TYPE;
        r.type = strcasecmp(text, "gpu") == 0 ? DAM_DEVICE_GPU : DAM_DEVICE_CPU;
    }
    return r;
}

static bool matches(const request *r, const dam_device_info *info)
{
    switch (r->kind) {
    case BY_INDEX:
        return r->first == (unsigned long)info->index;
    case BY_PLACE:
        return r->first == (unsigned long)info->platform_index &&
               r->second == (unsigned long)info->platform_device;
    case BY_TYPE:
        return info->type == r->type;
    case BY_NAME:
        break;
    }
    return dam__contains_nocase(info->name, r->text);
}

/*
 * Of several matches, how well this one fits: a device that can be used goes before one that
 * cannot, a driver before a rasterizer ("cpu"), a whole name before a part ("RTX 3090" and "RTX
 * 3090 Ti").
 */
static int fitness(const request *r, const dam_device_info *info)
{
    int fit = info->usable ? 4 : 0;
    if (r->kind == BY_TYPE && !is_software(info))
        fit += 2;
    if (r->kind == BY_NAME && strcasecmp(info->name, r->text) == 0)
        fit += 1;
    return fit;
}

/* "0 (0:0) PoCL; 1 (1:0) llvmpipe", of the devices that fit that well, or of all with NULL. */
static void list_devices(dam__text *text, const dam_device_info *infos, size_t count,
                         const request *r, int fit)
{
    for (size_t i = 0; i < count; i++) {
        const dam_device_info *info = &infos[i];
        if (r != NULL && (!matches(r, info) || fitness(r, info) != fit))
            continue;
        dam__text_append(text, "%s%d (%d:%d) %s%s%s", text->length > 0 ? "; " : "", info->index,
                         info->platform_index, info->platform_device, info->name,
                         info->usable ? "" : ", not usable: ", info->usable ? "" : info->reason);
    }
}

static dam_status select_named(const dam_device_info *infos, size_t count, const char *wanted,
                               const char *origin, size_t *index)
{
    dam_status status = DAM_OK;
    dam__text list = {0};
    request r = read_selector(wanted);
    size_t found = 0, at = 0;
    int best = -1;
    if (wanted[0] == '\0')
        DAM_FAIL(DAM_USAGE, "%s '': give an index, P:D, a part of a name, gpu or cpu", origin);
    for (size_t i = 0; i < count; i++) {
        if (!matches(&r, &infos[i]))
            continue;
        int fit = fitness(&r, &infos[i]);
        if (fit > best) {
            best = fit;
            found = 0;
            at = i;
        }
        found += fit == best;
    }
    if (found == 0) {
        list_devices(&list, infos, count, NULL, 0);
        DAM_TRY_CLEANUP(dam__text_status(&list));
        DAM_FAIL(DAM_NO_DEVICE, "%s '%s' matches no device; there are: %s", origin, wanted,
                 list.data);
    }
    if (found > 1) {
        list_devices(&list, infos, count, &r, best);
        DAM_TRY_CLEANUP(dam__text_status(&list));
        DAM_FAIL(DAM_USAGE, "%s '%s' matches %zu devices, choose one by its index: %s", origin,
                 wanted, found, list.data);
    }
    if (!infos[at].usable)
        DAM_FAIL(DAM_NO_DEVICE, "device %d (%s) is not usable: %s", infos[at].index, infos[at].name,
                 infos[at].reason);
    *index = at;
cleanup:
    dam__text_free(&list);
    return status;
}

dam_status dam_device_select(const dam_device_info *infos, size_t count, const char *selector,
                             size_t *index)
{
    dam_status status = DAM_OK;
    dam__text list = {0};
    if (count == 0)
        DAM_FAIL(DAM_NO_DEVICE, "there is no OpenCL device to choose from");
    if (selector != NULL)
        return select_named(infos, count, selector, "device", index);
    if (environment_selector() != NULL)
        return select_named(infos, count, environment_selector(), "DENSEAM_DEVICE", index);
    size_t best = best_device(infos, count);
    if (best == count) {
        list_devices(&list, infos, count, NULL, 0);
        DAM_TRY_CLEANUP(dam__text_status(&list));
        DAM_FAIL(DAM_NO_DEVICE, "no usable OpenCL device among %zu: %s", count, list.data);
    }
    *index = best;
cleanup:
    dam__text_free(&list);
    return status;
}
