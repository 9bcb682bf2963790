/* SPDX-License-Identifier: BSD-2-Clause */
/* See console_state.h. */
#include "vmm/host/console_state.h"

uint32_t console_input_count(const struct console *console)
{
    return byte_ring_used(&console->input);
}

uint32_t console_input_break(const struct console *console)
{
    if (!atomic_load(&console->has_break))
        return CONSOLE_NO_BREAK;
    return console->break_count - byte_ring_got_count(&console->input);
}

void console_input_copy(const struct console *console, uint8_t *bytes, uint32_t count)
{
    const struct byte_ring *ring = &console->input;
    uint32_t first = byte_ring_got_count(ring);

    for (uint32_t i = 0; i < count; i++)
        bytes[i] = ring->bytes[(first + i) & (ring->size - 1)];
}

void console_input_restore(struct console *console, const uint8_t *bytes, uint32_t count,
                           uint32_t break_after)
{
    uint32_t first = byte_ring_got_count(&console->input);

    for (uint32_t i = 0; i < count; i++)
        byte_ring_put(&console->input, bytes[i]);
    if (break_after > byte_ring_used(&console->input))
        return;
    console->break_count = first + break_after;
    atomic_store(&console->has_break, true);
}
