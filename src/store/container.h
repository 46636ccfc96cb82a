/*
 * A sealed HDF5 file of named arrays, texts and lists of words: the form of run.h5.
 *
 * Arrays are chunked with Fletcher-32 checksums (scalars and empty ones cannot be), groups follow
 * the slashes of a name, texts are UTF-8 string attributes of the root group, of any length (the
 * format is that of HDF5 1.8), lists such attributes of one axis. Nothing carries a time and all is
 * stored in the order of names, so equal content gives equal bytes. Behind HDF5's own end of file
 * stand 8 bytes of magic and the SHA-256 of all bytes before (seal.h); HDF5 tools ignore it. It is
 * checked before HDF5 sees the file, so a truncated or altered file never reaches HDF5's parser.
 */
#ifndef DAM__STORE_CONTAINER_H
#define DAM__STORE_CONTAINER_H

#include "store/array.h"

/* Named things; zero-initialise, free with dam__container_free. */
typedef struct dam__container {
    struct dam__container_array *arrays;
    size_t array_count;
    struct dam__container_text *texts;
    size_t text_count;
    struct dam__container_list *lists;
    size_t list_count;
} dam__container;

struct dam__container_array {
    char *name; /* such as "parameters/memories" */
    dam__array array;
};

struct dam__container_text {
    char *name, *value;
};

struct dam__container_list {
    char *name; /* such as "class_names" */
    dam__names words;
};

void dam__container_free(dam__container *container);

/* Adds a copy of a text; replaces one of the same name. DAM_NO_MEMORY. */
dam_status dam__container_set_text(dam__container *container, const char *name, const char *value);

/*
 * Adds an array and takes over its data (array->data becomes NULL); replaces one of the same name.
 * DAM_NO_MEMORY.
 */
dam_status dam__container_add(dam__container *container, const char *name, dam__array *array);

/* Adds a copy of a list of words, which must be some; replaces one of the same name.
 * DAM_NO_MEMORY. */
dam_status dam__container_set_list(dam__container *container, const char *name,
                                   const dam__names *words);

/* The thing of that name, or NULL. */
const dam__array *dam__container_array(const dam__container *container, const char *name);
const char *dam__container_text(const dam__container *container, const char *name);
const dam__names *dam__container_list(const dam__container *container, const char *name);

/* Replaces path atomically. DAM_INPUT: the reason; the old file is unchanged. */
dam_status dam__container_write(const dam__container *container, const char *path);

/*
 * Reads a whole sealed file, all in the order of their names. DAM_INPUT: absent, not
 * sealed, truncated or altered, or not ours; *out is then empty.
 */
dam_status dam__container_read(const char *path, dam__container *out);

#endif
