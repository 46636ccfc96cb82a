#include "bench/bench_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "command/output.h"

enum {
    LARGEST_FILE = 32 << 20,
    MOST_RESULTS = 1000,
    MOST_MEASURES = 500,
    LONGEST_TEXT = 1000,
    LONGEST_NAME = 80
};

const char *dam__json_text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

double dam__json_number_of(const json_t *object, const char *name)
{
    const json_t *number = json_object_get(object, name);
    return json_is_number(number) ? json_number_value(number) : NAN;
}

const dam__bench_record *dam__result_set_record(const dam__result_set *results, const char *preset)
{
    for (size_t i = 0; i < results->count; i++)
        if (strcmp(results->records[i].preset, preset) == 0)
            return &results->records[i];
    return NULL;
}

const dam__measure *dam__bench_measure(const dam__bench_record *record, const char *metric)
{
    for (size_t i = 0; record != NULL && i < record->count; i++)
        if (strcmp(record->measures[i].metric, metric) == 0)
            return &record->measures[i];
    return NULL;
}

static void result_set_free(dam__result_set *results)
{
    for (size_t i = 0; i < results->count; i++)
        free(results->records[i].measures);
    free(results->records);
    free(results->name);
    json_decref(results->file);
    *results = (dam__result_set){0};
}

static void free_from(dam__result_sets *sets, size_t first)
{
    while (sets->count > first)
        result_set_free(&sets->items[--sets->count]);
}

void dam__result_sets_free(dam__result_sets *sets)
{
    free_from(sets, 0);
}

static bool has_preset(const dam__result_sets *sets, size_t count, const char *preset)
{
    for (size_t i = 0; i < count; i++)
        if (dam__result_set_record(&sets->items[i], preset) != NULL)
            return true;
    return false;
}

void dam__result_sets_narrow(dam__result_sets *sets, size_t first)
{
    size_t kept = first;
    for (size_t i = first; i < sets->count; i++) {
        dam__result_set own = sets->items[i];
        size_t records = 0;
        for (size_t r = 0; r < own.count; r++)
            if (has_preset(sets, first, own.records[r].preset))
                own.records[records++] = own.records[r];
            else
                free(own.records[r].measures);
        own.count = records;
        if (records > 0)
            sets->items[kept++] = own;
        else
            result_set_free(&own);
    }
    sets->count = kept;
}

/* --- what must be there ------------------------------------------------------------------------- */

/* What is read, for messages. */
typedef struct reading {
    const char *path;
    json_t *file;
    dam__result_sets *all;
    size_t first; /* result set of this file */
} reading;

/* A text that must be there, is no novel and not empty. */
static dam_status need_text(const reading *r, const json_t *object, const char *name,
                            const char *where, const char **out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value) || json_string_length(value) == 0 ||
        json_string_length(value) > LONGEST_TEXT)
        return dam__fail(DAM_INPUT, "'%s': %s has no text '%s'; write it anew with 'denseam bench'",
                         r->path, where, name);
    *out = json_string_value(value);
    return DAM_OK;
}

/* Numbers and texts that may be null or absent must still be of their type. */
static dam_status check_types(const reading *r, const json_t *object, const char *const *texts,
                              const char *const *numbers, const char *where)
{
    for (; *texts != NULL; texts++) {
        const json_t *value = json_object_get(object, *texts);
        if (value != NULL && !json_is_null(value) &&
            (!json_is_string(value) || json_string_length(value) > LONGEST_TEXT))
            return dam__fail(DAM_INPUT, "'%s': '%s' of %s is no text", r->path, *texts, where);
    }
    for (; *numbers != NULL; numbers++) {
        const json_t *value = json_object_get(object, *numbers);
        if (value != NULL && !json_is_null(value) && !json_is_number(value))
            return dam__fail(DAM_INPUT, "'%s': '%s' of %s is no number", r->path, *numbers, where);
    }
    return DAM_OK;
}

static dam_status read_measure(const reading *r, const json_t *row, dam__measure *out)
{
    static const char *const texts[] = {"ceiling_name", NULL};
    static const char *const numbers[] = {"spread", "ceiling", "share",   "part",
                                          "flops",  "bytes",   "seconds", NULL};
    dam__measure m = {0};
    DAM_TRY(need_text(r, row, "metric", "a row", &m.metric));
    DAM_TRY(need_text(r, row, "unit", m.metric, &m.unit));
    DAM_TRY(check_types(r, row, texts, numbers, m.metric));
    m.value = dam__json_number_of(row, "value");
    if (!isfinite(m.value))
        return dam__fail(DAM_INPUT, "'%s': '%s' has no value; write it anew with 'denseam bench'",
                         r->path, m.metric);
    m.spread = dam__json_number_of(row, "spread");
    m.ceiling = dam__json_number_of(row, "ceiling");
    m.share = dam__json_number_of(row, "share");
    m.part = dam__json_number_of(row, "part");
    m.flops = dam__json_number_of(row, "flops");
    m.bytes = dam__json_number_of(row, "bytes");
    m.seconds = dam__json_number_of(row, "seconds");
    m.ceiling_name = json_string_value(json_object_get(row, "ceiling_name"));
    m.kernel = isfinite(m.part);
    *out = m;
    return DAM_OK;
}

/* A preset with other keys is another one: it goes by its name and what was set. */
static dam_status name_after_keys(const reading *r, json_t *result, const char **preset)
{
    dam_status status = DAM_OK;
    dam__text name = {0};
    const json_t *set = json_object_get(result, "set");
    if (!json_is_array(set) || json_array_size(set) == 0)
        return DAM_OK;
    dam__text_append(&name, "%s with", *preset);
    for (size_t i = 0; i < json_array_size(set); i++) {
        const char *key = json_string_value(json_array_get(set, i));
        if (key == NULL)
            DAM_FAIL(DAM_INPUT,
                     "'%s': 'set' of '%s' is no list of texts; write it anew with "
                     "'denseam bench'",
                     r->path, *preset);
        dam__text_append(&name, " %s", key);
    }
    DAM_TRY_CLEANUP(dam__text_status(&name));
    if (json_object_set_new(result, "preset", json_string(name.data)) != 0)
        DAM_FAIL(DAM_NO_MEMORY, "the host has no memory for '%s'", r->path);
    *preset = json_string_value(json_object_get(result, "preset"));
cleanup:
    dam__text_free(&name);
    return status;
}

static dam_status read_record(const reading *r, json_t *result, dam__bench_record *out)
{
    static const char *const texts[] = {"title",  "kind",      "precision", "kernels", "gemm",
                                        "tuning", "agreement", "message",   NULL};
    static const char *const numbers[] = {NULL};
    dam_status status = DAM_OK;
    dam__bench_record record = {0};
    const json_t *rows = json_object_get(result, "rows");
    DAM_TRY_CLEANUP(need_text(r, result, "preset", "a result", &record.preset));
    DAM_TRY_CLEANUP(name_after_keys(r, result, &record.preset));
    DAM_TRY_CLEANUP(check_types(r, result, texts, numbers, record.preset));
    if (!json_is_array(rows) || json_array_size(rows) > MOST_MEASURES)
        DAM_FAIL(DAM_INPUT, "'%s': the result '%s' wants an array 'rows' of at most %d", r->path,
                 record.preset, MOST_MEASURES);
    DAM_TRY_CLEANUP(dam__alloc(json_array_size(rows), sizeof *record.measures, &record.measures));
    for (size_t i = 0; i < json_array_size(rows); i++)
        DAM_TRY_CLEANUP(read_measure(r, json_array_get(rows, i), &record.measures[record.count++]));
    record.title = dam__json_text_of(result, "title");
    record.kind = dam__json_text_of(result, "kind");
    record.precision = dam__json_text_of(result, "precision");
    record.kernels = dam__json_text_of(result, "kernels");
    record.gemm = dam__json_text_of(result, "gemm");
    record.tuning = dam__json_text_of(result, "tuning");
    record.agreement = dam__json_text_of(result, "agreement");
    record.message = dam__json_text_of(result, "message");
    record.warnings = json_object_get(result, "warnings");
    if (!json_is_array(record.warnings))
        record.warnings = NULL;
    *out = record;
    record.measures = NULL;
cleanup:
    free(record.measures);
    return status;
}

/* --- who it is of ------------------------------------------------------------------------------- */

/* Two platforms may offer one device; an index tells two alike devices apart. */
static bool same_device(const json_t *a, const json_t *b)
{
    static const char *const names[] = {"name", "platform", "driver", "index"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *x = json_object_get(a, names[i]), *y = json_object_get(b, names[i]);
        if (x != y && !json_equal(x, y)) /* both may lack it */
            return false;
    }
    return true;
}

static dam_status add_result_set(const reading *r, const json_t *device)
{
    static const char *const texts[] = {"platform", "vendor", "driver", "version", "type", NULL};
    static const char *const numbers[] = {"compute_units", "clock_mhz", "global_memory", NULL};
    const char *name = NULL;
    dam_status status = need_text(r, device, "name", "a device", &name);
    if (status == DAM_OK)
        status = check_types(r, device, texts, numbers, name);
    if (status != DAM_OK)
        return status;
    if (r->all->count == DAM__RESULT_SETS)
        return dam__fail(DAM_USAGE,
                         "'%s': more than %d devices are too many for one page; compare fewer",
                         r->path, DAM__RESULT_SETS);
    dam__result_set *added = &r->all->items[r->all->count++];
    *added = (dam__result_set){.path = r->path, .file = json_incref(r->file), .device = device};
    return DAM_OK;
}

/* The result set of a device, or NULL. */
static dam__result_set *result_set_of(const reading *r, const json_t *device)
{
    for (size_t i = r->first; i < r->all->count; i++)
        if (same_device(r->all->items[i].device, device))
            return &r->all->items[i];
    return NULL;
}

static dam_status take_result(const reading *r, json_t *result)
{
    dam_status status = DAM_OK;
    const json_t *device = json_object_get(result, "device");
    dam__bench_record record = {0};
    dam__result_set *results = result_set_of(r, device);
    if (results == NULL) {
        DAM_TRY_CLEANUP(add_result_set(r, device));
        results = &r->all->items[r->all->count - 1];
    }
    DAM_TRY_CLEANUP(read_record(r, result, &record));
    dam__bench_record *place = (dam__bench_record *)dam__result_set_record(results, record.preset);
    if (place == NULL) {
        DAM_TRY_CLEANUP(dam__grow(&results->records, results->count + 1, sizeof *results->records));
        place = &results->records[results->count++];
        *place = (dam__bench_record){0};
    }
    free(place->measures);
    *place = record;
    record.measures = NULL;
cleanup:
    free(record.measures);
    return status;
}

/* --- names -------------------------------------------------------------------------------------- */

static bool is_taken(const dam__result_sets *all, const char *name, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(all->items[i].name, name) == 0)
            return true;
    return false;
}

/* "runs/card.json" -> "card", of whole letters. */
static void append_stem(const char *path, dam__text *out)
{
    dam__text stem = {0};
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t length = dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name);
    dam__text_append_bytes(&stem, name, length);
    dam__text_append_utf8(out, dam__text_part(out, &stem), LONGEST_NAME);
    dam__text_free(&stem);
}

/* The label, else the device's name; what tells it from the others is added. */
static dam_status name_result_set(const reading *r, size_t i)
{
    dam_status status = DAM_OK;
    dam__result_set *own = &r->all->items[i];
    const char *label = dam__json_text_of(r->file, "label");
    const char *device = dam__json_text_of(own->device, "name");
    bool several = r->all->count - r->first > 1;
    dam__text stem = {0}, plain = {0};
    append_stem(r->path, &stem);
    dam__text_append_utf8(&plain, label, LONGEST_NAME);
    if (label[0] != '\0' && several)
        dam__text_append(&plain, ", ");
    if (label[0] == '\0' || several)
        dam__text_append_utf8(&plain, device, LONGEST_NAME);
    DAM_TRY_CLEANUP(dam__text_status(&stem));
    DAM_TRY_CLEANUP(dam__text_status(&plain));
    DAM_TRY_CLEANUP(dam__format(&own->name, "%s", plain.data));
    for (int tries = 1; is_taken(r->all, own->name, i); tries++) {
        free(own->name);
        own->name = NULL;
        DAM_TRY_CLEANUP(tries == 1
                            ? dam__format(&own->name, "%s (%s)", plain.data, stem.data)
                            : dam__format(&own->name, "%s (%s %d)", plain.data, stem.data, tries));
    }
cleanup:
    dam__text_free(&stem);
    dam__text_free(&plain);
    return status;
}

/* --- the file ----------------------------------------------------------------------------------- */

static dam_status check_head(const reading *r)
{
    static const char *const texts[] = {"label", "version", "kernels", "created", NULL};
    static const char *const numbers[] = {NULL};
    const char *format = dam__json_text_of(r->file, "format");
    if (strcmp(format, DAM__BENCH_FORMAT) != 0)
        return dam__fail(DAM_INPUT,
                         "'%s' is no file of 'denseam bench -o' (its format is not '%s')", r->path,
                         DAM__BENCH_FORMAT);
    return check_types(r, r->file, texts, numbers, "the file");
}

/* The result of a preset on a device in a file that is made of rows; a new one where there is none.
 */
static json_t *result_for(json_t *results, const json_t *row)
{
    const char *preset = dam__json_text_of(row, "preset"),
               *device = dam__json_text_of(row, "device");
    size_t i = json_array_size(results);
    /* Rows of one result stand together. */
    json_t *last = i > 0 ? json_array_get(results, i - 1) : NULL;
    if (last != NULL && strcmp(dam__json_text_of(last, "preset"), preset) == 0 &&
        strcmp(dam__json_text_of(json_object_get(last, "device"), "name"), device) == 0)
        return last;
    json_t *made = json_pack("{ss s{ss} s[]}", "preset", preset, "device", "name", device, "rows");
    return json_array_append_new(results, made) == 0 ? made : NULL;
}

/* An array of rows, which name their preset and device, as the file that it would have been. */
static dam_status file_of_rows(const reading *r, json_t **file)
{
    dam_status status = DAM_OK;
    json_t *results = json_array(), *row = NULL;
    size_t i = 0;
    json_array_foreach(*file, i, row)
    {
        json_t *result = json_is_object(row) ? result_for(results, row) : NULL;
        if (!json_is_object(row))
            DAM_FAIL(DAM_INPUT, "'%s' is an array of something else than rows of 'denseam bench'",
                     r->path);
        if (json_array_append(json_object_get(result, "rows"), row) != 0)
            DAM_FAIL(DAM_NO_MEMORY, "the host has no memory for '%s'", r->path);
    }
    json_decref(*file);
    *file = json_pack("{ss sO}", "format", DAM__BENCH_FORMAT, "results", results);
    if (*file == NULL)
        DAM_FAIL(DAM_NO_MEMORY, "the host has no memory for '%s'", r->path);
cleanup:
    json_decref(results);
    return status;
}

dam_status dam__result_sets_parse(const char *path, const char *data, size_t length,
                                  dam__result_sets *sets)
{
    dam_status status = DAM_OK;
    json_error_t error;
    reading r = {.path = path, .all = sets, .first = sets->count};
    r.file = json_loadb(data, length, JSON_REJECT_DUPLICATES, &error);
    if (r.file == NULL && json_lacks_memory())
        DAM_FAIL(DAM_NO_MEMORY, "the host has no memory for '%s'", path);
    if (r.file == NULL)
        DAM_FAIL(DAM_INPUT, "'%s' is not JSON: line %d, column %d", path, error.line, error.column);
    if (json_array_size(r.file) > 0)
        DAM_TRY_CLEANUP(file_of_rows(&r, &r.file));
    DAM_TRY_CLEANUP(check_head(&r));
    const json_t *results = json_object_get(r.file, "results");
    if (!json_is_array(results) || json_array_size(results) == 0 ||
        json_array_size(results) > MOST_RESULTS)
        DAM_FAIL(DAM_INPUT,
                 "'%s' wants an array 'results' of 1 to %d; run 'denseam bench -o' again", path,
                 MOST_RESULTS);
    for (size_t i = 0; i < json_array_size(results); i++)
        DAM_TRY_CLEANUP(take_result(&r, json_array_get(results, i)));
    for (size_t i = r.first; i < sets->count; i++)
        DAM_TRY_CLEANUP(name_result_set(&r, i));
cleanup:
    if (status != DAM_OK)
        free_from(sets, r.first);
    json_decref(r.file);
    return status;
}

dam_status dam__result_sets_add(const char *path, dam__result_sets *sets)
{
    char *data = NULL;
    size_t length = 0;
    dam_status status = dam__file_read(path, LARGEST_FILE, &data, &length);
    if (status == DAM_OK)
        status = dam__result_sets_parse(path, data, length, sets);
    free(data);
    return status;
}
