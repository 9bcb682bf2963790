/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a snapshot keeps of a console: input that the guest has not taken yet. In the main thread,
 * while the guest's side stands still.
 */
#ifndef VMM_HOST_CONSOLE_STATE_H
#define VMM_HOST_CONSOLE_STATE_H

#include <stdint.h>

#include "vmm/host/console.h"

#define CONSOLE_NO_BREAK UINT32_MAX

/* How many bytes there are: at most CONSOLE_INPUT_SIZE. */
uint32_t console_input_count(const struct console *console);

/* Before which of them a break comes, from 0 on; CONSOLE_NO_BREAK: there is none. */
uint32_t console_input_break(const struct console *console);

/* Copies the first count of them; they stay. */
void console_input_copy(const struct console *console, uint8_t *bytes, uint32_t count);

/*
 * Puts such bytes into a console that has had no input yet. What does not fit is left out, and a
 * break behind the bytes as well.
 */
void console_input_restore(struct console *console, const uint8_t *bytes, uint32_t count,
                           uint32_t break_after);

#endif
