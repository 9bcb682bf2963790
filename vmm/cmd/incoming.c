/* SPDX-License-Identifier: BSD-2-Clause */
/* See incoming.h. */
#include "vmm/cmd/incoming.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "vmm/cmd/options.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_create.h"

/* Other signals are for a guest that runs. */
static int take_signal(int signal_fd)
{
    struct signalfd_siginfo info;
    int number;

    if (read(signal_fd, &info, sizeof info) != sizeof info)
        return 0;
    number = (int)info.ssi_signo;
    if (number != SIGINT && number != SIGTERM && number != SIGHUP)
        return 0;
    log_note("interrupted by SIG%s while it waited for a migration", sigabbrev_np(number));
    return -ECANCELED;
}

static int wait_until(void *ctx, int fd, short events, int limit_ms)
{
    const struct incoming *incoming = ctx;
    struct pollfd polled[2] = {{.fd = fd, .events = events},
                               {.fd = incoming->signal_fd, .events = POLLIN}};
    int result = 0;

    while (result == 0 && polled[0].revents == 0) {
        int ready = poll(polled, 2, limit_ms);

        if (ready == 0)
            result = -ETIMEDOUT;
        else if (ready < 0 && errno != EINTR)
            result = -errno;
        else if ((polled[1].revents & POLLIN) != 0)
            result = take_signal(incoming->signal_fd);
    }
    return result;
}

int incoming_machine(struct machine *machine, struct incoming *incoming,
                     const struct options *options, int signal_fd,
                     const struct clock_bracket *start)
{
    struct migration_target *target = &incoming->target;
    const char *uri = options->restore.incoming;
    int fd;

    incoming->signal_fd = signal_fd;
    *target = (struct migration_target){
        .channel.fd = -1,
        .wait = {wait_until, incoming},
        .request = {.name = uri, .time = options->restore.time, .at_sec = options->restore.at_sec},
    };
    fd = migration_uri_await(uri, &target->wait);
    return fd < 0 ? fd : migration_target_receive(target, fd, machine, &options->host, start);
}

int incoming_start(struct incoming *incoming, struct machine *machine)
{
    struct migration_target *target = &incoming->target;
    int result = migration_target_go(target, machine);

    if (result < 0) {
        machine_end(machine,
                    result == -ECANCELED ? EXIT_STATUS_INTERRUPTED : EXIT_STATUS_HOST_ERROR, "%s",
                    "");
        return result;
    }
    result = machine_start(machine);
    if (result == 0)
        migration_target_tell_running(target, machine);
    else
        log_error("%s: the guest is lost: its source has given it away", target->request.name);
    return result;
}

void incoming_release(struct incoming *incoming)
{
    migration_target_release(&incoming->target);
}
