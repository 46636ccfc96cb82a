#include "store/seal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"

enum {
    MAGIC_BYTES = 8,
    SEAL_BYTES = MAGIC_BYTES + DAM__DIGEST_BYTES,
    SUPERBLOCK_BYTES = 48,  /* of version 2, which we write */
    SUPERBLOCK_VERSION = 8, /* where the version stands */
    END_OFFSET = 28         /* where HDF5's end-of-file address stands, little-endian */
};

static const unsigned char magic[MAGIC_BYTES] = {'d', 'e', 'n', 's', 'e', 'a', 'm', 1};
static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

static dam_status write_all(int descriptor, const unsigned char *bytes, size_t size, uint64_t at)
{
    while (size > 0) {
        ssize_t put = pwrite(descriptor, bytes, size, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return dam__fail(DAM_INPUT, "%s", strerror(put < 0 ? errno : EIO));
        bytes += put;
        at += (uint64_t)put;
        size -= (size_t)put;
    }
    return DAM_OK;
}

dam_status dam__seal_write(int descriptor, uint64_t length)
{
    unsigned char digest[DAM__DIGEST_BYTES];
    DAM_TRY(write_all(descriptor, magic, sizeof magic, length));
    DAM_TRY(dam__digest_file(descriptor, length + MAGIC_BYTES, digest));
    return write_all(descriptor, digest, sizeof digest, length + MAGIC_BYTES);
}

/* Fewer bytes than asked for is no error here: the rest stays as it was. */
static dam_status read_at(int descriptor, const char *path, uint64_t at, void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got =
            pread(descriptor, (unsigned char *)bytes + done, size - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return dam__fail(DAM_INPUT, "cannot read '%s': %s", path, strerror(errno));
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return DAM_OK;
}

/* Why a file of size bytes does not end in our magic. */
static dam_status fail_unsealed(const char *path, uint64_t size, const unsigned char *head)
{
    size_t known = size < sizeof signature ? (size_t)size : sizeof signature;
    bool ours = memcmp(head, signature, known) == 0;
    if (!ours || (size >= SUPERBLOCK_BYTES && head[SUPERBLOCK_VERSION] != 2))
        return dam__fail(DAM_INPUT,
                         "'%s' is not a denseam run file (%s); give the run.h5 that 'denseam "
                         "train' wrote",
                         path, ours ? "but other HDF5" : "it is not even HDF5");
    uint64_t end = 0;
    for (int i = 7; i >= 0; i--)
        end = end << 8 | head[END_OFFSET + i];
    if (size < SUPERBLOCK_BYTES || size < end)
        return dam__fail(DAM_INPUT,
                         "'%s' is truncated at %ju bytes; use another copy of it or train again",
                         path, (uintmax_t)size);
    if (size == end)
        return dam__fail(DAM_INPUT,
                         "'%s' is truncated (its seal is missing) or it is not a denseam run file; "
                         "give the whole run.h5 of a training",
                         path);
    if (size - end < SEAL_BYTES)
        return dam__fail(DAM_INPUT,
                         "'%s' is truncated in its seal; use another copy of it or train again",
                         path);
    return dam__fail(DAM_INPUT,
                     "'%s' is altered or damaged (it has no seal at its end); use another copy of "
                     "it or train again",
                     path);
}

dam_status dam__seal_check(int descriptor, const char *path, uint64_t *length)
{
    unsigned char head[SUPERBLOCK_BYTES] = {0}, seal[SEAL_BYTES] = {0};
    unsigned char digest[DAM__DIGEST_BYTES];
    struct stat info;
    if (fstat(descriptor, &info) != 0)
        return dam__fail(DAM_INPUT, "cannot read '%s': %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return dam__fail(DAM_INPUT, "cannot read '%s': it is not a file; give the run.h5 in it",
                         path);
    uint64_t size = (uint64_t)info.st_size;
    DAM_TRY(read_at(descriptor, path, 0, head, sizeof head));
    if (size >= SUPERBLOCK_BYTES + SEAL_BYTES)
        DAM_TRY(read_at(descriptor, path, size - SEAL_BYTES, seal, sizeof seal));
    if (memcmp(seal, magic, sizeof magic) != 0)
        return fail_unsealed(path, size, head);
    dam_status status = dam__digest_file(descriptor, size - DAM__DIGEST_BYTES, digest);
    if (status != DAM_OK)
        return dam__fail_within(status, "'%s'", path);
    if (memcmp(digest, seal + MAGIC_BYTES, sizeof digest) != 0)
        return dam__fail(
            DAM_INPUT,
            "'%s' is altered or damaged (its SHA-256 seal does not match); use another copy "
            "of it or train again",
            path);
    if (memcmp(head, signature, sizeof signature) != 0)
        return dam__fail(DAM_INPUT, "'%s' is not a denseam run file: its seal holds no HDF5", path);
    *length = size - SEAL_BYTES;
    return DAM_OK;
}
