/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that has stopped for good: every vCPU has halted with interrupts off, or never ran. With
 * KVM's own interrupt controllers a HLT is no exit, so nothing tells of it.
 *
 * So the main loop looks now and then. A look compares the count of exits with that of the last
 * one. Only if there was none in between does it ask KVM, which takes every vCPU out of the guest
 * for a moment; and as a guest may rest without an exit, it then waits twice as long for the next
 * look. An NMI could still wake such a guest.
 *
 * A guest that sleeps (machine_sleep.h) is another matter.
 *
 * With --halt-in-guest it is not found: KVM does not know of those that halt.
 */
#ifndef VMM_MACHINE_HALT_WATCH_H
#define VMM_MACHINE_HALT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

#define HALT_WATCH_MIN_NS UINT64_C(1000000000)
#define HALT_WATCH_MAX_NS UINT64_C(64000000000)

/* All zeros before the first look. */
struct halt_watch {
    uint64_t exit_count;
    uint64_t interval_ns;
    /* It was found, and there was no exit since. */
    bool told;
};

/*
 * In the main thread, without the lock: looks. *next_ns is how long from now the next look is due.
 * True if the guest has stopped for good, and that was not told since its last exit.
 */
bool halt_watch_look(struct halt_watch *watch, struct machine *machine, uint64_t *next_ns);

#endif
