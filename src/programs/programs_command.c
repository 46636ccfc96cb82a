/* `denseam programs`, hidden: what presets ask of OpenCL compilers, for ci/cl-gpu and ci/cl-lint.
 */
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/file.h"
#include "command/output.h"
#include "command/session.h"
#include "programs/rehearsal.h"

enum { DIGEST_SHOWN = 12 }; /* digits in names */

typedef struct programs_arguments {
    arguments shared;
    int vector_width; /* 0 where not given */
} programs_arguments;

/* --- files ------------------------------------------------------------------------------------ */

static dam_status write_named(const char *folder, const dam__recorded_program *program,
                              const char *ending, const dam__text *text)
{
    dam_status status = DAM_OK;
    char *name = NULL, *path = NULL;
    DAM_TRY_CLEANUP(
        dam__format(&name, "%s.%.*s.%s", program->name, DIGEST_SHOWN, program->digest, ending));
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, name));
    DAM_TRY_CLEANUP(dam__text_write(text, path));
cleanup:
    free(name);
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

static void append_launch(const dam__recording *recording, const dam__recorded_launch *launch,
                          dam__text *text)
{
    const size_t *global = launch->range.global, *local = launch->range.local;
    dam__text_append(text, "%s,%s,%s,", launch->preset, launch->wide ? "double" : "single",
                     launch->phase);
    if (launch->program == DAM__NO_PROGRAM) {
        dam__text_append(text, ",%s,,,", launch->kernel);
    } else {
        const dam__recorded_program *program = &recording->programs[launch->program];
        dam__text_append(text, "%s.%.*s,%s,%zu %zu %zu,%zu %zu %zu,", program->name, DIGEST_SHOWN,
                         program->digest, launch->kernel, global[0], global[1], global[2], local[0],
                         local[1], local[2]);
    }
    dam__text_append(text, "%zu,%.17g,%.17g\n", launch->count, launch->work.flops,
                     launch->work.bytes);
}

static dam_status write_launches(const char *folder, const dam__recording *recording)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    dam__text text = {0};
    dam__text_append(&text,
                     "preset,precision,phase,program,kernel,global,local,count,flops,bytes\n");
    for (size_t i = 0; i < recording->launch_count; i++)
        append_launch(recording, &recording->launches[i], &text);
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, "launches.csv"));
    DAM_TRY_CLEANUP(dam__text_write(&text, path));
cleanup:
    free(path);
    dam__text_free(&text);
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
            "nothing is computed; the samples of files are replaced by others of their shape.",
    .flags = flags,
    .run = run_programs,
};
