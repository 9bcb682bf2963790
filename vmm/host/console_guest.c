/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest side of a console: see console.h. */
#include <sys/eventfd.h>

#include "vmm/host/console.h"

/* It fails only if the counter is at its maximum, and then the main thread is awake. */
static void console_wake(struct console *console)
{
    eventfd_write(console->wake_fd, 1);
}

bool console_put(struct console *console, uint8_t byte)
{
    if (console->kind == CONSOLE_NONE)
        return true;
    switch (byte_ring_put(&console->output, byte)) {
    case BYTE_RING_FULL:
        return false;
    case BYTE_RING_PUT_FIRST:
        if (!atomic_load(&console->output_rests))
            console_wake(console);
        break;
    case BYTE_RING_PUT_HALF:
        if (atomic_load(&console->output_rests))
            console_wake(console);
        break;
    case BYTE_RING_PUT:
        break;
    }
    return true;
}

static bool break_is_next(const struct console *console)
{
    return atomic_load(&console->has_break) &&
           byte_ring_got_count(&console->input) == console->break_count;
}

bool console_get_break(struct console *console)
{
    if (!break_is_next(console))
        return false;
    atomic_store(&console->has_break, false);
    return true;
}

bool console_get(struct console *console, uint8_t *byte)
{
    const uint8_t *bytes;

    /* In this order: who sees a byte that was put behind a break sees the break, too. */
    if (byte_ring_peek(&console->input, &bytes) == 0 || break_is_next(console))
        return false;
    *byte = bytes[0];
    byte_ring_drop(&console->input, 1);
    if (byte_ring_used(&console->input) == CONSOLE_INPUT_SIZE / 2)
        console_wake(console);
    return true;
}
