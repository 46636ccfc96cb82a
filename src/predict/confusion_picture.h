/* The confusion matrix of an evaluation as a picture. */
#ifndef PREDICT_CONFUSION_PICTURE_H
#define PREDICT_CONFUSION_PICTURE_H

#include "denseam/log.h"
#include "store/names.h"
#include "train/classification.h"

/*
 * Replaces confusion.dat, confusion.gp and, with gnuplot, confusion.png in a folder: true classes
 * from top to bottom, predicted ones from left to right, none last; colours are shares of the true
 * class, numbers samples. Classes without a sample and a prediction are left out. names may be
 * NULL. DAM_INPUT, DAM_NO_MEMORY.
 */
dam_status confusion_draw(const char *folder, const char *title, const dam__classification *result,
                          const dam__names *names, const dam_log *log);

#endif
