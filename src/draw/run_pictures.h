/* The pictures and tables that belong to a run folder. */
#ifndef DAM__DRAW_RUN_PICTURES_H
#define DAM__DRAW_RUN_PICTURES_H

#include "draw/image.h"
#include "run/run_folder.h"

/* Replaces folder/curves.dat, curves.gp and, with gnuplot, curves.png. DAM_INPUT. */
dam_status dam__history_draw(const char *folder, const char *title, const dam__history *history,
                             const dam_log *log);

/*
 * A sheet of the run's memories under their classes, each with a bar for how much of its weight
 * that class has; at most `most` of them (0: 400). Free with dam__image_free. DAM_INPUT.
 */
dam_status dam__run_memory_sheet(const dam__run *run, size_t most, dam__image *out);

/* Replaces the PNG at path by that sheet. DAM_INPUT. */
dam_status dam__run_draw_memories(const dam__run *run, const char *path, size_t most);

/*
 * Replaces the GIF and the PNG by the film and the contact sheet of a run's record (film.h), which
 * end with its present state. *frames = those of the film. DAM_INPUT, also where it has no record.
 */
dam_status dam__run_draw_film(const dam__run *run, const dam__history *history, const char *film,
                              const char *sheet, size_t *frames);

/* Whether the memories of a run stand for classes: those of a denoiser, or of patterns that are
 * stored, do not. */
bool dam__run_has_classes(const dam__run *run);

/* The class and purity of each of the run's memories (see dam__memory_classes); free() both. */
dam_status dam__run_memory_classes(const dam__run *run, int32_t **labels, float **purity,
                                   size_t *memories);

#endif
