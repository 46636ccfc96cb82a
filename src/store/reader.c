#include "store/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/memory.h"
#include "base/text.h"

/* No deflate stream grows more than this when unpacked (zlib's technical notes). */
enum { DEFLATE_RATIO = 1032 };

dam__source dam__source_memory(const char *name, const void *bytes, size_t length)
{
    return (dam__source){.name = name, .bytes = bytes, .most = length};
}

dam_status dam__source_open(const char *path, dam__source *out)
{
    *out = (dam__source){.name = path};
    struct stat info;
    /* Checked before opening, because opening a pipe may wait forever. */
    if (stat(path, &info) != 0)
        return dam__fail(DAM_INPUT, "cannot open '%s': %s; check the path", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return dam__fail(DAM_INPUT, "cannot read '%s': it is a folder; name a file in it", path);
    if (!S_ISREG(info.st_mode))
        return dam__fail(DAM_INPUT, "cannot read '%s': it is no regular file; save the data to one",
                         path);
    size_t size = (size_t)info.st_size;
    if (dam__zstd_is(path)) {
        out->packed = true;
        out->most = size > SIZE_MAX / DAM__ZSTD_RATIO ? SIZE_MAX : size * DAM__ZSTD_RATIO;
        return dam__zstd_open(path, &out->zstd);
    }
    out->file = gzopen(path, "rbe");
    if (out->file == NULL)
        return dam__fail(DAM_INPUT, "cannot open '%s': %s; check its permissions", path,
                         strerror(errno));
    (void)gzbuffer(out->file, 1U << 17);
    out->packed = gzdirect(out->file) == 0;
    if (!out->packed)
        out->most = size;
    else
        out->most = size > SIZE_MAX / DEFLATE_RATIO ? SIZE_MAX : size * DEFLATE_RATIO;
    return DAM_OK;
}

void dam__source_close(dam__source *source)
{
    if (source->file != NULL)
        (void)gzclose_r(source->file);
    dam__zstd_destroy(source->zstd);
    *source = (dam__source){0};
}

static dam_status cut_short(const dam__source *source, const char *what)
{
    return dam__fail(DAM_INPUT, "'%s' is cut short: it ends at byte %zu, in %s; get it again",
                     source->name, source->at, what);
}

/* zlib's account of a short read; the end of the data is not a failure here. */
static dam_status short_read(const dam__source *source, const char *what)
{
    int code = Z_OK, system_error = errno;
    (void)gzerror(source->file, &code);
    switch (code) {
    case Z_OK:
    case Z_STREAM_END:
        return DAM_OK;
    case Z_BUF_ERROR:
        return cut_short(source, what);
    case Z_ERRNO:
        return dam__fail(DAM_INPUT, "cannot read '%s': %s", source->name, strerror(system_error));
    case Z_MEM_ERROR:
        return dam__fail(DAM_NO_MEMORY, "the host has no memory to unpack '%s'", source->name);
    default:
        return dam__fail(DAM_INPUT, "'%s' is damaged: its gzip data do not unpack; get it again",
                         source->name);
    }
}

/* Takes up to count bytes; *got is less only at the end. */
dam_status dam__source_take(dam__source *source, void *buffer, size_t count, size_t *got,
                            const char *what)
{
    unsigned char *to = buffer;
    *got = 0;
    if (source->member != NULL) {
        DAM_TRY(dam__member_read(source->member, buffer, count, got));
        source->at += *got;
        return DAM_OK;
    }
    if (source->zstd != NULL) {
        DAM_TRY(dam__zstd_take(source->zstd, buffer, count, got));
        source->at += *got;
        return DAM_OK;
    }
    if (source->file == NULL) {
        size_t left = source->most - source->at;
        *got = count < left ? count : left;
        if (*got > 0)
            memcpy(to, source->bytes + source->at, *got);
        source->at += *got;
        return DAM_OK;
    }
    while (*got < count) {
        size_t left = count - *got, step = left < (1U << 30) ? left : 1U << 30;
        int n = gzread(source->file, to + *got, (unsigned)step);
        if (n > 0) {
            *got += (size_t)n;
            source->at += (size_t)n;
        }
        if (n < 0 || (size_t)n < step)
            return short_read(source, what);
    }
    return DAM_OK;
}

dam_status dam__source_peek(dam__source *source, void *buffer, size_t count, size_t *got)
{
    DAM_TRY(dam__source_take(source, buffer, count, got, "its first bytes"));
    if (source->zstd != NULL)
        DAM_TRY(dam__zstd_rewind(source->zstd));
    if (source->file != NULL && gzrewind(source->file) != 0)
        return dam__fail(DAM_INPUT, "cannot read '%s' twice: %s", source->name, strerror(errno));
    source->at = 0;
    return DAM_OK;
}

dam_status dam__source_read(dam__source *source, void *buffer, size_t count, const char *what)
{
    size_t got = 0;
    dam_status status = dam__source_take(source, buffer, count, &got, what);
    if (status == DAM_OK && got < count)
        return cut_short(source, what);
    return status;
}

static dam_status write_all(int file, const char *bytes, size_t count, const char *name)
{
    while (count > 0) {
        ssize_t n = write(file, bytes, count);
        if (n < 0)
            return dam__fail(DAM_INPUT, "cannot unpack '%s' into TMPDIR: %s; unpack it yourself",
                             name, strerror(errno));
        bytes += n;
        count -= (size_t)n;
    }
    return DAM_OK;
}

void dam__source_unspill(int descriptor, char *path)
{
    if (descriptor >= 0) {
        (void)unlink(path);
        (void)close(descriptor);
    }
    free(path);
}

dam_status dam__source_spill(dam__source *source, int *descriptor, char **path)
{
    enum { PIECE_BYTES = 1 << 18 };
    dam_status status = DAM_OK;
    char *piece = NULL;
    size_t got = 0;
    const char *folder = getenv("TMPDIR");
    folder = folder != NULL && folder[0] != '\0' ? folder : "/tmp";
    DAM_TRY_CLEANUP(dam__format(path, "%s/denseam-XXXXXX", folder));
    *descriptor = mkostemp(*path, O_CLOEXEC);
    if (*descriptor < 0)
        DAM_FAIL(DAM_INPUT, "cannot unpack '%s' into '%s': %s; unpack it yourself, or set TMPDIR",
                 source->name, folder, strerror(errno));
    DAM_TRY_CLEANUP(dam__alloc(PIECE_BYTES, 1, &piece));
    do {
        DAM_TRY_CLEANUP(dam__source_take(source, piece, PIECE_BYTES, &got, "its data"));
        DAM_TRY_CLEANUP(write_all(*descriptor, piece, got, source->name));
    } while (got == PIECE_BYTES);
cleanup:
    free(piece);
    return status;
}

/* One byte more tells both trailing bytes and, for gzip, a wrong checksum. */
static dam_status expect_end(dam__source *source, const char *shape, const char *kind, size_t bytes)
{
    unsigned char extra = 0;
    size_t got = 0;
    DAM_TRY(dam__source_take(source, &extra, 1, &got, "its gzip trailer"));
    if (got > 0)
        return dam__fail(
            DAM_INPUT, "'%s' goes on after the %zu bytes its shape, %s of %s, needs; get it again",
            source->name, bytes, shape, kind);
    return DAM_OK;
}

/* Passes over what is not wanted, where that costs nothing. */
static dam_status skip_rest(dam__source *source, size_t bytes)
{
    if (source->file != NULL && gzseek(source->file, (z_off_t)bytes, SEEK_CUR) < 0)
        return dam__fail(DAM_INPUT, "cannot read '%s': %s", source->name, strerror(errno));
    source->at += bytes;
    return DAM_OK;
}

/* Reads the items wanted, at the end of the space of their elements, and converts them. */
static dam_status take_items(dam__source *source, dam__stored stored, bool big_endian,
                             dam__array *array)
{
    size_t items = dam__array_items(array), size = dam__stored_size(stored);
    unsigned char *raw = array->data;
    raw += items * (dam__element_size(array->element) - size);
    DAM_TRY(dam__source_read(source, raw, items * size, "its data"));
    dam__byte_order(raw, items, size, big_endian);
    if (!dam__stored_convert(stored, items, array->data))
        return dam__fail(DAM_INPUT,
                         "'%s' holds an integer that does not fit int64; write it as float64",
                         source->name);
    return DAM_OK;
}

dam_status dam__source_array(dam__source *source, dam__stored stored, bool big_endian, int rank,
                             const size_t *shape, dam__array *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    char text[DAM__SHAPE_TEXT];
    const char *kind = dam__stored_name(stored);
    size_t wanted[DAM__MAX_RANK] = {0};
    size_t rows = source->reading.rows, bytes = 0;
    size_t left = source->most > source->at ? source->most - source->at : 0;
    dam__shape_text(rank, shape, text);
    if (!dam__shape_bytes(dam__stored_size(stored), rank, shape, &bytes))
        DAM_FAIL(DAM_INPUT, "'%s' is damaged: no file holds the shape its header claims, %s of %s",
                 source->name, text, kind);
    if (bytes > left)
        DAM_FAIL(DAM_INPUT,
                 "'%s' is cut short: its shape, %s of %s, needs %zu bytes after the header and "
                 "there are%s %zu; get it again",
                 source->name, text, kind, bytes, source->packed ? " at most" : "", left);
    for (int axis = 0; axis < rank; axis++)
        wanted[axis] = axis == 0 && rows > 0 && rows < shape[0] ? rows : shape[axis];
    DAM_TRY_CLEANUP(dam__array_create(dam__stored_element(stored), rank, wanted, &array));
    DAM_TRY_CLEANUP(take_items(source, stored, big_endian, &array));
    size_t taken = dam__array_items(&array) * dam__stored_size(stored);
    if (taken == bytes || !source->packed) {
        DAM_TRY_CLEANUP(skip_rest(source, bytes - taken));
        DAM_TRY_CLEANUP(expect_end(source, text, kind, bytes));
    }
    source->reading.there = rank > 0 ? shape[0] : 0;
    *out = array;
    array = (dam__array){0};
cleanup:
    dam__array_free(&array);
    return status;
}

void dam__byte_order(void *data, size_t items, size_t size, bool big_endian)
{
    const bool host_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    if (size == 1 || big_endian == host_big_endian)
        return;
    unsigned char *at = data;
    for (size_t i = 0; i < items; i++, at += size) {
        if (size == 2) {
            uint16_t word;
            memcpy(&word, at, sizeof word);
            word = __builtin_bswap16(word);
            memcpy(at, &word, sizeof word);
        } else if (size == 4) {
            uint32_t word;
            memcpy(&word, at, sizeof word);
            word = __builtin_bswap32(word);
            memcpy(at, &word, sizeof word);
        } else {
            uint64_t word;
            memcpy(&word, at, sizeof word);
            word = __builtin_bswap64(word);
            memcpy(at, &word, sizeof word);
        }
    }
}

const char *dam__shape_text(int rank, const size_t *shape, char text[DAM__SHAPE_TEXT])
{
    (void)snprintf(text, DAM__SHAPE_TEXT, "()");
    size_t at = 0;
    for (int axis = 0; axis < rank && at < DAM__SHAPE_TEXT; axis++)
        at += (size_t)snprintf(text + at, DAM__SHAPE_TEXT - at, "%s%zu", axis > 0 ? " x " : "",
                               shape[axis]);
    return text;
}

bool dam__shape_bytes(size_t item, int rank, const size_t *shape, size_t *bytes)
{
    *bytes = item;
    for (int axis = 0; axis < rank; axis++)
        if (__builtin_mul_overflow(*bytes, shape[axis], bytes))
            return false;
    return true;
}
