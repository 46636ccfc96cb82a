#include "paper/paper_result.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "command/signals.h"
#include "sweep/sweep_plan.h"

const char *const dam__paper_scale_names[] = {"quick", "cores", "paper", NULL};

/* Written when a figure is done: a result without it was stopped. */
static const char MARK[] = "paper.json";

void dam__paper_result_free(dam__paper_result *result)
{
    free(result->folder);
    *result = (dam__paper_result){0};
}

/* --- settings ------------------------------------------------------------------------------------- */

dam_status dam__paper_settings(const dam__paper_result *result, dam__words *out)
{
    const char *at = result->row->settings[result->scale];
    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        char *word = NULL;
        DAM_TRY(dam__format(&word, "%.*s", (int)length, at));
        dam_status status = dam__words_add(out, word);
        free(word);
        DAM_TRY(status);
        at += length;
        at += strspn(at, " ");
    }
    return DAM_OK;
}

static bool sweeps(const dam__paper_row *row)
{
    return strcmp(row->command, "sweep") == 0;
}

/* How many trainings of how many epochs it is; recall trains none. */
static dam_status count_work(dam__paper_result *result)
{
    dam_status status = DAM_OK;
    dam__experiment experiment;
    dam__sweep_plan plan = {0};
    dam__words settings = {0};
    DAM_TRY_CLEANUP(dam__paper_settings(result, &settings));
    const char *const *set = (const char *const *)settings.items;
    DAM_TRY_CLEANUP(dam__experiment_load(result->row->preset, set, settings.count, &experiment));
    if (strcmp(result->row->command, "recall") == 0)
        goto cleanup;
    result->epochs = experiment.train.epochs;
    result->trainings = 1;
    if (!sweeps(result->row))
        goto cleanup;
    DAM_TRY_CLEANUP(dam__sweep_plan_create(&experiment, NULL, 0, set, settings.count, &plan));
    result->trainings = plan.sweep.cells * plan.sweep.seeds;
cleanup:
    dam__sweep_plan_free(&plan);
    dam__words_free(&settings);
    return status;
}

/* --- looking -------------------------------------------------------------------------------------- */

/* Seconds of the mark; NaN where there is none, or it is no mark of ours. */
static double read_mark(const char *path)
{
    json_t *mark = json_load_file(path, 0, NULL);
    const json_t *seconds = json_object_get(mark, "seconds");
    double value = json_is_number(seconds) ? json_number_value(seconds) : NAN;
    json_decref(mark);
    return value >= 0 ? value : NAN;
}

static bool holds(const char *folder, const char *name)
{
    char *path = NULL;
    bool is = dam__path_join(&path, folder, name) == DAM_OK && dam__file_exists(path);
    free(path);
    return is;
}

static dam_status look_again(dam__paper_result *result)
{
    char *mark = NULL;
    DAM_TRY(dam__path_join(&mark, result->folder, MARK));
    result->seconds = read_mark(mark);
    free(mark);
    bool begun = holds(result->folder, "sweep.h5") || holds(result->folder, "run.h5");
    result->state = isfinite(result->seconds) ? DAM__PAPER_DONE
                    : begun                   ? DAM__PAPER_BEGUN
                                              : DAM__PAPER_ABSENT;
    return DAM_OK;
}

dam_status dam__paper_result_look(const char *root, const dam__paper *paper,
                                  const dam__paper_row *row, dam__paper_scale scale,
                                  dam__paper_result *out)
{
    dam_status status = DAM_OK;
    dam__paper_result result = {.row = row, .scale = scale, .estimate = NAN};
    *out = (dam__paper_result){0};
    DAM_TRY_CLEANUP(dam__format(&result.folder, "%s/%s/%s/%s", root, paper->id,
                                dam__paper_scale_names[scale], row->name));
    DAM_TRY_CLEANUP(count_work(&result));
    DAM_TRY_CLEANUP(look_again(&result));
    *out = result;
    result = (dam__paper_result){0};
cleanup:
    dam__paper_result_free(&result);
    return status;
}

dam_status dam__paper_result_picture(const dam__paper_result *result, size_t i, char **path)
{
    /* What the commands draw: a map for each value of a sweep's third key, its curves, memories. */
    static const char *const names[] = {
        "sweep.png",   "sweep-1.png", "sweep-2.png", "sweep-3.png",  "sweep-4.png",  "sweep-5.png",
        "sweep-6.png", "sweep-7.png", "epochs.png",  "capacity.png", "memories.png", "curves.png"};
    *path = NULL;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (holds(result->folder, names[k]) && i-- == 0)
            return dam__path_join(path, result->folder, names[k]);
    return DAM_OK;
}

void dam__paper_command_line(const dam__paper_result *result, dam__text *out)
{
    const char *at = result->row->settings[result->scale];
    dam__text_append(out, "denseam %s %s", result->row->command, result->row->preset);
    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        dam__text_append(out, " --set %.*s", (int)length, at);
        at += length;
        at += strspn(at, " ");
    }
}

/* --- running -------------------------------------------------------------------------------------- */

static dam_status make_line(const arguments *args, const dam__paper_result *result,
                            dam__words *line)
{
    dam_status status = DAM_OK;
    dam__words settings = {0};
    char *program = NULL;
    bool resumes = result->state == DAM__PAPER_BEGUN;
    DAM_TRY_CLEANUP(dam__process_self("DENSEAM_PAPER_PROGRAM", &program));
    DAM_TRY_CLEANUP(dam__words_add_pair(line, program, result->row->command));
    DAM_TRY_CLEANUP(dam__words_add(line, resumes ? result->folder : result->row->preset));
    if (resumes)
        DAM_TRY_CLEANUP(dam__words_add(line, "--resume"));
    else
        DAM_TRY_CLEANUP(dam__words_add_pair(line, "--out", result->folder));
    DAM_TRY_CLEANUP(dam__paper_settings(result, &settings));
    for (size_t i = 0; i < settings.count && !resumes; i++)
        DAM_TRY_CLEANUP(dam__words_add_pair(line, "--set", settings.items[i]));
    if (args->device != NULL)
        DAM_TRY_CLEANUP(dam__words_add_pair(line, "--device", args->device));
    if (args->quiet)
        DAM_TRY_CLEANUP(dam__words_add(line, "--quiet"));
cleanup:
    free(program);
    dam__words_free(&settings);
    return status;
}

/* Seconds of all parts: those of earlier ones, which were stopped, are not known. */
static dam_status write_mark(const dam__paper_result *result, double seconds)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    char *path = NULL;
    dam__text_append(&text, "{\"scale\": \"%s\", \"seconds\": %.3f}\n",
                     dam__paper_scale_names[result->scale], seconds);
    DAM_TRY_CLEANUP(dam__path_join(&path, result->folder, MARK));
    DAM_TRY_CLEANUP(dam__text_write(&text, path));
cleanup:
    dam__text_free(&text);
    free(path);
    return status;
}

dam_status dam__paper_result_run(const arguments *args, dam__paper_result *result)
{
    enum { LAST_CODE = DAM_INTERRUPTED };
    const double grace = 60;
    dam_status status = DAM_OK;
    dam__words line = {0};
    dam__ending ending = DAM__ENDED;
    int code = 0;
    DAM_TRY_CLEANUP(make_line(args, result, &line));
    const dam__process process = {.arguments = line.items,
                                  .output = DAM__OUTPUT_NOTICES,
                                  .grace = grace,
                                  .stop = signals_stop};
    double began = dam__seconds();
    DAM_TRY_CLEANUP(dam__process_run(&process, NULL, &ending, &code));
    if (ending == DAM__STOPPED || (ending == DAM__ENDED && code == (int)DAM_INTERRUPTED))
        DAM_FAIL(DAM_INTERRUPTED, "stopped at '%s'; the same command goes on with it",
                 result->row->name);
    if (ending != DAM__ENDED || code > LAST_CODE)
        DAM_FAIL(DAM_INTERNAL, "'denseam %s %s' ended by signal or code %d", result->row->command,
                 result->row->preset, code);
    if (code != 0)
        DAM_FAIL((dam_status)code, "'denseam %s %s' failed as it says above", result->row->command,
                 result->row->preset);
    DAM_TRY_CLEANUP(write_mark(result, dam__seconds() - began));
    DAM_TRY_CLEANUP(look_again(result));
cleanup:
    dam__words_free(&line);
    return status;
}
