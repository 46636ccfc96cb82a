/* NPZ: a ZIP file of NPY files (numpy.savez). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/reader.h"

/* Whether an entry is that array: "x" is "x.npy" in the file. */
static bool is_array(const dam__zip_entry *entry, const char *name)
{
    size_t length = strlen(entry->name), wanted = name != NULL ? strlen(name) : 0;
    bool npy = length > 4 && strcmp(entry->name + length - 4, ".npy") == 0;
    if (name == NULL)
        return npy;
    return strcmp(entry->name, name) == 0 ||
           (npy && length == wanted + 4 && memcmp(entry->name, name, wanted) == 0);
}

static dam_status list_arrays(const dam__zip_list *list, dam__names *out)
{
    for (size_t i = 0; i < list->count; i++)
        if (is_array(&list->entries[i], NULL))
            DAM_TRY(dam__names_add(out, list->entries[i].name, strlen(list->entries[i].name) - 4));
    return DAM_OK;
}

/* The array of that name, or the only one; DAM_INPUT with what there is. */
static dam_status find_array(const dam__source *source, const dam__zip_list *list,
                             const dam__zip_entry **out)
{
    dam_status status = DAM_OK;
    dam__names arrays = {0};
    dam__text names = {0};
    const char *wanted = source->part;
    if (wanted != NULL && wanted[0] == '/')
        wanted++;
    size_t found = 0;
    for (size_t i = 0; i < list->count; i++)
        if (is_array(&list->entries[i], wanted)) {
            *out = &list->entries[i];
            found++;
        }
    if (found == 1)
        return DAM_OK;
    DAM_TRY_CLEANUP(list_arrays(list, &arrays));
    dam__names_list(&arrays, &names);
    DAM_TRY_CLEANUP(dam__text_status(&names));
    if (arrays.count == 0)
        DAM_FAIL(DAM_INPUT,
                 "'%s' is a ZIP file without an array of numpy's; unzip it, or save arrays with "
                 "np.savez",
                 source->name);
    if (wanted == NULL || found > 1)
        DAM_FAIL(DAM_INPUT, "'%s' holds %zu arrays (%s); name one as '%s:NAME'", source->name,
                 arrays.count, names.data, source->name);
    DAM_FAIL(DAM_INPUT, "'%s' holds no array '%s', but %s", source->name, wanted, names.data);
cleanup:
    dam__names_free(&arrays);
    dam__text_free(&names);
    return status;
}

static dam_status read_entry(dam__source *source, const dam__zip_bytes *from,
                             const dam__zip_entry *entry, dam__array *out)
{
    dam_status status = DAM_OK;
    dam__member *member = NULL;
    /* Of a member as of a packed file the rest costs, so it is not looked at. */
    dam__source inner = {.name = source->name, .packed = true, .reading = source->reading};
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *member, &member));
    DAM_TRY_CLEANUP(dam__member_open(from, entry, member));
    inner.member = member;
    inner.most = (size_t)entry->size;
    status = dam__npy_read(&inner, out);
    source->reading = inner.reading;
    if (status == DAM_INPUT)
        status = dam__fail_within(status, "array '%s'", entry->name);
cleanup:
    if (member != NULL)
        dam__member_close(member);
    free(member);
    return status;
}

static dam_status read_bytes(dam__source *source, const dam__zip_bytes *from, dam__array *out)
{
    dam_status status = DAM_OK;
    dam__zip_list list = {0};
    const dam__zip_entry *entry = NULL;
    DAM_TRY_CLEANUP(dam__zip_list_read(from, &list));
    DAM_TRY_CLEANUP(find_array(source, &list, &entry));
    DAM_TRY_CLEANUP(read_entry(source, from, entry, out));
cleanup:
    dam__zip_list_free(&list);
    return status;
}

dam_status dam__npz_read(dam__source *source, dam__array *out)
{
    if (source->bytes != NULL)
        return read_bytes(
            source,
            &(dam__zip_bytes){.name = source->name, .bytes = source->bytes, .length = source->most},
            out);
    /* Its list stands at its end, and zlib's handle reads forward. */
    dam_status status = DAM_OK;
    char *path = NULL;
    int file = source->packed ? -1 : open(source->name, O_RDONLY | O_CLOEXEC);
    if (!source->packed && file < 0)
        DAM_FAIL(DAM_INPUT, "cannot open '%s': %s", source->name, strerror(errno));
    if (source->packed)
        DAM_TRY_CLEANUP(dam__source_spill(source, &file, &path));
    const dam__zip_bytes from = {.name = source->name,
                                 .descriptor = file,
                                 .length = source->packed ? source->at : source->most};
    DAM_TRY_CLEANUP(read_bytes(source, &from, out));
cleanup:
    if (source->packed)
        dam__source_unspill(file, path);
    else if (file >= 0)
        (void)close(file);
    return status;
}

dam_status dam__npz_parse(const char *name, const void *bytes, size_t length, dam__array *out)
{
    dam__source source = dam__source_memory(name, bytes, length);
    *out = (dam__array){0};
    dam_status status = dam__npz_read(&source, out);
    dam__reading_free(&source.reading);
    return status;
}
