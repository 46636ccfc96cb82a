/*
 * A run: the folder of a trained experiment. Its run.h5 holds the resolved preset, what it ran on,
 * the training's state and its history.
 */
#ifndef DAM__RUN_RUN_FOLDER_H
#define DAM__RUN_RUN_FOLDER_H

#include "compute/opencl_device.h"
#include "run/experiment.h"
#include "train/checkpoint.h"

typedef struct dam__run {
    char *folder, *file;             /* file = folder/run.h5 */
    dam__container container;        /* as read */
    dam__experiment experiment;      /* its resolved preset, with overrides */
    int dim, classes, height, width; /* of the training samples; height 0 where not an image */
    dam__pixels pixels;              /* of the image */
    dam__scaler scaler;              /* what its samples were scaled by; the container's */
    int memories;                    /* that it has; more than its preset says where it has grown */
} dam__run;

/* What to train: the experiment on a set of its training samples, which must outlive the trainer.
 */
dam__training dam__experiment_training(const dam__experiment *experiment, const dam__dataset *set,
                                       dam__gemm_provider gemm);

/* Whether path is a run folder or looks like a run file; it may still be damaged. */
bool dam__run_is(const char *path);

/* Whether path is a folder with a sweep.h5. */
bool dam__sweep_is(const char *path);

/* *folder = that of a run, which path is or whose file it is; free(). DAM_INPUT: there is none. */
dam_status dam__run_find_folder(const char *path, char **folder);

/* Opens a run folder (or its run.h5). DAM_INPUT: not a run, damaged; DAM_USAGE: bad override. */
dam_status dam__run_open(const char *path, const char *const *overrides, size_t override_count,
                         dam__run *out);
void dam__run_free(dam__run *run);

/* Whether its training was over when it was saved. */
bool dam__run_is_finished(const dam__run *run);

/* The names of its classes, or NULL where they have none. */
const dam__names *dam__run_class_names(const dam__run *run);

/* What is known of a run's samples, into a configuration that loads others for it. */
void dam__run_data(const dam__run *run, dam__data_config *config);

/* Loads samples for it: dam__dataset_load_on, with classes and features by the training's names. */
dam_status dam__run_load(const dam__run *run, dam__device *device, dam__split split,
                         dam__dataset *out);

/* What the numbers of its training samples were like: least, most, mean; of nothing where it does
 * not say. */
dam__survey dam__run_survey(const dam__run *run);

/* Facts about where and on what a run was trained, for the run file. */
typedef struct dam__run_facts {
    const dam__experiment *experiment;
    const dam__dataset *set;
    const dam__device *device;
    const char *gemm; /* provider */
} dam__run_facts;

/* Adds the training's present state and these facts to a container: all that a run file holds. */
dam_status dam__run_collect(const dam__run_facts *facts, dam__trainer *trainer,
                            dam__container *out);

/*
 * A run from what a run file holds, taken over also where it fails. It belongs to no folder:
 * out->folder is NULL, and `name` stands for its file in messages.
 */
dam_status dam__run_take(dam__container *container, const char *name, dam__run *out);

/* Writes the training's present state to folder/run.h5, atomically. */
dam_status dam__run_save(const char *folder, const dam__run_facts *facts, dam__trainer *trainer);

#endif
