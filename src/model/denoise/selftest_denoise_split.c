#include "model/denoise/selftest_denoise_split.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/model_config.h"

enum { SAMPLES = 3, MEMORIES = 301, POWER = 3 };

/* What the samples and the gradients of one sample are to be weighed with. */
static void weigh(int activation, const double *z, const double *h, double *p, double *q)
{
    const double s1 = 0.5;
    bool softmax = activation == DAM__ACTIVATION_SOFTMAX;
    double mean = 0;
    for (int k = 0; softmax && k < MEMORIES; k++)
        mean += z[k] * h[k];
    for (int k = 0; k < MEMORIES; k++) {
        double above = fmax(z[k], 0);
        double slope = softmax                                ? z[k]
                       : activation == DAM__ACTIVATION_LINEAR ? 1
                                                              : POWER * above * above;
        double curve = softmax                                ? z[k]
                       : activation == DAM__ACTIVATION_LINEAR ? 0
                                                              : POWER * (POWER - 1) * above;
        double across = q[k];
        q[k] = slope * p[k];
        p[k] = s1 * curve * (h[k] - mean) * p[k] + slope * across;
    }
}

static dam_status check(dam__test *test, int activation)
{
    const size_t items = (size_t)SAMPLES * MEMORIES;
    double *numbers[4];
    dam__matrix on[4];
    dam__kernel *kernel = NULL;
    char *options = NULL;
    dam_status status = DAM_OK;
    DAM_TRY(dam__format(&options, "-DACTIVATION=%d -DPOWER=%d", activation, POWER));
    status = dam__test_kernel(test, "denoise_split", options, "denoise_split", &kernel);
    free(options);
    DAM_TRY(status);
    for (int i = 0; i < 4; i++) {
        DAM_TRY(dam__test_numbers(test, items, -1, 1, &numbers[i]));
        DAM_TRY(dam__test_matrix(test, SAMPLES, MEMORIES, 1, numbers[i], &on[i]));
    }
    DAM_TRY(dam__launch(kernel, dam__range_groups(test->device, SAMPLES, 1), (dam__work){0},
                        DAM_ARGUMENTS(&on[0], &on[1], &on[2], &on[3], MEMORIES, on[0].ld, 0.5)));
    for (size_t i = 0; i < items; i += MEMORIES)
        weigh(activation, numbers[0] + i, numbers[1] + i, numbers[2] + i, numbers[3] + i);
    DAM_TRY(dam__test_compare_matrix(test, &on[2], numbers[2], 0));
    return dam__test_compare_matrix(test, &on[3], numbers[3], 0);
}

/* That of the run; all three where it is not known. */
static dam_status run_all(dam__test *test)
{
    const dam__model_config *model = test->use.model;
    for (int kind = 0; kind <= DAM__ACTIVATION_SOFTMAX; kind++)
        if (model == NULL || model->denoise.activation == kind)
            DAM_TRY(check(test, kind));
    return DAM_OK;
}

static bool grows(const dam__selftest_use *use)
{
    return use->grows;
}

const dam__selftest_case dam__selftest_denoise_split_cases[] = {
    {.name = "denoise: splitting",
     .kernels = "denoise_split",
     .tolerance = 64,
     .reason = "a sum over a row that partly cancels",
     .suits = grows,
     .run = run_all},
    {0},
};
