#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/signals.h"

/* This process's environment with those of `more` set; the array is freed, the texts are lent. */
static dam_status merged_environment(char *const *more, char ***out)
{
    dam_status status = DAM_OK;
    char **list = NULL;
    size_t own = 0, added = 0, count = 0;
    while (environ[own] != NULL)
        own++;
    while (more != NULL && more[added] != NULL)
        added++;
    DAM_TRY(dam__alloc(own + added + 1, sizeof *list, &list));
    for (size_t i = 0; i < own; i++) {
        bool replaced = false;
        for (size_t j = 0; j < added; j++) {
            size_t name = strcspn(more[j], "=") + 1;
            replaced = replaced || strncmp(environ[i], more[j], name) == 0;
        }
        if (!replaced)
            list[count++] = environ[i];
    }
    for (size_t j = 0; j < added; j++)
        list[count++] = more[j];
    *out = list;
cleanup:
    return status;
}

static dam_status start(char *const *argv, const child_options *options, pid_t *process)
{
    dam_status status = DAM_OK;
    char **environment = NULL;
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0)
        return dam__fail(DAM_NO_MEMORY, "cannot start a process: %s", strerror(error));
    DAM_TRY(merged_environment(options->environment, &environment));
    if (options->silent &&
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0)
        DAM_FAIL(DAM_NO_MEMORY, "cannot start a process: the host has no memory");
    error = posix_spawn(process, "/proc/self/exe", &actions, NULL, argv, environment);
    if (error != 0)
        DAM_FAIL(DAM_INTERNAL, "cannot start '%s' once more: %s", argv[0], strerror(error));
cleanup:
    (void)posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return status;
}

dam_status child_run(char *const *argv, const child_options *options, child_end *end)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    pid_t process = -1, ended = 0;
    int result = 0;
    bool told = false;
    *end = (child_end){.code = -1};
    dam_status status = start(argv, options, &process);
    if (status != DAM_OK)
        return status;
    double begin = dam__seconds();
    while ((ended = waitpid(process, &result, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (!told && signals_stop(NULL)) {
            told = true;
            (void)kill(process, SIGTERM);
        }
        if (!end->late && options->patience > 0 && dam__seconds() - begin > options->patience) {
            end->late = true;
            (void)kill(process, SIGKILL);
        }
        (void)nanosleep(&pause, NULL);
    }
    if (ended == process && WIFEXITED(result))
        end->code = WEXITSTATUS(result);
    else if (ended == process && WIFSIGNALED(result))
        end->signal = WTERMSIG(result);
    return DAM_OK;
}
