/* sweep.h5: a sweep with the preset and the grid that it was made from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "denseam/version.h"
#include "run/key_value.h"
#include "sweep/sweep_plan.h"

#define SWEEP_FORMAT "denseam sweep 2"

/* Keys that move together have a line, too: "data.dim:model.memories=64:128". */
void dam__sweep_plan_print_grid(const dam__sweep *sweep, dam__text *out)
{
    for (size_t i = 0; i < sweep->axis_count; i++) {
        const dam__axis *axis = &sweep->axes[i];
        dam__text_append(out, "%s", axis->key);
        for (size_t k = 0; k < axis->follower_count; k++)
            dam__text_append(out, ":%s", axis->followers[k].key);
        dam__text_append(out, "=%s\n", axis->grid);
    }
}

/* What both ways of giving a grid have in common: the preset without its own. */
static void print_base(const dam__sweep_plan *plan, dam__text *out)
{
    dam__experiment base = plan->base;
    base.sweep.x[0] = '\0';
    base.sweep.y[0] = '\0';
    base.sweep.z[0] = '\0';
    dam__experiment_print(&base, out);
}

dam__sweep_facts dam__sweep_facts_of(const dam__device *device, const char *gemm)
{
    const dam_device_info *info = dam__device_facts(device);
    bool cpu = dam__device_shape(device) == DAM__SHAPE_CPU;
    return (dam__sweep_facts){.device = info->name,
                              .platform = info->platform,
                              .driver = info->driver,
                              .kernels = cpu ? "cpu" : "gpu",
                              .tuning = dam__device_tuning_digest(device),
                              .gemm = gemm};
}

/* Of a part alone: "3/8", and once it is done "3/8 finished". */
static dam_status add_part(const dam__sweep_part *part, dam__container *out)
{
    char text[64];
    if (part->count == 0)
        return DAM_OK;
    (void)snprintf(text, sizeof text, "%zu/%zu%s", part->number, part->count,
                   part->finished ? " finished" : "");
    return dam__container_set_text(out, "part", text);
}

dam_status dam__sweep_plan_save(const dam__sweep_plan *plan, const dam__sweep_facts *facts,
                                const char *folder)
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    dam__text preset = {0}, grid = {0};
    char *file = NULL, added[64];
    print_base(plan, &preset);
    dam__sweep_plan_print_grid(&plan->sweep, &grid);
    DAM_TRY_CLEANUP(dam__text_status(&preset));
    DAM_TRY_CLEANUP(dam__text_status(&grid));
    const char *const texts[][2] = {
        {"format", SWEEP_FORMAT},  {"version", DENSEAM_VERSION}, {"preset", preset.data},
        {"grid", grid.data},       {"device", facts->device},    {"platform", facts->platform},
        {"driver", facts->driver}, {"kernels", facts->kernels},  {"gemm", facts->gemm},
        {"added", added},          {"tuning", facts->tuning},
    };
    (void)snprintf(added, sizeof added, "%zu %zu", plan->sweep.added[0], plan->sweep.added[1]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        DAM_TRY_CLEANUP(dam__container_set_text(&container, texts[i][0], texts[i][1]));
    DAM_TRY_CLEANUP(add_part(&plan->sweep.part, &container));
    DAM_TRY_CLEANUP(dam__sweep_save(&plan->sweep, &container));
    DAM_TRY_CLEANUP(dam__path_join(&file, folder, "sweep.h5"));
    DAM_TRY_CLEANUP(dam__container_write(&container, file));
cleanup:
    dam__container_free(&container);
    dam__text_free(&preset);
    dam__text_free(&grid);
    free(file);
    return status;
}

/* Cuts text at its line ends, in place. DAM_INPUT where there are more lines than a grid has. */
static dam_status cut_lines(char *text, const char *lines[DAM__SWEEP_AXES], size_t *count)
{
    *count = 0;
    for (char *line = text; *line != '\0';) {
        if (*count == DAM__SWEEP_AXES)
            return dam__fail(DAM_INPUT, "its grid has more than %d keys", (int)DAM__SWEEP_AXES);
        lines[(*count)++] = line;
        line += strcspn(line, "\n");
        if (*line == '\n')
            *line++ = '\0';
    }
    return *count > 0 ? DAM_OK : dam__fail(DAM_INPUT, "its grid is empty");
}

/* Adds the values that the search had added when it was saved: "2 1", in front and behind. */
static dam_status read_added(const dam__container *container, dam__sweep_plan *plan)
{
    const char *text = dam__container_text(container, "added");
    int64_t wanted[2] = {-1, -1};
    char first[8] = "", second[8] = "";
    if (text != NULL && sscanf(text, "%7s %7s", first, second) == 2) {
        (void)dam__integer_read(first, &wanted[0]);
        (void)dam__integer_read(second, &wanted[1]);
    }
    for (int end = 0; end < 2; end++) {
        bool added = wanted[end] >= 0 && wanted[end] <= plan->sweep.extend;
        for (int64_t i = 0; i < wanted[end] && added; i++)
            DAM_TRY(dam__sweep_plan_insert(plan, end == 0, &added));
        if (!added)
            return dam__fail(DAM_INPUT,
                             "its search has added '%.20s' values, which cannot be; use another "
                             "copy",
                             text != NULL ? text : "");
    }
    return DAM_OK;
}

dam_status dam__sweep_part_read(const char *text, dam__sweep_part *out)
{
    char number[16] = "", rest[32] = "";
    int64_t values[2] = {0, 0};
    const char *slash = strchr(text, '/');
    if (slash == NULL || sscanf(text, "%15[^/]/%31s", number, rest) != 2 ||
        dam__integer_read(number, &values[0]) != DAM__NUMBER_OK ||
        dam__integer_read(rest, &values[1]) != DAM__NUMBER_OK || values[0] < 1 ||
        values[1] < values[0] || values[1] > DAM__SWEEP_REPLICAS)
        return dam__fail(DAM_USAGE,
                         "'%.40s' is no part of a sweep; give its number and how many there are, "
                         "as in 3/8",
                         text);
    *out = (dam__sweep_part){.number = (size_t)values[0], .count = (size_t)values[1]};
    return DAM_OK;
}

static dam_status read_part(const dam__container *container, dam__sweep_part *out)
{
    const char *text = dam__container_text(container, "part"), *blank;
    char numbers[64];
    if (text == NULL)
        return DAM_OK;
    blank = strchr(text, ' ');
    (void)snprintf(numbers, sizeof numbers, "%.*s", (int)strcspn(text, " "), text);
    DAM_TRY(dam__sweep_part_read(numbers, out));
    out->finished = blank != NULL && strcmp(blank, " finished") == 0;
    return DAM_OK;
}

static dam_status read_plan(const dam__container *container, dam__sweep_plan *out)
{
    dam_status status = DAM_OK;
    dam__experiment *base = NULL;
    char *lines = NULL;
    const char *grids[DAM__SWEEP_AXES];
    size_t count = 0;
    const char *format = dam__container_text(container, "format");
    const char *preset = dam__container_text(container, "preset");
    const char *grid = dam__container_text(container, "grid");
    if (format == NULL || strcmp(format, SWEEP_FORMAT) != 0 || preset == NULL || grid == NULL)
        DAM_FAIL(DAM_INPUT,
                 "its format is '%s', not '" SWEEP_FORMAT "'; use the denseam that wrote it",
                 format != NULL ? format : "");
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *base, &base));
    DAM_TRY_CLEANUP(dam__experiment_parse("its preset", preset, NULL, 0, base));
    DAM_TRY_CLEANUP(dam__format(&lines, "%s", grid));
    DAM_TRY_CLEANUP(cut_lines(lines, grids, &count));
    DAM_TRY_CLEANUP(dam__sweep_plan_create(base, grids, count, NULL, 0, out));
    DAM_TRY_CLEANUP(read_added(container, out));
    DAM_TRY_CLEANUP(read_part(container, &out->sweep.part));
    DAM_TRY_CLEANUP(dam__sweep_restore(&out->sweep, container));
cleanup:
    free(lines);
    free(base);
    return status;
}

dam_status dam__sweep_plan_open(const char *folder, dam__sweep_plan *out)
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    char *file = NULL;
    *out = (dam__sweep_plan){0};
    DAM_TRY_CLEANUP(dam__path_join(&file, folder, "sweep.h5"));
    DAM_TRY_CLEANUP(dam__container_read(file, &container));
    status = read_plan(&container, out);
    if (status == DAM_INPUT || status == DAM_USAGE)
        status = dam__fail_within(DAM_INPUT, "'%s'", file);
cleanup:
    if (status != DAM_OK)
        dam__sweep_plan_free(out);
    dam__container_free(&container);
    free(file);
    return status;
}

/* The first line in which two texts differ, of each; they do differ. */
static void first_difference(const char *a, const char *b, char in_a[DAM__EXCERPT_BYTES],
                             char in_b[DAM__EXCERPT_BYTES])
{
    size_t line = 0;
    for (size_t i = 0; a[i] == b[i] && a[i] != '\0'; i++)
        line = a[i] == '\n' ? i + 1 : line;
    a += line + strspn(a + line, " ");
    b += line + strspn(b + line, " ");
    dam__excerpt(a, strcspn(a, "\n"), in_a);
    dam__excerpt(b, strcspn(b, "\n"), in_b);
}

static dam_status refuse(const char *folder, const char *what, const dam__text *stored,
                         const dam__text *asked)
{
    char before[DAM__EXCERPT_BYTES], now[DAM__EXCERPT_BYTES];
    first_difference(stored->data, asked->data, before, now);
    return dam__fail(DAM_USAGE,
                     "the sweep in '%s' has another %s: '%s', not '%s'; choose another --out, or "
                     "'denseam sweep %s --resume' to go on with it as it is",
                     folder, what, before, now, folder);
}

dam_status dam__sweep_plan_compare(const char *folder, const dam__sweep_plan *stored,
                                   const dam__sweep_plan *asked)
{
    dam_status status = DAM_OK;
    dam__text grids[2] = {{0}}, presets[2] = {{0}};
    const dam__sweep_plan *const plans[2] = {stored, asked};
    for (int i = 0; i < 2; i++) {
        dam__sweep_plan_print_grid(&plans[i]->sweep, &grids[i]);
        print_base(plans[i], &presets[i]);
    }
    for (int i = 0; i < 2; i++) {
        dam__text_append(&grids[i], "%s", ""); /* a text that is empty */
        DAM_TRY_CLEANUP(dam__text_status(&grids[i]));
        DAM_TRY_CLEANUP(dam__text_status(&presets[i]));
    }
    if (strcmp(grids[0].data, grids[1].data) != 0)
        DAM_TRY_CLEANUP(refuse(folder, "grid", &grids[0], &grids[1]));
    if (strcmp(presets[0].data, presets[1].data) != 0)
        DAM_TRY_CLEANUP(refuse(folder, "preset", &presets[0], &presets[1]));
cleanup:
    for (int i = 0; i < 2; i++) {
        dam__text_free(&grids[i]);
        dam__text_free(&presets[i]);
    }
    return status;
}
