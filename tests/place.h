/*
 * For tests of writers: a folder of its own for each test, with the paths that it writes. Include
 * <cmocka.h> first.
 */
#ifndef TESTS_PLACE_H
#define TESTS_PLACE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct place {
    char folder[64], file[96], other[96];
} place;

static inline int set_up(void **state)
{
    place *at = calloc(1, sizeof *at);
    if (at == NULL)
        return -1;
    (void)snprintf(at->folder, sizeof at->folder, "/tmp/denseam-test-XXXXXX");
    if (mkdtemp(at->folder) == NULL)
        return -1;
    (void)snprintf(at->file, sizeof at->file, "%s/file", at->folder);
    (void)snprintf(at->other, sizeof at->other, "%s/other", at->folder);
    *state = at;
    return 0;
}

/* Fails where something is left that no test expects, such as a temporary: rmdir wants it empty. */
static inline int tear_down(void **state)
{
    place *at = *state;
    (void)unlink(at->file);
    (void)unlink(at->other);
    int removed = rmdir(at->folder);
    free(at);
    return removed;
}

#endif
