/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steal time as a figure that the user gives: N percent of guest time, for experiments with guests
 * that believe to run at less than full share.
 *
 * Source: Linux Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME. Each vCPU names a page of
 * 64 bytes; bit 0 of the MSR enables, bits 5..1 must be 0. The version in the page is odd while it
 * is written. What is published is floor(guest time * N / 100), so it never falls, and all vCPUs
 * have the same. Its owner publishes it every STEAL_TIME_PERIOD_NS of guest time: a guest sees a
 * figure that is at most so old. The flag "preempted" stays 0: no vCPU says that it does not run.
 */
#ifndef KVMCLOCK_STEAL_TIME_H
#define KVMCLOCK_STEAL_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/kvmclock.h"

#define MSR_STEAL_TIME       0x4b564d03
#define STEAL_TIME_PERIOD_NS UINT64_C(10000000)

struct steal_time_page;

struct steal_time_vcpu {
    uint64_t msr;
    /* NULL while disabled. */
    struct steal_time_page *page;
};

struct steal_time {
    void *(*memory_at)(void *ctx, uint64_t gpa, uint64_t length_bytes);
    void *ctx;
    unsigned percent;
    unsigned vcpu_count;
    /* The latest guest time that was published; an earlier one counts as this. */
    uint64_t latest_ns;
    struct steal_time_vcpu vcpus[KVMCLOCK_MAX_VCPUS];
};

/*
 * Guest's write of a vCPU's MSR at guest time now_ns. False if the value is refused and the guest
 * is to get #GP: reserved bits, or not in RAM. Nothing has changed then.
 */
bool steal_time_write_msr(struct steal_time *steal, unsigned vcpu, uint64_t value, uint64_t now_ns);

/* Every enabled page as of guest time now_ns. */
void steal_time_publish(struct steal_time *steal, uint64_t now_ns);

#endif
