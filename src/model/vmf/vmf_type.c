/* Queries about vmf models before one is made, and the checks of their presets. */
#include <stdlib.h>

#include "base/memory.h"
#include "compute/tuning.h"
#include "model/task.h"
#include "model/vmf/selftest_grow.h"
#include "model/vmf/selftest_probe.h"
#include "model/vmf/selftest_vmf.h"
#include "model/vmf/vmf_internal.h"

/* --- presets -------------------------------------------------------------------------------------- */

static dam_status check_classes(const dam__vmf_config *vmf, const dam__model_config *config)
{
    dam_status status = DAM_OK;
    double *shares = NULL;
    if (vmf->loss == DAM__LOSS_UNSUPERVISED) {
        DAM_TRY_CLEANUP(dam__alloc((size_t)vmf->classes, sizeof *shares, &shares));
        DAM_TRY_CLEANUP(dam__class_shares(config, shares));
    } else if (vmf->class_counts[0] != '\0') {
        DAM_FAIL(DAM_USAGE, "model.class_counts goes with model.loss = \"unsupervised\" only; "
                            "labels have counts of their own");
    }
cleanup:
    free(shares);
    return status;
}

static dam_status check_growth(const dam__vmf_config *vmf, int to)
{
    if (to == 0)
        return DAM_OK;
    if (vmf->capacity != 0 && vmf->capacity != to)
        return dam__fail(DAM_USAGE,
                         "model.capacity = %d, but grow.to = %d is the capacity of a model that "
                         "grows; leave out model.capacity",
                         vmf->capacity, to);
    return DAM_OK;
}

static dam_status check(const dam__model_config *config, const dam__model_setting *setting)
{
    const dam__vmf_config *vmf = &config->vmf;
    if (vmf->capacity != 0 && vmf->capacity < config->memories)
        return dam__fail(
            DAM_USAGE,
            "model.capacity = %d is less than model.memories = %d; raise it, or 0 for as many "
            "as memories",
            vmf->capacity, config->memories);
    if (vmf->beta_rule == DAM__BETA_ANNEALED && !(vmf->anneal_to > 0))
        return dam__fail(DAM_USAGE,
                         "model.beta_rule = \"annealed\" needs model.anneal_to, beta at the end "
                         "of the schedule");
    if (vmf->beta_rule == DAM__BETA_ANNEALED && vmf->anneal_epochs == 0)
        return dam__fail(DAM_USAGE,
                         "model.beta_rule = \"annealed\" needs model.anneal_epochs, the length "
                         "of the schedule");
    DAM_TRY(check_classes(vmf, config));
    return check_growth(vmf, setting->grow->to);
}

/* --- facts ---------------------------------------------------------------------------------------- */

static bool compares(const dam__model_config *config)
{
    return config->vmf.loss == DAM__LOSS_SUPERVISED;
}

static int classes(const dam__model_config *config, const dam__dataset *set)
{
    return compares(config) ? set->classes : config->vmf.classes;
}

static const char *loss_words(const dam__model_config *config)
{
    return compares(config) ? "loss (softened labels)" : "loss (unsupervised)";
}

static const dam__selftest_case *const selftests[] = {
    dam__selftest_vmf_cases,
    dam__selftest_grow_cases,
    NULL,
};
static const dam__selftest_case *const analysis_selftests[] = {dam__selftest_probe_cases, NULL};

const dam__model_type dam__vmf_type = {
    .name = "vmf",
    .ops = &dam__vmf_ops,
    .create = dam__vmf_create,
    .check = check,
    .classes = classes,
    .class_weights = true,
    .loss_unit = "nat",
    .loss_words = loss_words,
    .formula = "x: a sample less its mean, of norm 1; N its features; b = model.varsigma beta; "
               "r = sqrt(1 + (2 beta / (N - 2))^2); tau = -log(r) / 2 + (N / 2 - 1) (r - 1 - "
               "log((1 + r) / 2)); p(y | x) ~ class_weights[y, K] + sum over mu < K of "
               "class_weights[y, mu] exp(b memories[mu] . x - tau); the last y is no class",
    .compares = compares,
    .score = "probability",
    .selftests = selftests,
    .analysis_selftests = analysis_selftests,
    .rules = 1u << DAM__RULE_MOMENTUM | 1u << DAM__RULE_MIRROR,
    .tuned_by = 1u << DAM__KERNEL_VECTOR_WIDTH | 1u << DAM__KERNEL_GROUP | 1u << DAM__KERNEL_PARTS |
                1u << DAM__KERNEL_VMF_CLASSES,
};
