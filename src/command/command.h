/* What a command is, the arguments that commands share, and the flags that fill them. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>

#include "base/text.h"
#include "command/flags.h"

/* What the command line says. A command reads the fields whose flags it lists. */
typedef struct arguments {
    words operands;
    words set;          /* "section.key=value", in order */
    words grid;         /* "section.key=VALUES", in order */
    int seeds;          /* 0 where not given */
    const char *device; /* selector, NULL for the default */
    const char *out;    /* folder, NULL for the command's default */
    const char *to;     /* transfer's sizes, or NULL */
    /* recall: values of recall.* keys, NULL where not given */
    const char *probes, *flips, *mask, *clamp, *noise, *count, *dynamics;
    int format;  /* index into recall's formats */
    int gemm;    /* index into gemm_choices */
    int kernels; /* index into kernels_choices */
    bool json, quiet, profile, resume, dry_run, film;
    bool quick, losses;           /* of bench */
    const char *label, *baseline; /* of bench and compare */
    const char *trace;            /* file for the events of the profile */
    /* Of analyse; a number is 0 where its flag is not given. */
    bool memories, embedding;
    const char *samples, *steps; /* lists with commas */
    int misclassified, adversarial, top, iterations, limit;
    int precision;           /* index into precision_choices */
    double budget, patience; /* of tune, in seconds; 0 where not given */
    int trials;              /* of tune, at most; 0 where not given */
} arguments;

extern const char *const gemm_choices[];    /* auto, clblast, panel */
extern const char *const kernels_choices[]; /* auto, cpu, gpu */

/* The flags that several commands take: a command's table lists those it wants. */
#define FLAG(NAME, TYPE, FIELD, ARGUMENT, HELP)                                                    \
    {                                                                                              \
        .name = (NAME), .type = (TYPE), .offset = offsetof(arguments, FIELD),                      \
        .argument = (ARGUMENT), .help = (HELP)                                                     \
    }
#define FLAG_SET                                                                                   \
    FLAG("set", FLAG_WORDS, set, "SECTION.KEY=VALUE",                                              \
         "override a key of the preset; may be given several times")
#define FLAG_DEVICE                                                                                \
    FLAG("device", FLAG_TEXT, device, "D",                                                         \
         "use this device: an index, P:D, a part of its name, gpu or cpu; else $DENSEAM_DEVICE, "  \
         "else the best")
#define FLAG_OUT FLAG("out", FLAG_TEXT, out, "DIR", "write the results into this folder")
#define FLAG_JSON FLAG("json", FLAG_SWITCH, json, NULL, "print JSON instead of a table")
#define FLAG_QUIET                                                                                 \
    FLAG("quiet", FLAG_SWITCH, quiet, NULL, "no notices and no progress, only warnings and errors")
#define FLAG_PROFILE                                                                               \
    FLAG("profile", FLAG_SWITCH, profile, NULL, "measure every kernel and print where time went")
#define FLAG_RESUME                                                                                \
    FLAG("resume", FLAG_SWITCH, resume, NULL, "go on from the last checkpoint of the run")
#define FLAG_TRACE                                                                                 \
    FLAG("trace", FLAG_TEXT, trace, "FILE",                                                        \
         "write every kernel's start and end as a trace for Perfetto or chrome://tracing")
#define FLAG_OUT_FILE(HELP)                                                                        \
    {                                                                                              \
        .name = "out", .letter = 'o', .type = FLAG_TEXT, .offset = offsetof(arguments, out),       \
        .argument = "FILE", .help = (HELP)                                                         \
    }
#define FLAG_DRY_RUN FLAG("dry-run", FLAG_SWITCH, dry_run, NULL, "print the memory plan and stop")
#define FLAG_GEMM                                                                                  \
    {                                                                                              \
        .name = "gemm", .type = FLAG_CHOICE, .offset = offsetof(arguments, gemm),                  \
        .choices = gemm_choices, .help = "who multiplies matrices"                                 \
    }
#define FLAG_KERNELS                                                                               \
    {                                                                                              \
        .name = "kernels", .type = FLAG_CHOICE, .offset = offsetof(arguments, kernels),            \
        .choices = kernels_choices, .help = "the shape of the kernels, whatever the device is"     \
    }
#define FLAG_END                                                                                   \
    {                                                                                              \
        .name = NULL                                                                               \
    }

typedef struct command {
    const char *name;
    const char *operands; /* as the usage line shows them: "PRESET", "[COMMAND]"; "" for none */
    size_t least, most;   /* number of operands */
    bool hidden;          /* not in the help nor in the man page */
    const char *summary;  /* a phrase for the list of commands, at most 60 letters */
    const char *text;     /* a paragraph that says what it does */
    const char *const *examples; /* whole command lines, NULL-terminated; or NULL */
    const flag *flags;
    void (*more)(dam__text *text); /* appends further help; or NULL */
    dam_status (*run)(const arguments *args);
} command;

/* All commands in the order of the help, ended by NULL. */
extern const command *const commands[];

extern const command analyse_command, bench_command, compare_command, devices_command,
    first_step_command, eval_command, help_command, man_command, presets_command, recall_command,
    selftest_command, show_command, sweep_command, train_command, transfer_command, tune_command,
    tune_try_command;

/* DAM_USAGE with the closest name where there is no such command. */
dam_status find_command(const char *name, const command **out);

/* Appends the text of `denseam help` and of `denseam help COMMAND`, within 80 columns. */
void append_overview(dam__text *text);
void append_command_help(dam__text *text, const command *c);

/* Appends "--device D" or "--gemm auto|clblast|panel". */
void append_flag_usage(dam__text *text, const flag *f);

#endif
