/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches the console's output for the line with which Linux says why it panicked:
 *
 *     [    1.234567] Kernel panic - not syncing: REASON
 *
 * With panic=-1 the kernel then resets the machine at once, and a reset alone looks like a reboot.
 * So the line is evidence, not proof: a guest can print it without a panic. The machine asks only
 * after a reset, and the worst that a guest that lies gets is another exit status. The line counts
 * only where the text begins the line or follows "] ", the end of a time stamp.
 *
 * And for the line with which Linux begins a reboot, whose means may be a triple fault:
 *
 *     [    1.234567] reboot: Restarting system
 *
 * Pure: no clock, no I/O, bounded memory, a bounded amount of work for each byte.
 */
#ifndef VMM_MACHINE_PANIC_WATCH_H
#define VMM_MACHINE_PANIC_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define PANIC_WATCH_LINE_SIZE 256

/* Zeroed is the starting state. */
struct panic_watch {
    /* The line so far; what does not fit is left out. */
    char line[PANIC_WATCH_LINE_SIZE];
    unsigned line_length;
    bool found;
    bool restarting;
    /* The REASON of the first panic, bytes that are not printable ASCII shown as '?'. */
    char reason[PANIC_WATCH_LINE_SIZE];
};

/* The next byte that the guest sent to its console. */
void panic_watch_byte(struct panic_watch *watch, uint8_t byte);

/* The reason of the first panic, or NULL if none was seen. It may be empty. */
const char *panic_watch_reason(const struct panic_watch *watch);

/* Whether the guest has said that it restarts. */
bool panic_watch_is_restarting(const struct panic_watch *watch);

#endif
