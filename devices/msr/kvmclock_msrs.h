/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSRs of kvm-clock, at which a guest names its pages, as a device. What the pages say, and
 * when they change, is kvmclock/kvmclock.h, which also tells what it takes to be refused.
 */
#ifndef DEVICES_MSR_KVMCLOCK_MSRS_H
#define DEVICES_MSR_KVMCLOCK_MSRS_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "kvmclock/kvmclock.h"

struct kvmclock_msrs_wiring {
    struct kvmclock_wiring clock;
    unsigned vcpu_count;
    /* The host's TSC is constant, and that of every vCPU one function of it: TSC_STABLE. */
    bool tsc_stable;
    /* The vCPU's TSC as it is now; false if it cannot be told. */
    bool (*get_tsc)(void *ctx, unsigned vcpu, struct guest_tsc *tsc);
    /* The guest gets #GP for this value. */
    void (*refused)(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value);
    void *ctx;
};

/* The state is that of the clock. Loading one wants guest time and the vCPUs' TSCs in place. */
struct kvmclock_msrs {
    struct device dev;
    struct kvmclock clock;
    struct kvmclock_msrs_wiring wiring;
};

void kvmclock_msrs_init(struct kvmclock_msrs *msrs, const struct kvmclock_msrs_wiring *wiring,
                        uint64_t now_ns);

#endif
