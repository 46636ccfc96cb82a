#include "selftest/selftest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/embedded.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/text.h"
#include "base/user_cache.h"
#include "compute/ahead.h"
#include "compute/tuning.h"
#include "data/selftest_data.h"
#include "data/selftest_teacher.h"
#include "denseam/version.h"
#include "model/energy/selftest_recall.h"
#include "model/model_type.h"
#include "train/selftest_optimizer.h"
#include "train/selftest_shards.h"

/* Part of every verdict's key: raise it when cases or tolerances change. */
#define CASES_VERSION "7"

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
        dam__selftest_gemm_cases,    dam__selftest_data_cases,
        dam__selftest_teacher_cases, dam__selftest_optimizer_cases,
        dam__selftest_shards_cases,  dam__selftest_ceiling_cases,
        dam__selftest_recall_cases,  NULL,
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
static void list_training(const dam__model_type *type, bool shards, dam__selftest_list *out)
{
    *out = (dam__selftest_list){{NULL}};
    add_table(dam__selftest_gemm_cases, out);
    add_table(dam__selftest_data_cases, out);
    add_tables(type->selftests, out);
    add_table(dam__selftest_optimizer_cases, out);
    if (shards)
        add_table(dam__selftest_shards_cases, out);
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
    const dam__selftest_case **cases;
    size_t count;
    dam__selftest_report report;
    void *user;
    char *failure; /* message of the first case that failed */
    bool idle;     /* it helps, but there is nothing to do */
};

/* Mesa's llvmpipe and Oclgrind run the kernels thousands of times slower than a device. */
static bool is_tiny(const dam_device_info *info, const dam__selftest_options *options)
{
    const char *wanted = getenv("DENSEAM_SELFTEST_TINY");
    return options->tiny || (wanted != NULL && wanted[0] != '\0' && wanted[0] != '0') ||
           dam__contains_nocase(info->name, "llvmpipe") ||
           dam__contains_nocase(info->name, "oclgrind");
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
    if (status == DAM_NO_MEMORY)
        return status;
    /* The message is overwritten by the next failure. */
    if (status != DAM_OK)
        (void)snprintf(message, sizeof message, "%s", dam_error());
    bool cpu = dam__device_shape(test->device) == DAM__SHAPE_CPU;
    bool wide = dam__device_precision(test->device) == DAM__PRECISION_DOUBLE;
    const dam__selftest_row row = {
        .name = item->name,
        .shape = cpu ? "cpu" : "gpu",
        .provider = item->products ? dam__gemm_provider_name(test->provider) : "-",
        .precision = wide ? "double" : "single",
        .error = status == DAM_OK ? test->error : INFINITY,
        .tolerance = item->tolerance,
        .reason = item->reason,
        .failure = status == DAM_OK ? NULL : message,
        .passed = status == DAM_OK && test->error <= item->tolerance};
    if (session->report != NULL)
        session->report(session->user, &row);
    if (session->options->helps && !dam__device_has_compiled(test->device))
        session->idle = true;
    return row.passed ? DAM_OK : keep_failure(session, &row);
}

/* Whether a case is of a run; of one that is not known, every case is. */
static bool is_used(const dam__selftest_case *item, const dam__selftest_use *use)
{
    bool sized = use->memories > 0 && use->dim > 0 && use->batch > 0;
    return (sized || !item->sized) &&
           (use->model == NULL || item->suits == NULL || item->suits(use));
}

typedef dam_status (*run_function)(struct session *session, dam__test *test,
                                   const dam__selftest_case *item);

/* All cases on an open device; those without products only with the first provider. */
static dam_status run_provider(struct session *session, dam__device *device,
                               dam__gemm_provider provider, bool first, run_function run)
{
    const dam__selftest_use *use = &session->options->use;
    dam__test test = {.device = device,
                      .provider = provider,
                      .tiny = is_tiny(session->info, session->options),
                      .use = *use};
    for (size_t i = 0; i < session->count && !session->idle; i++) {
        const dam__selftest_case *item =
            session->cases[session->options->helps ? session->count - 1 - i : i];
        if ((item->products || first) && is_used(item, use) &&
            (provider == DAM__GEMM_PANEL || !item->gathers))
            DAM_TRY(run(session, &test, item));
    }
    return DAM_OK;
}

static dam_status run_providers(struct session *session, dam__device *device, run_function run)
{
    const dam__selftest_options *options = session->options;
    const int last = DAM__GEMM_PROVIDERS - 1;
    for (int i = DAM__GEMM_PANEL; i <= last; i++) {
        dam__gemm_provider provider =
            (dam__gemm_provider)(options->helps ? last - (i - DAM__GEMM_PANEL) : i);
        bool only = options->provider == provider;
        if (only || (options->provider == DAM__GEMM_AUTO && dam__gemm_is_built(provider)))
            DAM_TRY(
                run_provider(session, device, provider, only || provider == DAM__GEMM_PANEL, run));
    }
    return DAM_OK;
}

/* --- compiling ahead ------------------------------------------------------------------------------ */

/* What a case makes of the zeros that a recording gives does not count. */
static dam_status record_case(struct session *session, dam__test *test,
                              const dam__selftest_case *item)
{
    (void)session;
    return dam__test_run(test, item);
}

/* Begins to compile what the cases will launch on this device; only time is lost where it cannot.
 */
static void compile_ahead(struct session *session, const dam__device *device, dam__ahead **out)
{
    dam__recording recording = {0};
    dam__device *recorder = NULL;
    const dam__device_options options = {.precision = dam__device_precision(device),
                                         .shape = dam__device_shape(device),
                                         .tuning = dam__device_tuning(device)};
    dam__recording_begin(&recording, "self-test", "self-test");
    if (session->options->device != NULL && dam__ahead_helps(device) &&
        dam__recording_open(&recording, session->info, &options, &recorder) == DAM_OK &&
        run_providers(session, recorder, record_case) == DAM_OK)
        dam__ahead_start(device, &recording, out);
    dam__device_close(recorder);
    dam__recording_free(&recording);
}

/* --- devices ---------------------------------------------------------------------------------- */

/* Nothing of it is in the profile of the device's run. */
static dam_status run_on(struct session *session, dam__device *device)
{
    dam__ahead *ahead = NULL;
    bool paused = dam__profile_pause(device, true);
    compile_ahead(session, device, &ahead);
    dam_status status = run_providers(session, device, run_case);
    dam__ahead_stop(ahead);
    (void)dam__profile_pause(device, paused);
    return status;
}

static dam_status run_device(struct session *session, dam__shape shape, dam__precision precision)
{
    dam__device *device = NULL;
    const dam__device_options options = {.log = session->options->log,
                                         .shape = shape,
                                         .precision = precision,
                                         .tuning = session->options->tuning};
    if (session->options->device != NULL)
        return run_on(session, session->options->device);
    DAM_TRY(dam__device_open(session->info, &options, &device));
    dam_status status = run_on(session, device);
    dam__device_close(device);
    return status;
}

static dam_status list_cases(struct session *session, const dam__selftest_case *const *tables)
{
    for (; *tables != NULL; tables++)
        for (const dam__selftest_case *item = *tables; item->name != NULL; item++) {
            DAM_TRY(dam__grow(&session->cases, session->count + 1, sizeof(void *)));
            session->cases[session->count++] = item;
        }
    return DAM_OK;
}

dam_status dam__selftest_run(const dam_device_info *info, const dam__selftest_options *options,
                             const dam__selftest_case *const *tables, dam__selftest_report report,
                             void *user)
{
    static const struct {
        dam__shape shape;
        dam__precision precision;
    } settings[] = {{DAM__SHAPE_CPU, DAM__PRECISION_SINGLE},
                    {DAM__SHAPE_CPU, DAM__PRECISION_DOUBLE},
                    {DAM__SHAPE_GPU, DAM__PRECISION_SINGLE},
                    {DAM__SHAPE_GPU, DAM__PRECISION_DOUBLE}};
    enum { SETTINGS = sizeof settings / sizeof *settings };
    dam_status status = DAM_OK;
    struct session session = {.info = info, .options = options, .report = report, .user = user};
    DAM_TRY_CLEANUP(list_cases(&session, tables));
    for (size_t i = 0; i < SETTINGS && !session.idle; i++) {
        size_t k = options->helps ? SETTINGS - 1 - i : i;
        bool wide = settings[k].precision == DAM__PRECISION_DOUBLE;
        bool wanted = wide ? !options->single_only && (info->fp64 || options->double_only)
                           : !options->double_only;
        if (wanted && (options->shape == DAM__SHAPE_AUTO || options->shape == settings[k].shape))
            DAM_TRY_CLEANUP(run_device(&session, settings[k].shape, settings[k].precision));
    }
cleanup:
    /* What failed first is told, also where memory or the device went later. */
    if (session.failure != NULL)
        status = dam__advise(DAM__ADVICE_KERNELS, dam__fail(DAM_SELFTEST, "%s", session.failure));
    free(session.cases);
    free(session.failure);
    return status;
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void list_for(const dam__selftest_options *options, dam__selftest_list *out)
{
    if (options->recall)
        list_recall(out);
    else
        list_training(dam__model_types[options->kind], options->use.shards > 1, out);
}

bool dam__selftest_reaches(const dam__selftest_options *options, const char *kernel)
{
    dam__selftest_list list;
    list_for(options, &list);
    for (const dam__selftest_case *const *table = list.tables; *table != NULL; table++)
        for (const dam__selftest_case *item = *table; item->name != NULL; item++)
            if (is_used(item, &options->use) && dam__selftest_covers(item, kernel))
                return true;
    return false;
}

/* The cases that pass, by name, and the constants that they take from the run. */
static void append_cases(dam__text *key, const dam__selftest_options *options)
{
    dam__selftest_list list;
    list_for(options, &list);
    dam__text_append(key, "%d %d %d %d %u\n", options->use.memories, options->use.dim,
                     options->use.batch, options->use.classes, options->use.samples);
    for (const dam__selftest_case *const *table = list.tables; *table != NULL; table++)
        for (const dam__selftest_case *item = *table; item->name != NULL; item++)
            if (is_used(item, &options->use))
                dam__text_append(key, "%s\n", item->name);
}

dam_status dam__selftest_verdict_key(const dam_device_info *info,
                                     const dam__selftest_options *options, dam__text *key)
{
    char hex[DAM__DIGEST_HEX], clblast[DAM__CLBLAST_VERSION];
    DAM_TRY(dam__embedded_digest(dam__kernel_sources, hex));
    dam__clblast_version(clblast);
    dam__text_append(key, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n", CASES_VERSION, DENSEAM_VERSION, clblast,
                     info->platform, info->version, info->name, info->driver);
    dam__text_append(key, "%d %d %d %d %d %d %d\n", options->kind, options->recall,
                     (int)options->shape, (int)options->provider, options->single_only,
                     options->double_only, is_tiny(info, options));
    append_cases(key, options);
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
    if (options->device == NULL)
        DAM_TRY_CLEANUP(dam__device_open(info, &open, &device));
    DAM_TRY_CLEANUP(
        dam__gemm_create(device != NULL ? device : options->device, options->provider, &gemm));
    if (device != NULL)
        options->shape = dam__device_shape(device);
    /* AUTO checks all. */
    if (!dam__gemm_mixes(gemm))
        options->provider = dam__gemm_usual(gemm);
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
    list_for(&exact, &list);
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
static dam__selftest_options options_of(dam__device *device, dam__gemm_provider provider)
{
    bool wide = dam__device_precision(device) == DAM__PRECISION_DOUBLE;
    return (dam__selftest_options){.device = device,
                                   .shape = dam__device_shape(device),
                                   .provider = provider,
                                   .single_only = !wide,
                                   .double_only = wide,
                                   .tuning = dam__device_tuning(device),
                                   .log = *dam__device_log(device)};
}

/* How the loader will take these samples for such a model (src/data/loader.c). */
static unsigned samples_of(const dam__selftest_subject *subject)
{
    const dam__dataset *set = subject->set;
    if (set == NULL)
        return 0;
    const dam__input input = dam__model_input(subject->model, subject->classes);
    return DAM__SAMPLES_KNOWN | (set->samples.element == DAM__U8 ? 0u : DAM__SAMPLES_FLOATS) |
           (set->on_sphere ? DAM__SAMPLES_UNCENTRED : 0u) |
           (set->patches.size > 0 ? DAM__SAMPLES_CUT : 0u) |
           (set->standard ? DAM__SAMPLES_DRAWN : 0u) | (input.plain ? DAM__SAMPLES_PLAIN : 0u) |
           (input.states ? DAM__SAMPLES_STATES : 0u);
}

dam__selftest_use dam__selftest_use_of(const dam__selftest_subject *subject)
{
    return (dam__selftest_use){.memories = affordable(subject->memories),
                               .dim = affordable(subject->dim),
                               .batch = affordable(subject->batch),
                               .classes = subject->classes,
                               .model = subject->varies ? NULL : subject->model,
                               .rules = dam__model_type_of(subject->model)->rules,
                               .samples = samples_of(subject),
                               .grows = subject->grows,
                               .shards = subject->shards};
}

dam_status dam__selftest_device(dam__device *device, dam__gemm_provider provider,
                                const dam__selftest_subject *subject)
{
    dam__selftest_options options = options_of(device, provider);
    options.kind = subject->model->kind;
    options.use = dam__selftest_use_of(subject);
    return dam__selftest_ensure(dam__device_facts(device), &options);
}

dam_status dam__selftest_recall(dam__device *device, dam__gemm_provider provider)
{
    dam__selftest_options options = options_of(device, provider);
    options.recall = true;
    return dam__selftest_ensure(dam__device_facts(device), &options);
}
