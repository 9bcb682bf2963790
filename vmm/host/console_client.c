/* SPDX-License-Identifier: BSD-2-Clause */
/* The clients of a console with CONSOLE_CLIENT, one at a time: see console.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/time_math.h"
#include "vmm/host/console.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"

/* How long the listener rests where the host has no descriptor for a client. */
#define RETRY_NS NS_PER_SEC

static bool has_client(const struct console *console)
{
    return console->input_fd >= 0;
}

static void close_output(struct console *console)
{
    event_source_remove(&console->output_source);
    close(console->output_fd);
    console->output_fd = -1;
}

/* The next one may come. What this one has not taken is dropped by the write that follows. */
static void let_go(struct console *console)
{
    event_source_remove(&console->input_source);
    close(console->input_fd);
    console->input_fd = -1;
    if (console->output_fd >= 0)
        close_output(console);
    console->client_has_ended = false;
    event_source_wait_for(&console->listen_source, POLLIN);
}

/*
 * The client has closed its socket, or has failed, or has said that it sends no more. In the last
 * case it may still read.
 */
void console_client_input_ended(struct console *console, bool failed)
{
    console->client_has_ended = true;
    if (failed || console->output_fd < 0)
        let_go(console);
}

void console_client_output_failed(struct console *console)
{
    close_output(console);
    if (console->client_has_ended)
        let_go(console);
}

/* After its last byte a client is waited for until it has closed its end as well. */
static void on_hang_up(struct console *console)
{
    let_go(console);
    console_write_collected(console);
}

static void on_client_input(void *ctx, short revents)
{
    struct console *console = ctx;

    if (!console->client_has_ended)
        console_take_input(console);
    else if ((revents & (POLLHUP | POLLERR)) != 0)
        on_hang_up(console);
}

static void on_client_output(void *ctx, short revents)
{
    (void)revents;
    console_write_collected(ctx);
}

static int add_client(struct console *console, int fd)
{
    struct event_loop *loop = console->listen_source.loop;
    int result;

    console->output_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    console->input_fd = fd;
    if (console->output_fd < 0)
        return -errno;
    result = event_source_add(loop, &console->input_source, fd, 0, on_client_input, console);
    if (result == 0)
        result = event_source_add(loop, &console->output_source, console->output_fd, 0,
                                  on_client_output, console);
    return result;
}

/* What the guest has sent before is not for this client. */
static void on_connect(void *ctx, short revents)
{
    struct console *console = ctx;
    int fd = unix_socket_accept(&console->listener);

    (void)revents;
    if (fd == -EAGAIN)
        return;
    event_source_wait_for(&console->listen_source, 0);
    console_write_collected(console);
    if (fd >= 0 && add_client(console, fd) < 0)
        let_go(console);
    if (fd < 0)
        event_deadline_set(&console->client_deadline, host_monotonic_ns() + RETRY_NS);
    console_client_wait(console);
}

/* As long as the ring has room the guest is not held up. */
static void on_client_late(void *ctx)
{
    struct console *console = ctx;

    if (!has_client(console)) {
        event_source_wait_for(&console->listen_source, POLLIN);
        return;
    }
    if (byte_ring_room(&console->output) > 0) {
        console_client_wait(console);
        return;
    }
    log_note("%s: the client has read nothing for %d s and is disconnected, as the guest waits "
             "for it",
             console->name, (int)(CONSOLE_CLIENT_WAIT_NS / NS_PER_SEC));
    on_hang_up(console);
}

void console_client_wait(struct console *console)
{
    uint32_t taken = console_output_taken(console);

    if (!has_client(console))
        return;
    event_source_wait_for(&console->output_source, console->output_waits ? POLLOUT : 0);
    event_source_wait_for(&console->input_source, console->client_has_ended             ? POLLHUP
                                                  : byte_ring_room(&console->input) > 0 ? POLLIN
                                                                                        : 0);
    if (!console->output_waits)
        event_deadline_set(&console->client_deadline, TIME_NEVER_NS);
    else if (console->client_deadline.at_ns == TIME_NEVER_NS || taken != console->client_taken)
        event_deadline_set(&console->client_deadline, host_monotonic_ns() + CONSOLE_CLIENT_WAIT_NS);
    console->client_taken = taken;
}

int console_client_attach(struct console *console, struct event_loop *loop)
{
    int result = event_source_add(loop, &console->listen_source, console->listener.fd, POLLIN,
                                  on_connect, console);

    return result == 0
               ? event_deadline_add(loop, &console->client_deadline, on_client_late, console)
               : result;
}

void console_client_detach(struct console *console)
{
    event_source_remove(&console->listen_source);
    event_deadline_remove(&console->client_deadline);
}
