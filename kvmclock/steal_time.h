/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steal time as a figure that the user gives: N percent of guest time, for experiments with guests
 * that believe to run at less than full share. Here are the page and the sums; the MSR, and when
 * the page is written, are devices/msr/steal_msr.h.
 *
 * Source: Linux Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME. Each vCPU names a page of
 * 64 bytes; bit 0 of the MSR enables, bits 5..1 must be 0. The version in the page is odd while it
 * is written. The flag "preempted" stays 0: no vCPU says that it does not run.
 *
 * How Linux accounts for it (kernel/sched/cputime.c): at each tick, of 1 to 10 ms, it takes what
 * the page has gained since the last one for stolen, and only the rest of the tick for the task
 * that runs. If the page has gained more than a tick, the excess comes on top of the time that has
 * passed, and all shares are wrong. So:
 * - The page is written in steps, several in the shortest tick. With a share of N percent, two
 *   steps that a tick apart sees must not add up to more than the tick: (tick + step) * N / 100 is
 *   at most a tick.
 * - What a late host could not show in time is owed, and shown at up to one nanosecond for each of
 *   guest time. What is owed for longer than STEAL_TIME_MAX_OWED_NS is dropped: Linux does not make
 *   up for the ticks of so long a stop either.
 *
 * Pure.
 */
#ifndef KVMCLOCK_STEAL_TIME_H
#define KVMCLOCK_STEAL_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define MSR_STEAL_TIME        0x4b564d03
#define STEAL_TIME_PAGE_BYTES 64
/* More is dropped. */
#define STEAL_TIME_MAX_OWED_NS UINT64_C(100000000)

/* Whether the MSR's value names a page, and where; reserved bits are the caller's matter. */
bool steal_time_is_enabled(uint64_t msr_value);
uint64_t steal_time_gpa(uint64_t msr_value);

/* Whether no reserved bit is set. */
bool steal_time_may_be(uint64_t msr_value);

/* What a page of STEAL_TIME_PAGE_BYTES shows, and to show steal_ns in it. */
uint64_t steal_time_read(const void *page);
void steal_time_write(void *page, uint64_t steal_ns);

/* How far apart writes of the page are, for a share of 0 to 99 percent: from 99.3 to 497 us. */
uint64_t steal_time_step_ns(unsigned percent);

/* The steal time of a vCPU. */
struct steal_time {
    /* What the page shows. */
    uint64_t shown_ns;
    /* Charged and not shown yet; at most STEAL_TIME_MAX_OWED_NS. */
    uint64_t owed_ns;
    /* The guest time that has been charged for. */
    uint64_t since_ns;
};

/*
 * Charges percent of the guest time up to now_ns, and shows what is owed: at most as much as has
 * passed, and at most the longest step. Whether there is something new to show.
 */
bool steal_time_charge(struct steal_time *steal, uint64_t now_ns, unsigned percent);

#endif
