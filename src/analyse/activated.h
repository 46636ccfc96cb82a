/* A picture of samples and of the memories that respond to them. */
#ifndef DAM__ANALYSE_ACTIVATED_H
#define DAM__ANALYSE_ACTIVATED_H

#include "analyse/activations.h"
#include "run/run_folder.h"

typedef struct dam__activated {
    const dam__run *run;
    const dam__dataset *picked; /* the samples; labels are shown where it has some */
    const size_t *numbers;      /* what each is called */
    const dam__activations *activations;
    size_t top; /* memories a sample */
} dam__activated;

/*
 * Replaces the PNG at path: a sample a row, with its class and what is predicted; then its memories
 * by their posterior, with that share, their class and its purity. DAM_INPUT.
 */
dam_status dam__activated_draw(const dam__activated *activated, const char *path);

#endif
