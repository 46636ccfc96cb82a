#include "store/zip_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

/* APPNOTE.TXT of PKWARE, 4.3.7 to 4.3.16. */
enum {
    LOCAL_BYTES = 30,
    CENTRAL_BYTES = 46,
    END_BYTES = 22,
    LOCATOR_BYTES = 20,
    END_64_BYTES = 56,
    LONGEST_COMMENT = 65535,
    LARGEST_LIST = 64 << 20, /* a million arrays */
    DEFLATE_RATIO = 1032     /* no deflate stream grows more (zlib's technical notes) */
};

static dam_status damaged(const dam__zip_bytes *from, const char *what)
{
    return dam__fail(DAM_INPUT, "'%s' is damaged: %s of its ZIP archive; get it again", from->name,
                     what);
}

static uint64_t number(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

/* Exactly so many bytes from a place, all inside the file. */
static dam_status read_at(const dam__zip_bytes *from, uint64_t at, void *buffer, size_t count)
{
    unsigned char *to = buffer;
    if (at > from->length || count > from->length - at)
        return damaged(from, "a place beyond its end is named in the list");
    if (from->bytes != NULL) {
        memcpy(buffer, from->bytes + at, count);
        return DAM_OK;
    }
    while (count > 0) {
        ssize_t got = pread(from->descriptor, to, count, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return dam__fail(DAM_INPUT, "cannot read '%s': %s", from->name,
                             strerror(got < 0 ? errno : EIO));
        to += got;
        at += (uint64_t)got;
        count -= (size_t)got;
    }
    return DAM_OK;
}

/* --- the list --------------------------------------------------------------------------------- */

/* Where the list lies. */
typedef struct extent {
    uint64_t at, bytes, entries;
} extent;

/* The record of ZIP64 that its locator, before the end at `end`, leads to; if there is one. */
static dam_status find_wide(const dam__zip_bytes *from, uint64_t end, extent *out)
{
    unsigned char locator[LOCATOR_BYTES], record[END_64_BYTES];
    if (end < LOCATOR_BYTES)
        return DAM_OK;
    DAM_TRY(read_at(from, end - LOCATOR_BYTES, locator, sizeof locator));
    if (memcmp(locator, "PK\6\7", 4) != 0)
        return DAM_OK;
    DAM_TRY(read_at(from, number(locator + 8, 8), record, sizeof record));
    if (memcmp(record, "PK\6\6", 4) != 0)
        return damaged(from, "the end");
    *out = (extent){.at = number(record + 48, 8),
                    .bytes = number(record + 40, 8),
                    .entries = number(record + 32, 8)};
    return DAM_OK;
}

/* The end of the archive stands before a comment of any length, so it is searched from behind. */
static dam_status find_list(const dam__zip_bytes *from, extent *out)
{
    dam_status status = DAM_OK;
    unsigned char *tail = NULL;
    uint64_t most = END_BYTES + LONGEST_COMMENT;
    size_t bytes = (size_t)(from->length < most ? from->length : most);
    DAM_TRY(dam__alloc(bytes, 1, &tail));
    DAM_TRY_CLEANUP(read_at(from, from->length - bytes, tail, bytes));
    const unsigned char *found = NULL;
    for (size_t at = bytes < END_BYTES ? 0 : bytes - END_BYTES + 1; at > 0 && found == NULL; at--)
        if (memcmp(tail + at - 1, "PK\5\6", 4) == 0 &&
            number(tail + at - 1 + 20, 2) == bytes - (at - 1) - END_BYTES)
            found = tail + at - 1;
    if (found == NULL)
        DAM_TRY_CLEANUP(damaged(from, "there is no end"));
    *out = (extent){.at = number(found + 16, 4),
                    .bytes = number(found + 12, 4),
                    .entries = number(found + 10, 2)};
    uint64_t end = from->length - bytes + (uint64_t)(found - tail);
    DAM_TRY_CLEANUP(find_wide(from, end, out));
    if (out->at > end || out->bytes > end - out->at || out->bytes > LARGEST_LIST ||
        out->entries > out->bytes / CENTRAL_BYTES)
        DAM_TRY_CLEANUP(damaged(from, "the list"));
cleanup:
    free(tail);
    return status;
}

/* Takes a number of 64 bits from the extra field where the short one says that it is there. */
static bool widen(uint64_t *value, const unsigned char **extra, const unsigned char *end)
{
    if (*value != 0xffffffff)
        return true;
    if (end - *extra < 8)
        return false;
    *value = number(*extra, 8);
    *extra += 8;
    return true;
}

/* Sizes and place, some of which may stand in the extra field of ZIP64. */
static bool read_sizes(const unsigned char *header, const unsigned char *extra,
                       const unsigned char *end, dam__zip_entry *entry)
{
    entry->packed = number(header + 20, 4);
    entry->size = number(header + 24, 4);
    entry->at = number(header + 42, 4);
    while (end - extra >= 4) {
        size_t length = (size_t)number(extra + 2, 2);
        const unsigned char *field = extra + 4;
        if ((size_t)(end - field) < length)
            return false;
        if (number(extra, 2) == 1)
            return widen(&entry->size, &field, field + length) &&
                   widen(&entry->packed, &field, extra + 4 + length) &&
                   widen(&entry->at, &field, extra + 4 + length);
        extra = field + length;
    }
    return true;
}

/* One line of the list; *at moves behind it. */
static dam_status read_entry(const dam__zip_bytes *from, const unsigned char **at,
                             const unsigned char *end, dam__zip_entry *out)
{
    const unsigned char *header = *at;
    if (end - header < CENTRAL_BYTES || memcmp(header, "PK\1\2", 4) != 0)
        return damaged(from, "the list");
    size_t name = (size_t)number(header + 28, 2), extra = (size_t)number(header + 30, 2);
    size_t comment = (size_t)number(header + 32, 2);
    if ((size_t)(end - header - CENTRAL_BYTES) < name + extra + comment)
        return damaged(from, "the list");
    const unsigned char *names = header + CENTRAL_BYTES;
    *at = names + name + extra + comment;
    out->flags = (int)number(header + 8, 2);
    out->method = (int)number(header + 10, 2);
    out->sum = (uint32_t)number(header + 16, 4);
    if (!read_sizes(header, names + name, names + name + extra, out))
        return damaged(from, "the list");
    DAM_TRY(dam__format(&out->name, "%.*s", (int)name, (const char *)names));
    for (char *letter = out->name; *letter != '\0'; letter++)
        if ((unsigned char)*letter < ' ')
            *letter = '?'; /* messages have one line */
    return DAM_OK;
}

void dam__zip_list_free(dam__zip_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entries[i].name);
    free(list->entries);
    *list = (dam__zip_list){0};
}

dam_status dam__zip_list_read(const dam__zip_bytes *from, dam__zip_list *out)
{
    dam_status status = DAM_OK;
    unsigned char *list = NULL;
    extent where = {0};
    dam__zip_list found = {0};
    *out = (dam__zip_list){0};
    DAM_TRY_CLEANUP(find_list(from, &where));
    DAM_TRY_CLEANUP(dam__alloc((size_t)where.bytes, 1, &list));
    DAM_TRY_CLEANUP(read_at(from, where.at, list, (size_t)where.bytes));
    DAM_TRY_CLEANUP(dam__alloc((size_t)where.entries, sizeof *found.entries, &found.entries));
    const unsigned char *at = list;
    while (found.count < where.entries) {
        DAM_TRY_CLEANUP(read_entry(from, &at, list + where.bytes, &found.entries[found.count]));
        found.count++;
    }
    *out = found;
    found = (dam__zip_list){0};
cleanup:
    dam__zip_list_free(&found);
    free(list);
    return status;
}

/* --- a member --------------------------------------------------------------------------------- */

static dam_status check_packing(const dam__zip_bytes *from, const dam__zip_entry *entry)
{
    enum { ENCRYPTED = 1, STORED = 0, DEFLATED = 8 };
    if ((entry->flags & ENCRYPTED) != 0)
        return dam__fail(DAM_INPUT, "'%s' in '%s' is encrypted; save it without a password",
                         entry->name, from->name);
    if (entry->method != STORED && entry->method != DEFLATED)
        return dam__fail(DAM_INPUT,
                         "'%s' in '%s' is packed by method %d, which is not read; save it with "
                         "np.savez",
                         entry->name, from->name, entry->method);
    if (entry->method == STORED ? entry->size != entry->packed
                                : entry->size / DEFLATE_RATIO > entry->packed)
        return damaged(from, "sizes that cannot be");
    return DAM_OK;
}

dam_status dam__member_open(const dam__zip_bytes *from, const dam__zip_entry *entry,
                            dam__member *out)
{
    unsigned char header[LOCAL_BYTES];
    *out = (dam__member){.from = *from, .left = entry->size, .sum = entry->sum};
    DAM_TRY(check_packing(from, entry));
    DAM_TRY(read_at(from, entry->at, header, sizeof header));
    if (memcmp(header, "PK\3\4", 4) != 0)
        return damaged(from, "the list and a header disagree");
    out->at = entry->at + LOCAL_BYTES + number(header + 26, 2) + number(header + 28, 2);
    if (out->at > from->length || entry->packed > from->length - out->at)
        return damaged(from, "a place beyond its end is named in the list");
    out->end = out->at + entry->packed;
    if (entry->method == 0)
        return DAM_OK;
    if (inflateInit2(&out->stream, -MAX_WBITS) != Z_OK)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory to unpack '%s'", from->name);
    out->deflated = true;
    return DAM_OK;
}

void dam__member_close(dam__member *member)
{
    if (member->deflated)
        (void)inflateEnd(&member->stream);
    member->deflated = false;
}

/* Fills the buffer with packed bytes; none at the end. */
static dam_status refill(dam__member *member)
{
    uint64_t left = member->end - member->at;
    size_t count = left < sizeof member->buffer ? (size_t)left : sizeof member->buffer;
    DAM_TRY(read_at(&member->from, member->at, member->buffer, count));
    member->at += count;
    member->stream.next_in = member->buffer;
    member->stream.avail_in = (uInt)count;
    return DAM_OK;
}

static dam_status unpack(dam__member *member, unsigned char *to, size_t count)
{
    z_stream *stream = &member->stream;
    while (count > 0) {
        if (stream->avail_in == 0)
            DAM_TRY(refill(member));
        uInt step = count < 1U << 30 ? (uInt)count : 1U << 30;
        stream->next_out = to;
        stream->avail_out = step;
        int code = inflate(stream, Z_NO_FLUSH);
        size_t made = step - stream->avail_out;
        to += made;
        count -= made;
        if (code == Z_MEM_ERROR)
            return dam__fail(DAM_NO_MEMORY, "the host has no memory to unpack '%s'",
                             member->from.name);
        if (code != Z_OK && !(code == Z_STREAM_END && count == 0))
            return damaged(&member->from, "a member does not unpack");
    }
    return DAM_OK;
}

dam_status dam__member_read(dam__member *member, void *buffer, size_t count, size_t *got)
{
    *got = member->left < count ? (size_t)member->left : count;
    if (member->deflated) {
        DAM_TRY(unpack(member, buffer, *got));
    } else {
        DAM_TRY(read_at(&member->from, member->at, buffer, *got));
        member->at += *got;
    }
    member->sum_so_far = crc32_z(member->sum_so_far, buffer, *got);
    member->left -= *got;
    if (member->left == 0 && member->sum_so_far != member->sum)
        return damaged(&member->from, "a wrong checksum");
    return DAM_OK;
}
