#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
enum { CAUGHT = sizeof caught / sizeof *caught };

/* Static because a signal handler receives nothing else that it could write to. */
static volatile sig_atomic_t stopped;

static bool ignored[CAUGHT];

static void on_signal(int number)
{
    if (stopped) {
        /* Delivered when this handler returns. */
        (void)signal(number, SIG_DFL);
        (void)raise(number);
    }
    stopped = 1;
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
    (void)sigemptyset(&ours.sa_mask);
    (void)sigemptyset(&none.sa_mask);
    for (size_t i = 0; i < CAUGHT; i++)
        (void)sigaction(caught[i], ignored[i] ? &none : &ours, NULL);
}

bool signals_stop(void *unused)
{
    (void)unused;
    return stopped != 0;
}
