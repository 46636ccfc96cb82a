#include "compare/comparison.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const double LEAST_DIFFERENCE = 0.03;

/* --- numbers ------------------------------------------------------------------------------------ */

dam__direction dam__unit_direction(const char *unit)
{
    static const char *const smaller[] = {"s", "ms", "us", "J", "MiB", NULL};
    for (size_t i = 0; smaller[i] != NULL; i++)
        if (strcmp(unit, smaller[i]) == 0)
            return DAM__SMALLER;
    size_t length = strlen(unit);
    return length > 2 && strcmp(unit + length - 2, "/s") == 0 ? DAM__LARGER : DAM__NEITHER;
}

double dam__speed_ratio(const dam__measure *base, const dam__measure *other)
{
    if (base == NULL || other == NULL || strcmp(base->unit, other->unit) != 0 || base->value <= 0 ||
        other->value <= 0)
        return NAN;
    switch (dam__unit_direction(base->unit)) {
    case DAM__LARGER:
        return other->value / base->value;
    case DAM__SMALLER:
        return base->value / other->value;
    default:
        return NAN;
    }
}

static double spread_of(const dam__measure *measure)
{
    return measure->spread > 0 && isfinite(measure->spread) ? measure->spread : 0;
}

dam__verdict dam__verdict_of(const dam__measure *base, const dam__measure *other)
{
    double ratio = dam__speed_ratio(base, other);
    if (!isfinite(ratio))
        return DAM__VERDICT_NONE;
    double allowed = 1 + fmax(LEAST_DIFFERENCE, spread_of(base) + spread_of(other));
    if (ratio > allowed)
        return DAM__VERDICT_FASTER;
    return ratio < 1 / allowed ? DAM__VERDICT_SLOWER : DAM__VERDICT_SAME;
}

const char *dam__verdict_word(dam__verdict verdict)
{
    static const char *const words[] = {"", "same", "faster", "slower"};
    return words[verdict];
}

/* --- presets ------------------------------------------------------------------------------------ */

void dam__comparison_free(dam__comparison *comparison)
{
    free(comparison->presets);
    *comparison = (dam__comparison){0};
}

const dam__measure *dam__comparison_measure(const dam__comparison *comparison, size_t preset,
                                            size_t i, const char *metric)
{
    const dam__bench_record *record =
        dam__result_set_record(&comparison->all->items[i], comparison->presets[preset].preset);
    return metric != NULL ? dam__bench_measure(record, metric) : NULL;
}

static const char *headline_of(const dam__bench_record *record)
{
    static const char *const usual[] = {"step_rate", "recall_rate", NULL};
    for (size_t i = 0; usual[i] != NULL; i++)
        if (dam__bench_measure(record, usual[i]) != NULL)
            return usual[i];
    for (size_t i = 0; i < record->count; i++)
        if (!record->measures[i].kernel &&
            dam__unit_direction(record->measures[i].unit) == DAM__LARGER)
            return record->measures[i].metric;
    return NULL;
}

static dam__compared_preset *find_preset(const dam__comparison *comparison, const char *preset)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (strcmp(comparison->presets[i].preset, preset) == 0)
            return &comparison->presets[i];
    return NULL;
}

static dam_status add_record(dam__comparison *comparison, const dam__bench_record *record)
{
    dam__compared_preset *preset = find_preset(comparison, record->preset);
    if (preset == NULL) {
        dam_status status =
            dam__grow(&comparison->presets, comparison->count + 1, sizeof *comparison->presets);
        if (status != DAM_OK)
            return status;
        preset = &comparison->presets[comparison->count++];
        *preset = (dam__compared_preset){.preset = record->preset, .title = "", .kind = ""};
    }
    /* One that failed early says less than the next may. */
    if (preset->title[0] == '\0')
        preset->title = record->title;
    if (preset->kind[0] == '\0')
        preset->kind = record->kind;
    if (preset->headline == NULL)
        preset->headline = headline_of(record);
    return DAM_OK;
}

static dam_status choose_baseline(const dam__result_sets *all, const char *word, size_t *out)
{
    size_t found = 0;
    *out = 0;
    if (word == NULL)
        return DAM_OK;
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].name, word) == 0) {
            *out = i;
            return DAM_OK;
        }
    char *end = NULL;
    unsigned long index = strtoul(word, &end, 10);
    if (word[0] >= '0' && word[0] <= '9' && *end == '\0' && index >= 1 && index <= all->count) {
        *out = index - 1;
        return DAM_OK;
    }
    for (size_t i = 0; i < all->count; i++) {
        if (word[0] != '\0' && dam__contains_nocase(all->items[i].name, word)) {
            *out = i;
            found++;
        }
    }
    if (found == 1)
        return DAM_OK;
    return dam__fail(DAM_USAGE,
                     "--baseline '%s' matches %s of the %zu that are compared; give a whole name, "
                     "or a number from 1",
                     word, found == 0 ? "none" : "several", all->count);
}

dam_status dam__comparison_create(const dam__result_sets *all, const char *baseline,
                                  dam__comparison *out)
{
    dam_status status = DAM_OK;
    dam__comparison made = {.all = all};
    DAM_TRY_CLEANUP(choose_baseline(all, baseline, &made.baseline));
    for (size_t i = 0; i < all->count; i++)
        for (size_t j = 0; j < all->items[i].count; j++)
            DAM_TRY_CLEANUP(add_record(&made, &all->items[i].records[j]));
    *out = made;
    made = (dam__comparison){0};
cleanup:
    dam__comparison_free(&made);
    return status;
}

/* --- what they say together ---------------------------------------------------------------------- */

static const dam__measure *headline_measure(const dam__comparison *comparison, size_t preset,
                                            size_t i)
{
    return dam__comparison_measure(comparison, preset, i, comparison->presets[preset].headline);
}

double dam__mean_ratio(const dam__comparison *comparison, size_t i, size_t *count)
{
    double sum = 0;
    *count = 0;
    for (size_t c = 0; c < comparison->count; c++) {
        double ratio = dam__speed_ratio(headline_measure(comparison, c, comparison->baseline),
                                        headline_measure(comparison, c, i));
        if (isfinite(ratio)) {
            sum += log(ratio);
            (*count)++;
        }
    }
    return *count > 0 ? exp(sum / (double)*count) : NAN;
}

double dam__loss_distance(const dam__comparison *comparison, size_t preset, size_t i)
{
    size_t base = comparison->baseline;
    const dam__measure *begin = dam__comparison_measure(comparison, preset, base, "loss_begin");
    const dam__measure *wanted = dam__comparison_measure(comparison, preset, base, "loss_end");
    const dam__measure *got = dam__comparison_measure(comparison, preset, i, "loss_end");
    if (begin == NULL || wanted == NULL || got == NULL || begin->value == wanted->value)
        return NAN;
    return fabs(got->value - wanted->value) / fabs(begin->value - wanted->value);
}

bool dam__is_same_device(const dam__comparison *comparison, size_t i)
{
    static const char *const names[] = {"name", "platform", "driver"};
    const json_t *a = comparison->all->items[comparison->baseline].device;
    const json_t *b = comparison->all->items[i].device;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        if (strcmp(dam__json_text_of(a, names[n]), dam__json_text_of(b, names[n])) != 0)
            return false;
    return i != comparison->baseline;
}

/* Geometric mean of the ratios of the peaks over all presets. */
static double peak_ratio(const dam__comparison *comparison, size_t i)
{
    double sum = 0;
    size_t count = 0;
    for (size_t c = 0; c < comparison->count; c++) {
        double ratio = dam__speed_ratio(
            dam__comparison_measure(comparison, c, comparison->baseline, "fma_peak"),
            dam__comparison_measure(comparison, c, i, "fma_peak"));
        if (isfinite(ratio)) {
            sum += log(ratio);
            count++;
        }
    }
    return count > 0 ? exp(sum / (double)count) : NAN;
}

static void note_slower(const dam__comparison *comparison, size_t i, dam__text *out)
{
    size_t slower = 0, compared = 0;
    for (size_t c = 0; c < comparison->count; c++) {
        dam__verdict verdict =
            dam__verdict_of(headline_measure(comparison, c, comparison->baseline),
                            headline_measure(comparison, c, i));
        compared += verdict != DAM__VERDICT_NONE;
        slower += verdict == DAM__VERDICT_SLOWER;
    }
    if (slower == 0 || !dam__is_same_device(comparison, i))
        return;
    double peak = peak_ratio(comparison, i);
    const char *why = !isfinite(peak) ? "."
                      : peak < 1 - LEAST_DIFFERENCE
                          ? ": other work, throttling, or fewer threads."
                          : ": the peak is not slower, so look at the driver and the program.";
    dam__text_append(out,
                     "The same device and driver as the baseline, but slower in %zu of %zu "
                     "presets beyond the spreads, at %.2f times its peak%s",
                     slower, compared, peak, why);
}

/* "denseam 0.1.0, not 0.2.0": what a file says otherwise than the baseline's, where both say it. */
static void note_other(const char *what, const char *own, const char *base, int digits, bool *any,
                       dam__text *out)
{
    if (own[0] == '\0' || base[0] == '\0' || strcmp(own, base) == 0)
        return;
    dam__text_append(out, "%s%s ",
                     *any              ? "; "
                     : out->length > 0 ? " Differs: "
                                       : "Differs: ",
                     what);
    dam__text_append_utf8(out, own, (size_t)digits);
    dam__text_append(out, ", not ");
    dam__text_append_utf8(out, base, (size_t)digits);
    *any = true;
}

static const char *record_text(const dam__result_set *of, size_t place)
{
    return of->count > 0 ? *(const char *const *)((const char *)&of->records[0] + place) : "";
}

/* Numbers of other programs, drivers or settings are compared knowing that. */
static void note_differences(const dam__comparison *comparison, size_t i, dam__text *out)
{
    enum { WORDS = 60, DIGEST = 12 };
    const dam__result_set *own = &comparison->all->items[i];
    const dam__result_set *base = &comparison->all->items[comparison->baseline];
    const json_t *host = json_object_get(own->file, "host");
    const json_t *base_host = json_object_get(base->file, "host");
    bool any = false;
    if (i == comparison->baseline)
        return;
    note_other("denseam", dam__json_text_of(own->file, "version"),
               dam__json_text_of(base->file, "version"), WORDS, &any, out);
    note_other("kernels", dam__json_text_of(own->file, "kernels"),
               dam__json_text_of(base->file, "kernels"), DIGEST, &any, out);
    note_other("driver", dam__json_text_of(own->device, "driver"),
               dam__json_text_of(base->device, "driver"), WORDS, &any, out);
    note_other("tuning", record_text(own, offsetof(dam__bench_record, tuning)),
               record_text(base, offsetof(dam__bench_record, tuning)), DIGEST, &any, out);
    note_other("precision", record_text(own, offsetof(dam__bench_record, precision)),
               record_text(base, offsetof(dam__bench_record, precision)), WORDS, &any, out);
    if (json_is_boolean(json_object_get(own->file, "quick")) &&
        json_is_boolean(json_object_get(base->file, "quick")))
        note_other("measured",
                   json_is_true(json_object_get(own->file, "quick")) ? "quickly" : "fully",
                   json_is_true(json_object_get(base->file, "quick")) ? "quickly" : "fully", WORDS,
                   &any, out);
    note_other("host's kernel", dam__json_text_of(host, "kernel"),
               dam__json_text_of(base_host, "kernel"), WORDS, &any, out);
    if (any)
        dam__text_append(out, ".");
}

void dam__result_set_note(const dam__comparison *comparison, size_t i, dam__text *out)
{
    const dam__result_set *own = &comparison->all->items[i];
    size_t wrong = 0, failed = 0;
    for (size_t r = 0; r < own->count; r++) {
        wrong += strcmp(own->records[r].agreement, "wrong") == 0;
        failed += own->records[r].message[0] != '\0';
    }
    dam__text_append(out, "%s", "");
    note_slower(comparison, i, out);
    note_differences(comparison, i, out);
    if (wrong > 0)
        dam__text_append(out,
                         "%sWrong results in %zu of %zu presets: trust none of its "
                         "numbers before 'denseam selftest' passes there.",
                         out->length > 0 ? " " : "", wrong, own->count);
    if (failed > 0)
        dam__text_append(out, "%s%zu of %zu presets ended early.", out->length > 0 ? " " : "",
                         failed, own->count);
}
