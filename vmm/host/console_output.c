/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes from a guest to the host's file, pipe or terminal: see console.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time_math.h"
#include "vmm/host/console.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/log_writer.h"
#include "vmm/host/standard_fds.h"

/* What a pipe that polls as writable takes without blocking (PIPE_BUF). */
#define WRITE_CHUNK_BYTES 4096

void console_collect_output(struct console *console)
{
    console->collects_output = true;
}

void console_limit_output(struct console *console, uint64_t limit_bytes)
{
    struct stat status;

    if (console->kind == CONSOLE_FILE && fstat(console->output_fd, &status) == 0 &&
        S_ISREG(status.st_mode))
        console->output_left_bytes = limit_bytes;
}

bool console_output_pending(const struct console *console)
{
    return byte_ring_used(&console->output) > 0;
}

bool console_reader_is_behind(const struct console *console)
{
    return console->kind != CONSOLE_CLIENT && console_output_pending(console);
}

uint32_t console_output_taken(const struct console *console)
{
    return byte_ring_got_count(&console->output);
}

void console_lose_output(struct console *console, uint32_t bytes)
{
    console->output_lost_bytes += bytes;
}

static void console_output_failed(struct console *console, const char *why)
{
    if (console->kind == CONSOLE_CLIENT) {
        console_client_output_failed(console);
        return;
    }
    if (!console->output_dead)
        log_error("%s: %s; what the guest sends from here on is lost", console->name, why);
    console->output_dead = true;
}

/* Where messages wait for the end of the guest's line, it ends there. */
static uint32_t length_up_to_message(const struct console *console, const uint8_t *bytes,
                                     uint32_t length)
{
    const uint8_t *end = NULL;

    if (console->shares_stderr && log_writer_has_messages())
        end = memchr(bytes, '\n', length);
    return end != NULL ? (uint32_t)(end - bytes) + 1 : length;
}

/* Returns how many of the bytes are done with, written or lost; 0 if they have to wait. */
static uint32_t console_write(struct console *console, const uint8_t *bytes, uint32_t length)
{
    ssize_t written;

    if (console->kind == CONSOLE_CLIENT && console->output_fd < 0) {
        console->unplugged_bytes += length;
        return length;
    }
    if (console->output_left_bytes == 0)
        console_output_failed(console, "the file has reached --output-limit");
    if (!console->output_dead) {
        if (length > console->output_left_bytes)
            length = (uint32_t)console->output_left_bytes;
        length = length_up_to_message(console, bytes, length);
        if (!fd_takes_output(console->output_fd))
            return 0;
        written = write(console->output_fd, bytes, length);
        if (written >= 0) {
            console->output_left_bytes -= (uint64_t)written;
            if (console->shares_stderr && written > 0)
                log_writer_guest_line(bytes[written - 1] != '\n');
            return (uint32_t)written;
        }
        if (errno == EAGAIN || errno == EINTR)
            return 0;
        console_output_failed(console, strerror(errno));
    }
    if (console->kind == CONSOLE_CLIENT)
        console->unplugged_bytes += length;
    else
        console->output_lost_bytes += length;
    return length;
}

/*
 * At most one ring's worth, so that a guest that never stops sending cannot keep the main thread
 * here; the rest is found by the next poll.
 */
static unsigned console_flush(struct console *console)
{
    unsigned events = 0;
    uint32_t budget_bytes = CONSOLE_OUTPUT_SIZE;

    while (budget_bytes >= WRITE_CHUNK_BYTES) {
        const uint8_t *bytes;
        uint32_t length = byte_ring_peek(&console->output, &bytes);

        if (length > WRITE_CHUNK_BYTES)
            length = WRITE_CHUNK_BYTES;
        length = length > 0 ? console_write(console, bytes, length) : 0;
        if (length == 0)
            break;
        if (byte_ring_drop(&console->output, length))
            events |= CONSOLE_ROOM;
        budget_bytes -= length;
    }
    console->output_waits = console_output_pending(console);
    return events;
}

/*
 * The rest begins before the bytes are taken: whatever the guest puts from then on is looked at
 * when the rest is over, or when the file takes output again.
 */
unsigned console_write_output(struct console *console, uint64_t rest_ns)
{
    unsigned events;

    if (!console_output_pending(console))
        return 0;
    atomic_store(&console->output_rests, console->collects_output);
    events = console_flush(console);
    console->output_rest_ns = rest_ns;
    event_deadline_set(&console->output_rest_deadline,
                       console->collects_output && !console->output_waits
                           ? host_monotonic_ns() + rest_ns
                           : TIME_NEVER_NS);
    return events;
}

/*
 * A byte that the guest puts before it sees that the rest is over is seen here, and for one that it
 * puts later it wakes this thread: both store before they load, in sequentially consistent order.
 */
unsigned console_end_rest(struct console *console, uint64_t next_ns)
{
    atomic_store(&console->output_rests, false);
    event_deadline_set(&console->output_rest_deadline, TIME_NEVER_NS);
    return console_write_output(console, next_ns);
}
