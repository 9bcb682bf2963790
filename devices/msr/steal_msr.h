/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSR_KVM_STEAL_TIME, one of each vCPU: names the page in which the guest finds its steal time
 * (kvmclock/steal_time.h). The pages are written every STEAL_MSR_PERIOD_NS of guest time, so a
 * guest sees a figure that is at most so old. The timer begins with the first write of an MSR.
 */
#ifndef DEVICES_MSR_STEAL_MSR_H
#define DEVICES_MSR_STEAL_MSR_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/timerq.h"
#include "kvmclock/kvmclock.h"

#define STEAL_MSR_PERIOD_NS UINT64_C(10000000)

struct steal_msr_state {
    /* When the pages are written next; TIME_NEVER_NS before the first write of an MSR. */
    uint64_t next_ns;
    /* Those of vCPUs that are not there are 0. */
    uint64_t msrs[KVMCLOCK_MAX_VCPUS];
};
static_assert(sizeof(struct steal_msr_state) == 8 + 8 * KVMCLOCK_MAX_VCPUS,
              "the state is the snapshot");

struct steal_msr_wiring {
    struct timerq *timers;
    /* Place in the list of devices. */
    unsigned rank;
    unsigned percent;
    unsigned vcpu_count;
    /* Host pointer to length_bytes of guest RAM at gpa, or NULL if they are not all RAM. */
    void *(*memory_at)(void *ctx, uint64_t gpa, uint64_t length_bytes);
    /* The guest gets #GP for this value: reserved bits, or not in RAM. */
    void (*refused)(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value);
    void *ctx;
};

struct steal_msr {
    struct device dev;
    struct steal_msr_state state;
    struct steal_msr_wiring wiring;
    struct timer timer;
};

void steal_msr_init(struct steal_msr *steal, const struct steal_msr_wiring *wiring,
                    uint64_t now_ns);

#endif
