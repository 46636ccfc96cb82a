/* Queries about energy models before one is made, and the checks of their presets. */
#include "compute/tuning.h"
#include "model/energy/energy_internal.h"
#include "model/energy/selftest_energy.h"
#include "model/energy/selftest_energy_split.h"
#include "model/selftest_splitter.h"

static dam_status check(const dam__model_config *config, const dam__model_setting *setting)
{
    const dam__energy_config *energy = &config->energy;
    if (energy->rule == DAM__RULE_SHIFT && energy->interaction.kind != DAM__INTERACTION_EXP)
        return dam__fail(DAM_USAGE, "model.rule = \"shift\" is for model.interaction = \"exp\" "
                                    "alone; take \"modified\"");
    if ((energy->temperature_to > 0) != (energy->temperature_epochs > 0))
        return dam__fail(DAM_USAGE,
                         "model.temperature_to and model.temperature_epochs, the end of the ramp "
                         "and its length, go together; give both or leave out both");
    if (setting->grow->to > 0 && energy->interaction.kind != DAM__INTERACTION_POLY &&
        energy->interaction.kind != DAM__INTERACTION_RECT)
        return dam__fail(
            DAM_USAGE,
            "grow.to = %d: memories of model.interaction = \"leaky\" and \"exp\" have "
            "no halves, since F is no power; take \"rect\" or \"poly\", or set grow.to = "
            "0",
            setting->grow->to);
    return DAM_OK;
}

/* --- what it learns ------------------------------------------------------------------------------- */

static bool compares(const dam__model_config *config)
{
    return config->energy.task == DAM__TASK_CLASSIFY;
}

static bool stores(const dam__model_config *config)
{
    return config->energy.task == DAM__TASK_STORE;
}

static dam__input input(const dam__model_config *config, int classes)
{
    if (stores(config))
        return (dam__input){.states = true};
    return (dam__input){.states = true,
                        .classes = classes,
                        .shows_label = config->energy.targets == DAM__TARGETS_VISIBLE};
}

static int classes(const dam__model_config *config, const dam__dataset *set)
{
    return compares(config) ? set->classes : 0;
}

static const char *loss_words(const dam__model_config *config)
{
    return compares(config) ? "loss (per neuron)" : "loss of a neuron";
}

/* --- side by side --------------------------------------------------------------------------------- */

/* Patterns that are stored all at once are in one batch. */
static bool side_by_side(const dam__model_config *config, int batch, const dam__dataset *set,
                         bool own_sets)
{
    (void)own_sets;
    return stores(config) && batch >= 0 && (size_t)batch >= set->count;
}

static dam__replica replica(const dam__model_config *config, int dim, uint64_t seed, double rate)
{
    const dam__energy_config *energy = &config->energy;
    return (dam__replica){.seed = seed,
                          .rate = rate,
                          .temperature = dam__energy_temperature(energy, energy->temperature, dim),
                          .temperature_to = energy->temperature_to,
                          .leak = energy->interaction.leak};
}

static void take_replica(const dam__replica *replica, dam__model_config *config, double *rate)
{
    config->energy.temperature = replica->temperature;
    config->energy.temperature_to = replica->temperature_to;
    config->energy.interaction.leak = replica->leak;
    *rate = replica->rate;
}

/* --- recall --------------------------------------------------------------------------------------- */

static dam__interaction interaction(const dam__model_config *config)
{
    return config->energy.interaction;
}

/* Of memories that were learned, that of their learning at the end of its ramp; of others, that of
 * equation 4. */
static double scale(const dam__model_config *config, const dam__interaction *of, size_t neurons,
                    bool learned)
{
    const dam__energy_config *energy = &config->energy;
    bool shifts = learned && energy->rule == DAM__RULE_SHIFT;
    if (shifts || (!learned && of->kind == DAM__INTERACTION_EXP))
        return energy->sharpness;
    if (!learned || energy->rule == DAM__RULE_ORIGINAL)
        return 1;
    double given = energy->temperature_to > 0 ? energy->temperature_to : energy->temperature;
    return 1 / ((double)neurons * dam__energy_temperature(energy, given, (int)neurons));
}

static const dam__recall_ops recall = {.interaction = interaction, .scale = scale};

/* --- the type ------------------------------------------------------------------------------------- */

static const dam__selftest_case *const selftests[] = {dam__selftest_energy_cases,
                                                      dam__selftest_splitter_cases,
                                                      dam__selftest_energy_split_cases, NULL};

const dam__model_type dam__energy_type = {
    .name = "energy",
    .ops = &dam__energy_ops,
    .create = dam__energy_create,
    .check = check,
    .input = input,
    .classes = classes,
    .neurons = dam__energy_neurons,
    .stores = stores,
    .loss_unit = "/neuron",
    .loss_words = loss_words,
    .formula = "x: states +1 and -1, then -1 for each neuron of a class; S = memories x; "
               "E(x) = -sum over mu of F(b S[mu]), F by model.interaction and model.exponent; the "
               "class is the neuron whose flip lowers E most, S[mu] then being S[mu] + 2 "
               "memories[mu, i]; a model of model.task = store has no such neurons",
    .compares = compares,
    .score = "confidence",
    .side_by_side = side_by_side,
    .replica = replica,
    .take_replica = take_replica,
    .recall = &recall,
    .selftests = selftests,
    .rules = 1u << DAM__RULE_MAX_NORM,
    .tuned_by = 1u << DAM__KERNEL_VECTOR_WIDTH | 1u << DAM__KERNEL_GROUP | 1u << DAM__KERNEL_PARTS |
                1u << DAM__KERNEL_ENERGY_CLASSES | 1u << DAM__KERNEL_ENERGY_STATES |
                1u << DAM__KERNEL_ENERGY_VECTORS | 1u << DAM__KERNEL_ENERGY_MEMORIES,
};
