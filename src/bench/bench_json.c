/* The JSON of `denseam bench`: what docs/format.md ("The bench file") describes and
 * bench/bench_file.h reads. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/embedded.h"
#include "base/host.h"
#include "base/memory.h"
#include "base/summary.h"
#include "bench/bench_command.h"
#include "bench/bench_file.h"
#include "denseam/version.h"
#include "model/model_type.h"

/* false where the host has no memory. */
static bool add_rounds(const dam__bench_row *row, json_t *json)
{
    json_t *rounds = json_array(), *blocks = json_array();
    double *sorted = NULL, error = NAN;
    bool made = dam__alloc(row->round_count, sizeof *sorted, &sorted) == DAM_OK;
    for (size_t i = 0; i < row->round_count && made; i++) {
        sorted[i] = row->rounds[i];
        made = json_array_append_new(rounds, json_number(row->rounds[i])) == 0;
    }
    if (made) {
        (void)dam__summarise(sorted, row->round_count);
        error = dam__median_error(sorted, row->round_count);
    }
    for (size_t b = 0; b < DAM__BENCH_BLOCKS && row->blocks[0] > 0 && made; b++)
        made = json_array_append_new(blocks, json_integer((json_int_t)row->blocks[b])) == 0;
    free(sorted);
    made = made && json_object_set_new(json, "median_error", json_number(error)) == 0 &&
           json_object_set(json, "rounds", rounds) == 0 &&
           (row->blocks[0] == 0 || json_object_set(json, "blocks", blocks) == 0);
    json_decref(rounds);
    json_decref(blocks);
    return made;
}

static bool add_kernel(const dam__bench_row *row, json_t *json)
{
    return json_object_set_new(json, "part", json_number(row->part)) == 0 &&
           json_object_set_new(json, "flops", json_number(row->flops)) == 0 &&
           json_object_set_new(json, "bytes", json_number(row->bytes)) == 0 &&
           json_object_set_new(json, "seconds", json_number(row->seconds)) == 0;
}

static json_t *row_json(const dam__bench_row *row)
{
    json_t *json =
        json_pack("{ss sf ss so ss? so so}", "metric", row->metric, "value", row->value, "unit",
                  row->unit, "spread", json_number(row->spread), "ceiling_name", row->ceiling_name,
                  "ceiling", json_number(row->ceiling), "share", json_number(row->share));
    if (json != NULL && ((row->kernel && !add_kernel(row, json)) ||
                         (row->round_count > 0 && !add_rounds(row, json)))) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *device_json(const dam_device_info *info)
{
    return json_pack("{so so so so so ss si sI sI sI sI sI sb}", "name", json_text(info->name),
                     "platform", json_text(info->platform), "vendor", json_text(info->vendor),
                     "driver", json_text(info->driver), "version", json_text(info->version), "type",
                     dam_device_type_name(info->type), "index", info->index, "compute_units",
                     (json_int_t)info->compute_units, "clock_mhz", (json_int_t)info->clock,
                     "global_memory", (json_int_t)info->global_memory, "local_memory",
                     (json_int_t)info->local_memory, "native_float_lanes",
                     (json_int_t)info->native_float_width, "fp64", info->fp64);
}

/* The keys that were set on the command line. */
static json_t *set_json(const arguments *args)
{
    json_t *set = json_array();
    for (size_t i = 0; i < args->set.count; i++)
        (void)json_array_append_new(set, json_text(args->set.items[i]));
    return set;
}

json_t *bench_result_json(const bench_result *result)
{
    static const char *const agreements[] = {"unknown", "right", "wrong"};
    json_t *rows = json_array();
    for (size_t i = 0; i < result->rows->count; i++)
        (void)json_array_append_new(rows, row_json(&result->rows->items[i]));
    bool wide = dam__device_precision(result->device) == DAM__PRECISION_DOUBLE;
    bool cpu = dam__device_shape(result->device) == DAM__SHAPE_CPU;
    return json_pack("{so so so ss ss ss ss? ss si si ss so so so so}", "preset",
                     json_text(result->preset), "title", json_text(result->experiment->title),
                     "device", device_json(dam__device_facts(result->device)), "kind",
                     dam__model_type_of(&result->experiment->model)->name, "precision",
                     wide ? "double" : "single", "kernels", cpu ? "cpu" : "gpu", "gemm",
                     result->rows->gemm, "tuning", dam__device_tuning_digest(result->device),
                     "lanes", dam__vector_width(result->device), "group",
                     dam__group(result->device), "agreement", agreements[result->rows->agreement],
                     "message", json_text(result->message), "warnings",
                     json_deep_copy(result->warnings), "set", set_json(result->args), "rows", rows);
}

json_t *bench_failure_json(const char *preset, const arguments *args, const dam_device_info *info,
                           const char *message)
{
    return json_pack("{so so so so so}", "preset", json_text(preset), "device", device_json(info),
                     "message", json_text(message), "set", set_json(args), "rows", json_array());
}

/* --- the file --------------------------------------------------------------------------------- */

/* What users and drivers set that changes what a device is. */
static json_t *environment_json(void)
{
    static const char *const names[] = {
        "OCL_ICD_VENDORS",        "OPENCL_VENDOR_PATH",    "POCL_DEVICES",
        "POCL_MAX_PTHREAD_COUNT", "POCL_CPU_MAX_CU_COUNT", "POCL_AFFINITY",
        "RUSTICL_ENABLE",         "RUSTICL_FEATURES",      "LP_NUM_THREADS",
        "GALLIUM_DRIVER",         "CUDA_VISIBLE_DEVICES",  "ROCR_VISIBLE_DEVICES",
        "GPU_DEVICE_ORDINAL",     "NEOReadDebugKeys",      "CL_CONFIG_CPU_TBB_NUM_WORKERS"};
    json_t *set = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]) != NULL)
            (void)json_object_set_new(set, names[i], json_text(getenv(names[i])));
    return set;
}

static json_t *host_json(void)
{
    dam__host host;
    dam__host_describe(&host);
    const struct {
        const char *name, *text;
    } texts[] = {{"system", host.system},
                 {"machine", host.machine},
                 {"kernel", host.kernel},
                 {"cpu", host.cpu},
                 {"governor", host.governor}};
    json_t *json =
        json_pack("{sI sI}", "cores", (json_int_t)host.cores, "memory", (json_int_t)host.memory);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        (void)json_object_set_new(
            json, texts[i].name, texts[i].text[0] != '\0' ? json_text(texts[i].text) : json_null());
    return json;
}

json_t *bench_file_json(const bench_arguments *own, json_t *results)
{
    char kernels[DAM__DIGEST_HEX] = "", created[32] = "";
    struct tm utc = {0};
    time_t now = time(NULL);
    if (gmtime_r(&now, &utc) != NULL)
        (void)strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (dam__embedded_digest(dam__kernel_sources, kernels) != DAM_OK)
        kernels[0] = '\0';
    return json_pack("{ss so ss so ss ss sb so so so so}", "format", DAM__BENCH_FORMAT, "label",
                     json_text(own->label), "version", DENSEAM_VERSION, "commit",
                     json_text(own->shared.commit), "kernels", kernels, "created", created, "quick",
                     (int)own->quick, "until", json_text(own->until), "host", host_json(),
                     "environment", environment_json(), "results", results);
}

json_t *bench_rows_json(const json_t *results)
{
    json_t *all = json_array();
    size_t r = 0, i = 0;
    json_t *result = NULL, *row = NULL;
    json_array_foreach(results, r, result)
    {
        json_array_foreach(json_object_get(result, "rows"), i, row)
        {
            json_t *copy = json_copy(row);
            const json_t *device = json_object_get(result, "device");
            (void)json_object_set(copy, "preset", json_object_get(result, "preset"));
            (void)json_object_set(copy, "device", json_object_get(device, "name"));
            (void)json_array_append_new(all, copy);
        }
    }
    return all;
}

/* {..., "results": [\n{...},\n{...}\n]}: what a list holds has a line each. */
static dam_status append_member(const char *name, const json_t *value, bool last, dam__text *text)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 0;
    char *line = NULL;
    dam__text_append(text, "\"%s\": %s", name, count > 0 ? "[\n" : "");
    for (size_t i = 0; i < (count > 0 ? count : 1); i++) {
        const json_t *item = count > 0 ? json_array_get(value, i) : value;
        DAM_TRY(json_to_text(json_deep_copy(item), BENCH_JSON_FLAGS | JSON_ENCODE_ANY, &line));
        dam__text_append(text, "%s%s", line, i + 1 < count ? ",\n" : "");
        free(line);
    }
    dam__text_append(text, "%s%s\n", count > 0 ? "\n]" : "", last ? "" : ",");
    return DAM_OK;
}

dam_status bench_write(const char *path, json_t *value)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    const char *name = NULL;
    json_t *member = NULL;
    size_t left = json_object_size(value);
    if (value == NULL)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for '%s'", path);
    dam__text_append(&text, "{\n");
    json_object_foreach(value, name, member)
        DAM_TRY_CLEANUP(append_member(name, member, --left == 0, &text));
    dam__text_append(&text, "}\n");
    DAM_TRY_CLEANUP(dam__text_write(&text, path));
cleanup:
    dam__text_free(&text);
    json_decref(value);
    return status;
}
