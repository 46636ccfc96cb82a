#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/clock.h"
#include "base/memory.h"

enum { MOST_OUTPUT = 1 << 20, FAILED_TO_START = 127 };

static const double LOOK_EVERY = 0.1; /* seconds */

dam_status dam__process_self(char **path)
{
    /* Not the file that it leads to: that may be another program by now, after an update. */
    static const char self[] = "/proc/self/exe";
    if (access(self, X_OK) != 0)
        return dam__fail(DAM_INTERNAL, "cannot find this program's own file: %s", strerror(errno));
    return dam__format(path, "%s", self);
}

/* Whether "NAME=VALUE" has the name of one of the additions. */
static bool is_replaced(const char *entry, const char *const *additions)
{
    for (; *additions != NULL; additions++) {
        size_t length = strcspn(*additions, "=") + 1;
        if (strncmp(entry, *additions, length) == 0)
            return true;
    }
    return false;
}

/* This process's environment with the additions; only the array is new. */
static dam_status make_environment(const char *const *additions, char ***out)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; environ[i] != NULL; i++)
        count++;
    for (size_t i = 0; additions[i] != NULL; i++)
        count++;
    dam_status status = dam__alloc(count + 1, sizeof **out, out);
    if (status != DAM_OK)
        return status;
    for (size_t i = 0; environ[i] != NULL; i++)
        if (!is_replaced(environ[i], additions))
            (*out)[at++] = environ[i];
    for (size_t i = 0; additions[i] != NULL; i++)
        (*out)[at++] = (char *)additions[i];
    return DAM_OK;
}

/* In the child; between fork and exec only what is safe in a signal handler may be called. */
static void become(const dam__process *process, char **environment, int output)
{
    (void)setpgid(0, 0);
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGHUP, SIG_DFL);
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0)
        (void)execve(process->arguments[0], process->arguments, environment);
    _exit(FAILED_TO_START);
}

/* Leaves at most so many bytes, the last ones, from the beginning of a line where there is one:
 * what matters most of a long output is how it ends. */
static void keep_tail(dam__text *output, size_t most)
{
    if (output->length <= most)
        return;
    size_t from = output->length - most;
    const char *line = memchr(output->data + from - 1, '\n', most);
    if (line != NULL)
        from = (size_t)(line - output->data) + 1;
    output->length -= from;
    memmove(output->data, output->data + from, output->length + 1);
}

/* Reads until the child closes its output, or is given up. */
static dam_status listen(const dam__process *process, int from, dam__text *output,
                         dam__ending *ending)
{
    char bytes[4096];
    double heard = dam__seconds();
    *ending = DAM__ENDED;
    for (;;) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        int ready = poll(&wait, 1, (int)(1000 * LOOK_EVERY));
        if (process->stop != NULL && process->stop(process->user))
            *ending = DAM__STOPPED;
        else if (dam__seconds() - heard > process->patience)
            *ending = DAM__HUNG;
        if (*ending != DAM__ENDED)
            return DAM_OK;
        if (ready <= 0)
            continue;
        ssize_t count = read(from, bytes, sizeof bytes);
        if (count <= 0)
            return DAM_OK;
        heard = dam__seconds();
        dam_status status = dam__text_append_bytes(output, bytes, (size_t)count);
        if (status != DAM_OK)
            return status;
        if (output->length > 2 * (size_t)MOST_OUTPUT) /* seldom, as it moves all of it */
            keep_tail(output, MOST_OUTPUT);
    }
}

/* A child that closed its output has only its own end left to do; a little time for that. */
static void await(pid_t child, bool kill_it, dam__ending *ending, int *code)
{
    const double patience = 5;
    double begin = dam__seconds();
    int state = 0;
    if (kill_it)
        (void)kill(-child, SIGKILL);
    while (waitpid(child, &state, kill_it ? 0 : WNOHANG) == 0) {
        if (dam__seconds() - begin > patience) {
            kill_it = true;
            *ending = DAM__HUNG;
            (void)kill(-child, SIGKILL);
        } else {
            (void)poll(NULL, 0, 5);
        }
    }
    (void)kill(-child, SIGKILL); /* what it may have started */
    *code = WIFEXITED(state) ? WEXITSTATUS(state) : WIFSIGNALED(state) ? WTERMSIG(state) : 0;
    if (*ending == DAM__ENDED && WIFSIGNALED(state))
        *ending = DAM__KILLED;
}

dam_status dam__process_run(const dam__process *process, dam__text *output, dam__ending *ending,
                            int *code)
{
    dam_status status = DAM_OK;
    char **environment = NULL;
    int ends[2] = {-1, -1};
    pid_t child = -1;
    DAM_TRY(make_environment(process->environment, &environment));
    if (pipe2(ends, O_CLOEXEC) != 0)
        DAM_FAIL(DAM_INTERNAL, "cannot make a pipe: %s", strerror(errno));
    child = fork();
    if (child < 0)
        DAM_FAIL(DAM_INTERNAL, "cannot start '%s': %s", process->arguments[0], strerror(errno));
    if (child == 0)
        become(process, environment, ends[1]);
    (void)setpgid(child, child);
    (void)close(ends[1]);
    ends[1] = -1;
    status = listen(process, ends[0], output, ending);
    keep_tail(output, MOST_OUTPUT);
    await(child, status != DAM_OK || *ending != DAM__ENDED, ending, code);
    if (status == DAM_OK && *ending == DAM__ENDED && *code == FAILED_TO_START)
        DAM_FAIL(DAM_INTERNAL, "cannot start '%s'", process->arguments[0]);
cleanup:
    free(environment);
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return status;
}
