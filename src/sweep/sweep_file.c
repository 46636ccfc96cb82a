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

/* One line a key, or keys that move together: "model.beta=1,2,5". */
static void print_grid(const dam__sweep *sweep, dam__text *out)
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

dam_status dam__sweep_plan_save(const dam__sweep_plan *plan, const dam__sweep_facts *facts,
                                const char *folder)
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    dam__text preset = {0}, grid = {0};
    char *file = NULL, added[64];
    const dam_device_info *info = dam__device_facts(facts->device);
    bool cpu = dam__device_shape(facts->device) == DAM__SHAPE_CPU;
    print_base(plan, &preset);
    print_grid(&plan->sweep, &grid);
    DAM_TRY_CLEANUP(dam__text_status(&preset));
    DAM_TRY_CLEANUP(dam__text_status(&grid));
    const char *const texts[][2] = {
        {"format", SWEEP_FORMAT},
        {"version", DENSEAM_VERSION},
        {"preset", preset.data},
        {"grid", grid.data},
        {"device", info->name},
        {"platform", info->platform},
        {"driver", info->driver},
        {"kernels", cpu ? "cpu" : "gpu"},
        {"gemm", facts->gemm},
        {"added", added},
        {"tuning", dam__device_tuning_digest(facts->device)},
    };
    (void)snprintf(added, sizeof added, "%zu %zu", plan->sweep.added[0], plan->sweep.added[1]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        DAM_TRY_CLEANUP(dam__container_set_text(&container, texts[i][0], texts[i][1]));
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
        print_grid(&plans[i]->sweep, &grids[i]);
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
