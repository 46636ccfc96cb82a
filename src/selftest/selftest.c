#include "selftest/selftest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/embedded.h"
#include "base/notice.h"
#include "base/text.h"
#include "base/user_cache.h"
#include "compute/tuning.h"
#include "data/selftest_data.h"
#include "data/selftest_teacher.h"
#include "denseam/version.h"
#include "model/energy/selftest_recall.h"
#include "model/model_type.h"
#include "train/selftest_optimizer.h"

/* Part of every verdict's key: raise it when cases or tolerances change. */
#define CASES_VERSION "6"

/* --- tables --------------------------------------------------------------------------------------- */

/* Unless it is there: models may need the same. */
static void add_table(const dam__selftest_case *table, dam__selftest_list *out)
{
    int count = 0;
    while (out->tables[count] != NULL && out->tables[count] != table)
        count++;
    if (count < DAM__SELFTEST_TABLES)
        out->tables[count] = table;
}

static void add_tables(const dam__selftest_case *const *tables, dam__selftest_list *out)
{
    for (; tables != NULL && *tables != NULL; tables++)
        add_table(*tables, out);
}

void dam__selftest_all(dam__selftest_list *out)
{
    static const dam__selftest_case *const common[] = {
        dam__selftest_gemm_cases,      dam__selftest_reduce_cases,
        dam__selftest_data_cases,      dam__selftest_teacher_cases,
        dam__selftest_optimizer_cases, dam__selftest_ceiling_cases,
        dam__selftest_recall_cases,    NULL,
    };
    *out = (dam__selftest_list){{NULL}};
    add_tables(common, out);
    for (int kind = 0; kind < DAM__KINDS; kind++) {
        const dam__model_type *type = dam__model_types[kind];
        add_tables(type->selftests, out);
        add_tables(type->analysis_selftests, out);
    }
}

/* What a training launches: compiling other models' kernels would only keep it waiting. */
static void list_training(const dam__model_type *type, dam__selftest_list *out)
{
    *out = (dam__selftest_list){{NULL}};
    add_table(dam__selftest_gemm_cases, out);
    add_table(dam__selftest_data_cases, out);
    add_tables(type->selftests, out);
    add_table(dam__selftest_optimizer_cases, out);
}

/* What a recall of states launches, whichever model's. */
static void list_recall(dam__selftest_list *out)
{
    *out = (dam__selftest_list){{NULL}};
    add_table(dam__selftest_gemm_cases, out);
    add_table(dam__selftest_recall_cases, out);
}

/* --- a run over them ------------------------------------------------------------------------------ */

struct session {
    const dam_device_info *info;
    const dam__selftest_options *options;
    const dam__selftest_case *const *tables;
    dam__selftest_report report;
    void *user;
    char *failure; /* message of the first case that failed */
};

/* Mesa's llvmpipe and Oclgrind run the kernels thousands of times slower than a device. */
static bool is_tiny(const dam_device_info *info, const dam__selftest_options *options)
{
    const char *wanted = getenv("DENSEAM_SELFTEST_TINY");
    return options->tiny || (wanted != NULL && wanted[0] != '\0' && wanted[0] != '0') ||
           dam__contains_nocase(info->name, "llvmpipe") ||
           dam__contains_nocase(info->name, "oclgrind");
}

static const char *provider_name(dam__gemm_provider provider)
{
    return provider == DAM__GEMM_PANEL ? "panel" : "clblast";
}

static dam_status keep_failure(struct session *session, const dam__selftest_row *row)
{
    if (session->failure != NULL)
        return DAM_OK;
    char numbers[96];
    (void)snprintf(numbers, sizeof numbers, "error %.3g, tolerance %.3g (in epsilons)", row->error,
                   row->tolerance);
    return dam__format(
        &session->failure,
        "'%s' failed the self-test \"%s\" (%s kernels, products by %s, %s): %s; its "
        "results cannot be trusted: try another driver, or the other kernels or products",
        session->info->name, row->name, row->shape, row->provider, row->precision,
        row->failure != NULL ? row->failure : numbers);
}

static dam_status run_case(struct session *session, dam__test *test, const dam__selftest_case *item)
{
    char message[512] = "";
    dam_status status = dam__test_run(test, item);
    /* Without memory nothing is said of the kernels, unless they were found wrong before. */
    if (status == DAM_NO_MEMORY && session->failure == NULL)
        return status;
    /* The message is overwritten by the next failure. */
    if (status != DAM_OK)
        (void)snprintf(message, sizeof message, "%s", dam_error());
    bool cpu = dam__device_shape(test->device) == DAM__SHAPE_CPU;
    bool wide = dam__device_precision(test->device) == DAM__PRECISION_DOUBLE;
    const dam__selftest_row row = {.name = item->name,
                                   .shape = cpu ? "cpu" : "gpu",
                                   .provider = item->products ? provider_name(test->provider) : "-",
                                   .precision = wide ? "double" : "single",
                                   .error = status == DAM_OK ? test->error : INFINITY,
                                   .tolerance = item->tolerance,
                                   .reason = item->reason,
                                   .failure = status == DAM_OK ? NULL : message,
                                   .passed = status == DAM_OK && test->error <= item->tolerance};
    if (session->report != NULL)
        session->report(session->user, &row);
    return row.passed ? DAM_OK : keep_failure(session, &row);
}

/* All cases on an open device; those without products only with the first provider. */
static dam_status run_provider(struct session *session, dam__device *device,
                               dam__gemm_provider provider, bool first)
{
    const dam__selftest_sizes *sizes = &session->options->sizes;
    bool sized = sizes->memories > 0 && sizes->dim > 0 && sizes->batch > 0;
    dam__test test = {.device = device,
                      .provider = provider,
                      .tiny = is_tiny(session->info, session->options),
                      .sizes = *sizes};
    for (const dam__selftest_case *const *table = session->tables; *table != NULL; table++)
        for (const dam__selftest_case *item = *table; item->name != NULL; item++)
            if ((item->products || first) && (sized || !item->sized) &&
                (provider == DAM__GEMM_PANEL || !item->gathers))
                DAM_TRY(run_case(session, &test, item));
    return DAM_OK;
}

static dam_status run_device(struct session *session, dam__shape shape, dam__precision precision)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    dam__gemm_provider wanted = session->options->provider;
    const dam__device_options options = {.log = session->options->log,
                                         .shape = shape,
                                         .precision = precision,
                                         .tuning = session->options->tuning};
    DAM_TRY_CLEANUP(dam__device_open(session->info, &options, &device));
    if (wanted != DAM__GEMM_CLBLAST)
        DAM_TRY_CLEANUP(run_provider(session, device, DAM__GEMM_PANEL, true));
    if (wanted != DAM__GEMM_PANEL)
        DAM_TRY_CLEANUP(
            run_provider(session, device, DAM__GEMM_CLBLAST, wanted == DAM__GEMM_CLBLAST));
cleanup:
    dam__device_close(device);
    return status;
}

dam_status dam__selftest_run(const dam_device_info *info, const dam__selftest_options *options,
                             const dam__selftest_case *const *tables, dam__selftest_report report,
                             void *user)
{
    dam_status status = DAM_OK;
    static const dam__shape shapes[] = {DAM__SHAPE_CPU, DAM__SHAPE_GPU};
    struct session session = {
        .info = info, .options = options, .tables = tables, .report = report, .user = user};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (options->shape != DAM__SHAPE_AUTO && options->shape != shapes[i])
            continue;
        if (!options->double_only)
            DAM_TRY_CLEANUP(run_device(&session, shapes[i], DAM__PRECISION_SINGLE));
        if (!options->single_only && (info->fp64 || options->double_only))
            DAM_TRY_CLEANUP(run_device(&session, shapes[i], DAM__PRECISION_DOUBLE));
    }
    if (session.failure != NULL)
        DAM_TRY_CLEANUP(
            dam__advise(DAM__ADVICE_KERNELS, dam__fail(DAM_SELFTEST, "%s", session.failure)));
cleanup:
    free(session.failure);
    return status;
}

/* --- verdicts --------------------------------------------------------------------------------- */

dam_status dam__selftest_verdict_key(const dam_device_info *info,
                                     const dam__selftest_options *options, dam__text *key)
{
    char hex[DAM__DIGEST_HEX];
    DAM_TRY(dam__embedded_digest(dam__kernel_sources, hex));
    dam__text_append(key, "%s\n%s\n%s\n%s\n%s\n%s\n", CASES_VERSION, DENSEAM_VERSION,
                     info->platform, info->version, info->name, info->driver);
    dam__text_append(key, "%d %d %d %d %d %d %d\n%d %d %d\n", options->kind, options->recall,
                     (int)options->shape, (int)options->provider, options->single_only,
                     options->double_only, is_tiny(info, options), options->sizes.memories,
                     options->sizes.dim, options->sizes.batch);
    if (options->tuning != NULL)
        dam__text_append(key, "%s\n", options->tuning->digest);
    dam__text_append(key, "%s\n", hex);
    return dam__text_status(key);
}

#define PASSED "passed\n"

static bool has_passed(const dam__text *key)
{
    enum { LARGEST_VERDICT = 64 };
    char *data = NULL;
    size_t length = 0;
    bool passed = dam__cache_find(DAM__SELFTEST_CACHE, key, LARGEST_VERDICT, &data, &length) &&
                  length == strlen(PASSED) && memcmp(data, PASSED, length) == 0;
    free(data);
    return passed;
}

/* What a run with these options would take. */
static dam_status resolve(const dam_device_info *info, dam__selftest_options *options)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    dam__gemm *gemm = NULL;
    const dam__device_options open = {.shape = options->shape,
                                      .tuning = options->tuning,
                                      .precision = options->double_only ? DAM__PRECISION_DOUBLE
                                                                        : DAM__PRECISION_SINGLE};
    DAM_TRY_CLEANUP(dam__device_open(info, &open, &device));
    DAM_TRY_CLEANUP(dam__gemm_create(device, options->provider, &gemm));
    options->shape = dam__device_shape(device);
    /* AUTO checks both. */
    if (!dam__gemm_mixes(gemm))
        options->provider =
            strcmp(dam__gemm_name(gemm), "panel") == 0 ? DAM__GEMM_PANEL : DAM__GEMM_CLBLAST;
    options->single_only = !options->double_only;
cleanup:
    dam__gemm_destroy(gemm);
    dam__device_close(device);
    return status;
}

dam_status dam__selftest_ensure(const dam_device_info *info, const dam__selftest_options *options)
{
    dam_status status = DAM_OK;
    dam__selftest_options exact = *options;
    dam__selftest_list list;
    dam__text key = {0};
    DAM_TRY_CLEANUP(resolve(info, &exact));
    DAM_TRY_CLEANUP(dam__selftest_verdict_key(info, &exact, &key));
    if (has_passed(&key))
        goto cleanup;
    dam__info(&options->log, "checking the kernels on %s (once)...", info->name);
    if (exact.recall)
        list_recall(&list);
    else
        list_training(dam__model_types[exact.kind], &list);
    DAM_TRY_CLEANUP(dam__selftest_run(info, &exact, list.tables, NULL, NULL));
    /* A cache that cannot be written only costs time. */
    (void)dam__cache_keep(DAM__SELFTEST_CACHE, &key, PASSED, strlen(PASSED));
cleanup:
    dam__text_free(&key);
    return status;
}

/* --- before a run ------------------------------------------------------------------------------ */

/*
 * A size that a self-test can afford on the host, with the same remainder by every tile: products
 * larger than a few tiles have nothing new at their edges.
 */
static int affordable(int size)
{
    enum { LARGE = 4096, TILES = 1024 };
    return size <= LARGE ? size : LARGE - TILES + size % TILES;
}

/* What an open device is used as. */
static dam__selftest_options options_of(const dam__device *device, dam__gemm_provider provider)
{
    bool wide = dam__device_precision(device) == DAM__PRECISION_DOUBLE;
    return (dam__selftest_options){.shape = dam__device_shape(device),
                                   .provider = provider,
                                   .single_only = !wide,
                                   .double_only = wide,
                                   .tuning = dam__device_tuning(device),
                                   .log = *dam__device_log(device)};
}

dam_status dam__selftest_device(const dam__device *device, dam__gemm_provider provider, int kind,
                                dam__selftest_sizes sizes)
{
    dam__selftest_options options = options_of(device, provider);
    options.kind = kind;
    options.sizes = (dam__selftest_sizes){.memories = affordable(sizes.memories),
                                          .dim = affordable(sizes.dim),
                                          .batch = affordable(sizes.batch)};
    return dam__selftest_ensure(dam__device_facts(device), &options);
}

dam_status dam__selftest_recall(const dam__device *device, dam__gemm_provider provider)
{
    dam__selftest_options options = options_of(device, provider);
    options.recall = true;
    return dam__selftest_ensure(dam__device_facts(device), &options);
}
