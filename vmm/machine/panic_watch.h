/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches the console's output for what a Linux kernel says of its end:
 *
 *     [    1.234567] Kernel panic - not syncing: REASON
 *     [    1.234567] reboot: Restarting system
 *     [    1.234567] reboot: Power down
 *
 * With panic=-1 the kernel resets the machine at once, and a reset alone looks like a reboot. A
 * reboot may be a triple fault. So the lines are evidence, not proof: a program can print them.
 * They count only
 * - with the kernel's time stamp, behind which may be who said it ("[    T1]");
 * - a panic if no reboot or power-off in order was said after it;
 * - and for the machine, only before a reset (see guest_end.h).
 *
 * Pure: no clock, no I/O, bounded memory, a bounded amount of work for each byte.
 */
#ifndef VMM_MACHINE_PANIC_WATCH_H
#define VMM_MACHINE_PANIC_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define PANIC_WATCH_LINE_SIZE 256

/* What the latest of the kernel's own lines has said. */
enum panic_watch_end { PANIC_WATCH_NONE, PANIC_WATCH_PANIC, PANIC_WATCH_RESTART, PANIC_WATCH_OFF };

/* Zeroed is the starting state. */
struct panic_watch {
    /* The line so far; what does not fit is left out. */
    char line[PANIC_WATCH_LINE_SIZE];
    unsigned line_length;
    enum panic_watch_end end;
    /* panic_watch_byte has been true. */
    bool panic_is_told;
    /* There is a reason, and whether it is the kernel's, not text without a time stamp. */
    bool has_reason;
    bool reason_is_kernels;
    /* The REASON of the first panic, bytes that are not printable ASCII shown as '?'. */
    char reason[PANIC_WATCH_LINE_SIZE];
};

/* The next byte that the guest sent to its console. True if it ends the line of the kernel's
 * first panic. */
bool panic_watch_byte(struct panic_watch *watch, uint8_t byte);

/* Whether the guest's kernel has said that it panicked, and nothing of its end since. */
bool panic_watch_has_panicked(const struct panic_watch *watch);

/*
 * The reason of the kernel's first panic, or else of the first text that looks like one, or NULL.
 * It may be empty. It does not prove a panic.
 */
const char *panic_watch_reason(const struct panic_watch *watch);

/* Whether there is a reason, and only text without a time stamp has said it. */
bool panic_watch_is_in_doubt(const struct panic_watch *watch);

/* Whether the guest's kernel has said that it restarts, and no panic since. */
bool panic_watch_is_restarting(const struct panic_watch *watch);

#endif
