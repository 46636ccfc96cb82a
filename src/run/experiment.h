/*
 * An experiment: a preset with all its keys, resolved and checked.
 *
 * One option table (key_table.c) is the only source of keys, types, defaults, ranges and help
 * texts.
 */
#ifndef DAM__RUN_EXPERIMENT_H
#define DAM__RUN_EXPERIMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "data/dataset.h"
#include "model/energy/recall_keys.h"
#include "model/grow_config.h"
#include "model/model_config.h"
#include "run/expect_config.h"
#include "run/sweep_config.h"
#include "train/train_config.h"

typedef struct dam__experiment {
    char title[256], source[256];
    int64_t seed;
    dam__data_config data;
    dam__model_config model;
    dam__train_config train;
    dam__grow_config grow;
    dam__recall_keys recall;
    dam__sweep_config sweep;   /* of `denseam sweep` alone */
    dam__expect_config expect; /* of `denseam eval --check` alone */
} dam__experiment;

typedef enum dam__option_type {
    DAM__OPTION_INTEGER, /* int */
    DAM__OPTION_SEED,    /* int64_t */
    DAM__OPTION_REAL,    /* double */
    DAM__OPTION_TEXT,    /* char[size] */
    DAM__OPTION_CHOICE   /* int, an index into choices */
} dam__option_type;

/*
 * How a sweep treats a key, in addition to the bits of dam__option.kinds. Without either, each
 * value needs its own model: another shape, program or data.
 */
enum {
    DAM__OPTION_BATCH =
        1 << 29, /* a number of each replica: values that differ share one batched model */
    DAM__OPTION_FIXED = 1 << 30 /* one value for all of a sweep */
};

/* One preset key. */
typedef struct dam__option {
    const char *section; /* "" for the top level */
    const char *key;
    dam__option_type type;
    size_t offset, size;        /* of the field in dam__experiment */
    const char *default_value;  /* as it would stand in a preset */
    double least, most;         /* inclusive; for INTEGER, SEED and REAL */
    bool least_open, most_open; /* the bound itself is refused (REAL) */
    const char *const *choices; /* NULL-terminated, for CHOICE */
    const char *unit;           /* "" where it has none */
    const char *help;           /* one sentence */
    unsigned kinds;             /* bit k: models of kind k use it; else giving it is refused; and
                                   DAM__OPTION_BATCH or DAM__OPTION_FIXED */
} dam__option;

/* A default that differs for one kind of model, as it would stand in a preset. */
typedef struct dam__kind_default {
    int kind;
    const char *section, *key, *value;
} dam__kind_default;

/* The table, ended by an entry whose key is NULL. */
extern const dam__option dam__options[];

/* Ended by an entry whose key is NULL. */
extern const dam__kind_default dam__kind_defaults[];

/* Values of keys that a run does not name because they are younger than it: what it was trained by.
 * Ended by an entry whose key is NULL. */
extern const dam__kind_default dam__older_values[];

/*
 * Parses a text over the defaults, then the overrides ("section.key=value", in order).
 * DAM_USAGE with name, line, key and reason: unknown section or key (with the closest name), wrong
 * type, out of range, nan or inf, a key given twice, a key that the model's kind does not use, an
 * unclosed section, values that contradict each other (validate.c). A base is one that is built in.
 */
dam_status dam__experiment_parse(const char *name, const char *text, const char *const *overrides,
                                 size_t override_count, dam__experiment *out);

/* The same of the text that a run holds: keys that it lacks are what they were before there were
 * such keys. */
dam_status dam__experiment_parse_run(const char *name, const char *text,
                                     const char *const *overrides, size_t override_count,
                                     dam__experiment *out);

/* Every key at its default; such an experiment has no data yet. */
dam_status dam__experiment_defaults(dam__experiment *out);

/* DAM_USAGE, with name, where the data section names no data, or contradicts itself. */
dam_status dam__data_check(const char *name, const dam__data_config *data);

/* DAM_USAGE, with name, where values contradict each other or something needed is missing. */
dam_status dam__experiment_check(const char *name, const dam__experiment *experiment);

/* The same of a preset that is found by its place (dam__preset_open in load.h). */
dam_status dam__experiment_load(const char *place, const char *const *overrides,
                                size_t override_count, dam__experiment *out);

/* The resolved preset as text with every key that the model's kind uses: parses back to the same
 * experiment. Free the text. */
void dam__experiment_print(const dam__experiment *experiment, dam__text *out);

/* Writes that text as folder/preset.conf, atomically. */
dam_status dam__experiment_write(const dam__experiment *experiment, const char *folder);

#endif
