/* What a command is, the arguments that commands share, and the flags that fill them. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>

#include "base/text.h"
#include "command/flags.h"

/*
 * What the command line says: the flags that several commands take, each of which reads those that
 * it lists. A command with flags of its own has a struct for them, which begins with this one; main
 * makes room for the largest struct of its table.
 */
typedef struct arguments {
    words operands;
    words set;          /* "section.key=value", in order */
    const char *device; /* selector, NULL for the default */
    const char *out;    /* folder or file, NULL for the command's default */
    const char *trace;  /* file for the events of the profile */
    int gemm;           /* dam__gemm_provider, index into gemm_choices */
    int kernels;        /* dam__shape, index into kernels_choices */
    bool json, quiet, profile, resume, dry_run;
    const char *commit; /* no flag: what this program was built of; NULL where that is unknown */
    bool cache_goes;    /* no flag: the cache is this process's own and goes with it */
} arguments;

extern const char *const gemm_choices[];    /* auto, panel, tiled; clblast in a build with it */
extern const char *const kernels_choices[]; /* auto, cpu, gpu */

/* The flags that several commands take: a command's table lists those it wants. */
#define FLAG_SET                                                                                   \
    FLAG("set", arguments, set, "SECTION.KEY=VALUE",                                               \
         "override a key of the preset; may be given several times")
#define FLAG_DEVICE                                                                                \
    FLAG("device", arguments, device, "D",                                                         \
         "use this device: an index, P:D, a part of its name, gpu or cpu; else $DENSEAM_DEVICE, "  \
         "else the best")
#define FLAG_OUT FLAG("out", arguments, out, "DIR", "write the results into this folder")
#define FLAG_OUT_FILE(HELP) FLAG("out", arguments, out, "FILE", (HELP), .letter = 'o')
#define FLAG_GEMM                                                                                  \
    FLAG("gemm", arguments, gemm, NULL, "who multiplies matrices", .choices = gemm_choices)
#define FLAG_KERNELS                                                                               \
    FLAG("kernels", arguments, kernels, NULL, "the shape of the kernels, whatever the device is",  \
         .choices = kernels_choices)
#define FLAG_PROFILE                                                                               \
    FLAG("profile", arguments, profile, NULL, "measure every kernel and print where time went")
#define FLAG_SHARE_DEVICE(STRUCT)                                                                  \
    FLAG("share-device", STRUCT, share_device, NULL,                                               \
         "let several ranks of mpirun work on one device where there are not enough")
#define FLAG_JSON FLAG("json", arguments, json, NULL, "print JSON instead of a table")
#define FLAG_QUIET                                                                                 \
    FLAG("quiet", arguments, quiet, NULL, "no notices and no progress, only warnings and errors")

/* Ends the table of a command that prints; of one that works on a device; of one that trains. */
#define FLAGS_PRINT FLAG_JSON, FLAG_QUIET, FLAG_END
#define FLAGS_WORK                                                                                 \
    FLAG_GEMM, FLAG_KERNELS, FLAG_PROFILE,                                                         \
        FLAG("trace", arguments, trace, "FILE",                                                    \
             "write every kernel's start and end as a trace for Perfetto or chrome://tracing"),    \
        FLAGS_PRINT
#define FLAGS_TRAIN                                                                                \
    FLAG_SET, FLAG_DEVICE, FLAG_OUT,                                                               \
        FLAG("resume", arguments, resume, NULL, "go on from the last checkpoint of the run"),      \
        FLAG("dry-run", arguments, dry_run, NULL, "print the memory plan and stop"), FLAGS_WORK

typedef struct command {
    const char *name;
    const char *operands; /* as the usage line shows them: "PRESET", "[COMMAND]"; "" for none */
    size_t least, most;   /* number of operands */
    bool hidden;          /* not in the help nor in the man page */
    bool computes;        /* calls OpenCL, which wants caches */
    const char *summary;  /* a phrase for the list of commands, at most 60 letters */
    const char *text;     /* a paragraph that says what it does */
    const char *const *examples; /* whole command lines, NULL-terminated; or NULL */
    const flag *flags;
    void (*more)(dam__text *text);            /* appends further help; or NULL */
    dam_status (*run)(const arguments *args); /* the beginning of the struct that its flags fill */
} command;

/* All commands in the order of the help, ended by NULL. */
extern const command *const commands[];

extern const command analyse_command, bench_command, compare_command, complete_command,
    devices_command, first_step_command, eval_command, export_command, help_command, man_command,
    paper_command, predict_command, presets_command, programs_command, recall_command,
    selftest_command, selftest_help_command, show_command, sweep_command, train_command,
    transfer_command, tune_command, tune_try_command, version_command, watch_command;

/* DAM_USAGE with the closest name where there is no such command. */
dam_status find_command(const char *name, const command **out);

/* Appends the text of `denseam help` and of `denseam help COMMAND`, within 80 columns. */
void append_overview(dam__text *text);
void append_command_help(dam__text *text, const command *c);

/* Appends "--device D" or "--kernels auto|cpu|gpu". */
void append_flag_usage(dam__text *text, const flag *f);

#endif
