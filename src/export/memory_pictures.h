/* A picture a memory. */
#ifndef DAM__EXPORT_MEMORY_PICTURES_H
#define DAM__EXPORT_MEMORY_PICTURES_H

#include "run/run_folder.h"

/*
 * Writes folder/memory-NNN.png for each memory of the run, a pixel a feature, grey: 0 in the
 * middle, black and white at the memory's own largest |value|. Each file is replaced atomically.
 * DAM_USAGE: its samples are no images; DAM_INPUT.
 */
dam_status dam__memory_pictures_write(const dam__run *run, const char *folder);

#endif
