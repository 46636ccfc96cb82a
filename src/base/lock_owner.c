#include "base/lock_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Seconds; its owner touches it more often (lock_file.c). */
static const double STALE = 120;

#define WORD "denseam-lock"

/* The first line of a small file of the system's, without its end; "" where there is none. */
static void read_line(const char *path, char *line, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? 0 : read(file, line, size - 1);
    line[got > 0 ? got : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (file >= 0)
        (void)close(file);
}

/* What process numbers mean: after another boot, or in another container, something else. */
static void find_place(char place[DAM__OWNER_TEXT])
{
    char boot[48], space[32];
    read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[length > 0 ? length : 0] = '\0';
    if (boot[0] == '\0' || length <= 0)
        (void)snprintf(place, DAM__OWNER_TEXT, "?");
    else
        (void)snprintf(place, DAM__OWNER_TEXT, "%s/%s", boot, space);
}

/* In ticks since the boot: tells a process from a later one of its number. 0: it is none, or only
 * waits to be asked how it ended. */
static unsigned long long start_of(long process)
{
    enum { STATE = 3, START = 22 };
    char path[64], line[1024];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", process);
    read_line(path, line, sizeof line);
    /* The program's name may hold anything; behind it stand numbers alone. */
    char *at = strrchr(line, ')');
    if (at == NULL || at[1] == '\0' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    for (int field = STATE - 1; field < START && at != NULL; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}

dam_status dam__lock_owner_self(dam__lock_owner *out)
{
    uint64_t number = 0;
    *out = (dam__lock_owner){.process = (long)getpid()};
    if (getentropy(&number, sizeof number) != 0)
        return dam__fail(DAM_INTERNAL, "the system gives no random numbers: %s", strerror(errno));
    (void)snprintf(out->number, sizeof out->number, "%016" PRIx64, number);
    if (gethostname(out->host, sizeof out->host - 1) != 0 || out->host[0] == '\0')
        (void)snprintf(out->host, sizeof out->host, "?");
    for (char *at = out->host; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            *at = '_';
    find_place(out->place);
    out->start = start_of(out->process);
    if (out->start == 0)
        (void)snprintf(out->place, sizeof out->place, "?");
    return DAM_OK;
}

void dam__lock_owner_print(const dam__lock_owner *owner, dam__text *out)
{
    dam__text_append(out, WORD " %s %ld %llu %s %s\n", owner->host, owner->process, owner->start,
                     owner->place, owner->number);
}

/* The next word of a line, as far as it fits; false where there is none, or it is longer. */
static bool take_word(const char **at, char *word, size_t size)
{
    size_t length = strcspn(*at, " \n");
    if (length == 0 || length >= size || (*at)[length] == '\0')
        return false;
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length + 1;
    return true;
}

static bool parse(const char *line, dam__lock_owner *out)
{
    char word[sizeof WORD], process[24], start[24];
    if (!take_word(&line, word, sizeof word) || strcmp(word, WORD) != 0 ||
        !take_word(&line, out->host, sizeof out->host) ||
        !take_word(&line, process, sizeof process) || !take_word(&line, start, sizeof start) ||
        !take_word(&line, out->place, sizeof out->place) ||
        !take_word(&line, out->number, sizeof out->number))
        return false;
    out->process = strtol(process, NULL, 10);
    out->start = strtoull(start, NULL, 10);
    size_t digits = strspn(out->number, "0123456789abcdef");
    return out->process > 0 && digits == sizeof out->number - 1 && out->number[digits] == '\0';
}

dam_status dam__lock_owner_read(int folder, const char *name, dam__lock_owner *out, bool *found)
{
    char line[512];
    struct stat info;
    *out = (dam__lock_owner){0};
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    *found = file >= 0 || errno != ENOENT;
    if (!*found)
        return DAM_OK;
    if (file < 0 || fstat(file, &info) != 0) {
        dam_status status = dam__fail(DAM_INPUT, "cannot read '%s': %s", name, strerror(errno));
        if (file >= 0)
            (void)close(file);
        return status;
    }
    ssize_t got = S_ISREG(info.st_mode) ? read(file, line, sizeof line - 1) : 0;
    (void)close(file);
    line[got > 0 ? got : 0] = '\0';
    if (!parse(line, out)) {
        *out = (dam__lock_owner){.host = "?", .place = "?"};
        (void)snprintf(out->number, sizeof out->number, "%016jx", (uintmax_t)info.st_ino);
    }
    out->touched = info.st_mtim;
    return DAM_OK;
}

bool dam__lock_owner_lives(const dam__lock_owner *owner, const dam__lock_owner *self,
                           const struct timespec *now)
{
    if (strcmp(owner->place, "?") != 0 && strcmp(owner->place, self->place) == 0)
        return start_of(owner->process) == owner->start;
    double silent = (double)(now->tv_sec - owner->touched.tv_sec) +
                    1e-9 * (double)(now->tv_nsec - owner->touched.tv_nsec);
    return silent < STALE;
}
