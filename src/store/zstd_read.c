#include "store/zstd_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/memory.h"

enum { BUFFER_BYTES = 1 << 17 };

struct dam__zstd {
    const char *path;
    int file;
    ZSTD_DStream *stream;
    ZSTD_inBuffer in;
    bool is_open; /* within a frame */
    unsigned char buffer[BUFFER_BYTES];
};

bool dam__zstd_is(const char *path)
{
    static const unsigned char magic[] = {0x28, 0xb5, 0x2f, 0xfd};
    unsigned char first[sizeof magic] = {0};
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool is = file >= 0 && read(file, first, sizeof first) == (ssize_t)sizeof first &&
              memcmp(first, magic, sizeof magic) == 0;
    if (file >= 0)
        (void)close(file);
    return is;
}

dam_status dam__zstd_open(const char *path, dam__zstd **out)
{
    dam__zstd *z = NULL;
    DAM_TRY(dam__alloc(1, sizeof *z, &z));
    *out = z;
    z->path = path;
    z->file = open(path, O_RDONLY | O_CLOEXEC);
    if (z->file < 0)
        return dam__fail(DAM_INPUT, "cannot open '%s': %s; check its permissions", path,
                         strerror(errno));
    z->stream = ZSTD_createDStream();
    if (z->stream == NULL)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory to unpack '%s'", path);
    return dam__zstd_rewind(z);
}

void dam__zstd_destroy(dam__zstd *zstd)
{
    if (zstd == NULL)
        return;
    if (zstd->file >= 0)
        (void)close(zstd->file);
    (void)ZSTD_freeDStream(zstd->stream);
    free(zstd);
}

dam_status dam__zstd_rewind(dam__zstd *zstd)
{
    zstd->in = (ZSTD_inBuffer){.src = zstd->buffer};
    zstd->is_open = false;
    (void)ZSTD_DCtx_reset(zstd->stream, ZSTD_reset_session_only);
    if (lseek(zstd->file, 0, SEEK_SET) != 0)
        return dam__fail(DAM_INPUT, "cannot read '%s' twice: %s", zstd->path, strerror(errno));
    return DAM_OK;
}

/* More of the file; *is_over where there is none. */
static dam_status refill(dam__zstd *zstd, bool *is_over)
{
    ssize_t n = read(zstd->file, zstd->buffer, sizeof zstd->buffer);
    if (n < 0)
        return dam__fail(DAM_INPUT, "cannot read '%s': %s", zstd->path, strerror(errno));
    zstd->in = (ZSTD_inBuffer){.src = zstd->buffer, .size = (size_t)n};
    *is_over = n == 0;
    return DAM_OK;
}

dam_status dam__zstd_take(dam__zstd *zstd, void *buffer, size_t count, size_t *got)
{
    ZSTD_outBuffer out = {.dst = buffer, .size = count};
    bool is_over = false;
    while (out.pos < out.size && !is_over) {
        size_t before = out.pos, from = zstd->in.pos;
        size_t left = ZSTD_decompressStream(zstd->stream, &out, &zstd->in);
        if (ZSTD_isError(left))
            return dam__fail(DAM_INPUT,
                             "'%s' is damaged: its zstd data do not unpack (%s); get it again",
                             zstd->path, ZSTD_getErrorName(left));
        if (out.pos > before || zstd->in.pos > from)
            zstd->is_open = left != 0;
        /* What is still inside the stream comes before more of the file does. */
        if (zstd->in.pos == zstd->in.size && out.pos == before)
            DAM_TRY(refill(zstd, &is_over));
    }
    *got = out.pos;
    if (is_over && zstd->is_open)
        return dam__fail(DAM_INPUT, "'%s' is cut short: its zstd data do not end; get it again",
                         zstd->path);
    return DAM_OK;
}
