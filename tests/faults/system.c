/*
 * A library to preload (LD_PRELOAD=faults-system.so) that makes calls of the system fail or lie, so
 * that a test sees what the tool makes of it.
 *
 * DENSEAM_SYSTEM=NAME@K[+]=WHAT,...
 *     the K-th call of NAME; with "+" all from there on. WHAT is an errno, or "yes": it does
 *     nothing and says that it went well. NAME: flock, linkat, fsync, renameat, write, pwrite,
 *     ftruncate, or malloc (calloc and realloc too); writes are those to regular files
 * DENSEAM_SYSTEM_FROM=LIBRARY
 *     only where code of that library calls it, such as libhdf5; "self": the program's own
 * DENSEAM_SYSTEM_MAGIC=NUMBER
 *     the file system is of that type (fstatfs)
 * DENSEAM_SYSTEM_COUNT=FILE
 *     writes how many calls of the first NAME there were
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

typedef struct fault {
    char name[16];
    unsigned long at;
    bool lasts;
    int error; /* 0: it says yes */
    atomic_ulong calls;
} fault;

enum { MOST = 4 };

static fault wanted[MOST];
static int wishes;
static uintptr_t from_begin, from_end; /* of the library's code; 0: any */
static _Atomic bool ready;

static int find_library(struct dl_phdr_info *info, size_t size, void *name)
{
    (void)size;
    const bool self = strcmp(name, "self") == 0;
    if (self ? info->dlpi_name[0] != '\0' : strstr(info->dlpi_name, name) == NULL)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X) != 0) {
            from_begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            from_end = from_begin + info->dlpi_phdr[i].p_memsz;
        }
    return 1;
}

/* One wish: NAME@K[+]=WHAT. */
static void parse(const char *wish)
{
    fault *f = &wanted[wishes];
    size_t length = strcspn(wish, "@");
    char *at = NULL;
    if (wishes == MOST || length >= sizeof f->name || wish[length] != '@')
        abort();
    memcpy(f->name, wish, length);
    f->at = strtoul(wish + length + 1, &at, 10);
    f->lasts = *at == '+';
    at += f->lasts;
    f->error = strcmp(at, "=yes") == 0 ? 0 : (int)strtol(at + 1, NULL, 10);
    wishes++;
}

__attribute__((constructor)) static void begin(void)
{
    /* Compilers and linkers that a driver starts are not what is tested. */
    (void)unsetenv("LD_PRELOAD");
    char text[256];
    const char *wish = getenv("DENSEAM_SYSTEM"), *from = getenv("DENSEAM_SYSTEM_FROM");
    if (from != NULL && dl_iterate_phdr(find_library, (void *)(uintptr_t)from) == 0)
        return;
    if (wish != NULL) {
        (void)snprintf(text, sizeof text, "%s", wish);
        char *rest = NULL;
        for (char *one = strtok_r(text, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest))
            parse(one);
    }
    ready = true;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("DENSEAM_SYSTEM_COUNT");
    FILE *file = path != NULL && wishes > 0 ? fopen(path, "w") : NULL;
    ready = false;
    if (file == NULL)
        return;
    (void)fprintf(file, "%lu\n", atomic_load(&wanted[0].calls));
    (void)fclose(file);
}

/* Whether this call fails (*error) or lies (*error = 0). */
static bool strikes(const char *name, const void *caller, int *error)
{
    uintptr_t from = (uintptr_t)caller;
    if (!ready || (from_begin != 0 && (from < from_begin || from >= from_end)))
        return false;
    bool struck = false;
    for (int i = 0; i < wishes; i++) {
        fault *f = &wanted[i];
        if (strcmp(f->name, name) != 0)
            continue;
        unsigned long number = atomic_fetch_add(&f->calls, 1) + 1;
        if (number != f->at && !(f->lasts && number > f->at))
            continue;
        struck = true;
        *error = f->error;
    }
    return struck;
}

/* The answer of a call that was struck. */
#define STRUCK(name, yes)                                                                          \
    do {                                                                                           \
        int error = 0;                                                                             \
        if (strikes(name, __builtin_return_address(0), &error)) {                                  \
            errno = error;                                                                         \
            return error == 0 ? (yes) : -1;                                                        \
        }                                                                                          \
    } while (0)

int flock(int file, int operation)
{
    STRUCK("flock", 0);
    return (int)syscall(SYS_flock, file, operation);
}

int linkat(int from, const char *path, int to, const char *name, int flags)
{
    STRUCK("linkat", 0);
    return (int)syscall(SYS_linkat, from, path, to, name, flags);
}

int fsync(int file)
{
    STRUCK("fsync", 0);
    return (int)syscall(SYS_fsync, file);
}

int renameat(int from, const char *path, int to, const char *name)
{
    STRUCK("renameat", 0);
    return (int)syscall(SYS_renameat2, from, path, to, name, 0);
}

int ftruncate(int file, off_t length)
{
    STRUCK("ftruncate", 0);
    return (int)syscall(SYS_ftruncate, file, length);
}

ssize_t write(int file, const void *bytes, size_t length)
{
    struct stat info;
    if (ready && fstat(file, &info) == 0 && S_ISREG(info.st_mode))
        STRUCK("write", (ssize_t)length);
    return syscall(SYS_write, file, bytes, length);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at)
{
    STRUCK("pwrite", (ssize_t)length);
    return syscall(SYS_pwrite64, file, bytes, length, at);
}

int fstatfs(int file, struct statfs *info)
{
    const char *magic = getenv("DENSEAM_SYSTEM_MAGIC");
    int failed = (int)syscall(SYS_fstatfs, file, info);
    if (failed == 0 && magic != NULL)
        info->f_type = (__fsword_t)strtoul(magic, NULL, 0);
    return failed;
}

#ifndef SANITIZED /* the sanitizers have allocations of their own */

/* The C library's own, under the names that it gives to who replaces them.
   NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

#define NO_MEMORY()                                                                                \
    do {                                                                                           \
        int error = 0;                                                                             \
        if (strikes("malloc", __builtin_return_address(0), &error)) {                              \
            errno = ENOMEM;                                                                        \
            return NULL;                                                                           \
        }                                                                                          \
    } while (0)

void *malloc(size_t size)
{
    NO_MEMORY();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    NO_MEMORY();
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    NO_MEMORY();
    return __libc_realloc(old, size);
}

#endif
