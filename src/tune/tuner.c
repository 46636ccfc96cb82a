#include "tune/tuner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The share of the budget that is left when the search for products ends. */
static const double AFTER_PRODUCTS = 0.5;

static const double VIABLE = 0.2; /* of the other provider's rate: below it is not searched */
static const double ALIKE = 0.25; /* doublings between shapes that are measured as one */

enum { MOST_FOUND = 256, MOST_SETS = 6 };

/* A panel set that was measured, on products of one kind of transposition. */
typedef struct found {
    dam__set set; /* not given: the built-in one, on all products */
    int group;
    double shares[DAM__MOST_SHAPES];
} found;

typedef struct search {
    dam__tuner *tuner;
    const dam__tuner_evaluator *evaluator;
    found *panels;
    int panel_count;
    dam__gemm_provider other;              /* than panel: CLBlast, in a build with it */
    dam__set clblast[DAM__SPACES];         /* the best so far */
    double other_shares[DAM__MOST_SHAPES]; /* with it */
    uint32_t step;                         /* of the random walk */
} search;

static void note(const search *s, const char *line)
{
    if (s->evaluator->note != NULL)
        s->evaluator->note(s->evaluator->user, line);
}

static void note_of(const search *s, dam__gemm_provider provider, const char *what)
{
    char line[96];
    (void)snprintf(line, sizeof line, "products by %s%s", dam__gemm_provider_name(provider), what);
    note(s, line);
}

static bool goes_on(const search *s, double until)
{
    return s->evaluator->left(s->evaluator->user) > until;
}

void dam__tuner_add(dam__tuner *tuner, int preset, const dam__product_shape *shape)
{
    unsigned bit = 1u << (unsigned)preset;
    for (int i = 0; i < tuner->product_count; i++)
        if (dam__product_distance(&tuner->products[i].shape, shape) <= ALIKE) {
            tuner->products[i].presets |= bit;
            return;
        }
    if (tuner->product_count < DAM__MOST_SHAPES)
        tuner->products[tuner->product_count++] =
            (dam__tuned_product){.shape = *shape, .presets = bit};
}

/* --- products --------------------------------------------------------------------------------- */

/* Products of one kind of transposition share the programs that they need. */
enum { GROUPS = 4, ALL_GROUPS = -1 };

static int group_of(const dam__product_shape *shape)
{
    return 2 * shape->a_transposed + shape->b_transposed;
}

/* Shares of a group's products with the sets of a part; 0 of all others. */
static dam_status try_products(search *s, const dam__tuning_part *part, dam__gemm_provider provider,
                               int group, double *shares, dam__candidate_status *end)
{
    dam__product_shape shapes[DAM__MOST_SHAPES];
    double measured[DAM__MOST_SHAPES] = {0};
    int places[DAM__MOST_SHAPES];
    dam__tuner *tuner = s->tuner;
    size_t count = 0;
    for (int i = 0; i < tuner->product_count; i++) {
        shares[i] = 0;
        if (group != ALL_GROUPS && group_of(&tuner->products[i].shape) != group)
            continue;
        shapes[count] = tuner->products[i].shape;
        places[count++] = i;
    }
    dam_status status =
        s->evaluator->products(s->evaluator->user, part, provider, shapes, count, measured, end);
    tuner->candidates += *end != DAM__CANDIDATE_SKIPPED;
    tuner->refused += *end == DAM__CANDIDATE_REFUSED;
    /* Parameters that are wrong for one shape are not trusted for another. */
    for (size_t i = 0; i < count && *end == DAM__CANDIDATE_MEASURED; i++)
        shares[places[i]] = measured[i];
    return status;
}

/* B that is transposed is never read directly: such sets would be measured twice. */
static dam__set plain_for(const dam__set *set, int group)
{
    dam__set plain = *set;
    if (group % 2 == 1)
        plain.values[DAM__PANEL_DIRECT_B] = 0;
    return plain;
}

static dam_status try_panel(search *s, const dam__set *candidate, int group)
{
    dam__candidate_status end = DAM__CANDIDATE_SKIPPED;
    dam__tuning_part part = {0};
    const dam__set set = plain_for(candidate, group);
    for (int i = 0; i < s->panel_count; i++)
        if (s->panels[i].group == group &&
            memcmp(s->panels[i].set.values, set.values, sizeof set.values) == 0)
            return DAM_OK;
    if (s->panel_count == MOST_FOUND)
        return DAM_OK;
    found *out = &s->panels[s->panel_count];
    *out = (found){.set = set, .group = group};
    part.sets[DAM__SPACE_PANEL] = set;
    DAM_TRY(try_products(s, &part, DAM__GEMM_PANEL, group, out->shares, &end));
    s->panel_count += end != DAM__CANDIDATE_SKIPPED;
    return DAM_OK;
}

/* Both providers as they are built in. */
static dam_status measure_untuned(search *s)
{
    dam__tuner *tuner = s->tuner;
    const dam__tuning_part nothing = {0};
    dam__gemm_provider order[] = {tuner->usual,
                                  tuner->usual == DAM__GEMM_PANEL ? s->other : DAM__GEMM_PANEL};
    for (int i = 0; i < 2; i++) {
        double shares[DAM__MOST_SHAPES];
        dam__candidate_status end = DAM__CANDIDATE_SKIPPED;
        note_of(s, order[i], ", untuned");
        DAM_TRY(try_products(s, &nothing, order[i], ALL_GROUPS, shares, &end));
        for (int p = 0; p < tuner->product_count; p++)
            tuner->products[p].shares[order[i]] = shares[p];
    }
    s->panels[0] = (found){.group = ALL_GROUPS};
    for (int p = 0; p < tuner->product_count; p++) {
        s->panels[0].shares[p] = tuner->products[p].shares[DAM__GEMM_PANEL];
        s->other_shares[p] = tuner->products[p].shares[s->other];
    }
    s->panel_count = 1;
    return DAM_OK;
}

static double flops(const dam__product_shape *shape)
{
    return 2.0 * shape->m * shape->n * shape->k * shape->count;
}

/* The time of all products by a provider, in some unit; infinite where it fails in one. */
static double total_time(const dam__tuner *tuner, dam__gemm_provider provider)
{
    double sum = 0;
    for (int p = 0; p < tuner->product_count; p++)
        sum += flops(&tuner->products[p].shape) / tuner->products[p].shares[provider];
    return sum;
}

/* Whether a provider is worth a search beside the rival. */
static bool is_viable(const dam__tuner *tuner, dam__gemm_provider provider,
                      dam__gemm_provider rival)
{
    double time = total_time(tuner, provider);
    return isfinite(time) && VIABLE * time <= total_time(tuner, rival);
}

/* The best set so far for a product: an index into panels. */
static int best_panel(const search *s, int product)
{
    int best = 0;
    for (int i = 1; i < s->panel_count; i++)
        if (s->panels[i].shares[product] > s->panels[best].shares[product])
            best = i;
    return best;
}

/* A step of the random walk, from the best set of some product; curated sets stand in for the
 * built-in one, which is no set of the space. */
static dam_status walk(search *s)
{
    int product = (int)(s->step % (uint32_t)s->tuner->product_count);
    dam__set from = s->panels[best_panel(s, product)].set;
    if (!from.given)
        (void)dam__curated(DAM__SPACE_PANEL, 0, &from);
    const dam__set set = dam__neighbour(DAM__SPACE_PANEL, &from, s->step++);
    return try_panel(s, &set, group_of(&s->tuner->products[product].shape));
}

static dam_status search_panels(search *s, double until)
{
    dam__set set;
    bool wanted[GROUPS] = {false};
    for (int p = 0; p < s->tuner->product_count; p++)
        wanted[group_of(&s->tuner->products[p].shape)] = true;
    note(s, "tiles of the panel product");
    for (int i = 0; dam__curated(DAM__SPACE_PANEL, i, &set); i++)
        for (int group = 0; group < GROUPS; group++)
            if (wanted[group] && goes_on(s, until))
                DAM_TRY(try_panel(s, &set, group));
    /* A walk that finds only what it knows ends. */
    for (int idle = 0; goes_on(s, until) && idle < MOST_FOUND;) {
        int before = s->panel_count;
        DAM_TRY(walk(s));
        idle = s->panel_count > before ? 0 : idle + 1;
    }
    return DAM_OK;
}

/* Mean time over the products, in units of the best untuned provider's; infinite where some fail.
 */
static double cost(const search *s, const double *shares)
{
    double sum = 0;
    for (int p = 0; p < s->tuner->product_count; p++) {
        const double *untuned = s->tuner->products[p].shares;
        sum += fmax(untuned[DAM__GEMM_PANEL], untuned[s->other]) / shares[p];
    }
    return isnan(sum) ? INFINITY : sum / s->tuner->product_count;
}

static dam_status try_clblast(search *s, dam__space_kind kind, const dam__set *set)
{
    double shares[DAM__MOST_SHAPES];
    dam__candidate_status end = DAM__CANDIDATE_SKIPPED;
    dam__tuning_part part = {0};
    memcpy(part.sets, s->clblast, sizeof part.sets);
    part.sets[kind] = *set;
    DAM_TRY(try_products(s, &part, DAM__GEMM_CLBLAST, ALL_GROUPS, shares, &end));
    if (end == DAM__CANDIDATE_MEASURED && cost(s, shares) < DAM__WORTH * cost(s, s->other_shares)) {
        s->clblast[kind] = *set;
        memcpy(s->other_shares, shares, sizeof shares);
    }
    return DAM_OK;
}

/* A third of the time each for the large kernel, the small one, and the size between them. */
static dam_status search_clblast(search *s, double until)
{
    static const dam__space_kind kinds[] = {DAM__SPACE_XGEMM, DAM__SPACE_XGEMM_DIRECT,
                                            DAM__SPACE_XGEMM_ROUTINE};
    enum { KINDS = sizeof kinds / sizeof *kinds, MOST_STEPS = 64 };
    double begin = s->evaluator->left(s->evaluator->user);
    note(s, "parameters of CLBlast");
    for (int k = 0; k < KINDS; k++) {
        double end = begin + (until - begin) * (k + 1) / KINDS;
        dam__set set;
        for (int i = 0; dam__curated(kinds[k], i, &set) && goes_on(s, end); i++)
            DAM_TRY(try_clblast(s, kinds[k], &set));
        for (int i = 0; i < MOST_STEPS && goes_on(s, end); i++, s->step++) {
            if (kinds[k] == DAM__SPACE_XGEMM_ROUTINE || !s->clblast[kinds[k]].given)
                break;
            set = dam__neighbour(kinds[k], &s->clblast[kinds[k]], s->step);
            DAM_TRY(try_clblast(s, kinds[k], &set));
        }
    }
    return DAM_OK;
}

/* --- what is chosen --------------------------------------------------------------------------- */

/* The best of some sets for a product. */
static int best_of(const search *s, const int *sets, int count, int product)
{
    int best = sets[0];
    for (int i = 1; i < count; i++)
        if (s->panels[sets[i]].shares[product] * DAM__WORTH > s->panels[best].shares[product])
            best = sets[i];
    return best;
}

static double cost_of_sets(const search *s, const int *sets, int count)
{
    double shares[DAM__MOST_SHAPES];
    for (int p = 0; p < s->tuner->product_count; p++)
        shares[p] = s->panels[best_of(s, sets, count, p)].shares[p];
    return cost(s, shares);
}

/*
 * Each set is a program to compile: the built-in one, then always the one that gains most, until
 * nothing gains a hundredth.
 */
static int choose_sets(const search *s, int sets[MOST_SETS])
{
    const double least_gain = 0.99;
    int count = 1;
    sets[0] = 0;
    while (count < MOST_SETS) {
        double now = cost_of_sets(s, sets, count), best = now;
        int taken = -1;
        for (int i = 1; i < s->panel_count; i++) {
            sets[count] = i;
            double with = cost_of_sets(s, sets, count + 1);
            if (with < best) {
                best = with;
                taken = i;
            }
        }
        if (taken < 0 || !(best < least_gain * now))
            break;
        sets[count++] = taken;
    }
    return count;
}

static void choose(search *s)
{
    dam__tuner *tuner = s->tuner;
    int sets[MOST_SETS], count = choose_sets(s, sets);
    double times[DAM__GEMM_PROVIDERS] = {0};
    memcpy(tuner->part.sets, s->clblast, sizeof tuner->part.sets);
    for (int p = 0; p < tuner->product_count; p++) {
        dam__tuned_product *product = &tuner->products[p];
        const found *panel = &s->panels[best_of(s, sets, count, p)];
        double by_panel = panel->shares[p], by_other = s->other_shares[p];
        bool takes_panel = by_panel > 0 &&
                           (by_panel >= by_other ||
                            (tuner->usual == DAM__GEMM_PANEL && by_panel >= DAM__WORTH * by_other));
        product->best = takes_panel ? by_panel : by_other;
        if (product->best <= 0)
            continue;
        times[DAM__GEMM_PANEL] += flops(&product->shape) / by_panel;
        times[s->other] += flops(&product->shape) / by_other;
        tuner->part.choices[tuner->part.count++] =
            (dam__choice){.shape = product->shape,
                          .provider = takes_panel ? DAM__GEMM_PANEL : s->other,
                          .panel = takes_panel ? panel->set : (dam__set){0}};
    }
    if (tuner->part.count > 0)
        tuner->part.provider =
            times[DAM__GEMM_PANEL] <= times[s->other] ? DAM__GEMM_PANEL : s->other;
}

/* Tiled, which stands in for CLBlast in a build without it, has nothing to search. */
static dam_status search_products(search *s)
{
    bool panel = is_viable(s->tuner, DAM__GEMM_PANEL, s->other);
    bool other = is_viable(s->tuner, s->other, DAM__GEMM_PANEL);
    bool clblast = other && s->other == DAM__GEMM_CLBLAST;
    double now = s->evaluator->left(s->evaluator->user);
    if (panel)
        DAM_TRY(search_panels(s, clblast ? (now + AFTER_PRODUCTS) / 2 : AFTER_PRODUCTS));
    if (clblast)
        DAM_TRY(search_clblast(s, AFTER_PRODUCTS));
    if (!panel || !other)
        note_of(s, panel ? s->other : DAM__GEMM_PANEL,
                " failed or are over five times slower: not searched");
    return DAM_OK;
}

dam_status dam__tuner_run(dam__tuner *tuner, const dam__tuner_evaluator *evaluator)
{
    dam_status status = DAM_OK;
    search s = {.tuner = tuner, .evaluator = evaluator, .other = dam__gemm_for_gpus()};
    DAM_TRY_CLEANUP(dam__alloc(MOST_FOUND, sizeof *s.panels, &s.panels));
    if (tuner->product_count > 0) {
        DAM_TRY_CLEANUP(measure_untuned(&s));
        DAM_TRY_CLEANUP(search_products(&s));
        choose(&s);
    }
    DAM_TRY_CLEANUP(dam__tuner_steps(tuner, evaluator));
cleanup:
    free(s.panels);
    return status;
}
