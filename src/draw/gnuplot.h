/* Runs gnuplot, if it is installed, on a script. */
#ifndef DAM__DRAW_GNUPLOT_H
#define DAM__DRAW_GNUPLOT_H

#include "base/try.h"
#include "denseam/log.h"

/*
 * Runs `gnuplot script` in folder for at most patience seconds. The script draws into the file its
 * variable `picture` names; picture, in folder, is replaced by that atomically. Where gnuplot is
 * absent, fails or takes longer, a notice says so and how to draw by hand; this does not count as a
 * failure. DAM_NO_MEMORY.
 */
dam_status dam__gnuplot(const char *folder, const char *script, const char *picture,
                        double patience, const dam_log *log);

#endif
