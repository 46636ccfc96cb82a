#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

enum {
    SAID_BYTES = 512,
    NOT_STARTED = 127 /* POSIX: the exit code where posix_spawn could not tell */
};

/* Starts gnuplot in folder with its output in a pipe; *error is errno's where it cannot. */
static dam_status start(const char *folder, char *const *arguments, pid_t *process, int *output,
                        int *error)
{
    dam_status status = DAM_OK;
    int ends[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    *error = posix_spawn_file_actions_init(&actions);
    if (*error != 0)
        return dam__fail(DAM_NO_MEMORY, "cannot start gnuplot: %s", strerror(*error));
    if (pipe2(ends, O_CLOEXEC) != 0)
        DAM_FAIL(DAM_INTERNAL, "cannot start gnuplot: no pipe: %s", strerror(errno));
    if (posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO) != 0 ||
        posix_spawn_file_actions_addchdir_np(&actions, folder) != 0)
        DAM_FAIL(DAM_NO_MEMORY, "cannot start gnuplot: the host has no memory");
    *error = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environ);
    if (*error == 0) {
        *output = ends[0];
        ends[0] = -1;
    }
cleanup:
    (void)posix_spawn_file_actions_destroy(&actions);
    if (ends[0] >= 0)
        (void)close(ends[0]);
    if (ends[1] >= 0)
        (void)close(ends[1]);
    return status;
}

/* Reads until the process closes its output or time is up; keeps the beginning. */
static void listen_to(int output, double deadline, char said[SAID_BYTES])
{
    size_t kept = 0;
    said[0] = '\0';
    for (;;) {
        double left = deadline - dam__seconds();
        struct pollfd wait = {.fd = output, .events = POLLIN};
        int ready = poll(&wait, 1, left > 0 ? (int)(left * 1000) + 1 : 0);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return;
        char bytes[SAID_BYTES];
        ssize_t got = read(output, bytes, sizeof bytes);
        if (got <= 0)
            return;
        size_t taken = SAID_BYTES - 1 - kept < (size_t)got ? SAID_BYTES - 1 - kept : (size_t)got;
        memcpy(said + kept, bytes, taken);
        kept += taken;
        said[kept] = '\0';
    }
}

/* Waits for the end until the deadline, then ends it. Its exit code, -1 if it had none. */
static int wait_for(pid_t process, double deadline, bool *late)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int result = 0;
    pid_t ended = 0;
    *late = false;
    while ((ended = waitpid(process, &result, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (!*late && dam__seconds() > deadline) {
            *late = true;
            (void)kill(process, SIGKILL);
        }
        (void)nanosleep(&pause, NULL);
    }
    return !*late && ended == process && WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

/* The last line is gnuplot's message; the ones before show the script with a caret. */
static const char *last_line(char *said)
{
    size_t length = strlen(said);
    while (length > 0 && (said[length - 1] == '\n' || said[length - 1] == ' '))
        said[--length] = '\0';
    const char *line = strrchr(said, '\n');
    line = line != NULL ? line + 1 : said;
    return *line != '\0' ? line + strspn(line, " ") : "it gives no reason";
}

/* gnuplot succeeds on a full disk too: a PNG is whole if it ends as every PNG does. */
static bool is_whole(const char *picture)
{
    static const unsigned char end[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};
    unsigned char last[sizeof end] = {0};
    FILE *file = fopen(picture, "rb");
    bool whole = file != NULL && fseek(file, -(long)sizeof end, SEEK_END) == 0 &&
                 fread(last, 1, sizeof last, file) == sizeof last &&
                 memcmp(last, end, sizeof end) == 0;
    if (file != NULL)
        (void)fclose(file);
    return whole;
}

dam_status dam__gnuplot(const char *folder, const char *script, const char *picture,
                        double patience, const dam_log *log)
{
    dam_status status = DAM_OK;
    char *path = NULL, *temporary = NULL, *setting = NULL;
    char said[SAID_BYTES];
    pid_t process = -1;
    int output = -1, error = 0;
    bool late = false;
    DAM_TRY(dam__path_join(&path, folder, picture));
    DAM_TRY(dam__temporary_name(path, &temporary));
    DAM_TRY(dam__format(&setting, "picture = '%s'", temporary + strlen(path) - strlen(picture)));
    /* -d: the user's own settings would change the picture. */
    char *arguments[] = {"gnuplot", "-d", "-e", setting, (char *)script, NULL};
    DAM_TRY(start(folder, arguments, &process, &output, &error));
    double deadline = dam__seconds() + patience;
    int code = NOT_STARTED;
    if (error == 0) {
        listen_to(output, deadline, said);
        code = wait_for(process, deadline, &late);
    }
    if (code == 0 && is_whole(temporary))
        DAM_TRY(dam__temporary_commit(&temporary, path));
    else if (code == 0 && dam__file_exists(temporary))
        dam__warn(log,
                  "'%s' was not drawn: gnuplot wrote only a part of it; is the disk full? Try "
                  "'gnuplot %s' there",
                  path, script);
    else if (code == NOT_STARTED)
        dam__info(log,
                  "'%s' was not drawn: cannot run gnuplot (%s); install gnuplot-nox, then run "
                  "'gnuplot %s' in that folder",
                  path, strerror(error != 0 ? error : ENOENT), script);
    else if (late)
        dam__warn(log, "'%s' was not drawn: gnuplot took over %g s; try 'gnuplot %s' there", path,
                  patience, script);
    else
        dam__warn(log, "'%s' was not drawn: gnuplot failed: %s; try 'gnuplot %s' there", path,
                  last_line(said), script);
cleanup:
    if (output >= 0)
        (void)close(output);
    dam__temporary_discard(&temporary);
    free(path);
    free(setting);
    return status;
}
