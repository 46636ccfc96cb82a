/*
 * The files that `denseam bench` writes, read for comparison. They come from other machines:
 * nothing in them is believed before it was looked at.
 */
#ifndef DAM__BENCH_BENCH_FILE_H
#define DAM__BENCH_BENCH_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

/* What a file says of itself; the number changes when old readers would misread new files. */
#define DAM__BENCH_FORMAT "denseam bench 1"

enum { DAM__CONTENDERS = 32 };

/* One measured number. Texts are the file's; numbers that it lacks are NaN. */
typedef struct dam__measure {
    const char *metric, *unit;
    const char *ceiling_name; /* NULL where it is compared with nothing */
    double value, spread, ceiling, share;
    bool kernel;                        /* of a training step; then also, as in bench/benchmark.h */
    double part, flops, bytes, seconds; /* else NaN */
} dam__measure;

/* One preset, measured by a contender. Texts that the file lacks are "". */
typedef struct dam__bench_record {
    const char *preset, *title, *kind, *precision, *kernels, *gemm;
    const char *tuning;    /* digest of the tuning file, or "none" */
    const char *agreement; /* "right", "wrong" or "unknown" */
    const char *message;   /* why it ended early, or "" */
    json_t *warnings;      /* array of strings, or NULL */
    dam__measure *measures;
    size_t count;
} dam__bench_record;

/* What a file has of one device. */
typedef struct dam__contender {
    char *name;           /* unique */
    const char *path;     /* of the file, borrowed */
    json_t *file;         /* owns all texts */
    const json_t *device; /* its facts */
    dam__bench_record *records;
    size_t count;
} dam__contender;

/* Zero-initialise; free with dam__contenders_free. */
typedef struct dam__contenders {
    dam__contender items[DAM__CONTENDERS];
    size_t count;
} dam__contenders;

/*
 * Adds what the file at path holds: a contender for each of its devices. A preset that a device has
 * twice is taken as it was measured last. path must outlive *contenders. DAM_INPUT, naming the file
 * and the place: no JSON, not of this format, something missing or of a wrong type, too large;
 * DAM_USAGE: more than DAM__CONTENDERS. Then *contenders is as it was.
 */
dam_status dam__contenders_add(const char *path, dam__contenders *contenders);

/* The same of bytes in memory; path is what messages and names call them. */
dam_status dam__contenders_parse(const char *path, const char *data, size_t length,
                                 dam__contenders *contenders);
void dam__contenders_free(dam__contenders *contenders);

/* The text of that name in an object, or "". */
const char *dam__json_text_of(const json_t *object, const char *name);

/* The number of that name in an object, or NaN. */
double dam__json_number_of(const json_t *object, const char *name);

/* The record of that preset, or NULL; the measure of that metric, or NULL. */
const dam__bench_record *dam__contender_record(const dam__contender *contender, const char *preset);
const dam__measure *dam__bench_measure(const dam__bench_record *record, const char *metric);

#endif
