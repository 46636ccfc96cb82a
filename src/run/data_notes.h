/* What is unusual about samples, for the log: what a training cannot tell by its numbers. */
#ifndef DAM__RUN_DATA_NOTES_H
#define DAM__RUN_DATA_NOTES_H

#include "denseam/log.h"
#include "run/experiment.h"

/*
 * Says how training samples were cut and split where the preset left it open, and warns of samples
 * that are alike, blank or hurt by float32, of numbers out of range, of classes that do not occur.
 * DAM_INPUT where all samples are alike, so that there is nothing to learn.
 */
dam_status dam__note_samples(const dam_log *log, const dam__experiment *experiment,
                             const dam__dataset *set);

/* What happened to samples while they were read: pictures left out, resized; gaps filled. */
void dam__note_reading(const dam_log *log, const dam__dataset *set);

/* The same of patterns that are recalled: how they were cut. */
void dam__note_threshold(const dam_log *log, const dam__dataset *set);

#endif
