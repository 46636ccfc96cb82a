/*
 * Reads the files that `denseam bench` writes, for comparison. They come from other machines, so
 * everything in them is checked.
 */
#ifndef DAM__BENCH_BENCH_FILE_H
#define DAM__BENCH_BENCH_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

/* The format that a file names; the number changes when old readers would misread new files. */
#define DAM__BENCH_FORMAT "denseam bench 1"

enum { DAM__RESULT_SETS = 32 };

/* One measured number. Texts are the file's; numbers that it lacks are NaN. */
typedef struct dam__measure {
    const char *metric, *unit;
    const char *ceiling_name; /* NULL where it is compared with nothing */
    double value, spread, ceiling, share;
    bool kernel;                        /* of a training step; then also, as in bench/benchmark.h */
    double part, flops, bytes, seconds; /* else NaN */
} dam__measure;

/* The result of one preset on one device. Texts that the file lacks are "". */
typedef struct dam__bench_record {
    const char *preset, *title, *kind, *precision, *kernels, *gemm;
    const char *tuning;    /* digest of the tuning file, or "none" */
    const char *agreement; /* "right", "wrong" or "unknown" */
    const char *message;   /* why it ended early, or "" */
    json_t *warnings;      /* array of strings, or NULL */
    dam__measure *measures;
    size_t count;
} dam__bench_record;

/* The results of one device in a file. */
typedef struct dam__result_set {
    char *name;           /* unique */
    const char *path;     /* of the file, borrowed */
    json_t *file;         /* owns all texts */
    const json_t *device; /* its facts */
    dam__bench_record *records;
    size_t count;
} dam__result_set;

/* Zero-initialise; free with dam__result_sets_free. */
typedef struct dam__result_sets {
    dam__result_set items[DAM__RESULT_SETS];
    size_t count;
} dam__result_sets;

/*
 * Adds the file at path: a result set for each of its devices. Of a preset that a device has twice,
 * the last result counts. What `denseam bench --json` prints is read, too. path must outlive *sets.
 * DAM_INPUT, naming the file and the place: not JSON, not this format, something missing or of a
 * wrong type, too large; DAM_USAGE: more than DAM__RESULT_SETS. *sets is unchanged then.
 */
dam_status dam__result_sets_add(const char *path, dam__result_sets *sets);

/* The same of bytes in memory; path is what messages and names call them. */
dam_status dam__result_sets_parse(const char *path, const char *data, size_t length,
                                  dam__result_sets *sets);
/* Of the sets from first on only the presets stay that a set before has; a set that has none goes.
 */
void dam__result_sets_narrow(dam__result_sets *sets, size_t first);

void dam__result_sets_free(dam__result_sets *sets);

/* The text of that name in an object, or "". */
const char *dam__json_text_of(const json_t *object, const char *name);

/* The number of that name in an object, or NaN. */
double dam__json_number_of(const json_t *object, const char *name);

/* The record of that preset, or NULL; the measure of that metric, or NULL. */
const dam__bench_record *dam__result_set_record(const dam__result_set *results, const char *preset);
const dam__measure *dam__bench_measure(const dam__bench_record *record, const char *metric);

#endif
