/* A container through a pipe: from the process that HDF5 read it in to this one. */
#ifndef DAM__STORE_CONTAINER_PASS_H
#define DAM__STORE_CONTAINER_PASS_H

#include "store/container.h"

/* One after the other, and then the end. */
dam_status dam__container_send_text(int out, const char *name, const char *value);
dam_status dam__container_send_list(int out, const char *name, const dam__names *words);
dam_status dam__container_send_array(int out, const char *name, const dam__array *array);
dam_status dam__container_send_end(int out);

/* Believes nothing of what comes: DAM_INPUT where it is no container. *out is freed by the caller
 * in any case. */
dam_status dam__container_receive(int in, dam__container *out);

#endif
