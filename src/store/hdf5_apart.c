#include "store/hdf5_apart.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "store/hdf5_common.h"

/* How a copy ends that could not tell how it fared. */
enum { CRASHED = 3, CRASHED_WITHOUT_MEMORY = 4 };

/* How it fared: one write, which a pipe takes whole. */
typedef struct verdict {
    dam_status status;
    dam__advice advice;
    char message[1024];
} verdict;

dam_status dam__pipe_write(int out, const void *bytes, size_t length)
{
    for (const unsigned char *at = bytes; length > 0;) {
        ssize_t put = write(out, at, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return dam__fail(DAM_INTERNAL, "cannot hand on what HDF5 read: %s", strerror(errno));
        at += put;
        length -= (size_t)put;
    }
    return DAM_OK;
}

dam_status dam__pipe_read(int in, void *bytes, size_t length)
{
    for (unsigned char *at = bytes; length > 0;) {
        ssize_t got = read(in, at, length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return dam__fail(DAM_INTERNAL, "HDF5 broke off");
        at += got;
        length -= (size_t)got;
    }
    return DAM_OK;
}

/* Once HDF5 has begun, or failed to. */
static void do_the_work(const dam__hdf5_work *work, int out, verdict *said)
{
    errno = 0;
    if (said->status == DAM_OK)
        said->status = work->run(work->user, out);
    /* What HDF5 then could not find, open or finish says nothing of the file. */
    if (said->status != DAM_OK && errno == ENOMEM)
        said->status = DAM_NO_MEMORY;
    said->advice = dam__advice_of_error();
    if (said->status != DAM_OK)
        (void)snprintf(said->message, sizeof said->message, "%s", dam_error());
}

/* --- the copy ---------------------------------------------------------------------------------- */

/* While HDF5 begins: it has seen no file yet, so memory is all that it can lack. */
static void crash_at_first(int signal)
{
    (void)signal;
    _exit(CRASHED_WITHOUT_MEMORY);
}

/* errno tells what the last call of the system or of malloc() lacked. It is this thread's, and the
 * copy has one. NOLINTBEGIN(bugprone-signal-handler,cert-sig30-c) */
static void crash(int signal)
{
    (void)signal;
    _exit(errno == ENOMEM ? CRASHED_WITHOUT_MEMORY : CRASHED);
}
/* NOLINTEND(bugprone-signal-handler,cert-sig30-c) */

static void catch_crashes(void (*handler)(int))
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        (void)signal(deadly[i], handler);
}

/* HDF5 ends the process by exit() where it cannot begin; what this process registered for its end
 * is not the copy's. */
static void end(void)
{
    _exit(CRASHED_WITHOUT_MEMORY);
}

/* Where HDF5 cannot begin it cannot be told to be silent either. */
static dam_status begin(void)
{
    dam__hdf5_settings before;
    int shown = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing >= 0)
        (void)dup2(nothing, STDERR_FILENO);
    dam_status status = H5open() < 0 ? dam__fail(DAM_NO_MEMORY, "the host has no memory for HDF5")
                                     : dam__hdf5_enter(&before);
    if (shown >= 0)
        (void)dup2(shown, STDERR_FILENO);
    return status;
}

/*
 * Of this process's threads the copy has one, and it calls HDF5 and the C library's memory alone,
 * whose locks fork() sees to. It does not outlive this process.
 */
static _Noreturn void be_the_copy(const dam__hdf5_work *work, int out, int told)
{
    verdict said = {0};
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    catch_crashes(crash_at_first);
    /* A terminal signals the whole group: when to end is the process's to say. */
    static const int others[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        (void)signal(others[i], SIG_IGN);
    (void)atexit(end);
    said.status = begin();
    catch_crashes(crash);
    do_the_work(work, out, &said);
    (void)!write(told, &said, sizeof said);
    _exit(0);
}

/* --- this process ------------------------------------------------------------------------------ */

/* The copy could not tell how it fared. */
static dam_status broke_off(const dam__hdf5_work *work, int state)
{
    const char *subject = work->subject != NULL ? work->subject : "";
    const char *colon = subject[0] != '\0' ? ": " : "";
    bool memory = (WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL) ||
                  (WIFEXITED(state) && WEXITSTATUS(state) == CRASHED_WITHOUT_MEMORY);
    if (memory || work->damaged == DAM_NO_MEMORY)
        return dam__fail(DAM_NO_MEMORY, "%s%sthe host has no memory for it: HDF5 broke off",
                         subject, colon);
    return dam__fail(work->damaged, "%s%sHDF5 crashed on it", subject, colon);
}

/* Of what was taken and how the work fared. DAM_INTERNAL of the first: it broke off. */
static dam_status outcome(dam_status taken, verdict *said)
{
    said->message[sizeof said->message - 1] = '\0';
    if (said->status != DAM_OK)
        return dam__advise(said->advice, dam__fail(said->status, "%s", said->message));
    return taken;
}

static dam_status take(const dam__hdf5_work *work, int in)
{
    dam_status taken = work->take != NULL ? work->take(work->user, in) : DAM_OK;
    (void)close(in); /* who still writes is told so */
    return taken;
}

static dam_status listen(const dam__hdf5_work *work, pid_t copy, int in, int told)
{
    verdict said = {0};
    int state = 0;
    dam_status taken = take(work, in);
    bool heard = taken == DAM_OK || taken == DAM_INTERNAL;
    if (!heard)
        (void)kill(copy, SIGKILL);
    heard = heard && dam__pipe_read(told, &said, sizeof said) == DAM_OK;
    while (waitpid(copy, &state, 0) < 0 && errno == EINTR)
        ;
    if (taken != DAM_OK && taken != DAM_INTERNAL)
        return taken; /* its message is the last, as nothing was heard after it */
    return heard ? outcome(taken, &said) : broke_off(work, state);
}

/* --- a thread, where there can be no copy ------------------------------------------------------- */

struct stand_in {
    const dam__hdf5_work *work;
    int out;
    verdict said;
};

static void *stand_in(void *user)
{
    struct stand_in *at = user;
    dam__hdf5_settings before;
    sigset_t pipes;
    (void)sigemptyset(&pipes);
    (void)sigaddset(&pipes, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipes, NULL);
    at->said.status = dam__hdf5_enter(&before);
    bool entered = at->said.status == DAM_OK;
    do_the_work(at->work, at->out, &at->said);
    if (entered)
        dam__hdf5_leave(before);
    (void)close(at->out);
    return NULL;
}

/* A system that promises no memory twice refuses the copy of a large process, and a run that is
 * not written is worse than the risk. Closes both ends of the pipe. */
static dam_status do_it_here(const dam__hdf5_work *work, int in, int out)
{
    struct stand_in at = {.work = work, .out = out};
    pthread_t thread;
    if (pthread_create(&thread, NULL, stand_in, &at) != 0) {
        (void)close(in);
        (void)close(out);
        return dam__fail(DAM_NO_MEMORY, "HDF5 gets neither a process nor a thread of its own");
    }
    dam_status taken = take(work, in);
    (void)pthread_join(thread, NULL);
    return taken != DAM_OK && taken != DAM_INTERNAL ? taken : outcome(taken, &at.said);
}

static void close_end(int *end_of_pipe)
{
    if (*end_of_pipe >= 0)
        (void)close(*end_of_pipe);
    *end_of_pipe = -1;
}

/* --- either ------------------------------------------------------------------------------------- */

dam_status dam__hdf5_apart(const dam__hdf5_work *work)
{
    dam_status status = DAM_OK;
    int data[2] = {-1, -1}, told[2] = {-1, -1};
    /* Nobody is in HDF5 while it is copied. */
    dam__hdf5_lock();
    bool piped = pipe2(data, O_CLOEXEC) == 0 && pipe2(told, O_CLOEXEC) == 0;
    if (!piped)
        status = dam__fail(DAM_INTERNAL, "cannot make a pipe: %s", strerror(errno));
    pid_t copy = piped && DAM__HDF5_COPIES ? fork() : -1;
    if (copy == 0) {
        (void)close(data[0]);
        (void)close(told[0]);
        dam__hdf5_unlock();
        be_the_copy(work, data[1], told[1]);
    }
    if (copy > 0) {
        close_end(&data[1]);
        close_end(&told[1]);
        status = listen(work, copy, data[0], told[0]);
        data[0] = -1;
    }
    dam__hdf5_unlock();
    if (piped && copy < 0) {
        status = do_it_here(work, data[0], data[1]);
        data[0] = data[1] = -1;
    }
    for (int i = 0; i < 2; i++) {
        close_end(&data[i]);
        close_end(&told[i]);
    }
    return status;
}
