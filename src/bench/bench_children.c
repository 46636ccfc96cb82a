/* What `denseam bench` does in processes of their own: other devices, and first steps from cold. */
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notice.h"
#include "base/private_folder.h"
#include "base/process.h"
#include "bench/bench_command.h"
#include "command/signals.h"
#include "compute/tuning.h"
#include "denseam/device.h"

enum { LARGEST_ANSWER = 64 << 20, LINE_BYTES = 256 };

/* Seconds. A preset takes a minute or two, on slow devices ten; a driver that hangs takes for good.
 * A child that is asked to stop ends its present round and writes what it has. */
static const double PRESET_LIMIT = 1800, FIRST_STEP_LIMIT = 300, GRACE = 60;

/* --- a command line and a folder of its own ----------------------------------------------------- */

/*
 * This program once more, with what every child takes over from this call and its own switches
 * (`count`, some NULL).
 */
static dam_status make_line(dam__words *l, const char *name, const arguments *args,
                            const char *const *switches, size_t count, const char *preset,
                            const dam_device_info *info, const char *out)
{
    dam_status status = DAM_OK;
    char index[16], *program = NULL;
    (void)snprintf(index, sizeof index, "%d", info->index);
    DAM_TRY_CLEANUP(dam__process_self("DENSEAM_BENCH_PROGRAM", &program));
    DAM_TRY_CLEANUP(dam__words_add_pair(l, program, name));
    DAM_TRY_CLEANUP(dam__words_add_pair(l, "--device", index));
    DAM_TRY_CLEANUP(dam__words_add_pair(l, "--out", out));
    DAM_TRY_CLEANUP(dam__words_add_pair(l, "--gemm", gemm_choices[args->gemm]));
    DAM_TRY_CLEANUP(dam__words_add_pair(l, "--kernels", kernels_choices[args->kernels]));
    for (size_t i = 0; i < args->set.count; i++)
        DAM_TRY_CLEANUP(dam__words_add_pair(l, "--set", args->set.items[i]));
    for (size_t i = 0; i < count; i++)
        if (switches[i] != NULL)
            DAM_TRY_CLEANUP(dam__words_add(l, switches[i]));
    DAM_TRY_CLEANUP(dam__words_add_pair(l, "--", preset));
cleanup:
    free(program);
    return status;
}

static dam_status make_folder(char **out)
{
    const char *parent = getenv("TMPDIR");
    dam_status status =
        dam__format(out, "%s/denseam.XXXXXX", parent != NULL && parent[0] == '/' ? parent : "/tmp");
    if (status == DAM_OK && mkdtemp(*out) == NULL) {
        status = dam__fail(DAM_INPUT, "cannot make a folder '%s': %s; set TMPDIR to another place",
                           *out, strerror(errno));
        free(*out);
        *out = NULL;
    }
    return status;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path) == 0 ? 0 : 1;
}

static void remove_folder(char *folder)
{
    enum { OPEN_FOLDERS = 16 };
    if (folder != NULL)
        (void)nftw(folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

/* How a child ended. */
typedef struct child_end {
    dam__ending ending;
    int code;
} child_end;

static bool ended_well(const child_end *end)
{
    return end->ending == DAM__ENDED && end->code == 0;
}

/* The message for a child that failed. */
static void describe_end(const child_end *end, char text[LINE_BYTES])
{
    if (end->ending == DAM__HUNG || end->ending == DAM__STOPPED)
        (void)snprintf(text, LINE_BYTES, "it took too long and was ended");
    else if (end->ending == DAM__KILLED)
        (void)snprintf(text, LINE_BYTES, "its process was ended by signal %d (%s)", end->code,
                       strsignal(end->code));
    else
        (void)snprintf(text, LINE_BYTES, "it failed with exit code %d: %s", end->code,
                       dam_status_sentence((dam_status)end->code));
}

static dam_status run_child(const dam__words *l, const dam__words *environment, bool silent,
                            double limit, child_end *end)
{
    const dam__process process = {.arguments = l->items,
                                  .environment = (const char *const *)environment->items,
                                  .output = silent ? DAM__OUTPUT_NOTICES : DAM__OUTPUT_SHOWN,
                                  .limit = limit,
                                  .grace = GRACE,
                                  .stop = signals_stop};
    return dam__process_run(&process, NULL, &end->ending, &end->code);
}

/* --- every device ------------------------------------------------------------------------------- */

/* Takes over the results of a child's file; whether there was one. */
static bool take_results(const char *path, json_t *results)
{
    char *data = NULL;
    size_t length = 0;
    json_t *file = NULL;
    if (dam__file_exists(path) && dam__file_read(path, LARGEST_ANSWER, &data, &length) == DAM_OK)
        file = json_loadb(data, length, JSON_REJECT_DUPLICATES, NULL);
    json_t *found = json_object_get(file, "results");
    bool taken = json_array_size(found) > 0 && json_array_extend(results, found) == 0;
    json_decref(file);
    free(data);
    return taken;
}

static dam_status bench_apart(const bench_arguments *own, const dam_log *log, const char *preset,
                              const dam_device_info *info, json_t *results)
{
    dam_status status = DAM_OK;
    char *folder = NULL, *out = NULL, *certain = NULL, *longest = NULL;
    char text[LINE_BYTES];
    dam__words l = {0};
    const dam__words same = {0};
    child_end end;
    const arguments *args = &own->shared;
    DAM_TRY_CLEANUP(make_folder(&folder));
    DAM_TRY_CLEANUP(dam__path_join(&out, folder, "bench.json"));
    if (own->until != NULL)
        DAM_TRY_CLEANUP(dam__format(&certain, "--until=%s", own->until));
    if (own->max_time != NULL)
        DAM_TRY_CLEANUP(dam__format(&longest, "--max-time=%s", own->max_time));
    const char *const switches[] = {own->quick ? "--quick" : NULL, args->quiet ? "--quiet" : NULL,
                                    args->profile ? "--profile" : NULL, certain, longest};
    DAM_TRY_CLEANUP(make_line(&l, "bench", args, switches, sizeof switches / sizeof *switches,
                              preset, info, out));
    double until = 0, longer = 0;
    DAM_TRY_CLEANUP(bench_patience(own, &until, &longer));
    DAM_TRY_CLEANUP(run_child(&l, &same, bench_format_of(own) != BENCH_TABLE,
                              PRESET_LIMIT + (until > 0 ? longer : 0), &end));
    bool taken = take_results(out, results);
    if (signals_stop(NULL))
        DAM_FAIL(DAM_INTERRUPTED, "stopped in the benchmark '%s'; what was measured stands",
                 preset);
    if (ended_well(&end))
        goto cleanup;
    describe_end(&end, text);
    dam__warn(log, "'%s' on '%s': %s", preset, info->name, text);
    if (!taken)
        (void)json_array_append_new(results, bench_failure_json(preset, args, info, text));
    bool told = end.ending == DAM__ENDED && end.code <= DAM_INTERRUPTED;
    status = dam__fail(told ? (dam_status)end.code : DAM_INTERNAL,
                       "'%s' failed on '%s'; what was measured stands", preset, info->name);
cleanup:
    dam__words_free(&l);
    free(certain);
    free(longest);
    free(out);
    remove_folder(folder);
    return status;
}

dam_status bench_everywhere(const bench_arguments *own, const dam_log *log,
                            const char *const *presets, json_t *results)
{
    dam_status status = DAM_OK, worst = DAM_OK;
    dam_device_info *infos = NULL;
    size_t count = 0;
    DAM_TRY_CLEANUP(dam_device_list(&infos, &count));
    for (size_t d = 0; d < count && status != DAM_INTERRUPTED; d++) {
        if (!infos[d].usable) {
            dam__warn(log, "device %d, '%s', is left out: %s", infos[d].index, infos[d].name,
                      infos[d].reason);
            continue;
        }
        for (size_t p = 0; presets[p] != NULL && status != DAM_INTERRUPTED; p++) {
            status = bench_apart(own, log, presets[p], &infos[d], results);
            worst = status != DAM_OK ? status : worst;
        }
    }
    status = worst;
cleanup:
    free(infos);
    return status;
}

/* --- first steps -------------------------------------------------------------------------------- */

/* Seconds that a child's file says; NaN where it says none. */
static double read_seconds(const char *path)
{
    char *data = NULL;
    size_t length = 0;
    double seconds = NAN;
    if (dam__file_exists(path) && dam__file_read(path, LARGEST_ANSWER, &data, &length) == DAM_OK) {
        json_t *file = json_loadb(data, length, 0, NULL);
        if (json_is_number(json_object_get(file, "seconds")))
            seconds = json_number_value(json_object_get(file, "seconds"));
        json_decref(file);
    }
    free(data);
    return seconds;
}

/* Every cache that a driver is known to keep, in a folder of ours. */
static dam_status caches_in(const char *folder, dam__words *environment)
{
    static const char *const names[] = {
        "XDG_CACHE_HOME", "POCL_CACHE_DIR",      "CUDA_CACHE_PATH", "MESA_SHADER_CACHE_DIR",
        "NEO_CACHE_DIR",  "AMD_COMGR_CACHE_DIR", "cl_cache_dir"};
    dam_status status = DAM_OK;
    char *path = NULL, *pair = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, names[i]));
        DAM_TRY_CLEANUP(dam__make_folders(path));
        DAM_TRY_CLEANUP(dam__format(&pair, "%s=%s", names[i], path));
        DAM_TRY_CLEANUP(dam__words_add(environment, pair));
        free(path);
        free(pair);
        path = pair = NULL;
    }
cleanup:
    free(path);
    free(pair);
    return status;
}

/* The user's tuning lies in a cache too: the child is to find the one that is in force here. */
static dam_status keep_tuning(const dam_device_info *info, dam__words *environment)
{
    const char *wanted = getenv("DENSEAM_TUNING");
    char *path = NULL, *pair = NULL, *text = NULL;
    size_t length = 0;
    if (wanted != NULL && wanted[0] != '\0')
        return DAM_OK;
    /* Without a home there is no file of the user's. */
    dam_status status = dam__tuning_path(info, &path);
    if (status == DAM_OK)
        status = dam__private_read(path, LARGEST_ANSWER, &text, &length);
    if (status == DAM_OK && text != NULL) {
        status = dam__format(&pair, "DENSEAM_TUNING=%s", path);
        if (status == DAM_OK)
            status = dam__words_add(environment, pair);
    }
    free(path);
    free(pair);
    free(text);
    return status == DAM_INPUT ? DAM_OK : status;
}

dam_status bench_first_steps(const arguments *args, const dam_log *log, const char *preset,
                             const dam_device_info *info, dam__bench_rows *rows)
{
    static const char *const metrics[] = {"first_step_cold", "first_step_warm"};
    dam_status status = DAM_OK;
    char *folder = NULL, *out = NULL;
    char text[LINE_BYTES];
    dam__words l = {0}, environment = {0};
    child_end end = {0};
    dam__info(log, "timing the first step from cold: every kernel is compiled anew");
    DAM_TRY_CLEANUP(make_folder(&folder));
    DAM_TRY_CLEANUP(dam__path_join(&out, folder, "seconds.json"));
    DAM_TRY_CLEANUP(caches_in(folder, &environment));
    DAM_TRY_CLEANUP(keep_tuning(info, &environment));
    DAM_TRY_CLEANUP(make_line(&l, first_step_command.name, args, NULL, 0, preset, info, out));
    for (size_t i = 0; i < 2; i++) {
        DAM_TRY_CLEANUP(run_child(&l, &environment, true, FIRST_STEP_LIMIT, &end));
        double seconds = ended_well(&end) ? read_seconds(out) : NAN;
        if (signals_stop(NULL))
            DAM_FAIL(DAM_INTERRUPTED, "stopped in the benchmark '%s'; what was measured stands",
                     preset);
        if (!isfinite(seconds)) {
            describe_end(&end, text);
            dam__warn(log, "'%s': %s is left out: %s", preset, metrics[i], text);
            break;
        }
        DAM_TRY_CLEANUP(dam__bench_rows_add(rows, metrics[i], seconds, "s", NAN, NULL));
    }
cleanup:
    dam__words_free(&l);
    dam__words_free(&environment);
    free(out);
    remove_folder(folder);
    return status;
}
