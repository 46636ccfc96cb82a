#include "command/signals.h"

#include <signal.h>
#include <stddef.h>

#include "base/clock.h"

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
enum { CAUGHT = sizeof caught / sizeof *caught };

static const double SAME_REQUEST = 0.5; /* seconds */

/* Static because a signal handler receives nothing else that it could write to. */
static volatile sig_atomic_t stopped;
static volatile double stopped_at;

static bool ignored[CAUGHT];

static void on_signal(int number)
{
    /* The clock may be read in a handler (POSIX lists clock_gettime as safe there). */
    double now = dam__seconds();
    if (!stopped) {
        stopped_at = now;
        stopped = 1;
    } else if (now - stopped_at > SAME_REQUEST) {
        /* Delivered when this handler returns. */
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
}

void signals_begin(void)
{
    struct sigaction now;
    for (size_t i = 0; i < CAUGHT; i++)
        ignored[i] = sigaction(caught[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void signals_catch(void)
{
    struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction none = {.sa_handler = SIG_IGN};
    /* One handler at a time: a SIGTERM inside that of a SIGINT would find half a note. */
    (void)sigfillset(&ours.sa_mask);
    (void)sigemptyset(&none.sa_mask);
    for (size_t i = 0; i < CAUGHT; i++)
        (void)sigaction(caught[i], ignored[i] ? &none : &ours, NULL);
}

bool signals_stop(void *unused)
{
    (void)unused;
    return stopped != 0;
}
