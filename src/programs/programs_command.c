/* `denseam programs`, hidden: what presets ask of OpenCL compilers, for ci/cl-gpu and ci/cl-lint.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/embedded.h"
#include "base/file.h"
#include "base/number.h"
#include "command/output.h"
#include "command/session.h"
#include "programs/rehearsal.h"

enum { DIGEST_SHOWN = 12, DIGITS_OF_REALS = 17 }; /* digits in names, and of flops and bytes */

typedef struct programs_arguments {
    arguments shared;
    int vector_width; /* 0 where not given */
} programs_arguments;

/* --- files ------------------------------------------------------------------------------------ */

/* *out = how files and launches name it; free(). */
static dam_status name_of(const dam__recorded_program *program, char **out)
{
    return dam__format(out, "%s.%.*s", program->name, DIGEST_SHOWN, program->digest);
}

static dam_status write_named(const char *folder, const dam__recorded_program *program,
                              const char *ending, const dam__text *text)
{
    dam_status status = DAM_OK;
    char *name = NULL, *file = NULL, *path = NULL;
    DAM_TRY_CLEANUP(name_of(program, &name));
    DAM_TRY_CLEANUP(dam__format(&file, "%s.%s", name, ending));
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, file));
    DAM_TRY_CLEANUP(dam__text_write(text, path));
cleanup:
    free(name);
    free(file);
    free(path);
    return status;
}

static dam_status write_program(const char *folder, const dam__recorded_program *program)
{
    dam_status status = DAM_OK;
    dam__text source = {0}, options = {0};
    dam__text_append(&source, "%s", program->source);
    dam__text_append(&options, "%s\n", program->options);
    DAM_TRY_CLEANUP(write_named(folder, program, "cl", &source));
    DAM_TRY_CLEANUP(write_named(folder, program, "options", &options));
cleanup:
    dam__text_free(&source);
    dam__text_free(&options);
    return status;
}

static void add_axes(dam__csv *csv, const size_t *axes)
{
    char text[3 * DAM__NUMBER_BYTES];
    (void)snprintf(text, sizeof text, "%zu %zu %zu", axes[0], axes[1], axes[2]);
    dam__csv_cells(csv, text);
}

static dam_status add_launch(const dam__recording *recording, const dam__recorded_launch *launch,
                             dam__csv *csv)
{
    char *program = NULL;
    bool known = launch->program != DAM__NO_PROGRAM;
    if (known)
        DAM_TRY(name_of(&recording->programs[launch->program], &program));
    dam__csv_text(csv, launch->preset);
    dam__csv_cells(csv, launch->wide ? "double" : "single");
    dam__csv_text(csv, launch->phase);
    dam__csv_text(csv, known ? program : "");
    dam__csv_text(csv, launch->kernel);
    add_axes(csv, launch->range.global);
    add_axes(csv, launch->range.local);
    dam__csv_integer(csv, (int64_t)launch->count);
    dam__csv_real(csv, launch->work.flops, DIGITS_OF_REALS);
    dam__csv_real(csv, launch->work.bytes, DIGITS_OF_REALS);
    dam__csv_end_row(csv);
    free(program);
    return DAM_OK;
}

static dam_status write_launches(const char *folder, const dam__recording *recording)
{
    dam_status status = DAM_OK;
    dam__csv csv = {0};
    dam__csv_line(&csv, "preset,precision,phase,program,kernel,global,local,count,flops,bytes");
    for (size_t i = 0; i < recording->launch_count; i++)
        DAM_TRY_CLEANUP(add_launch(recording, &recording->launches[i], &csv));
    DAM_TRY_CLEANUP(dam__csv_write(&csv, folder, "launches.csv"));
cleanup:
    dam__csv_free(&csv);
    return status;
}

static dam_status write_all(const char *folder, const dam__recording *recording)
{
    DAM_TRY(dam__make_folders(folder));
    for (size_t i = 0; i < recording->program_count; i++)
        DAM_TRY(write_program(folder, &recording->programs[i]));
    return write_launches(folder, recording);
}

/* --- the command ------------------------------------------------------------------------------ */

static dam_status rehearse_one(rehearsal *r, const arguments *args, const char *preset)
{
    DAM_TRY(rehearse_preset(r, preset, args->set.items, args->set.count, DAM__PRECISION_SINGLE));
    return rehearse_preset(r, preset, args->set.items, args->set.count, DAM__PRECISION_DOUBLE);
}

static dam_status rehearse_all(rehearsal *r, const arguments *args)
{
    for (size_t i = 0; i < args->operands.count; i++)
        DAM_TRY(rehearse_one(r, args, args->operands.items[i]));
    if (args->operands.count > 0)
        return DAM_OK;
    for (const dam__embedded *preset = dam__preset_texts; preset->name != NULL; preset++)
        DAM_TRY(rehearse_one(r, args, preset->name));
    DAM_TRY(rehearse_selftest(r, DAM__PRECISION_SINGLE));
    return rehearse_selftest(r, DAM__PRECISION_DOUBLE);
}

static dam_status run_programs(const arguments *args)
{
    enum { AVX512 = 16 };
    int vector_width = ((const programs_arguments *)args)->vector_width;
    dam_status status = DAM_OK;
    console notices = console_open(true);
    dam__recording recording = {0};
    bool cpu = strcmp(kernels_choices[args->kernels], "cpu") == 0;
    rehearsal r = {.recording = &recording,
                   .shape = cpu ? DAM__SHAPE_CPU : DAM__SHAPE_GPU,
                   .vector_width = !cpu               ? 1
                                   : vector_width > 0 ? vector_width
                                                      : AVX512,
                   .gemm = gemm_choice(args),
                   .log = console_log(&notices)};
    if (args->out == NULL)
        DAM_FAIL(DAM_USAGE, "--out names the folder for programs and launches; give it");
    if (vector_width > 0 && !cpu)
        DAM_FAIL(DAM_USAGE, "--vector-width is that of a CPU's driver; give --kernels cpu, too");
    DAM_TRY_CLEANUP(rehearse_all(&r, args));
    DAM_TRY_CLEANUP(write_all(args->out, &recording));
cleanup:
    rehearsal_free(&r);
    dam__recording_free(&recording);
    return status;
}

static const flag flags[] = {
    FLAG("out", arguments, out, "DIR",
         "write NAME.HASH.cl, NAME.HASH.options and launches.csv into this folder", .letter = 'o'),
    FLAG_KERNELS, /* auto is that of GPUs */
    FLAG_GEMM,
    FLAG("vector-width", programs_arguments, vector_width, "N",
         "floats in a native vector of a CPU (default: 16)", .least = 1, .most = 16),
    FLAG_SET,
    FLAG_END};

const command programs_command = {
    .name = "programs",
    .operands = "[PRESET...]",
    .most = (size_t)-1,
    .hidden = true,
    .summary = "write the programs and launches of presets",
    .text = "Writes every pair of source and options that presets compile, in single and in "
            "double precision, and what they launch: of a training one step of each kind. Without "
            "a preset, of all that are built in and of the self-test. No device is needed and "
            "nothing is computed; the samples of files are replaced by others of their shape. Of a "
            "product by CLBlast, whose kernels are its own, launches.csv has rows, columns and "
            "depth in place of a global size, and how many there are in place of a local one.",
    .flags = flags,
    .run = run_programs,
};
