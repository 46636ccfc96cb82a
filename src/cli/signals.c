#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>

/* Static because a signal handler receives nothing else that it could write to. */
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
}

static void catch_one(int number)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        (void)sigaction(number, &action, NULL);
}

void signals_catch(void)
{
    catch_one(SIGINT);
    catch_one(SIGTERM);
}

bool signals_stop(void *unused)
{
    (void)unused;
    return stopped != 0;
}
