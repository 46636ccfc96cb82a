#include "sweep/sweep_collect.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/run_folder.h"

/* --- naming ------------------------------------------------------------------------------------- */

/* A whole number of the environment; `otherwise` where it is not set. */
static int64_t variable(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    int64_t value = otherwise;
    return text != NULL && dam__integer_read(text, &value) == DAM__NUMBER_OK ? value : otherwise;
}

dam_status dam__sweep_part_of(const char *text, dam__sweep_part *out)
{
    char part[64];
    if (strcmp(text, "slurm") != 0)
        return dam__sweep_part_read(text, out);
    /* Tasks may be numbered 0-7, 1-8 or 10-80:10. */
    int64_t task = variable("SLURM_ARRAY_TASK_ID", -1),
            count = variable("SLURM_ARRAY_TASK_COUNT", 0);
    int64_t least = variable("SLURM_ARRAY_TASK_MIN", 1),
            step = variable("SLURM_ARRAY_TASK_STEP", 1);
    if (task < least || count < 1 || step < 1)
        return dam__fail(DAM_USAGE, "this is no task of an array job: SLURM_ARRAY_TASK_ID or "
                                    "SLURM_ARRAY_TASK_COUNT is not set; use sbatch --array=1-8, or "
                                    "give the part, as in 3/8");
    int64_t number = (task - least) / step + 1;
    (void)snprintf(part, sizeof part, "%" PRId64 "/%" PRId64, number, count);
    return dam__sweep_part_read(part, out);
}

dam_status dam__sweep_part_folder(const char *folder, const dam__sweep_part *part, char **out)
{
    char name[64];
    (void)snprintf(name, sizeof name, "part-%zu-of-%zu", part->number, part->count);
    return dam__path_join(out, folder, name);
}

/* The part that a folder of this name is; count 0: it is none. */
static dam__sweep_part named(const char *name)
{
    dam__sweep_part part = {0};
    char text[64], rest[24];
    if (sscanf(name, "part-%20[0-9]-of-%20[0-9]%c", text, rest, &(char){0}) != 2)
        return part;
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "/%s", rest);
    return dam__sweep_part_read(text, &part) == DAM_OK ? part : (dam__sweep_part){0};
}

/* How many parts there are to be, by the names of those that are there. */
static dam_status count_parts(const char *folder, size_t *out)
{
    dam_status status = DAM_OK;
    DIR *entries = opendir(folder);
    *out = 0;
    if (entries == NULL)
        DAM_FAIL(DAM_INPUT, "'%s' cannot be opened", folder);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        size_t count = named(entry->d_name).count;
        if (count > 0 && *out > 0 && count != *out)
            DAM_FAIL(DAM_INPUT, "'%s' has parts of %zu and parts of %zu; keep those of one sweep",
                     folder, *out, count);
        *out = count > 0 ? count : *out;
    }
    if (*out == 0)
        DAM_FAIL(DAM_INPUT,
                 "'%s' has no parts of a sweep; 'denseam sweep PRESET --part 1/8 --out %s' makes "
                 "the first of eight",
                 folder, folder);
cleanup:
    if (entries != NULL)
        (void)closedir(entries);
    return status;
}

/* --- joining ------------------------------------------------------------------------------------ */

/* A collection while it goes on. */
struct joined {
    const char *folder;
    dam__sweep_plan *plan; /* of the first part that is there, with the others' results */
    dam__container *first; /* its file */
    char *first_folder;    /* NULL before */
    dam__text missing;     /* numbers of parts */
    size_t missing_count, first_missing;
};

static void note_missing(struct joined *joined, size_t number)
{
    if (joined->missing_count++ == 0)
        joined->first_missing = number;
    dam__text_append(&joined->missing, "%s%zu", joined->missing_count > 1 ? ", " : "", number);
}

/* The first part that is there becomes the whole. */
static dam_status begin(struct joined *joined, dam__sweep_plan *part, char **part_folder)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    DAM_TRY_CLEANUP(dam__path_join(&file, *part_folder, "sweep.h5"));
    DAM_TRY_CLEANUP(dam__container_read(file, joined->first));
    *joined->plan = *part;
    *part = (dam__sweep_plan){0};
    joined->plan->sweep.part = (dam__sweep_part){0};
    joined->first_folder = *part_folder;
    *part_folder = NULL;
cleanup:
    free(file);
    return status;
}

static dam_status add(struct joined *joined, const char *part_folder, const dam__sweep_plan *part)
{
    dam__sweep *all = &joined->plan->sweep;
    DAM_TRY(dam__sweep_plan_compare(part_folder, part, joined->plan));
    for (size_t p = 0; p < all->cells * all->seeds; p++)
        if (part->sweep.results[p].status != DAM__REPLICA_PENDING)
            dam__sweep_note(all, p, &part->sweep.results[p]);
    return DAM_OK;
}

static dam_status take_part(struct joined *joined, size_t number, size_t count)
{
    dam_status status = DAM_OK;
    const dam__sweep_part wanted = {.number = number, .count = count};
    dam__sweep_plan part = {0};
    char *part_folder = NULL;
    DAM_TRY_CLEANUP(dam__sweep_part_folder(joined->folder, &wanted, &part_folder));
    if (!dam__sweep_is(part_folder)) {
        note_missing(joined, number);
        goto cleanup;
    }
    DAM_TRY_CLEANUP(dam__sweep_plan_open(part_folder, &part));
    if (part.sweep.part.number != number || part.sweep.part.count != count)
        DAM_FAIL(DAM_INPUT, "'%s' has another part than its name says", part_folder);
    if (!part.sweep.part.finished)
        note_missing(joined, number);
    DAM_TRY_CLEANUP(joined->first_folder == NULL ? begin(joined, &part, &part_folder)
                                                 : add(joined, part_folder, &part));
cleanup:
    dam__sweep_plan_free(&part);
    free(part_folder);
    return status;
}

/* The command that makes a part: the preset and the grid of one that is there. */
static dam_status refuse(const struct joined *joined, size_t count)
{
    dam_status status = DAM_OK;
    dam__text grid = {0}, flags = {0};
    dam__sweep_plan_print_grid(&joined->plan->sweep, &grid);
    DAM_TRY_CLEANUP(dam__text_status(&grid));
    DAM_TRY_CLEANUP(dam__text_status(&joined->missing));
    for (char *line = strtok(grid.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
        dam__text_append(&flags, " --grid '%s'", line);
    DAM_TRY_CLEANUP(dam__text_status(&flags));
    DAM_FAIL(
        DAM_INPUT,
        "'%s' lacks, or has unfinished, %zu of %zu parts: %.200s; the first of them is made by: "
        "denseam sweep %s/preset.conf%s --part %zu/%zu --out %s",
        joined->folder, joined->missing_count, count, joined->missing.data, joined->first_folder,
        flags.data, joined->first_missing, count, joined->folder);
cleanup:
    dam__text_free(&grid);
    dam__text_free(&flags);
    return status;
}

dam_status dam__sweep_collect(const char *folder, dam__sweep_plan *out, dam__container *first)
{
    dam_status status = DAM_OK;
    struct joined joined = {.folder = folder, .plan = out, .first = first};
    size_t count = 0, left = 0;
    *out = (dam__sweep_plan){0};
    DAM_TRY_CLEANUP(count_parts(folder, &count));
    for (size_t number = 1; number <= count; number++)
        DAM_TRY_CLEANUP(take_part(&joined, number, count));
    if (joined.first_folder == NULL)
        DAM_FAIL(DAM_INPUT, "'%s' has folders of parts, but none has a sweep.h5", folder);
    if (joined.missing_count > 0)
        DAM_TRY_CLEANUP(refuse(&joined, count));
    left = dam__sweep_count(&out->sweep, DAM__REPLICA_PENDING);
    if (left > 0)
        DAM_FAIL(DAM_INPUT,
                 "%zu trainings are in none of the %zu parts in '%s': they ran on devices of "
                 "different kinds; run all parts anew on one kind",
                 left, count, folder);
cleanup:
    free(joined.first_folder);
    dam__text_free(&joined.missing);
    return status;
}

dam__sweep_facts dam__sweep_facts_in(const dam__container *container)
{
    return (dam__sweep_facts){.device = dam__container_text(container, "device"),
                              .platform = dam__container_text(container, "platform"),
                              .driver = dam__container_text(container, "driver"),
                              .kernels = dam__container_text(container, "kernels"),
                              .tuning = dam__container_text(container, "tuning"),
                              .gemm = dam__container_text(container, "gemm")};
}
