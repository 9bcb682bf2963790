/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes from stdin to a console: see console.h. */
#include <errno.h>
#include <unistd.h>

#include "vmm/host/console.h"
#include "vmm/host/log.h"
#include "vmm/host/terminal.h"

static void console_put_key(struct console *console, uint8_t byte)
{
    if (byte_ring_put(&console->input, byte) != BYTE_RING_FULL)
        return;
    if (console->input_lost_bytes++ == 0)
        log_error("%s: the guest has left %d bytes of input unread; what comes beyond them is lost",
                  console->name, CONSOLE_INPUT_SIZE);
}

/* One waits at a time: a guest that has not taken it gains nothing by a second. */
static void console_put_break(struct console *console)
{
    if (atomic_load(&console->has_break))
        return;
    console->break_count = byte_ring_put_count(&console->input);
    atomic_store(&console->has_break, true);
}

/* Bytes from a terminal: keys, with the escape key among them. */
static unsigned console_accept_keys(struct console *console, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        switch (escape_parse(&console->escape, bytes[i])) {
        case ESCAPE_SEND:
            console_put_key(console, bytes[i]);
            break;
        case ESCAPE_DROP:
            break;
        case ESCAPE_BREAK:
            console_put_break(console);
            break;
        case ESCAPE_HELP:
            log_note("%s", ESCAPE_KEY_LIST);
            break;
        case ESCAPE_END:
            return CONSOLE_END;
        }
    return CONSOLE_INPUT;
}

static unsigned console_accept(struct console *console, const uint8_t *bytes, size_t count)
{
    if (console->interactive)
        return console_accept_keys(console, bytes, count);
    for (size_t i = 0; i < count; i++)
        byte_ring_put(&console->input, bytes[i]);
    return CONSOLE_INPUT;
}

/*
 * End of file or an error. The read of a terminal fails also if we have been moved into its
 * background, of which SIGCONT may have told since poll; otherwise it means that the terminal is
 * gone, and the user with it.
 */
static unsigned console_input_ended(struct console *console, bool failed)
{
    if (console->kind == CONSOLE_CLIENT) {
        console_client_input_ended(console, failed);
        return 0;
    }
    if (terminal_in_background()) {
        console->input_paused = true;
        return 0;
    }
    event_source_remove(&console->input_source);
    close(console->input_fd);
    console->input_fd = -1;
    return console->interactive ? CONSOLE_END : 0;
}

unsigned console_read_input(struct console *console)
{
    uint8_t bytes[256];
    uint32_t room = console->interactive ? sizeof bytes : byte_ring_room(&console->input);
    ssize_t count =
        read(console->input_fd, bytes, room < sizeof bytes ? (size_t)room : sizeof bytes);

    if (count > 0)
        return console_accept(console, bytes, (size_t)count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return console_input_ended(console, count < 0);
}
