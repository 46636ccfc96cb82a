/* Which reader takes a file, by its first bytes. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/reader.h"
#include "store/sniff.h"

void dam__reading_free(dam__reading *reading)
{
    dam__names_free(&reading->columns);
    dam__names_free(&reading->words);
    dam__names_free(&reading->classes);
    free(reading->labels);
    free(reading->pictures.skipped_at);
    reading->labels = NULL;
    reading->pictures = (dam__picture_facts){0};
}

/*
 * A colon belongs to the file's own name where such a file or folder exists; else to the first
 * colon before which a file's name ends. Where there is no file at all, ":/" is one of HDF5's.
 */
dam_status dam__location_split(const char *location, char **file, const char **part)
{
    *part = NULL;
    if (dam__file_exists(location) || dam__folder_exists(location))
        return dam__format(file, "%s", location);
    for (const char *colon = strchr(location, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
        DAM_TRY(dam__format(file, "%.*s", (int)(colon - location), location));
        if (dam__file_exists(*file)) {
            *part = colon + 1;
            return DAM_OK;
        }
        free(*file);
        *file = NULL;
    }
    const char *path = strstr(location, ":/");
    *part = path != NULL ? path + 1 : NULL;
    return dam__format(
        file, "%.*s", (int)(path != NULL ? (size_t)(path - location) : strlen(location)), location);
}

bool dam__table_is(const char *file)
{
    static const char *const endings[] = {".csv", ".tsv", ".txt", ".data", ".dat"};
    static const char *const packed[] = {".gz", ".zst"};
    size_t length = strlen(file);
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        size_t ending = strlen(packed[i]);
        if (length > ending && strcasecmp(file + length - ending, packed[i]) == 0)
            length -= ending;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strncasecmp(file + length - ending, endings[i], ending) == 0)
            return true;
    }
    return false;
}

static dam_status read_hdf5_at(dam__source *source, const char *path, dam__array *out)
{
    size_t rows = source->reading.rows;
    DAM_TRY(dam__hdf5_read(path, source->name, source->part, &source->reading, out));
    source->reading.there = out->rank > 0 ? out->shape[0] : 0;
    return dam__array_keep(rows, out);
}

static dam_status read_hdf5(dam__source *source, dam__array *out)
{
    char *path = NULL;
    int file = -1;
    if (!source->packed)
        return read_hdf5_at(source, source->name, out);
    dam_status status = dam__source_spill(source, &file, &path);
    if (status == DAM_OK)
        status = read_hdf5_at(source, path, out);
    dam__source_unspill(file, path);
    return status;
}

static bool is_npy(const unsigned char *first)
{
    return memcmp(first, "\x93NUMPY", 6) == 0;
}

static bool is_idx(const unsigned char *first)
{
    return first[0] == 0 && first[1] == 0 && first[2] != 0;
}

static bool is_zip(const unsigned char *first)
{
    return memcmp(first, "PK\3\4", 4) == 0 || memcmp(first, "PK\5\6", 4) == 0;
}

static bool is_hdf5(const unsigned char *first)
{
    return memcmp(first, "\x89HDF\r\n\x1a\n", 8) == 0;
}

static const struct format {
    bool (*is)(const unsigned char *first); /* eight bytes */
    dam_status (*read)(dam__source *source, dam__array *out);
    bool has_parts;
} formats[] = {
    {is_hdf5, read_hdf5, true},
    {is_npy, dam__npy_read, false},
    {is_idx, dam__idx_read, false},
    {is_zip, dam__npz_read, true},
    {dam__png_is, dam__picture_read, false},
    {dam__jpeg_is, dam__picture_read, false},
};

/* A file that begins otherwise: a table, HDF5 behind a block of the user's, or none that is read.
 */
static dam_status read_other(dam__source *source, const unsigned char *first, size_t got,
                             dam__array *out)
{
    bool hdf5 = false;
    const dam__sniffed is = dam__sniff(first, got);
    if (is.is_plain && source->part == NULL && dam__libsvm_is(source->name, first, got))
        return dam__libsvm_read(source, out);
    if (is.is_plain && dam__table_is(source->name))
        return dam__table_read(source, out);
    if (!source->packed)
        DAM_TRY(dam__hdf5_is(source->name, &hdf5));
    /* MATLAB's block says it before HDF5's signature does. */
    if (hdf5 || (source->packed && got > 10 && memcmp(first, "MATLAB 7.3", 10) == 0))
        return read_hdf5(source, out);
    return dam__fail(DAM_INPUT,
                     "'%s' is no IDX, NPY, NPZ, HDF5, CSV, LIBSVM, PNG or JPEG file: it is %s and "
                     "starts with bytes "
                     "%02x %02x %02x %02x; %s",
                     source->name, is.what, first[0], first[1], first[2], first[3], is.advice);
}

/* Tells the format and reads it. */
static dam_status dispatch(dam__source *source, dam__array *out)
{
    unsigned char first[DAM__SNIFFED_BYTES] = {0};
    size_t got = 0;
    DAM_TRY(dam__source_peek(source, first, sizeof first, &got));
    if (got == 0)
        return dam__fail(DAM_INPUT, "'%s' is empty", source->name);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (got < 4 || !formats[i].is(first))
            continue;
        if (source->part != NULL && !formats[i].has_parts)
            return dam__fail(DAM_INPUT,
                             "'%s' holds one array and nothing called '%s'; leave out ':%s'",
                             source->name, source->part, source->part);
        return formats[i].read(source, out);
    }
    return read_other(source, first, got, out);
}

dam_status dam__array_read(const char *location, dam__array *out)
{
    dam__reading reading = {0};
    dam_status status = dam__array_read_part(location, &reading, out);
    dam__reading_free(&reading);
    return status;
}

dam_status dam__array_read_part(const char *location, dam__reading *reading, dam__array *out)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    dam__source source = {0};
    *out = (dam__array){0};
    const char *part = NULL;
    DAM_TRY_CLEANUP(dam__location_split(location, &file, &part));
    if (dam__folder_exists(file)) {
        status = dam__picture_folder_read(file, reading, out);
        goto cleanup;
    }
    DAM_TRY_CLEANUP(dam__source_open(file, &source));
    source.part = part;
    source.reading = *reading;
    status = dispatch(&source, out);
    *reading = source.reading;
cleanup:
    dam__source_close(&source);
    free(file);
    return status;
}
