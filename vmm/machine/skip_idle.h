/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --skip-idle: while every vCPU is idle, guest time jumps to when the first of them is woken, so a
 * guest that sleeps for an hour does not take one.
 *
 * It is the timer thread's. A look begins with KVM's statistics, which disturb nobody: if every
 * vCPU sleeps in KVM_RUN they are kept out of the guest (quiesce_keep_out), a time cut begins, and
 * each is judged by what KVM has of it (idle_vcpu.h). If all are idle, guest time jumps to the
 * earliest of
 *
 *   the next timer of a chip
 *   the local APIC's timer of each vCPU
 *   what is to be done at a guest time: a fault of --at, a snapshot of --snapshot-at
 *
 * as by the fault `jump`, but that no tick is left out: none lies within the jump. Without any of
 * these the guest waits for somebody outside, and so does guest time. All of it is under the lock,
 * so no chip interrupts meanwhile; and a vCPU that was seen to sleep has looked at what its
 * interrupt controllers have for it as it left KVM_RUN, so that it is halted no more if there is
 * something.
 *
 * After a jump the next look is soon, as a guest is often woken for microseconds. After looks that
 * found nothing to skip they come less often. A guest that was found to wait for somebody outside
 * is left alone, until KVM's statistics say that it has run, or a chip has a timer. Input for the
 * console is outside: it comes at the guest time that there is when it is typed.
 *
 * max-speed=N: what is skipped, and what passes by itself, is at most N guest seconds in a second
 * of the host. until=TIME ends it at that guest time.
 *
 * It needs TSC offsets that take effect, and statistics of the vCPUs. It is refused with what keeps
 * the guest at the host's time, of which skip_idle_prepare tells, and with --steal N%, whose steps
 * leave no idle time. A guest whose idle time is skipped has its own date: vmclock tells that, as
 * with `--rtc base=DATE`.
 */
#ifndef VMM_MACHINE_SKIP_IDLE_H
#define VMM_MACHINE_SKIP_IDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/machine/machine_state.h"

struct machine;

/* A jump of less is not worth what it takes; and how long it is between two looks. */
#define SKIP_IDLE_LEAST_NS    100000
#define SKIP_IDLE_LOOK_MIN_NS 50000
#define SKIP_IDLE_LOOK_MAX_NS 1000000
/* The same while the guest waits for somebody outside. */
#define SKIP_IDLE_LOOK_OUTSIDE_NS 20000000

/*
 * Once the machine is made, before machine_start. Nothing without --skip-idle. 0, or a negative
 * errno after an error line that says why idle time cannot be skipped here.
 */
int skip_idle_prepare(struct machine *machine);

/* After the end of the run; nothing if it was not prepared. */
void skip_idle_release(struct machine *machine);

/* Whether idle time can be skipped in this run. */
bool skip_idle_is_possible(const struct machine *machine);

/* Under the lock. It is possible. */
void skip_idle_switch(struct machine *machine, bool on);

/* Under the lock: that guest time does not jump past guest_ns; TIME_NEVER_NS: it may. */
void skip_idle_stop_at(struct machine *machine, enum skip_visitor visitor, uint64_t guest_ns);

/*
 * In the timer thread, under the lock, with no pause: looks if that is due, and jumps. True: guest
 * time has jumped.
 */
bool skip_idle_look(struct machine *machine);

/* Under the lock: when to look next, by CLOCK_MONOTONIC; TIME_NEVER_NS: not. */
uint64_t skip_idle_due_monotonic_ns(const struct machine *machine);

/* At the end of a run: with --verbose, says what was skipped. */
void skip_idle_report(const struct machine *machine);

#endif
