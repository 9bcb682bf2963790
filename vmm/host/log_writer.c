/* SPDX-License-Identifier: BSD-2-Clause */
/* See log_writer.h. */
#include "vmm/host/log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time_math.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/message_queue.h"
#include "vmm/host/standard_fds.h"
#include "vmm/host/terminal.h"

/*
 * Two locks, so that no thread that puts a message waits for a write of the event loop's:
 * `writing` is held by the one that writes, `queued` while the queue changes.
 */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t queued = PTHREAD_MUTEX_INITIALIZER;

/* Under `queued`. */
static struct message_queue queue;
static bool attached;

/* Fixed once open. */
static int output_fd = STDERR_FILENO;

/*
 * Under `writing`. Of the guest's output to the file that stderr is: its last line has no end, and
 * a message may break it.
 */
static bool guest_line_is_open;
static bool guest_line_may_be_broken = true;

/* The event loop's. */
static void (*write_guest_output)(void *ctx);
static void *write_guest_output_ctx;
static bool guest_output_goes_first;
static int wake_fd = -1;
static struct event_source wake_source;
static struct event_source output_source;
static struct event_deadline line_deadline;

/* 0 or -errno. While a guest runs nothing is opened, so log_writer_open does it before. */
static int open_wake(void)
{
    if (wake_fd < 0)
        wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wake_fd >= 0 ? 0 : -errno;
}

void log_writer_open(void)
{
    int fd = standard_fd_reopen(STDERR_FILENO, O_WRONLY);

    if (fd >= 0)
        output_fd = fd;
    open_wake();
}

void log_writer_renew(void)
{
    message_queue_drop(&queue, queue.used_bytes);
    queue.lost_count = 0;
    close(wake_fd);
    wake_fd = -1;
    open_wake();
}

bool log_writer_has_messages(void)
{
    bool empty;

    pthread_mutex_lock(&queued);
    empty = message_queue_is_empty(&queue);
    pthread_mutex_unlock(&queued);
    return !empty && !guest_output_goes_first;
}

static const char *line_end(void)
{
    return terminal_is_raw() && isatty(STDERR_FILENO) ? "\r\n" : "\n";
}

static size_t peek(char *line)
{
    const char *end = line_end();
    size_t length;

    pthread_mutex_lock(&queued);
    length = message_queue_peek(&queue, line, end);
    pthread_mutex_unlock(&queued);
    return length;
}

static void drop(size_t count)
{
    pthread_mutex_lock(&queued);
    message_queue_drop(&queue, count);
    pthread_mutex_unlock(&queued);
}

/*
 * How much of it stderr takes now. One that has failed takes all: there is no other to say it.
 */
static size_t write_some(const char *bytes, size_t length)
{
    ssize_t written = fd_takes_output(output_fd) ? write(output_fd, bytes, length) : 0;

    if (written < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : length;
    return (size_t)written;
}

/* Under `writing`: whether a message may begin; what the guest has left of a line is ended. */
static bool end_guest_line(void)
{
    const char *end = line_end();

    if (!guest_line_is_open)
        return true;
    if (!guest_line_may_be_broken || write_some(end, strlen(end)) == 0)
        return false;
    guest_line_is_open = false;
    return true;
}

/* Writes what stderr takes now. */
static void flush(void)
{
    char line[MESSAGE_LINE_BYTES];
    size_t length, written = 1;

    pthread_mutex_lock(&writing);
    while (written > 0 && (length = peek(line)) > 0 && end_guest_line()) {
        written = write_some(line, length);
        drop(written);
    }
    pthread_mutex_unlock(&writing);
}

void log_writer_put(const char *text)
{
    const char *end = line_end();
    bool loop_writes;

    pthread_mutex_lock(&queued);
    message_queue_put(&queue, text, end);
    loop_writes = attached;
    pthread_mutex_unlock(&queued);
    if (loop_writes)
        eventfd_write(wake_fd, 1);
    else
        flush();
}

static void let_guest_line_be_broken(bool value)
{
    pthread_mutex_lock(&writing);
    guest_line_may_be_broken = value;
    pthread_mutex_unlock(&writing);
}

/* While the loop is attached: what is left waits for stderr, or for the end of the guest's line. */
static void flush_and_wait(void)
{
    bool waits_for_guest;

    flush();
    waits_for_guest = guest_line_is_open && !guest_line_may_be_broken;
    event_source_wait_for(&output_source,
                          log_writer_has_messages() && !waits_for_guest ? POLLOUT : 0);
    if (!log_writer_has_messages()) {
        let_guest_line_be_broken(false);
        event_deadline_set(&line_deadline, TIME_NEVER_NS);
    } else if (waits_for_guest && line_deadline.at_ns == TIME_NEVER_NS) {
        event_deadline_set(&line_deadline, host_monotonic_ns() + LOG_WRITER_LINE_WAIT_NS);
    }
}

static void on_line_wait_over(void *ctx)
{
    (void)ctx;
    let_guest_line_be_broken(true);
    flush_and_wait();
}

void log_writer_guest_line(bool is_open)
{
    pthread_mutex_lock(&writing);
    guest_line_is_open = is_open;
    pthread_mutex_unlock(&writing);
    if (!is_open && wake_source.loop != NULL && log_writer_has_messages())
        flush_and_wait();
}

static void on_wake(void *ctx, short revents)
{
    eventfd_t wakes;

    (void)ctx;
    (void)revents;
    eventfd_read(wake_fd, &wakes);
    guest_output_goes_first = true;
    if (write_guest_output != NULL)
        write_guest_output(write_guest_output_ctx);
    guest_output_goes_first = false;
    flush_and_wait();
}

static void on_output(void *ctx, short revents)
{
    (void)ctx;
    (void)revents;
    flush_and_wait();
}

static void set_attached(bool value)
{
    pthread_mutex_lock(&queued);
    attached = value;
    pthread_mutex_unlock(&queued);
}

int log_writer_attach(struct event_loop *loop, void (*write_output)(void *ctx), void *ctx)
{
    int result = open_wake();

    write_guest_output = write_output;
    write_guest_output_ctx = ctx;
    if (result == 0)
        result = event_source_add(loop, &wake_source, wake_fd, POLLIN, on_wake, NULL);
    if (result == 0)
        result = event_source_add(loop, &output_source, output_fd, 0, on_output, NULL);
    if (result == 0)
        result = event_deadline_add(loop, &line_deadline, on_line_wait_over, NULL);
    if (result < 0) {
        log_writer_detach();
        return result;
    }
    let_guest_line_be_broken(false);
    set_attached(true);
    flush_and_wait();
    return 0;
}

void log_writer_detach(void)
{
    set_attached(false);
    event_source_remove(&wake_source);
    event_source_remove(&output_source);
    event_deadline_remove(&line_deadline);
    let_guest_line_be_broken(true);
    flush();
}

void log_writer_close(int wait_ms)
{
    struct pollfd output = {.fd = output_fd, .events = POLLOUT};

    do
        flush();
    while (log_writer_has_messages() && poll(&output, 1, wait_ms) > 0);
    if (output_fd != STDERR_FILENO)
        close(output_fd);
    output_fd = STDERR_FILENO;
    if (wake_fd >= 0)
        close(wake_fd);
    wake_fd = -1;
}
