/* Whether the ranks of a training would compute the same bits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "run/job.h"

/* What must be the same at all ranks. Zeros behind each text, so that bytes can be compared. */
struct facts {
    char device[128], platform[128], driver[128], gemm[16], tuning[DAM__DIGEST_HEX];
    double samples, features;
    uint64_t numbers; /* of the samples */
    int shape, vector_width, chunk;
};

/* Of numbers and labels here and there, which tells one file from another (FNV-1a). */
static uint64_t hash_set(const dam__dataset *set)
{
    enum { LOOKS = 4096 };
    uint64_t hash = 0xcbf29ce484222325;
    size_t items = dam__array_items(&set->samples);
    for (size_t look = 0; look < LOOKS && items > 0; look++) {
        double number = dam__array_at(&set->samples, look * (items / LOOKS + 1) % items);
        uint64_t bits = 0;
        memcpy(&bits, &number, sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3;
        if (set->labels != NULL)
            hash = (hash ^ (uint64_t)set->labels[look * 7919 % set->count]) * 0x100000001b3;
    }
    return hash;
}

static struct facts facts_of(const dam__device *device, const char *gemm)
{
    const dam_device_info *info = dam__device_facts(device);
    struct facts facts;
    memset(&facts, 0, sizeof facts);
    (void)snprintf(facts.device, sizeof facts.device, "%s", info->name);
    (void)snprintf(facts.platform, sizeof facts.platform, "%s", info->platform);
    (void)snprintf(facts.driver, sizeof facts.driver, "%s", info->driver);
    (void)snprintf(facts.gemm, sizeof facts.gemm, "%s", gemm);
    (void)snprintf(facts.tuning, sizeof facts.tuning, "%s", dam__device_tuning_digest(device));
    facts.shape = (int)dam__device_shape(device);
    facts.vector_width = dam__vector_width(device);
    return facts;
}

static dam_status compare(const struct facts *first, const struct facts *other, int rank)
{
    if (first->samples != other->samples || first->features != other->features)
        return dam__fail(DAM_INPUT,
                         "rank %d has %.0f samples of %.0f features, but rank 0 has %.0f of %.0f; "
                         "all need the same files",
                         rank, other->samples, other->features, first->samples, first->features);
    if (first->numbers != other->numbers)
        return dam__fail(DAM_INPUT,
                         "the samples of rank %d have other numbers than those of rank 0; all need "
                         "the same files",
                         rank);
    if (strcmp(first->tuning, other->tuning) != 0)
        return dam__fail(DAM_USAGE,
                         "rank %d has another tuning of its device than rank 0; give all the same "
                         "file, or none",
                         rank);
    if (first->chunk != other->chunk)
        return dam__fail(DAM_NO_MEMORY,
                         "rank %d has memory for %d samples at once, rank 0 for %d; raise "
                         "train.shards, or lower train.batch or model.memories",
                         rank, other->chunk, first->chunk);
    return dam__fail(DAM_USAGE,
                     "rank %d has the device '%s' (%s, %s, products by %s), but rank 0 '%s' (%s, "
                     "%s, %s): their results would differ",
                     rank, other->device, other->platform, other->driver, other->gemm,
                     first->device, first->platform, first->driver, first->gemm);
}

static dam_status compare_ranks(dam__comm *comm, const struct facts *own)
{
    dam_status status = DAM_OK;
    struct facts *all = NULL;
    int ranks = dam__comm_size(comm);
    DAM_TRY_CLEANUP(dam__alloc((size_t)ranks, sizeof *all, &all));
    DAM_TRY_CLEANUP(dam__comm_gather(comm, own, sizeof *own, all));
    for (int rank = 1; rank < ranks; rank++)
        if (memcmp(&all[0], &all[rank], sizeof *own) != 0)
            DAM_TRY_CLEANUP(compare(&all[0], &all[rank], rank));
cleanup:
    free(all);
    return status;
}

dam_status dam__ranks_compare_devices(dam__comm *comm, const dam__device *device, const char *gemm)
{
    if (comm == NULL)
        return DAM_OK;
    const struct facts own = facts_of(device, gemm);
    return compare_ranks(comm, &own);
}

dam_status dam__job_compare_ranks(const dam__job *job)
{
    if (job->comm == NULL)
        return DAM_OK;
    struct facts own = facts_of(job->device, dam__trainer_gemm(job->trainer));
    own.numbers = hash_set(job->set);
    own.samples = (double)job->set->count;
    own.features = (double)job->set->features;
    own.chunk = dam__trainer_chunk(job->trainer);
    return compare_ranks(job->comm, &own);
}
