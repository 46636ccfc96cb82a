#include "compute/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/notice.h"
#include "base/text.h"
#include "base/user_cache.h"
#include "compute/compute_internal.h"

/* Part of every key: raise it when the meaning of a cached file changes. */
#define CACHE_FORMAT "3"
#define PROGRAMS "programs"

enum { LARGEST_BINARY = 256 * 1024 * 1024 };

/*
 * PoCL keeps what it compiled in a cache of its own, and makes a binary by compiling every kernel
 * of the program once more, for groups of any size: that took three quarters of a cold start
 * (PoCL 3.1). So its programs have no binary here: an empty entry says that they were compiled
 * before.
 */
bool dam__driver_keeps_programs(const dam__device *device)
{
    return strcmp(device->info.platform, "Portable Computing Language") == 0;
}

/* Everything that decides what the compiler makes. */
static void append_key(const dam__device *device, const char *source, const char *options,
                       dam__text *key)
{
    dam__text_append(key, "%s\n%s\n%s\n%s\n%s\n%s\n%s", CACHE_FORMAT, device->info.platform,
                     device->info.version, device->info.name, device->info.driver, options, source);
}

static void trace(const dam__device *device, const char *what, const char *name)
{
    const char *wanted = getenv("DENSEAM_TRACE_CACHE");
    if (wanted != NULL && wanted[0] != '\0' && wanted[0] != '0')
        dam__info(&device->log, "program cache: %s '%s'", what, name);
}

/* The program of a binary, built; false if the driver does not take it. */
static bool load_binary(const dam__device *device, const char *binary, size_t length,
                        const char *options, cl_program *out)
{
    const unsigned char *bytes = (const unsigned char *)binary;
    cl_int error = CL_SUCCESS, binary_status = CL_SUCCESS;
    cl_program program = clCreateProgramWithBinary(device->context, 1, &device->id, &length, &bytes,
                                                   &binary_status, &error);
    if (program != NULL && error == CL_SUCCESS && binary_status == CL_SUCCESS &&
        dam__cl_build(device, program, options) == CL_SUCCESS) {
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
    dam__text key = {0};
    char *binary = NULL;
    size_t length = 0;
    dam__cached cached = DAM__CACHE_MISS;
    append_key(device, source, options, &key);
    if (dam__cache_find(PROGRAMS, &key, LARGEST_BINARY, &binary, &length)) {
        if (dam__driver_keeps_programs(device))
            cached = DAM__CACHE_KEPT_BY_DRIVER;
        else if (load_binary(device, binary, length, options, out))
            cached = DAM__CACHE_HIT;
    }
    trace(device, words[cached], name);
    free(binary);
    dam__text_free(&key);
    return cached;
}

/* Keeps the program's binary; false if the driver gives none. */
static bool keep_binary(const dam__text *key, cl_program program)
{
    unsigned char *binary = NULL;
    size_t length = 0;
    bool kept = clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof length, &length, NULL) ==
                    CL_SUCCESS &&
                length > 0 && length <= LARGEST_BINARY &&
                dam__alloc(length, 1, &binary) == DAM_OK &&
                clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) ==
                    CL_SUCCESS &&
                dam__cache_keep(PROGRAMS, key, binary, length);
    free(binary);
    return kept;
}

void dam__cache_store(dam__device *device, const char *name, const char *source,
                      const char *options, cl_program program)
{
    dam__text key = {0};
    append_key(device, source, options, &key);
    bool kept = dam__driver_keeps_programs(device) ? dam__cache_keep(PROGRAMS, &key, "", 0)
                                                   : keep_binary(&key, program);
    trace(device, kept ? "stored" : "could not store", name);
    dam__text_free(&key);
}
