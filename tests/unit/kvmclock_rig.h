/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm-clock over a little RAM and a host TSC that a test sets. */
#ifndef TESTS_UNIT_KVMCLOCK_RIG_H
#define TESTS_UNIT_KVMCLOCK_RIG_H

#include "kvmclock/kvmclock.h"

struct kvmclock_rig {
    uint8_t ram[4096] __attribute__((aligned(8)));
    uint64_t host_tsc;
    /* Added to host_tsc after each read of it by kvm-clock. */
    uint64_t host_tsc_step;
    unsigned host_tsc_reads;
    struct timebase timebase;
    struct kvmclock clock;
    uint32_t version_seen_by_host_tsc;
};

/* Guest time is 7 ns at host TSC 1000 and runs at 2 GHz; wall time 0 is 1700000000.123456789 s. */
void kvmclock_rig_init(struct kvmclock_rig *rig, unsigned vcpu_count);

struct pvclock_page *kvmclock_rig_page(struct kvmclock_rig *rig, uint64_t gpa);

/* The vCPU's page at gpa, with that TSC. */
void kvmclock_rig_enable(struct kvmclock_rig *rig, unsigned vcpu, uint64_t gpa,
                         const struct guest_tsc *tsc);

/* The host's TSC, and with an offset. */
extern const struct guest_tsc host_tsc_alone;
struct guest_tsc host_tsc_with_offset(uint64_t offset);

#endif
