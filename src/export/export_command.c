/* `denseam export`: the parameters of a run for other programs. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "command/command.h"
#include "command/output.h"
#include "denseam/version.h"
#include "export/memory_pictures.h"
#include "model/model_type.h"
#include "store/reader.h"
#include "store/results.h"

enum {
    WANTED = 1u << DAM__RESULTS_HDF5 | 1u << DAM__RESULTS_NPZ | 1u << DAM__RESULTS_SAFETENSORS |
             1u << DAM__RESULTS_NUMBERS
};

static const char group[] = "parameters/";

/* A copy: the run keeps its own. */
static dam_status add_parameter(const char *name, const dam__array *array, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array copy = {0};
    DAM_TRY_CLEANUP(dam__array_create(array->element, array->rank, array->shape, &copy));
    memcpy(copy.data, array->data, dam__array_items(array) * dam__element_size(array->element));
    DAM_TRY_CLEANUP(dam__container_add(out, name, &copy));
cleanup:
    dam__array_free(&copy);
    return status;
}

static dam_status add_texts(const dam__run *run, dam__container *out)
{
    const dam__model_type *type = dam__model_type_of(&run->experiment.model);
    const char *preset = dam__container_text(&run->container, "preset");
    const char *const texts[][2] = {{"format", "denseam parameters 1"},
                                    {"version", DENSEAM_VERSION},
                                    {"model", type->name},
                                    {"formula", type->formula},
                                    {"preset", preset}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        DAM_TRY(dam__container_set_text(out, texts[i][0], texts[i][1]));
    static const char *const lists[] = {"class_names", "feature_names"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const dam__names *names = dam__container_list(&run->container, lists[i]);
        if (names != NULL)
            DAM_TRY(dam__container_set_list(out, lists[i], names));
    }
    return DAM_OK;
}

static dam_status collect(const dam__run *run, dam__container *out)
{
    for (size_t i = 0; i < run->container.array_count; i++) {
        const char *name = run->container.arrays[i].name;
        if (strncmp(name, group, strlen(group)) == 0)
            DAM_TRY(add_parameter(name + strlen(group), &run->container.arrays[i].array, out));
    }
    return add_texts(run, out);
}

static dam_status print_what(const arguments *args, const dam__run *run, const dam__container *what)
{
    char shape[DAM__SHAPE_TEXT];
    dam__text text = {0};
    if (args->json) {
        json_t *list = json_object();
        for (size_t i = 0; i < what->array_count; i++) {
            const dam__array *array = &what->arrays[i].array;
            json_t *axes = json_array();
            for (int axis = 0; axis < array->rank; axis++)
                (void)json_array_append_new(axes, json_integer((json_int_t)array->shape[axis]));
            (void)json_object_set_new(list, what->arrays[i].name, axes);
        }
        return print_json(json_pack("{so so so}", "run", json_text(run->folder), "parameters", list,
                                    "out", json_text(args->out)));
    }
    for (size_t i = 0; i < what->array_count; i++) {
        const dam__array *array = &what->arrays[i].array;
        dam__text_append(&text, "%-24s %s, %s\n", what->arrays[i].name,
                         dam__shape_text(array->rank, array->shape, shape),
                         dam__element_name(array->element));
    }
    dam__text_append(&text, "%-24s %s\n", "written to", args->out);
    return print_text(&text);
}

/* A folder is one that is there, or a name without an ending. */
static bool is_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    return dam__folder_exists(path) || strchr(name, '.') == NULL;
}

static dam_status write_folder(const dam__run *run, const char *folder)
{
    if (dam__run_is(folder))
        return dam__fail(DAM_USAGE, "'%s' is a run, whose preset would be lost; name a new folder",
                         folder);
    DAM_TRY(dam__make_writable(folder));
    DAM_TRY(dam__memory_pictures_write(run, folder));
    return dam__experiment_write(&run->experiment, folder);
}

static dam_status run_export(const arguments *args)
{
    dam_status status = DAM_OK;
    dam__results_format format = DAM__RESULTS_NPZ;
    dam__run run = {0};
    dam__container what = {0};
    if (args->out == NULL)
        DAM_FAIL(DAM_USAGE, "export wants -o FILE, a name that ends in .safetensors, .npz, .h5 or "
                            ".csv, or a folder for pictures");
    bool folder = is_folder(args->out);
    if (!folder)
        DAM_TRY_CLEANUP(dam__results_format_of(args->out, WANTED, &format));
    DAM_TRY_CLEANUP(dam__run_open(args->operands.items[0], NULL, 0, &run));
    DAM_TRY_CLEANUP(collect(&run, &what));
    DAM_TRY_CLEANUP(folder ? write_folder(&run, args->out)
                           : dam__results_write(&what, format, args->out));
    DAM_TRY_CLEANUP(print_what(args, &run, &what));
cleanup:
    dam__container_free(&what);
    dam__run_free(&run);
    return status;
}

static const flag flags[] = {
    FLAG_OUT_FILE("write into this file; its name ends in .safetensors, .npz, .h5 or .csv; or into "
                  "this folder, a picture a memory"),
    FLAGS_PRINT};

static const char *const examples[] = {"denseam export runs/mnist -o mnist.safetensors",
                                       "denseam export runs/mnist -o mnist.npz",
                                       "denseam export runs/mnist -o memories/", NULL};

const command export_command = {
    .name = "export",
    .operands = "RUN",
    .least = 1,
    .most = 1,
    .summary = "a run's parameters for other programs, or pictures of them",
    .text =
        "Writes the parameters of a run as they are, bit by bit, with the names of run.h5. With "
        "them go the preset and a formula of what the model computes of them, as texts that "
        "safetensors keeps as metadata, NPZ as arrays, HDF5 as attributes and CSV as comments. A "
        "CSV file has a line for each number: parameter, row, column, value. A folder gets "
        "a grey PNG for each memory, a pixel a feature, and the preset.",
    .examples = examples,
    .flags = flags,
    .run = run_export,
};
