/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IA32_TSC and IA32_TSC_ADJUST of each vCPU, as a device: what the guest's writes do. Reads make no
 * exit: the hardware and KVM answer them.
 *
 * Source: Intel SDM volume 3, 18.17.3. A write to either register adds to the other what it adds to
 * its own. Example: the TSC is at 1000 and IA32_TSC_ADJUST at 0; a write of 5000 to IA32_TSC makes
 * IA32_TSC_ADJUST 4000; a write of 0 to that sets the TSC back by 4000.
 *
 * The state is IA32_TSC_ADJUST: the TSC itself goes on with time, and is in what is kept of each
 * vCPU. Loading a state tells KVM nothing: who sets the vCPUs' registers sets this one too.
 */
#ifndef DEVICES_MSR_TSC_MSRS_H
#define DEVICES_MSR_TSC_MSRS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "kvmclock/guest_tsc.h"
#include "kvmclock/kvmclock.h"

struct tsc_msrs_state {
    /* Those of vCPUs that are not there are 0. */
    uint64_t adjust[KVMCLOCK_MAX_VCPUS];
};
static_assert(sizeof(struct tsc_msrs_state) == 8 * KVMCLOCK_MAX_VCPUS, "the state is the snapshot");

struct tsc_msrs_wiring {
    unsigned vcpu_count;
    /* The host's TSC now, and the vCPU's as it is; false if a write is to have no effect. */
    bool (*begin)(void *ctx, unsigned vcpu, uint32_t msr, uint64_t *host_tsc,
                  struct guest_tsc *tsc);
    /* Makes them so; false if it failed. */
    bool (*set)(void *ctx, unsigned vcpu, const struct guest_tsc *tsc, uint64_t adjust);
    void *ctx;
};

struct tsc_msrs {
    struct device dev;
    struct tsc_msrs_state state;
    struct tsc_msrs_wiring wiring;
};

void tsc_msrs_init(struct tsc_msrs *msrs, const struct tsc_msrs_wiring *wiring, uint64_t now_ns);

#endif
