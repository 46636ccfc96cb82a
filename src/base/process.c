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

/* Seconds. A child that closed its output has little left to do. */
static const double LOOK_EVERY = 0.1, LOOK_SOONER = 0.02, LEFT_TO_DO = 5;

dam_status dam__words_add(dam__words *words, const char *word)
{
    DAM_TRY(dam__grow(&words->items, words->count + 2, sizeof *words->items));
    words->items[words->count + 1] = NULL;
    DAM_TRY(dam__format(&words->items[words->count], "%s", word));
    words->count++;
    return DAM_OK;
}

dam_status dam__words_add_pair(dam__words *words, const char *name, const char *value)
{
    DAM_TRY(dam__words_add(words, name));
    return dam__words_add(words, value);
}

void dam__words_free(dam__words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
    *words = (dam__words){0};
}

dam_status dam__process_self(const char *variable, char **path)
{
    const char *other = getenv(variable);
    if (other != NULL && other[0] != '\0')
        return dam__format(path, "%s", other);
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
    static const char *const none[] = {NULL};
    size_t count = 0, at = 0;
    additions = additions != NULL ? additions : none;
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

/* As DAM__PROCESS_FILE, and not closed by exec. */
static bool give(int file)
{
    return file == DAM__PROCESS_FILE ? fcntl(file, F_SETFD, 0) == 0
                                     : dup2(file, DAM__PROCESS_FILE) >= 0;
}

/*
 * In the child: between fork and exec only what is safe in a signal handler may be called (execvpe
 * is: it searches PATH on the stack). Its own process group is not the terminal's foreground group,
 * which must not stop it when it writes there.
 */
static void become(const dam__process *process, char **environment, int output)
{
    (void)setpgid(0, 0);
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGHUP, SIG_DFL);
    (void)signal(SIGTTOU, SIG_IGN);
    int nothing = open("/dev/null", O_RDWR);
    int out = process->output == DAM__OUTPUT_READ    ? output
              : process->output == DAM__OUTPUT_SHOWN ? STDOUT_FILENO
                                                     : nothing;
    int error = process->output == DAM__OUTPUT_READ ? output : STDERR_FILENO;
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(error, STDERR_FILENO) >= 0 && (process->file == 0 || give(process->file)) &&
        (process->folder == NULL || chdir(process->folder) == 0))
        (void)execvpe(process->arguments[0], process->arguments, environment);
    _exit(FAILED_TO_START);
}

/* Keeps at most the last this many bytes, from the beginning of a line where possible: the end of a
 * long output matters most. */
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

/* Whether something can be read, or, without a pipe, whether the child has ended; waits a little.
 */
static bool has_news(pid_t child, int from)
{
    struct pollfd wait = {.fd = from, .events = POLLIN};
    siginfo_t info = {0};
    if (from >= 0)
        return poll(&wait, 1, (int)(1000 * LOOK_EVERY)) > 0;
    (void)poll(NULL, 0, (int)(1000 * LOOK_SOONER));
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

/* Until the child closes its output, or ends where that is not read (from < 0), or is abandoned. */
static dam_status watch(const dam__process *process, pid_t child, int from, dam__text *output,
                        dam__ending *ending)
{
    char bytes[4096];
    double begin = dam__seconds(), heard = begin;
    *ending = DAM__ENDED;
    for (;;) {
        bool news = has_news(child, from);
        double now = dam__seconds();
        bool late = process->limit > 0 && now - begin > process->limit;
        bool silent = from >= 0 && process->patience > 0 && now - heard > process->patience;
        if (process->stop != NULL && process->stop(process->user))
            *ending = DAM__STOPPED;
        else if (late || silent)
            *ending = DAM__HUNG;
        if (*ending != DAM__ENDED || (news && from < 0))
            return DAM_OK;
        if (!news)
            continue;
        ssize_t count = read(from, bytes, sizeof bytes);
        if (count <= 0)
            return DAM_OK;
        heard = dam__seconds();
        dam__text_append_bytes(output, bytes, (size_t)count);
        dam_status status = dam__text_status(output);
        if (status != DAM_OK)
            return status;
        if (output->length > 2 * (size_t)MOST_OUTPUT) /* seldom, as it moves all of it */
            keep_tail(output, MOST_OUTPUT);
    }
}

/* Seconds until the child must have ended. */
static double time_left(const dam__process *process, double begin, dam__ending ending)
{
    double left = process->limit > 0 ? begin + process->limit - dam__seconds() : LEFT_TO_DO;
    if (ending == DAM__STOPPED)
        return process->grace;
    return ending == DAM__HUNG ? 0 : left < LEFT_TO_DO ? left : LEFT_TO_DO;
}

/* What is left is the child's own end: after `patience` seconds it is killed. */
static void await(pid_t child, double patience, dam__ending *ending, int *code)
{
    double begin = dam__seconds();
    bool killed = false;
    int state = 0;
    while (waitpid(child, &state, killed ? 0 : WNOHANG) == 0) {
        if (dam__seconds() - begin < patience) {
            (void)poll(NULL, 0, 5);
            continue;
        }
        killed = true;
        if (*ending == DAM__ENDED)
            *ending = DAM__HUNG;
        (void)kill(-child, SIGKILL);
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
    DAM_TRY_CLEANUP(make_environment(process->environment, &environment));
    if (process->output == DAM__OUTPUT_READ && pipe2(ends, O_CLOEXEC) != 0)
        DAM_FAIL(DAM_INTERNAL, "cannot make a pipe: %s", strerror(errno));
    child = fork();
    if (child < 0)
        DAM_FAIL(DAM_INTERNAL, "cannot start '%s': %s", process->arguments[0], strerror(errno));
    if (child == 0)
        become(process, environment, ends[1]);
    (void)setpgid(child, child);
    double begin = dam__seconds();
    if (ends[1] >= 0)
        (void)close(ends[1]);
    ends[1] = -1;
    status = watch(process, child, ends[0], output, ending);
    if (output != NULL)
        keep_tail(output, MOST_OUTPUT);
    if (*ending == DAM__STOPPED && process->grace > 0)
        (void)kill(-child, SIGTERM);
    await(child, status == DAM_OK ? time_left(process, begin, *ending) : 0, ending, code);
    if (status == DAM_OK && *ending == DAM__ENDED && *code == FAILED_TO_START)
        DAM_FAIL(DAM_INTERNAL, "cannot start '%s'", process->arguments[0]);
cleanup:
    free(environment);
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return status;
}
