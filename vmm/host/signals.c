/* SPDX-License-Identifier: BSD-2-Clause */
/* See signals.h. */
#include "vmm/host/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "vmm/host/log.h"

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};

#define ENDING (sizeof ending / sizeof ending[0])

bool signal_is_ignored(int signal_number)
{
    struct sigaction action;

    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int signals_open(const int *signals, unsigned count, int flags)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    for (unsigned i = 0; i < count; i++)
        if (!signal_is_ignored(signals[i]))
            sigaddset(&set, signals[i]);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    fd = signalfd(-1, &set, SFD_CLOEXEC | flags);
    if (fd >= 0)
        return fd;
    fd = -errno;
    log_error("signalfd: %s", strerror(-fd));
    return fd;
}

bool signals_end_is_pending(void)
{
    sigset_t pending;

    if (sigpending(&pending) != 0)
        return false;
    for (unsigned i = 0; i < ENDING; i++)
        if (sigismember(&pending, ending[i]) == 1)
            return true;
    return false;
}

/* To ignore a signal for a moment discards what is pending of it. */
void signals_close(int fd)
{
    sigset_t set;

    sigemptyset(&set);
    for (unsigned i = 0; i < ENDING; i++) {
        sigaddset(&set, ending[i]);
        if (signal_is_ignored(ending[i]))
            continue;
        signal(ending[i], SIG_IGN);
        signal(ending[i], SIG_DFL);
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    close(fd);
}
