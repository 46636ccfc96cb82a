/* Where `denseam train` puts a run, and `denseam sweep` a sweep. */
#ifndef COMMAND_OUT_FOLDER_H
#define COMMAND_OUT_FOLDER_H

#include "command/command.h"
#include "run/claim.h"

typedef struct out_folder {
    char *path;
    int lock; /* descriptor that keeps other processes out; -1 for none */
} out_folder;

/* Checks --out before anything is loaded. DAM_USAGE. */
dam_status out_folder_check(const arguments *args, dam__folder_kind kind);

/*
 * Makes and locks the folder: the resumed one with --resume, else --out, else the first of
 * runs/NAME (runs/NAME-sweep), runs/NAME-2, ... that is free. *out must be {NULL, -1}; release it
 * in any case. DAM_USAGE: it holds a run already or is taken; DAM_INPUT: it cannot be made.
 */
dam_status out_folder_claim(const arguments *args, dam__folder_kind kind, const char *resumed,
                            out_folder *out);
void out_folder_release(out_folder *folder);

#endif
