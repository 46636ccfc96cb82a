/* Makes the experiment of a large denoiser from a small tuned one (docs/transfer.md). */
#ifndef DAM__TRANSFER_TRANSFER_H
#define DAM__TRANSFER_TRANSFER_H

#include "transfer/tuned.h"

/*
 * Sizes as text: "N,K,P,B"; "K,P,B" keeps N; "N" alone keeps the ratios of the others to it, and
 * whole batches whole.
 * DAM_USAGE: not whole positive numbers, or B > P.
 */
dam_status dam__sizes_read(const char *text, const dam__sizes *from, dam__sizes *out);

/*
 * *out = the tuned experiment at other sizes, with its eta0, then with the overrides. Images take
 * the plaquettes that give them N features. Warns about what the scaling does not transfer, and
 * about overrides of what eta0 was tuned for. DAM_USAGE: N that the data cannot have, sizes out of
 * range, overrides that are wrong or of the data and the sizes.
 */
dam_status dam__transfer_make(const dam__tuned *tuned, const dam__sizes *to,
                              const char *const *overrides, size_t override_count,
                              const dam_log *log, dam__experiment *out);

#endif
