/* SPDX-License-Identifier: BSD-2-Clause */
/* See console.h. */
#include "vmm/host/console.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time_math.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/log_writer.h"
#include "vmm/host/standard_fds.h"
#include "vmm/host/terminal.h"

#define CLOSE_WAIT_MS 1000
/* How late the first key after a shell's fg may be; a background process wakes so seldom. */
#define FOREGROUND_WAIT_NS NS_PER_SEC

/* The terminal's keys are ours, or will be after console_resume. */
static void console_take_keys(struct console *console)
{
    console->interactive = terminal_make_raw();
    console->input_paused = terminal_in_background();
}

static int console_open_output(struct console *console, int fd)
{
    console->output_fd = standard_fd_reopen(fd, O_WRONLY);
    return console->output_fd >= 0 ? 0 : -errno;
}

static int console_open_stdio(struct console *console)
{
    int error = console_open_output(console, STDOUT_FILENO);

    if (error < 0)
        return error;
    console->input_fd = standard_fd_reopen(STDIN_FILENO, O_RDONLY);
    if (console->input_fd < 0)
        return -errno;
    console_take_keys(console);
    if (console->interactive)
        log_note("%s", ESCAPE_KEY_HELP);
    return 0;
}

static int console_open_file(struct console *console, const char *path)
{
    /* O_NONBLOCK: a named pipe without a reader is an error, not a wait. */
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

    console->output_fd = open(path, flags, 0666);
    return console->output_fd >= 0 ? 0 : -errno;
}

static int console_open_kind(struct console *console, const char *path)
{
    switch (console->kind) {
    case CONSOLE_STDIO:
        return console_open_stdio(console);
    case CONSOLE_FILE:
        return console_open_file(console, path);
    case CONSOLE_STDOUT:
        return console_open_output(console, STDOUT_FILENO);
    case CONSOLE_STDERR:
        return console_open_output(console, STDERR_FILENO);
    case CONSOLE_CLIENT:
        return unix_socket_listen(path, &console->listener);
    case CONSOLE_SOCKET:
    case CONSOLE_NONE:
        break;
    }
    return 0;
}

static void console_ignore_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGTTIN, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void console_detach(struct console *console)
{
    event_source_remove(&console->wake_source);
    event_source_remove(&console->output_source);
    event_source_remove(&console->input_source);
    console_client_detach(console);
    event_deadline_remove(&console->foreground_deadline);
    event_deadline_remove(&console->output_rest_deadline);
}

static void console_release(struct console *console)
{
    console_detach(console);
    close_fd(&console->output_fd);
    close_fd(&console->input_fd);
    close_fd(&console->wake_fd);
    unix_socket_close(&console->listener);
    free(console->output.bytes);
    free(console->input.bytes);
    console->output.bytes = console->input.bytes = NULL;
}

/* From malloc, which touches none of their pages: most runs use few. */
static int console_open_rings(struct console *console)
{
    uint8_t *output = malloc(CONSOLE_OUTPUT_SIZE);
    uint8_t *input = malloc(CONSOLE_INPUT_SIZE);

    byte_ring_init(&console->output, output, CONSOLE_OUTPUT_SIZE);
    byte_ring_init(&console->input, input, CONSOLE_INPUT_SIZE);
    return output != NULL && input != NULL ? 0 : -ENOMEM;
}

int console_open(struct console *console, const char *name, enum console_kind kind,
                 const char *path)
{
    int error;

    memset(console, 0, sizeof *console);
    console->name = name;
    console->kind = kind;
    console->output_left_bytes = UINT64_MAX;
    console->output_fd = console->input_fd = console->listener.fd = -1;
    console_ignore_signals();
    console->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    error = console->wake_fd >= 0 ? console_open_rings(console) : -errno;
    if (error == 0)
        error = console_open_kind(console, path);
    console->shares_stderr = fds_are_one_file(console->output_fd, STDERR_FILENO);
    if (error < 0) {
        if (kind != CONSOLE_CLIENT)
            log_error("%s: cannot open '%s': %s", name, path != NULL ? path : "stdio",
                      strerror(-error));
        console_release(console);
    }
    return error;
}

int console_open_socket(struct console *console, const char *name, int fd)
{
    int error = console_open(console, name, CONSOLE_SOCKET, "a socket");

    if (error < 0)
        return error;
    console->output_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    console->input_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (console->output_fd >= 0 && console->input_fd >= 0)
        return 0;
    error = -errno;
    log_error("%s: %s", name, strerror(errno));
    console_release(console);
    return error;
}

static bool console_wants_input(const struct console *console)
{
    return console->input_fd >= 0 && !console->input_paused &&
           (console->interactive || byte_ring_room(&console->input) > 0);
}

/* What is waited for follows from the rings and the terminal. */
static void console_wait(struct console *console)
{
    uint64_t look_ns =
        console->input_paused ? host_monotonic_ns() + FOREGROUND_WAIT_NS : TIME_NEVER_NS;

    if (console->kind == CONSOLE_CLIENT) {
        console_client_wait(console);
        return;
    }
    event_source_wait_for(&console->output_source, console->output_waits ? POLLOUT : 0);
    event_source_wait_for(&console->input_source, console_wants_input(console) ? POLLIN : 0);
    event_deadline_set(&console->foreground_deadline, look_ns);
}

void console_resume(struct console *console)
{
    if (console->kind == CONSOLE_STDIO)
        console_take_keys(console);
    console_wait(console);
}

/* The end of every callback. */
static void console_done(struct console *console, unsigned events)
{
    if (console->input_paused)
        console_resume(console);
    if (events != 0)
        console->tell(console->tell_ctx, events);
    console_wait(console);
}

static void on_wake(void *ctx, short revents)
{
    struct console *console = ctx;
    eventfd_t wakes;

    (void)revents;
    eventfd_read(console->wake_fd, &wakes);
    console_write_collected(console);
}

static void on_output(void *ctx, short revents)
{
    (void)revents;
    console_write_collected(ctx);
}

void console_take_input(struct console *console)
{
    unsigned events = console_read_input(console);

    console_done(console, events | console_end_rest(console, CONSOLE_REST_MIN_NS));
}

static void on_input(void *ctx, short revents)
{
    (void)revents;
    console_take_input(ctx);
}

static void on_rest_over(void *ctx)
{
    struct console *console = ctx;
    uint64_t next_ns = 2 * console->output_rest_ns;

    if (next_ns > CONSOLE_REST_MAX_NS)
        next_ns = CONSOLE_REST_MAX_NS;
    console_done(console, console_end_rest(console, next_ns));
}

void console_write_collected(struct console *console)
{
    console_done(console, console_write_output(console, CONSOLE_REST_MIN_NS));
}

static void on_foreground(void *ctx)
{
    console_resume(ctx);
}

int console_attach(struct console *console, struct event_loop *loop,
                   void (*tell)(void *ctx, unsigned events), void *ctx)
{
    int result =
        event_source_add(loop, &console->wake_source, console->wake_fd, POLLIN, on_wake, console);

    console->tell = tell;
    console->tell_ctx = ctx;
    if (result == 0 && console->output_fd >= 0)
        result = event_source_add(loop, &console->output_source, console->output_fd, 0, on_output,
                                  console);
    if (result == 0 && console->input_fd >= 0)
        result =
            event_source_add(loop, &console->input_source, console->input_fd, 0, on_input, console);
    if (result == 0 && console->kind == CONSOLE_CLIENT)
        result = console_client_attach(console, loop);
    if (result == 0)
        result = event_deadline_add(loop, &console->foreground_deadline, on_foreground, console);
    if (result == 0)
        result = event_deadline_add(loop, &console->output_rest_deadline, on_rest_over, console);
    if (result == 0)
        console_wait(console);
    else
        console_detach(console);
    return result;
}

/* Until all is written, or the reader has taken nothing for CLOSE_WAIT_MS. */
static void console_drain(struct console *console)
{
    struct pollfd output = {.fd = console->output_fd, .events = POLLOUT};

    do
        console_write_output(console, 0);
    while (console_output_pending(console) && poll(&output, 1, CLOSE_WAIT_MS) > 0);
}

/* A disk may say so late that it is full. */
static bool close_output(struct console *console)
{
    bool closed = console->output_fd < 0 || close(console->output_fd) == 0;

    console->output_fd = -1;
    if (!closed && !console->output_dead)
        log_error("%s: %s; what the guest has sent may be lost", console->name, strerror(errno));
    return closed;
}

/* What is not gone at once is dropped. */
static void close_client(struct console *console)
{
    console_write_output(console, 0);
    console->unplugged_bytes += byte_ring_used(&console->output);
    log_info("%s: %" PRIu64 " bytes of the guest's had no client to read them", console->name,
             console->unplugged_bytes);
    console_release(console);
}

bool console_close(struct console *console)
{
    uint64_t lost_bytes;
    bool closed;

    if (console->kind == CONSOLE_CLIENT) {
        close_client(console);
        return true;
    }
    console_drain(console);
    if (console->kind == CONSOLE_STDIO)
        terminal_restore();
    event_source_remove(&console->output_source);
    closed = close_output(console);
    lost_bytes = console->output_lost_bytes + byte_ring_used(&console->output);
    if (lost_bytes > 0)
        log_error("%s: %" PRIu64 " bytes of the guest's output are lost", console->name,
                  lost_bytes);
    if (console->input_lost_bytes > 0)
        log_error("%s: %" PRIu64 " bytes of input are lost", console->name,
                  console->input_lost_bytes);
    console_release(console);
    return closed && lost_bytes == 0;
}
