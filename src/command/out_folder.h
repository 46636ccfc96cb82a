/* Where `denseam train` puts a run, and `denseam sweep` a sweep. */
#ifndef COMMAND_OUT_FOLDER_H
#define COMMAND_OUT_FOLDER_H

#include "command/command.h"
#include "run/claim.h"

typedef struct out_folder {
    char *path;
    dam__lock lock;
} out_folder;

#define OUT_FOLDER_NONE ((out_folder){.lock = DAM__UNLOCKED})

/* Checks --out before anything is loaded. DAM_USAGE. */
dam_status out_folder_check(const arguments *args, dam__folder_kind kind);

/*
 * Makes and locks the folder: the resumed one with --resume, else --out, else the first of
 * runs/NAME (runs/NAME-sweep), runs/NAME-2, ... that is free. What --resume goes on with is to be
 * read after that. *out must be OUT_FOLDER_NONE; release it in any case. DAM_USAGE: it holds a run
 * already or is taken; DAM_INPUT: it cannot be made.
 */
dam_status out_folder_claim(const arguments *args, dam__folder_kind kind, const char *resumed,
                            const dam_log *log, out_folder *out);
void out_folder_release(out_folder *folder);

#endif
