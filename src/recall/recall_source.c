/* Where memories and patterns of a recall come from. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/teacher.h"
#include "model/model_type.h"
#include "recall/recall_run.h"
#include "run/key_value.h"
#include "store/seal.h"

void dam__recall_source_free(dam__recall_source *source)
{
    dam__run_free(&source->run);
    dam__dataset_free(&source->set);
    free(source->patterns);
    dam__alike_free(&source->alike);
    *source = (dam__recall_source){0};
}

/* Whether a file is a run: HDF5 files of patterns have no seal. */
static bool is_sealed(const char *path)
{
    uint64_t length = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool sealed = file >= 0 && dam__seal_check(file, path, &length) == DAM_OK;
    if (file >= 0)
        (void)close(file);
    return sealed;
}

/* Whether a file begins as arrays do, or is a table by its name; a preset is text. */
static bool is_array(const char *location)
{
    static const unsigned char magics[][4] = {{0x93, 'N', 'U', 'M'}, {0x89, 'H', 'D', 'F'},
                                              {'P', 'K', 3, 4},      {0x1f, 0x8b, 0x08, 0},
                                              {0x89, 'P', 'N', 'G'}, {0xff, 0xd8, 0xff, 0},
                                              {'M', 'A', 'T', 'L'},  {0x28, 0xb5, 0x2f, 0xfd}};
    unsigned char first[4] = {0};
    char *path = NULL;
    const char *part = NULL;
    if (dam__location_split(location, &path, &part) != DAM_OK)
        return false;
    FILE *file = dam__file_exists(path) ? fopen(path, "rb") : NULL;
    size_t got = file != NULL ? fread(first, 1, sizeof first, file) : 0;
    bool is = part != NULL || (file != NULL && dam__table_is(path)) ||
              (got >= 4 && first[0] == 0 && first[1] == 0);
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        is = is || (got >= 4 && memcmp(first, magics[i], magics[i][3] == 0 ? 3 : 4) == 0);
    if (file != NULL)
        (void)fclose(file);
    free(path);
    return is;
}

/* A file of patterns: the defaults of an energy model, and the file as its data. */
static dam_status open_patterns(const char *path, const char *const *overrides,
                                size_t override_count, dam__experiment *out)
{
    if (strlen(path) >= sizeof out->data.images)
        return dam__fail(DAM_INPUT, "the name of the pattern file has over %zu bytes; move it",
                         sizeof out->data.images - 1);
    dam_status status = dam__experiment_parse(path,
                                              "model { kind = \"energy\" }\n"
                                              "data { name = \"patterns\" }\n",
                                              overrides, override_count, out);
    if (status == DAM_OK) {
        out->data.name[0] = '\0';
        (void)snprintf(out->data.images, sizeof out->data.images, "%s", path);
    }
    return status;
}

dam_status dam__recall_source_open(const char *operand, const char *const *overrides,
                                   size_t override_count, dam__recall_source *out)
{
    dam_status status = DAM_OK;
    dam__recall_source source = {0};
    *out = (dam__recall_source){0};
    bool pictures =
        !dam__run_is(operand) && !dam__sweep_is(operand) && dam__picture_folder_is(operand);
    source.is_run = (dam__folder_exists(operand) && !pictures) || is_sealed(operand);
    if (source.is_run) {
        DAM_TRY_CLEANUP(dam__run_open(operand, overrides, override_count, &source.run));
        source.experiment = source.run.experiment;
    } else if (pictures || is_array(operand)) {
        DAM_TRY_CLEANUP(open_patterns(operand, overrides, override_count, &source.experiment));
    } else {
        DAM_TRY_CLEANUP(
            dam__experiment_load(operand, overrides, override_count, &source.experiment));
    }
    const dam__model_type *type = dam__model_type_of(&source.experiment.model);
    if (type->relaxes && !source.is_run)
        DAM_FAIL(DAM_USAGE,
                 "'%s' is a denoiser's preset; train it, and give recall the run's folder",
                 operand);
    if (type->recall == NULL && !type->relaxes)
        DAM_FAIL(DAM_USAGE,
                 "'%s' is of model.kind = \"%s\", which recalls nothing; give recall a run of an "
                 "energy model or of a denoiser, or patterns",
                 operand, type->name);
    if (source.is_run && source.experiment.recall.patterns[0] != '\0')
        DAM_FAIL(DAM_USAGE,
                 "recall.patterns says how many patterns are stored, but '%s' is a run, which has "
                 "memories of its own",
                 operand);
    if (source.is_run && source.experiment.recall.seeds > 1)
        DAM_FAIL(DAM_USAGE,
                 "recall.seeds draws other patterns, but '%s' is a run, which learned its own; "
                 "train one for each seed",
                 operand);
    *out = source;
    source = (dam__recall_source){0};
cleanup:
    dam__recall_source_free(&source);
    return status;
}

/* The class neurons of a state of a run follow the sample; the label's is +1. */
static dam_status add_classes(dam__recall_source *source)
{
    const dam__dataset *set = &source->set;
    size_t dim = source->shape.dim, features = set->features;
    float *states = NULL;
    DAM_TRY(dam__alloc(source->count * dim, sizeof *states, &states));
    for (size_t p = 0; p < source->count; p++) {
        memcpy(states + p * dim, source->patterns + p * features, features * sizeof *states);
        for (size_t c = 0; c < source->class_neurons; c++)
            states[p * dim + features + c] =
                set->labels != NULL && set->labels[p] == (int32_t)c ? 1 : -1;
    }
    free(source->patterns);
    source->patterns = states;
    return DAM_OK;
}

/* Which patterns are the same, without their class neurons. */
static dam_status compare_patterns(dam__recall_source *source)
{
    const dam__array patterns = {.element = DAM__F32,
                                 .rank = 2,
                                 .shape = {source->count, source->set.features},
                                 .data = source->patterns};
    return dam__alike_find(&patterns, &source->alike);
}

dam_status dam__recall_source_load(dam__recall_source *source, dam__device *device)
{
    dam__experiment *experiment = &source->experiment;
    const dam__array *memories =
        source->is_run ? dam__container_array(&source->run.container, "parameters/memories") : NULL;
    if (memories != NULL) {
        source->shape = (dam__state_shape){memories->shape[1], (size_t)source->run.height,
                                           (size_t)source->run.width, source->run.pixels};
        if (experiment->recall.probes[0] != '\0')
            return DAM_OK;
    }
    /* What is kept for validation is never stored. */
    dam__data_config from = experiment->data;
    from.validation_images[0] = '\0';
    if (source->is_run)
        dam__run_data(&source->run, &from);
    DAM_TRY(dam__dataset_load_on(device, &from, (uint64_t)experiment->seed, DAM__SPLIT_TRAIN,
                                 &source->set));
    const dam__dataset *set = &source->set;
    dam__dataset_resolve(set, &experiment->data);
    if (memories == NULL)
        source->shape = (dam__state_shape){set->features, set->height, set->width, set->pixels};
    source->count = set->count;
    DAM_TRY(dam__states_of(set, &source->patterns));
    DAM_TRY(source->is_run
                ? DAM_OK
                : dam__states_check(set->name, source->patterns, set->count, set->features));
    DAM_TRY(compare_patterns(source));
    size_t dim = source->shape.dim;
    if (dim < set->features || (dim > set->features && dim - set->features != (size_t)set->classes))
        return dam__fail(
            DAM_INPUT,
            "the samples of '%s' have %zu features, but the memories of '%s' %zu neurons; "
            "recall from samples of the kind that was learned",
            set->name, set->features, source->run.folder, dim);
    source->class_neurons = dim - set->features;
    if (source->class_neurons > 0)
        DAM_TRY(add_classes(source));
    return DAM_OK;
}

dam_status dam__recall_source_next(dam__recall_source *source, dam__device *device)
{
    dam__dataset_free(&source->set);
    free(source->patterns);
    source->patterns = NULL;
    dam__alike_free(&source->alike);
    source->experiment.seed = (int64_t)((uint64_t)source->experiment.seed + 1) & INT64_MAX;
    return dam__recall_source_load(source, device);
}

void dam__recall_memory(const dam__recall_source *source, size_t mu, float *out)
{
    size_t dim = source->shape.dim;
    const dam__array *memories =
        source->is_run ? dam__container_array(&source->run.container, "parameters/memories") : NULL;
    for (size_t i = 0; i < dim; i++)
        out[i] = memories != NULL ? (float)dam__array_at(memories, mu * dim + i)
                                  : source->patterns[mu * dim + i];
}
