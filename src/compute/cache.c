#include "compute/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/text.h"
#include "compute/compute_internal.h"

/* Part of every key: raise it when the meaning of a cached file changes. */
#define CACHE_FORMAT "2"

enum { LARGEST_BINARY = 256 * 1024 * 1024 };

/*
 * PoCL keeps what it compiled in a cache of its own, and makes a binary by compiling every kernel
 * of the program once more, for groups of any size: that took three quarters of a cold start
 * (PoCL 3.1). So its programs have no binary here: an empty entry says that they were compiled
 * before.
 */
static bool driver_keeps_programs(const dam__device *device)
{
    return strcmp(device->info.platform, "Portable Computing Language") == 0;
}

/* programs/KEY.bin, KEY = SHA-256 over everything that decides what the compiler makes. */
static dam_status entry_path(const dam__device *device, const char *source, const char *options,
                             char **folder, char **path)
{
    dam_status status = DAM_OK;
    dam__text key = {0};
    char *cache = NULL, *name = NULL;
    char hex[DAM__DIGEST_HEX];
    DAM_TRY_CLEANUP(dam__cache_folder(&cache));
    DAM_TRY_CLEANUP(dam__path_join(folder, cache, "programs"));
    dam__text_append(&key, "%s\n%s\n%s\n%s\n%s\n%s\n%s", CACHE_FORMAT, device->info.platform,
                     device->info.version, device->info.name, device->info.driver, options, source);
    DAM_TRY_CLEANUP(dam__digest_text(&key, hex));
    DAM_TRY_CLEANUP(dam__format(&name, "%s.bin", hex));
    DAM_TRY_CLEANUP(dam__path_join(path, *folder, name));
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

/* The program of a file's bytes, built; false if the driver does not take it. */
static bool load_binary(const dam__device *device, const char *file, size_t length,
                        const char *options, cl_program *out)
{
    const unsigned char *bytes = (const unsigned char *)file + DAM__DIGEST_BYTES;
    length -= DAM__DIGEST_BYTES;
    cl_int error = CL_SUCCESS, binary_status = CL_SUCCESS;
    cl_program program = clCreateProgramWithBinary(device->context, 1, &device->id, &length, &bytes,
                                                   &binary_status, &error);
    if (program != NULL && error == CL_SUCCESS && binary_status == CL_SUCCESS &&
        clBuildProgram(program, 1, &device->id, options, NULL, NULL) == CL_SUCCESS) {
        *out = program;
        return true;
    }
    if (program != NULL)
        (void)clReleaseProgram(program);
    return false;
}

dam__cached dam__cache_load(dam__device *device, const char *name, const char *source,
                            const char *options, cl_program *out)
{
    static const char *const words[] = {"miss", "kept by the driver", "hit"};
    char *folder = NULL, *path = NULL, *file = NULL;
    size_t length = 0;
    dam__cached cached = DAM__CACHE_MISS;
    if (entry_path(device, source, options, &folder, &path) == DAM_OK &&
        dam__file_read(path, LARGEST_BINARY, &file, &length) == DAM_OK) {
        if (driver_keeps_programs(device))
            cached = DAM__CACHE_KEPT_BY_DRIVER;
        else if (is_whole(file, length) && load_binary(device, file, length, options, out))
            cached = DAM__CACHE_HIT;
    }
    trace(device, words[cached], name);
    free(file);
    free(folder);
    free(path);
    return cached;
}

/* Writes the program's binary behind its digest; false if the driver gives none. */
static bool write_binary(const char *path, cl_program program)
{
    unsigned char *file = NULL;
    size_t length = 0;
    bool written = false;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof length, &length, NULL) ==
            CL_SUCCESS &&
        length > 0 && dam__alloc(DAM__DIGEST_BYTES + length, 1, &file) == DAM_OK) {
        unsigned char *binary = file + DAM__DIGEST_BYTES;
        written = clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) ==
                      CL_SUCCESS &&
                  dam__digest(binary, length, file) == DAM_OK &&
                  dam__file_write(path, file, DAM__DIGEST_BYTES + length) == DAM_OK;
    }
    free(file);
    return written;
}

void dam__cache_store(dam__device *device, const char *name, const char *source,
                      const char *options, cl_program program)
{
    char *folder = NULL, *path = NULL;
    bool stored = false;
    if (entry_path(device, source, options, &folder, &path) == DAM_OK &&
        dam__make_folders(folder) == DAM_OK)
        stored = driver_keeps_programs(device) ? dam__file_write(path, "", 0) == DAM_OK
                                               : write_binary(path, program);
    trace(device, stored ? "stored" : "could not store", name);
    free(folder);
    free(path);
}
