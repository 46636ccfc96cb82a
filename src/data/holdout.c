#include "data/holdout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/random.h"
#include "data/pick.h"

/* A sample in the order that it is drawn in. */
typedef struct draw {
    int32_t group; /* its class, or 0 for all */
    uint64_t key;  /* random */
    size_t index;
} draw;

bool dam__holdout_is_drawn(dam__holdout holdout)
{
    return holdout == DAM__HOLDOUT_SHUFFLED || holdout == DAM__HOLDOUT_STRATIFIED;
}

dam_status dam__holdout_count(const dam__dataset *set, size_t held, size_t **counts)
{
    DAM_TRY(dam__alloc(2 * (size_t)set->classes + 2, sizeof **counts, counts));
    for (size_t i = 0; i < set->count; i++) {
        size_t label = (size_t)set->labels[i];
        if (set->labels[i] < 0 || set->labels[i] >= set->classes)
            continue;
        (*counts)[2 * label]++;
        (*counts)[2 * label + 1] += i >= set->count - held;
    }
    return DAM_OK;
}

/* --- auto ------------------------------------------------------------------------------------- */

/* Whether each class stands in one piece, as in a file that is sorted by its labels. */
static bool is_sorted(const dam__dataset *set, const size_t *counts)
{
    size_t changes = 0, classes = 0;
    for (size_t c = 0; c < (size_t)set->classes; c++)
        classes += counts[2 * c] > 0;
    for (size_t i = 1; i < set->count; i++)
        changes += set->labels[i] != set->labels[i - 1];
    return classes > 1 && changes == classes - 1 && set->count >= 2 * classes;
}

/* Whether more classes are in one part only than chance would leave there. */
static bool is_lopsided(const dam__dataset *set, double share, const size_t *counts)
{
    double missing = 0, expected = 0;
    for (size_t c = 0; c < (size_t)set->classes; c++) {
        size_t all = counts[2 * c], end = counts[2 * c + 1];
        if (all == 0)
            continue;
        missing += (end == 0) + (end == all);
        expected += pow(1 - share, (double)all) + pow(share, (double)all);
    }
    return missing > expected + 4 * sqrt(expected);
}

static dam_status choose(const dam__data_config *config, const dam__dataset *set, size_t held,
                         dam__holdout *out)
{
    size_t *counts = NULL;
    *out = (dam__holdout)config->split;
    if (*out == DAM__HOLDOUT_STRATIFIED && set->labels == NULL)
        *out = DAM__HOLDOUT_SHUFFLED;
    if (*out != DAM__HOLDOUT_AUTO)
        return DAM_OK;
    *out = DAM__HOLDOUT_END;
    if (set->labels == NULL || set->classes < 2)
        return DAM_OK;
    DAM_TRY(dam__holdout_count(set, held, &counts));
    double share = (double)held / (double)set->count;
    if (is_sorted(set, counts) || is_lopsided(set, share, counts))
        *out = DAM__HOLDOUT_STRATIFIED;
    free(counts);
    return DAM_OK;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const draw *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* The samples, group by group, each group in a random order. */
static dam_status draw_all(const dam__dataset *set, bool by_class, uint64_t seed, draw **draws)
{
    DAM_TRY(dam__alloc(set->count, sizeof **draws, draws));
    for (size_t i = 0; i < set->count; i++) {
        uint32_t words[4];
        dam__random_words(seed, DAM__STREAM_HOLDOUT, 0, i, words);
        (*draws)[i] = (draw){.group = by_class ? set->labels[i] : 0,
                             .key = (uint64_t)words[0] << 32 | words[1],
                             .index = i};
    }
    qsort(*draws, set->count, sizeof **draws, compare);
    return DAM_OK;
}

/* How many of a group to keep; its part of `held` is its size's share, rounded down at first. */
typedef struct quota {
    size_t size, taken;
    double rest; /* what rounding took from it */
} quota;

/* The group that rounding took most from; not one that would have nothing left to be trained on,
 * unless all would. */
static size_t most_owed(const quota *groups, size_t count)
{
    size_t best = count;
    for (int pass = 0; pass < 2 && best == count; pass++)
        for (size_t g = 0; g < count; g++)
            if (groups[g].taken + (pass == 0) < groups[g].size &&
                (best == count || groups[g].rest > groups[best].rest))
                best = g;
    return best;
}

/* Marks `held` samples, of each group the share that it has of all. */
static dam_status mark(const draw *draws, size_t count, size_t held, bool *marks)
{
    quota *groups = NULL;
    size_t group_count = 0, taken = 0, at = 0;
    DAM_TRY(dam__alloc(count, sizeof *groups, &groups));
    for (size_t i = 0; i < count; i++) {
        group_count += i == 0 || draws[i].group != draws[i - 1].group;
        groups[group_count - 1].size++;
    }
    for (size_t g = 0; g < group_count; g++) {
        double part = (double)groups[g].size * ((double)held / (double)count);
        groups[g].taken = (size_t)part;
        groups[g].rest = part - floor(part);
        taken += groups[g].taken;
    }
    for (; taken < held; taken++) {
        quota *owed = &groups[most_owed(groups, group_count)];
        owed->taken++;
        owed->rest -= 1;
    }
    for (size_t g = 0; g < group_count; at += groups[g++].size)
        for (size_t i = 0; i < groups[g].taken; i++)
            marks[draws[at + i].index] = true;
    free(groups);
    return DAM_OK;
}

/* order[i] = the sample that comes to place i: those that are not marked, then the others. */
static dam_status make_order(const dam__dataset *set, bool by_class, uint64_t seed, size_t held,
                             size_t **order)
{
    dam_status status = DAM_OK;
    draw *draws = NULL;
    bool *marks = NULL;
    size_t at = 0;
    DAM_TRY_CLEANUP(dam__alloc(set->count, sizeof **order, order));
    DAM_TRY_CLEANUP(dam__alloc(set->count, sizeof *marks, &marks));
    DAM_TRY_CLEANUP(draw_all(set, by_class, seed, &draws));
    DAM_TRY_CLEANUP(mark(draws, set->count, held, marks));
    for (int last = 0; last < 2; last++)
        for (size_t i = 0; i < set->count; i++)
            if (marks[i] == (last == 1))
                (*order)[at++] = i;
cleanup:
    free(draws);
    free(marks);
    return status;
}

/* --- the set ---------------------------------------------------------------------------------- */

/* Moves the samples along the cycles of the order, which it uses up. */
static dam_status move(dam__dataset *set, size_t *order)
{
    char *first = NULL, *data = set->samples.data;
    size_t bytes = set->features * dam__element_size(set->samples.element);
    DAM_TRY(dam__alloc(bytes, 1, &first));
    for (size_t start = 0; start < set->count; start++) {
        size_t to = start;
        if (order[start] == start)
            continue;
        int32_t label = set->labels != NULL ? set->labels[start] : 0;
        memcpy(first, data + start * bytes, bytes);
        for (size_t from = order[to]; from != start; from = order[to]) {
            memcpy(data + to * bytes, data + from * bytes, bytes);
            if (set->labels != NULL)
                set->labels[to] = set->labels[from];
            order[to] = to;
            to = from;
        }
        memcpy(data + to * bytes, first, bytes);
        if (set->labels != NULL)
            set->labels[to] = label;
        order[to] = to;
    }
    free(first);
    return DAM_OK;
}

/* *order is NULL where the samples stay. */
static dam_status find_order(const dam__data_config *config, uint64_t seed, const dam__dataset *set,
                             dam__holdout *holdout, size_t **order)
{
    size_t held = (size_t)((double)set->count * config->validation);
    *order = NULL;
    *holdout = DAM__HOLDOUT_AUTO;
    if (held == 0 || set->held > 0 || set->patches.size > 0)
        return DAM_OK;
    DAM_TRY(choose(config, set, held, holdout));
    if (!dam__holdout_is_drawn(*holdout))
        return DAM_OK;
    return make_order(set, *holdout == DAM__HOLDOUT_STRATIFIED, seed, held, order);
}

dam_status dam__holdout_arrange(const dam__data_config *config, uint64_t seed, dam__dataset *set)
{
    size_t *order = NULL;
    if (set->is_arranged)
        return DAM_OK;
    dam_status status = find_order(config, seed, set, &set->holdout, &order);
    set->holdout_is_auto = config->split == DAM__HOLDOUT_AUTO;
    if (status == DAM_OK && order != NULL)
        status = move(set, order);
    free(order);
    return status;
}

dam_status dam__holdout_arranged(const dam__data_config *config, uint64_t seed,
                                 const dam__dataset *set, dam__dataset *out)
{
    dam_status status = DAM_OK;
    size_t *order = NULL;
    dam__holdout holdout;
    *out = (dam__dataset){0};
    DAM_TRY_CLEANUP(find_order(config, seed, set, &holdout, &order));
    if (order == NULL)
        goto cleanup;
    DAM_TRY_CLEANUP(dam__dataset_pick(set, order, set->count, out));
    out->holdout = holdout;
    out->holdout_is_auto = config->split == DAM__HOLDOUT_AUTO;
cleanup:
    free(order);
    return status;
}
