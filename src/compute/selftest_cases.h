/*
 * Self-test: kernels on a device compared with plain C in double.
 *
 * Each folder that has kernels has one table of cases; selftest/selftest.h runs them all. A case
 * names the kernels it covers, its tolerance in units of the device's epsilon, and the reason for
 * it. The same table serves the tool, the tests and the race check.
 */
#ifndef DAM__COMPUTE_SELFTEST_CASES_H
#define DAM__COMPUTE_SELFTEST_CASES_H

#include "compute/gemm.h"
#include "compute/program.h"

/* How a run takes its samples; KNOWN stands with all others. */
enum {
    DAM__SAMPLES_KNOWN = 1,
    DAM__SAMPLES_FLOATS = 2,    /* not bytes */
    DAM__SAMPLES_UNCENTRED = 4, /* data_sphere only scales them */
    DAM__SAMPLES_CUT = 8,       /* they are patches of images */
    DAM__SAMPLES_DRAWN = 16,    /* they are made-up vectors */
    DAM__SAMPLES_PLAIN = 32,    /* the model takes them as they are */
    DAM__SAMPLES_STATES = 64    /* or as states; else on the sphere */
};

/*
 * What a run is about to use, so that this is checked and nothing else compiled, with the constants
 * of its programs where a case can have them. What is 0 or NULL is not known: all of it is checked.
 */
typedef struct dam__selftest_use {
    int memories, dim, batch;              /* shapes of its products; 0: of none */
    int classes;                           /* of its model; 0: those of each case */
    const struct dam__model_config *model; /* NULL: any of its kind */
    unsigned rules;                        /* bit k: the optimizer uses rule k (dam__rule) */
    unsigned samples;                      /* DAM__SAMPLES_... */
    bool grows;                            /* with a model only */
    int shards;                            /* of its batches; 0 or 1: none are added */
} dam__selftest_use;

/*
 * One running case: where it runs, and how far off its results are so far. Numbers, matrices and
 * programs made for a test live until it ends.
 */
typedef struct dam__test {
    dam__device *device;
    dam__gemm_provider provider;
    bool tiny; /* as small as a case can be: emulated GPUs and Oclgrind are thousands of times
                  slower */
    dam__selftest_use use;
    double error; /* in units of epsilon; grows with every comparison */
    uint64_t seed;
    void *owned; /* list of what the test frees */
} dam__test;

typedef struct dam__selftest_case {
    const char *name;    /* "gemm: odd" */
    const char *kernels; /* names, blank-separated */
    const char *reason;  /* for the tolerance */
    double tolerance;    /* in units of the device's epsilon */
    bool products;       /* multiplies matrices: run once for each provider */
    bool gathers;        /* only with a provider that takes row indices */
    bool sized;          /* only where the run's sizes are given */
    /* Whether a run of that model launches its kernels; NULL: any does. */
    bool (*suits)(const dam__selftest_use *use);
    dam_status (*run)(dam__test *test);
} dam__selftest_case;

/* The tables end with a case whose name is NULL. */
extern const dam__selftest_case dam__selftest_gemm_cases[];
extern const dam__selftest_case dam__selftest_ceiling_cases[];

/* --- for cases
 * ------------------------------------------------------------------------------------- */

/* Numbers in [least, most], representable in single, so that every precision gets the same. */
dam_status dam__test_numbers(dam__test *test, size_t count, double least, double most,
                             double **out);

/* A zeroed host array of count items. */
dam_status dam__test_array(dam__test *test, size_t count, size_t size, void *out);

/* A matrix of these dense numbers (zeros where NULL); its padding is zeros. */
dam_status dam__test_matrix(dam__test *test, int rows, int cols, int count, const double *dense,
                            dam__matrix *out);

/* A buffer of these bytes (zeros where data is NULL). */
dam_status dam__test_buffer(dam__test *test, const void *data, size_t bytes, dam__buffer **out);

dam_status dam__test_kernel(dam__test *test, const char *program, const char *options,
                            const char *name, dam__kernel **out);

/*
 * Compares one number: the error grows to |got - wanted| / (scale epsilon) where that is larger. A
 * NaN is infinitely wrong. scale is the size of what was rounded on the way.
 */
void dam__test_compare(dam__test *test, double got, double wanted, double scale);

/* Compares a matrix with dense numbers; scale is the largest of them, at least `least_scale`. */
dam_status dam__test_compare_matrix(dam__test *test, const dam__matrix *matrix,
                                    const double *wanted, double least_scale);

/* Compares count int32 that must be equal. */
dam_status dam__test_compare_integers(dam__test *test, dam__buffer *buffer, size_t count,
                                      const int32_t *wanted);

/* --- for runners ------------------------------------------------------------------------------ */

/* Runs a case; test->error is its error afterwards. A failure of the driver is returned. */
dam_status dam__test_run(dam__test *test, const dam__selftest_case *item);

/* Whether a case covers the kernel. */
bool dam__selftest_covers(const dam__selftest_case *item, const char *kernel);

/*
 * DAM_INTERNAL naming the first kernel of cl/ that no case of these tables names, as the device's
 * compiler lists them. tables ends with NULL.
 */
dam_status dam__selftest_coverage(dam__device *device, const dam__selftest_case *const *tables);

#endif
