/*
 * Runs the self-test of a device, and remembers that it passed.
 */
#ifndef DAM__SELFTEST_SELFTEST_H
#define DAM__SELFTEST_SELFTEST_H

#include "base/text.h"
#include "compute/selftest_cases.h"
#include "data/dataset.h"
#include "model/model_config.h"

typedef struct dam__selftest_options {
    dam__device *device;           /* open, to run on, of one shape and precision; NULL: others */
    dam__shape shape;              /* AUTO: both */
    dam__gemm_provider provider;   /* AUTO: all of this build */
    dam__selftest_use use;         /* what a run uses; zeros: everything of its kind */
    int kind;                      /* dam__model_kind of that run; of a recall any */
    bool single_only, double_only; /* else both where the device has fp64 */
    bool tiny; /* $DENSEAM_SELFTEST_TINY asks for it too; slow emulated GPUs always are */
    const dam__tuning *tuning; /* of the device; NULL for none */
    bool helps; /* dam__selftest_run: another process, from the last case to the first; see there */
    bool recall; /* dam__selftest_ensure: what a recall launches; else what a training does */
    dam_log log;
} dam__selftest_options;

/* The result of one case in one configuration. */
typedef struct dam__selftest_row {
    const char *name;
    const char *shape;       /* "cpu" or "gpu" */
    const char *provider;    /* "panel", ..., or "-" where nothing is multiplied */
    const char *precision;   /* "single" or "double" */
    double error, tolerance; /* in units of epsilon */
    const char *reason;      /* for the tolerance */
    const char *failure;     /* the driver's message where it failed, else NULL */
    bool passed;
} dam__selftest_row;

typedef void (*dam__selftest_report)(void *user, const dam__selftest_row *row);

enum { DAM__SELFTEST_TABLES = 63 }; /* at most */

/* Tables of cases, ended by NULL. */
typedef struct dam__selftest_list {
    const dam__selftest_case *tables[DAM__SELFTEST_TABLES + 1];
} dam__selftest_list;

/* All tables of this build. */
void dam__selftest_all(dam__selftest_list *out);

/*
 * Runs every case of tables in every configuration that options leave open; report (or NULL) is
 * called for each. DAM_SELFTEST: the first that failed, its error and tolerance; the others still
 * ran. DAM_NO_DEVICE where the device cannot be opened, DAM_NO_MEMORY on the host.
 *
 * A process that helps takes the same cases in the opposite order, so that two meet in the middle,
 * and each finds compiled what the other has reached first. It ends at once where nothing is to be
 * compiled.
 */
dam_status dam__selftest_run(const dam_device_info *info, const dam__selftest_options *options,
                             const dam__selftest_case *const *tables, dam__selftest_report report,
                             void *user);

/*
 * Before a run: passes at once where this device, driver and these kernels passed before in the
 * configuration that options name (AUTO means what the run would take, not all), else runs the
 * cases and remembers a pass in $XDG_CACHE_HOME/denseam/selftest. A failure is never remembered.
 * DAM_SELFTEST.
 */
dam_status dam__selftest_ensure(const dam_device_info *info, const dam__selftest_options *options);

/* A training or evaluation that is to come. */
typedef struct dam__selftest_subject {
    const dam__model_config *model;
    bool varies;              /* its keys may change, as in a sweep: only its kind is known */
    const dam__dataset *set;  /* NULL: of any kind */
    int memories, dim, batch; /* shapes of its products */
    int classes;              /* of the model; 0: not known */
    bool grows;
    int shards; /* of its batches */
} dam__selftest_subject;

/* For the options of dam__selftest_ensure. Products are no larger than a self-test can afford. */
dam__selftest_use dam__selftest_use_of(const dam__selftest_subject *subject);

/*
 * dam__selftest_ensure for an open device: what a training or evaluation is about to use, and what
 * a recall is. Its messages go to the device's log.
 */
dam_status dam__selftest_device(dam__device *device, dam__gemm_provider provider,
                                const dam__selftest_subject *subject);
dam_status dam__selftest_recall(dam__device *device, dam__gemm_provider provider);

/* Whether a case that dam__selftest_ensure runs covers the kernel. */
bool dam__selftest_reaches(const dam__selftest_options *options, const char *kernel);

/* Appends the key under which a pass in exactly this configuration is kept in the user's cache. */
#define DAM__SELFTEST_CACHE "selftest"
dam_status dam__selftest_verdict_key(const dam_device_info *info,
                                     const dam__selftest_options *options, dam__text *key);

#endif
