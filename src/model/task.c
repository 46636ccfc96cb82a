#include "model/task.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/random.h"
#include "data/patches.h"
#include "model/model_type.h"

/* Equal counts would keep all class columns equal (docs/models/vmf.md); these are the paper's. */
static const char ten_classes[] = "110,132,121,101,105,108,104,102,112,125";

/* One count at *text, with blanks round it; moves *text behind it. 0 where there is none. */
static long read_count(const char **text)
{
    const long most = 1000000000;
    long count = 0;
    while (**text == ' ')
        ++*text;
    for (; **text >= '0' && **text <= '9' && count < most; ++*text)
        count = 10 * count + (**text - '0');
    while (**text == ' ')
        ++*text;
    return count <= most ? count : 0;
}

dam_status dam__class_shares(const dam__model_config *config, double *shares)
{
    enum { TEN = 10 };
    const char *text = config->vmf.class_counts;
    double sum = 0;
    int given = 0;
    if (text[0] == '\0' && config->vmf.classes != TEN)
        return dam__fail(DAM_USAGE,
                         "model.classes = %d needs model.class_counts, as many different counts "
                         "(\"110,132,121\"): classes of equal counts would stay equal",
                         config->vmf.classes);
    for (const char *at = text[0] != '\0' ? text : ten_classes;; at++, given++) {
        long count = read_count(&at);
        if (count == 0 || (*at != ',' && *at != '\0'))
            return dam__fail(
                DAM_USAGE,
                "model.class_counts = \"%.60s\": entry %d is no whole number from 1 to "
                "1000000000",
                text, given + 1);
        if (given < config->vmf.classes)
            shares[given] = (double)count;
        sum += (double)count;
        if (*at == '\0')
            break;
    }
    if (given + 1 != config->vmf.classes)
        return dam__fail(DAM_USAGE,
                         "model.class_counts has %d counts where model.classes = %d; make them "
                         "agree",
                         given + 1, config->vmf.classes);
    for (int y = 0; y < config->vmf.classes; y++)
        shares[y] /= sum;
    return DAM_OK;
}

dam_status dam__task_check(const dam__model_config *config, const dam__dataset *set)
{
    if (!dam__model_stores(config) || set->samples.element == DAM__U8)
        return DAM_OK;
    size_t items = dam__array_items(&set->samples);
    for (size_t i = 0; i < items; i++) {
        double value = dam__array_at(&set->samples, i);
        if (value != 1 && value != -1)
            return dam__fail(DAM_INPUT,
                             "sample %zu of '%s' has %g at place %zu; states that are stored are "
                             "+1 and -1: set data.threshold to \"mean\", \"median\" or a number",
                             i / set->features, set->name, value, i % set->features);
    }
    return DAM_OK;
}

dam_status dam__task_create(const dam__model_config *config, const dam__dataset *set,
                            size_t trained, dam__task *out)
{
    dam_status status = DAM_OK;
    double *shares = NULL;
    dam__task task = {.dim = (int)set->features,
                      .classes = dam__model_classes(config, set),
                      .set = set,
                      .trained = trained};
    DAM_TRY_CLEANUP(dam__task_check(config, set));
    DAM_TRY_CLEANUP(dam__alloc((size_t)task.classes + 1, sizeof *shares, &shares));
    /* Classes that no label is compared with are the model's own. */
    if (task.classes > 0 && !dam__model_compares(config))
        DAM_TRY_CLEANUP(dam__class_shares(config, shares));
    else if (task.classes > 0)
        for (size_t i = 0; i < trained; i++)
            shares[set->labels[i]] += 1.0 / (double)trained;
    task.softening_share = shares[task.classes];
    task.class_share = shares;
    shares = NULL;
    *out = task;
cleanup:
    free(shares);
    return status;
}

void dam__task_free(dam__task *task)
{
    free((void *)task->class_share);
    *task = (dam__task){0};
}

dam_status dam__task_samples(const dam__task *task, uint64_t seed, size_t count, double *out)
{
    size_t dim = (size_t)task->dim, taken = 0;
    if (task->set == NULL)
        return dam__fail(DAM_INTERNAL, "a task without samples cannot give the first memories");
    for (size_t i = 0; i < task->trained && taken < count; i++) {
        size_t sample =
            dam__permuted(seed, DAM__EPOCH_FIRST_MEMORIES, (uint32_t)task->trained, (uint32_t)i);
        taken += dam__dataset_prepared(task->set, sample, out + taken * dim);
    }
    if (taken < count)
        return dam__fail(DAM_INPUT,
                         "'%s' has only %zu training samples that are not blank, too few for %zu "
                         "first memories; set model.initial = \"random\"",
                         task->set->name, taken, count);
    return DAM_OK;
}

static double norm_of(const double *x, size_t dim)
{
    double squares = 0;
    for (size_t j = 0; j < dim; j++)
        squares += x[j] * x[j];
    return sqrt(squares);
}

/* The direction of the mean of the samples that are not blank. */
static dam_status mean_direction(const dam__task *task, double *mean)
{
    dam_status status = DAM_OK;
    size_t dim = (size_t)task->dim, taken = 0;
    double *sample = NULL, norm = 0;
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *sample, &sample));
    for (size_t i = 0; i < task->trained; i++) {
        if (!dam__dataset_prepared(task->set, i, sample))
            continue;
        taken++;
        for (size_t j = 0; j < dim; j++)
            mean[j] += sample[j];
    }
    norm = norm_of(mean, dim);
    /* What rounding leaves of samples that cancel has no direction. */
    if (!(norm > 1e-9 * (double)taken))
        DAM_FAIL(DAM_INPUT,
                 "the mean of the %zu training samples of '%s' is 0, so that no memory can begin "
                 "near it; set model.initial = \"random\" or \"data\"",
                 taken, task->set->name);
    for (size_t j = 0; j < dim; j++)
        mean[j] /= norm;
cleanup:
    free(sample);
    return status;
}

dam_status dam__task_near_mean(const dam__task *task, uint64_t seed, double spread, size_t count,
                               double *out)
{
    dam_status status = DAM_OK;
    size_t dim = (size_t)task->dim;
    double *mean = NULL;
    if (task->set == NULL)
        return dam__fail(DAM_INTERNAL, "a task without samples cannot give the first memories");
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *mean, &mean));
    DAM_TRY_CLEANUP(mean_direction(task, mean));
    dam__unit_vectors(seed, DAM__STREAM_WEIGHTS, 0, count, dim, out);
    for (size_t mu = 0; mu < count; mu++) {
        double *row = out + mu * dim;
        for (size_t j = 0; j < dim; j++)
            row[j] = mean[j] + spread * row[j];
        double norm = norm_of(row, dim);
        for (size_t j = 0; j < dim; j++)
            row[j] /= norm;
    }
cleanup:
    free(mean);
    return status;
}
