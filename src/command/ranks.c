#include "command/ranks.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/notice.h"
#include "base/text.h"
#include "command/failure.h"
#include "compute/opencl_device.h"
#include "denseam/device.h"

/* --- threads ------------------------------------------------------------------------------------ */

/* Of the processors that this process may use, its share: all where mpirun has bound it to its own.
 */
static long own_processors(int locals)
{
    cpu_set_t set;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    long usable = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : online;
    long share = online / locals;
    long own = usable < share ? usable : share;
    return own > 0 ? own : 1;
}

/* PoCL takes a thread for every processor of the machine, whoever else works there. */
static void share_processors(int locals)
{
    char threads[32];
    (void)snprintf(threads, sizeof threads, "%ld", own_processors(locals));
    (void)setenv("POCL_MAX_PTHREAD_COUNT", threads, 0);
    (void)setenv("POCL_CPU_MAX_CU_COUNT", threads, 0); /* its name since PoCL 5 */
}

dam_status ranks_begin(dam__comm **out)
{
    DAM_TRY(dam__comm_open(out));
    if (*out != NULL && (*out)->local_size > 1)
        share_processors((*out)->local_size);
    return DAM_OK;
}

/* --- devices ------------------------------------------------------------------------------------ */

/* Of how many devices, which one; DAM_USAGE where that is another rank's already. */
static dam_status choose(const dam__comm *comm, int devices, bool share, int *out)
{
    if (comm->local_rank >= devices && !share)
        return dam__fail(DAM_USAGE,
                         "%d ranks are on this machine, but it has %d device%s for them; start "
                         "fewer, or give --share-device",
                         comm->local_size, devices, devices == 1 ? "" : "s");
    *out = comm->local_rank % devices;
    return DAM_OK;
}

/* Item `index` of a list with commas, without the blanks round it. */
static dam_status list_item(const char *list, int index, char **out)
{
    for (; index > 0; index--)
        list = strchr(list, ',') + 1;
    list += strspn(list, " ");
    int length = (int)strcspn(list, ",");
    while (length > 0 && list[length - 1] == ' ')
        length--;
    return dam__format(out, "%.*s", length, list);
}

static dam_status choose_listed(const dam__comm *comm, const char *list, bool share, char **out)
{
    int devices = 1, own = 0;
    for (const char *at = list; (at = strchr(at, ',')) != NULL; at++)
        devices++;
    DAM_TRY(choose(comm, devices, share, &own));
    return list_item(list, own, out);
}

/* All GPUs that are usable, in the order of `denseam devices`; else the default alone. */
static dam_status choose_any(const dam__comm *comm, bool share, char **out)
{
    dam_status status = DAM_OK;
    dam_device_info *infos = NULL;
    size_t count = 0, first = 0;
    int devices = 0, own = 0;
    DAM_TRY_CLEANUP(dam_device_list(&infos, &count));
    DAM_TRY_CLEANUP(dam_device_select(infos, count, NULL, &first));
    bool all = infos[first].type == DAM_DEVICE_GPU;
    for (size_t i = 0; i < count; i++)
        if (i == first || (all && infos[i].usable && infos[i].type == DAM_DEVICE_GPU))
            infos[devices++].index = infos[i].index;
    DAM_TRY_CLEANUP(choose(comm, devices, share, &own));
    DAM_TRY_CLEANUP(dam__format(out, "%d", infos[own].index));
cleanup:
    free(infos);
    return status;
}

dam_status ranks_device(const dam__comm *comm, const char *wanted, bool share, char **selector)
{
    const char *usual = getenv("DENSEAM_DEVICE");
    if (comm == NULL) /* who opens the device looks into the environment, and says so */
        return wanted != NULL ? dam__format(selector, "%s", wanted) : DAM_OK;
    if (wanted == NULL && usual != NULL && usual[0] != '\0')
        wanted = usual;
    return wanted != NULL ? choose_listed(comm, wanted, share, selector)
                          : choose_any(comm, share, selector);
}

dam_status ranks_tell_device(dam__comm *comm, const char *device, const dam_log *log)
{
    enum { NAME = 128 };
    dam_status status = DAM_OK;
    char own[NAME] = "", *all = NULL;
    if (comm == NULL)
        return DAM_OK;
    (void)snprintf(own, sizeof own, "%s", device);
    DAM_TRY_CLEANUP(dam__alloc((size_t)comm->size, NAME, &all));
    DAM_TRY_CLEANUP(dam__comm_gather(comm, own, NAME, all));
    for (int rank = 0; rank < comm->size && comm->rank == 0; rank++)
        dam__info(log, "rank %d of %d: %s", rank, comm->size, all + (size_t)rank * NAME);
cleanup:
    free(all);
    return status;
}

/* --- the end ------------------------------------------------------------------------------------ */

dam_status ranks_agree(dam__comm *comm, dam_status status)
{
    int *all = NULL, code = (int)status, teller = 0;
    if (comm == NULL)
        return status;
    DAM_TRY_CLEANUP(dam__alloc((size_t)comm->size, sizeof *all, &all));
    DAM_TRY_CLEANUP(dam__comm_gather(comm, &code, sizeof code, all));
    while (teller < comm->size && all[teller] == DAM_OK)
        teller++;
    if (teller == comm->size)
        goto cleanup;
    status = (dam_status)all[teller];
    /* Now: once any rank has ended by such a code, mpirun ends those that have yet to speak. */
    if (teller == comm->rank)
        report_failure(teller > 0 ? dam__fail_within(status, "rank %d", teller) : status);
    status = dam__advise(DAM__ADVICE_TOLD, dam__fail(status, "rank %d has failed", teller));
cleanup:
    free(all);
    return status;
}

dam_status ranks_end(dam__comm *comm, dam_status status)
{
    if (comm == NULL)
        return status;
    if (status == DAM_OK || status == DAM_INTERRUPTED || status == DAM_DIVERGED)
        return ranks_agree(comm, status);
    report_failure(comm->rank > 0 ? dam__fail_within(status, "rank %d", comm->rank) : status);
    dam__comm_abort(comm, (int)status);
    return status;
}
