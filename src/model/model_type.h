/*
 * A kind of model, before a model is made: how its presets are checked, how it takes samples, what
 * its loss is and what it supports. Code outside src/model never depends on the kind; it uses these
 * queries.
 */
#ifndef DAM__MODEL_MODEL_TYPE_H
#define DAM__MODEL_MODEL_TYPE_H

#include "compute/selftest_cases.h"
#include "model/grow_config.h"
#include "model/model.h"

/* What a check of a preset sees besides the model's own keys. */
typedef struct dam__model_setting {
    int batch;       /* samples of a training step */
    double momentum; /* of the optimizer */
    const dam__grow_config *grow;
} dam__model_setting;

/*
 * Of models whose memories recall states of +1 and -1, by flipping neurons while that lowers
 * -sum_mu F(b zeta_mu . x) (model/energy/recall.h).
 */
typedef struct dam__recall_ops {
    dam__interaction (*interaction)(const dam__model_config *config); /* F */

    /* b for such an F and memories of so many neurons: learned, or patterns stored as they are. */
    double (*scale)(const dam__model_config *config, const dam__interaction *interaction,
                    size_t neurons, bool learned);
} dam__recall_ops;

/* Functions that are NULL have the default in their comment. */
typedef struct dam__model_type {
    const char *name; /* model.kind */
    const dam__model_ops *ops;
    dam_status (*create)(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                         const dam__task *task, dam__model **out);

    /* DAM_USAGE where keys of a preset contradict each other. NULL: none can. */
    dam_status (*check)(const dam__model_config *config, const dam__model_setting *setting);

    /* --- what it learns --- */

    dam__input (*input)(const dam__model_config *config, int classes); /* NULL: unit vectors */

    /* Classes that it learns from a set. NULL: none. */
    int (*classes)(const dam__model_config *config, const dam__dataset *set);

    /* Columns of the memories. NULL: one a feature. */
    int (*neurons)(const dam__model_config *config, int dim, int classes);
    bool class_weights; /* memories have their classes in a matrix of that name, which has a row
                         * more than classes and a column more than memories; there are classes */

    /* Whether it stores the samples themselves, which are +1 and -1, so that recalling them
     * measures how well; their order does not matter. NULL: never. */
    bool (*stores)(const dam__model_config *config);

    /* --- its loss --- */

    const char *loss_unit;                                      /* a word, for tables */
    const char *(*loss_words)(const dam__model_config *config); /* what it is, for tables */

    /* Whether it predicts classes that labels are compared with. NULL: never. */
    bool (*compares)(const dam__model_config *config);

    const char *score; /* what dam__answers.scores are, a word; NULL without them */

    const char *formula; /* what it computes of its parameters, for who reads them elsewhere */

    /* Where the loss is half a mean squared error: that of an output of 0. NULL: it is none. */
    double (*zero_mse)(const dam__dataset *set);

    /* --- trainings side by side, as one model --- */

    /* Whether they can be; own_sets: each may have samples of its own. NULL: never. */
    bool (*side_by_side)(const dam__model_config *config, int batch, const dam__dataset *set,
                         bool own_sets);

    /* What such a config and learning rate make a replica, and a config and rate of a replica. */
    dam__replica (*replica)(const dam__model_config *config, int dim, uint64_t seed, double rate);
    void (*take_replica)(const dam__replica *replica, dam__model_config *config, double *rate);

    /* --- what tools can do with it --- */

    const dam__recall_ops *recall; /* NULL where it recalls no states */
    bool relaxes;                  /* samples relax to what it makes of them (model/denoise) */
    bool transfers;                /* rates that suit a small one suit a large one */

    /* Of what a training launches besides products, batches and the optimizer; and of the rest that
     * only analysis does. Both end with NULL; the second may be NULL. */
    const dam__selftest_case *const *selftests, *const *analysis_selftests;
    unsigned rules;    /* bit k: its parameters may be trained by rule k (dam__rule) */
    unsigned tuned_by; /* bit k: kernels of a training are shaped by key k (compute/tuning.h) */
} dam__model_type;

/* In the order of dam__model_kind. */
extern const dam__model_type *const dam__model_types[DAM__KINDS];

const dam__model_type *dam__model_type_of(const dam__model_config *config);

/* The queries above with the default where the function is NULL. */
dam_status dam__model_check(const dam__model_config *config, const dam__model_setting *setting);
dam__input dam__model_input(const dam__model_config *config, int classes);
int dam__model_classes(const dam__model_config *config, const dam__dataset *set);
int dam__model_neurons(const dam__model_config *config, int dim, int classes);
/* Class columns: one more than classes where samples may be of none. */
int dam__model_columns(const dam__model_config *config, int classes);
bool dam__model_stores(const dam__model_config *config);
bool dam__model_compares(const dam__model_config *config);
bool dam__model_side_by_side(const dam__model_config *config, int batch, const dam__dataset *set,
                             bool own_sets);

#endif
