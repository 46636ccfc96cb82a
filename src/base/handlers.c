#include "base/handlers.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static const int kept[] = {SIGINT, SIGTERM, SIGHUP};
enum { KEPT = sizeof kept / sizeof *kept };

/* Static because handlers are the process's. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int users;
static struct sigaction noted[KEPT];

void dam__handlers_begin(void)
{
    (void)pthread_mutex_lock(&mutex);
    if (users++ == 0)
        for (size_t i = 0; i < KEPT; i++)
            (void)sigaction(kept[i], NULL, &noted[i]);
    (void)pthread_mutex_unlock(&mutex);
}

void dam__handlers_end(void)
{
    (void)pthread_mutex_lock(&mutex);
    if (--users == 0)
        for (size_t i = 0; i < KEPT; i++)
            (void)sigaction(kept[i], &noted[i], NULL);
    (void)pthread_mutex_unlock(&mutex);
}
