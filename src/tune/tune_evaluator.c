/* Measures candidates: each by `denseam tune-try` in its own process, under a watchdog. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/private_folder.h"
#include "base/process.h"
#include "command/signals.h"
#include "tune/tune_internal.h"

static const double USUAL_PATIENCE = 120;
static const double USUAL_BUDGET = 600;

static double time_left(const tuning *t)
{
    double budget = t->own->budget > 0 ? t->own->budget : USUAL_BUDGET;
    return 1 - (dam__seconds() - t->began) / budget;
}

double budget_left(const tuning *t)
{
    double used = t->own->trials > 0 ? (double)t->repeats / t->own->trials : 0;
    return fmin(time_left(t), 1 - used);
}

static double left(void *user)
{
    return budget_left(user);
}

static bool is_over(void *user)
{
    tuning *t = user;
    t->stopped = t->stopped || signals_stop(NULL);
    return t->stopped || time_left(t) <= 0;
}

/* --- the child's call line ----------------------------------------------------------------- */

static dam_status begin_call(const tuning *t, const char *what, const char *gemm, dam__words *out)
{
    bool cpu = t->tuner->shape == DAM__SHAPE_CPU, wide = t->precision == DAM__PRECISION_DOUBLE;
    DAM_TRY(dam__words_add_pair(out, t->program, "tune-try"));
    DAM_TRY(dam__words_add_pair(out, "--device", t->selector));
    DAM_TRY(dam__words_add_pair(out, "--kernels", cpu ? "cpu" : "gpu"));
    DAM_TRY(dam__words_add_pair(out, "--gemm", gemm));
    DAM_TRY(dam__words_add_pair(out, "--precision", wide ? "double" : "single"));
    for (size_t i = 0; i < t->args->set.count; i++)
        DAM_TRY(dam__words_add_pair(out, "--set", t->args->set.items[i]));
    return dam__words_add_pair(out, "--", what);
}

/* --- one candidate ---------------------------------------------------------------------------- */

/* The candidate as a tuning file. */
static dam_status print_candidate(const tuning *t, const dam__tuning_part *part, dam__text *out)
{
    dam_status status = DAM_OK;
    dam__tuning *whole = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *whole, &whole));
    *dam__tuning_part_of(whole, t->tuner->shape, t->precision) = *part;
    DAM_TRY_CLEANUP(dam__tuning_print(whole, &t->info, out));
cleanup:
    free(whole);
    return status;
}

/* The key of a measurement: its call, its candidate, and its number in this search. */
static dam_status make_key(const tuning *t, const dam__words *call, const dam__text *candidate,
                           char hex[DAM__DIGEST_HEX])
{
    dam__text all = {0};
    for (size_t i = 1; i < call->count; i++)
        dam__text_append(&all, "%s\n", call->items[i]);
    dam__text_append(&all, "%d\n%s", t->repeats, dam__text_part(&all, candidate));
    dam_status status = dam__digest_text(&all, hex);
    dam__text_free(&all);
    return status;
}

/* The numbers that the process printed: "measured 0.8 0.7" in the order of their indices. */
static dam_status collect(const char *output, const char *name, size_t count, dam__text *result)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    size_t length = strlen(name);
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *values, &values));
    for (const char *line = output; line != NULL && *line != '\0';) {
        if (strncmp(line, name, length) == 0) {
            char *at = (char *)line + length;
            unsigned long index = strtoul(at, &at, 10);
            double value = strtod(at, &at);
            if (*at == '\n' && index < count && isfinite(value) && value > 0)
                values[index] = value;
        }
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    dam__text_append(result, "measured");
    for (size_t i = 0; i < count; i++)
        dam__text_append(result, " %.6f", values[i]);
cleanup:
    free(values);
    return status;
}

/* The last message of a process that failed. */
static const char *last_words(const dam__text *output)
{
    static const char mark[] = "denseam: ";
    const char *found = NULL;
    for (const char *at = output->data; at != NULL && (at = strstr(at, mark)) != NULL; at++)
        found = at + sizeof mark - 1;
    return found != NULL ? found : "without a word";
}

static dam_status describe_end(dam__ending ending, int code, const dam__text *output,
                               const char *name, size_t count, dam__text *result)
{
    if (ending == DAM__ENDED && code == 0)
        return collect(output->data != NULL ? output->data : "", name, count, result);
    if (ending == DAM__HUNG)
        dam__text_append(result, "refused it hung and was killed");
    else if (ending == DAM__KILLED)
        dam__text_append(result, "refused it crashed with signal %d", code);
    else
        dam__text_append(result, "refused it failed with code %d: %.160s", code,
                         last_words(output));
    return DAM_OK;
}

/* Runs the call on a candidate; *result stays empty where the time is over. */
static dam_status run_candidate(tuning *t, const dam__words *call, const dam__text *candidate,
                                const char *name, size_t count, dam__text *result)
{
    dam_status status = DAM_OK;
    char *environment[2] = {NULL};
    dam__text output = {0};
    dam__ending ending = DAM__STOPPED;
    int code = 0;
    double patience = t->own->patience > 0 ? t->own->patience : USUAL_PATIENCE;
    DAM_TRY_CLEANUP(dam__private_write_text(t->candidate, candidate));
    DAM_TRY_CLEANUP(dam__format(&environment[0], "DENSEAM_TUNING=%s", t->candidate));
    const dam__process process = {.arguments = call->items,
                                  .environment = (const char *const *)environment,
                                  .patience = patience,
                                  .stop = is_over,
                                  .user = t};
    DAM_TRY_CLEANUP(dam__process_run(&process, &output, &ending, &code));
    if (ending != DAM__STOPPED)
        DAM_TRY_CLEANUP(describe_end(ending, code, &output, name, count, result));
cleanup:
    free(environment[0]);

    dam__text_free(&output);
    return status;
}

/* The status and numbers of a line of the log. */
static dam__candidate_status read_result(tuning *t, const char *line, double *values, size_t count)
{
    static const char measured[] = "measured ", refused[] = "refused ";
    if (strncmp(line, refused, sizeof refused - 1) == 0) {
        (void)snprintf(t->refusal, sizeof t->refusal, "%s", line + sizeof refused - 1);
        return DAM__CANDIDATE_REFUSED;
    }
    if (strncmp(line, measured, sizeof measured - 1) != 0)
        return DAM__CANDIDATE_REFUSED;
    char *at = (char *)line + sizeof measured - 1;
    for (size_t i = 0; i < count; i++) {
        values[i] = strtod(at, &at);
        if (!isfinite(values[i]) || values[i] < 0)
            values[i] = 0;
    }
    return DAM__CANDIDATE_MEASURED;
}

/* Measures the candidate, or takes its result from the log. */
static dam_status measure_candidate(tuning *t, const dam__words *call, const dam__tuning_part *part,
                                    const char *name, double *values, size_t count,
                                    dam__candidate_status *end)
{
    dam_status status = DAM_OK;
    dam__text candidate = {0}, result = {0};
    char key[DAM__DIGEST_HEX], *known = NULL;
    *end = DAM__CANDIDATE_SKIPPED;
    if (is_over(t) || budget_left(t) <= 0)
        return DAM_OK;
    t->repeats++;
    DAM_TRY_CLEANUP(print_candidate(t, part, &candidate));
    DAM_TRY_CLEANUP(make_key(t, call, &candidate, key));
    DAM_TRY_CLEANUP(dam__candidate_log_find(&t->candidates, key, &known));
    if (known == NULL) {
        DAM_TRY_CLEANUP(run_candidate(t, call, &candidate, name, count, &result));
        DAM_TRY_CLEANUP(dam__text_status(&result));
        if (result.length > 0)
            DAM_TRY_CLEANUP(dam__candidate_log_add(&t->candidates, key, result.data));
    }
    if (known != NULL || result.length > 0)
        *end = read_result(t, known != NULL ? known : result.data, values, count);
    if (*end == DAM__CANDIDATE_REFUSED)
        dam__info(&t->log, "candidate %d is refused: %s", t->repeats, t->refusal);
cleanup:
    free(known);
    dam__text_free(&candidate);
    dam__text_free(&result);
    return status;
}

/* --- the evaluator ---------------------------------------------------------------------------- */

static dam_status evaluate_products(void *user, const dam__tuning_part *part,
                                    dam__gemm_provider provider, const dam__product_shape *shapes,
                                    size_t count, double *shares, dam__candidate_status *end)
{
    dam_status status = DAM_OK;
    tuning *t = user;
    dam__words call = {0};
    dam__text shape = {0};
    DAM_TRY_CLEANUP(begin_call(t, "products", gemm_choices[provider], &call));
    for (size_t i = 0; i < count; i++) {
        dam__text_free(&shape);
        dam__product_print(&shapes[i], &shape);
        DAM_TRY_CLEANUP(dam__text_status(&shape));
        DAM_TRY_CLEANUP(dam__words_add(&call, shape.data));
    }
    DAM_TRY_CLEANUP(measure_candidate(t, &call, part, "share ", shares, count, end));
cleanup:
    dam__text_free(&shape);
    dam__words_free(&call);
    return status;
}

static dam_status evaluate_step(void *user, const dam__tuning_part *part, int preset, double *ratio,
                                dam__candidate_status *end)
{
    dam_status status = DAM_OK;
    tuning *t = user;
    dam__words call = {0};
    DAM_TRY_CLEANUP(begin_call(t, "step", "auto", &call));
    DAM_TRY_CLEANUP(dam__words_add(&call, t->tuner->presets[preset].name));
    DAM_TRY_CLEANUP(measure_candidate(t, &call, part, "ratio ", ratio, 1, end));
    if (*end == DAM__CANDIDATE_MEASURED && !(*ratio > 0)) {
        *end = DAM__CANDIDATE_REFUSED;
        dam__info(&t->log, "candidate %d is refused: it ended without the time of a step",
                  t->repeats);
    }
cleanup:
    dam__words_free(&call);
    return status;
}

static void note(void *user, const char *line)
{
    const tuning *t = user;
    dam__info(&t->log, "%s (%.0f %% of the time is left)", line, 100 * fmax(0, budget_left(t)));
}

dam__tuner_evaluator make_evaluator(tuning *t)
{
    return (dam__tuner_evaluator){.user = t,
                                  .products = evaluate_products,
                                  .step = evaluate_step,
                                  .note = note,
                                  .left = left};
}
