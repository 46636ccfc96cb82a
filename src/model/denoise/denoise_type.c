/* Queries about denoisers before one is made, and the checks of their presets. */
#include "compute/tuning.h"
#include "model/denoise/denoise_internal.h"
#include "model/denoise/selftest_denoise.h"
#include "model/denoise/selftest_denoise_split.h"
#include "model/denoise/selftest_diagnose.h"
#include "model/selftest_splitter.h"

static dam_status check(const dam__model_config *config, const dam__model_setting *setting)
{
    const dam__denoise_config *denoise = &config->denoise;
    if (denoise->power > 1 && denoise->activation != DAM__ACTIVATION_RELU)
        return dam__fail(DAM_USAGE,
                         "model.power = %d is for model.activation = \"relu\" alone; leave it out",
                         denoise->power);
    if (denoise->algorithm == DAM__ALGORITHM_ADAM && setting->momentum > 0)
        return dam__fail(DAM_USAGE,
                         "train.momentum = %g is for train.optimizer = \"sgd\" alone; leave it out",
                         setting->momentum);
    if (denoise->centring == DAM__CENTRING_BATCH && setting->batch < 2)
        return dam__fail(DAM_USAGE,
                         "model.centring = \"batch\" needs train.batch of at least 2, not %d",
                         setting->batch);
    return DAM_OK;
}

static dam__input input(const dam__model_config *config, int classes)
{
    (void)config;
    (void)classes;
    return (dam__input){
        .plain = true, .indexed = true, .numbered = true, .full = true, .shared = true};
}

static const char *loss_words(const dam__model_config *config)
{
    (void)config;
    return "loss (half the MSE)";
}

/* What is measured of the samples, their standards and spectrum, is of one set for all. */
static bool side_by_side(const dam__model_config *config, int batch, const dam__dataset *set,
                         bool own_sets)
{
    (void)batch;
    return config->denoise.rates == DAM__RATES_SIZES && (set->standard || !own_sets);
}

/* eta0 is a factor of the learning rate, which is then 1. */
static dam__replica replica(const dam__model_config *config, int dim, uint64_t seed, double rate)
{
    (void)dim;
    return (dam__replica){.seed = seed, .rate = rate * config->denoise.eta0};
}

static void take_replica(const dam__replica *replica, dam__model_config *config, double *rate)
{
    config->denoise.eta0 = replica->rate;
    *rate = 1;
}

static const dam__selftest_case *const selftests[] = {
    dam__selftest_denoise_cases,
    dam__selftest_diagnose_cases,
    dam__selftest_splitter_cases,
    dam__selftest_denoise_split_cases,
    NULL,
};

const dam__model_type dam__denoise_type = {
    .name = "denoise",
    .ops = &dam__denoise_ops,
    .create = dam__denoise_create,
    .check = check,
    .input = input,
    .loss_unit = "/feature",
    .loss_words = loss_words,
    .formula = "x: (sample - mean) scale, both of standards; f(x) = s2 (sigma(s1 memories g(x) + "
               "inner_biases) - m)' memories + outer_biases; sigma by model.activation and "
               "model.power, g by model.bound and model.bound_at, m = activation_means where "
               "model.centring = batch, else 0; s1 and s2 "
               "by model.regime and the sizes (docs/models/denoise.md)",
    .zero_mse = dam__denoise_zero,
    .side_by_side = side_by_side,
    .replica = replica,
    .take_replica = take_replica,
    .relaxes = true,
    .transfers = true,
    .selftests = selftests,
    .rules = 1u << DAM__RULE_SGD | 1u << DAM__RULE_ADAM,
    .tuned_by = 1u << DAM__KERNEL_VECTOR_WIDTH | 1u << DAM__KERNEL_GROUP | 1u << DAM__KERNEL_PARTS,
};
