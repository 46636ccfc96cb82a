#include "compute/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "compute/internal.h"

/* Part of every key: raise it when the meaning of a cached file changes. */
#define CACHE_FORMAT "1"

enum { LARGEST_BINARY = 256 * 1024 * 1024 };

/* programs/KEY.bin, KEY = SHA-256 over everything that decides what the compiler makes. */
static dam_status entry_path(const dam__device *device, const char *source, const char *options,
                             char **folder, char **path)
{
    dam_status status = DAM_OK;
    dam__text key = {0};
    char *cache = NULL, *name = NULL;
    char hex[DAM__DIGEST_HEX];
    DAM_TRY(dam__cache_folder(&cache));
    DAM_TRY(dam__path_join(folder, cache, "programs"));
    DAM_TRY(dam__text_append(&key, "%s\n%s\n%s\n%s\n%s\n%s\n%s", CACHE_FORMAT,
                             device->info.platform, device->info.version, device->info.name,
                             device->info.driver, options, source));
    DAM_TRY(dam__digest_hex(key.data, key.length, hex));
    DAM_TRY(dam__format(&name, "%s.bin", hex));
    DAM_TRY(dam__path_join(path, *folder, name));
cleanup:
    dam__text_free(&key);
    free(cache);
    free(name);
    return status;
}

static void trace(const dam__device *device, const char *what, const char *name)
{
    const char *wanted = getenv("DENSEAM_TRACE_CACHE");
    if (wanted != NULL && wanted[0] != '\0' && wanted[0] != '0')
        dam__info(&device->log, "program cache: %s '%s'", what, name);
}

/* A file starts with the digest of the rest: a damaged binary must never reach the driver. */
static bool is_whole(const char *file, size_t length)
{
    unsigned char digest[DAM__DIGEST_BYTES];
    return length > DAM__DIGEST_BYTES &&
           dam__digest(file + DAM__DIGEST_BYTES, length - DAM__DIGEST_BYTES, digest) == DAM_OK &&
           memcmp(file, digest, sizeof digest) == 0;
}

bool dam__cache_load(dam__device *device, const char *name, const char *source, const char *options,
                     cl_program *out)
{
    char *folder = NULL, *path = NULL, *binary = NULL;
    size_t length = 0;
    cl_program program = NULL;
    bool loaded = false;
    if (entry_path(device, source, options, &folder, &path) == DAM_OK &&
        dam__file_read(path, LARGEST_BINARY, &binary, &length) == DAM_OK &&
        is_whole(binary, length)) {
        const unsigned char *bytes = (const unsigned char *)binary + DAM__DIGEST_BYTES;
        length -= DAM__DIGEST_BYTES;
        cl_int error = CL_SUCCESS, binary_status = CL_SUCCESS;
        program = clCreateProgramWithBinary(device->context, 1, &device->id, &length, &bytes,
                                            &binary_status, &error);
        loaded = program != NULL && error == CL_SUCCESS && binary_status == CL_SUCCESS &&
                 clBuildProgram(program, 1, &device->id, options, NULL, NULL) == CL_SUCCESS;
    }
    if (loaded)
        *out = program;
    else if (program != NULL)
        (void)clReleaseProgram(program);
    trace(device, loaded ? "hit" : "miss", name);
    free(binary);
    free(folder);
    free(path);
    return loaded;
}

void dam__cache_store(dam__device *device, const char *name, const char *source,
                      const char *options, cl_program program)
{
    char *folder = NULL, *path = NULL;
    unsigned char *file = NULL;
    size_t length = 0;
    bool stored = false;
    if (entry_path(device, source, options, &folder, &path) == DAM_OK &&
        dam__make_folders(folder) == DAM_OK &&
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof length, &length, NULL) ==
            CL_SUCCESS &&
        length > 0 && dam__alloc(DAM__DIGEST_BYTES + length, 1, &file) == DAM_OK) {
        unsigned char *binary = file + DAM__DIGEST_BYTES;
        stored = clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) ==
                     CL_SUCCESS &&
                 dam__digest(binary, length, file) == DAM_OK &&
                 dam__file_write(path, file, DAM__DIGEST_BYTES + length) == DAM_OK;
    }
    trace(device, stored ? "stored" : "could not store", name);
    free(file);
    free(folder);
    free(path);
}
