/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSR_KVM_STEAL_TIME, one of each vCPU: names the page in which the guest finds its steal time
 * (kvmclock/steal_time.h). A vCPU is charged from the guest time at which it enables its page. The
 * figure goes on from what the page shows by then, as KVM's does: a new page begins at 0, and one
 * that is enabled again does not fall.
 *
 * All pages are written at the same times of guest time, steal_time_step_ns apart, from the first
 * write of an MSR on.
 *
 * A vCPU that is halted has nothing to be stolen. Whether it is, is asked at the end of each step,
 * and holds for the step. So guest time stays the only source of time: what comes from outside is
 * the fact alone. A step in which a vCPU was idle is not charged, its page is left as it is, and
 * nothing is owed any more.
 */
#ifndef DEVICES_MSR_STEAL_MSR_H
#define DEVICES_MSR_STEAL_MSR_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/timerq.h"
#include "kvmclock/kvmclock.h"
#include "kvmclock/steal_time.h"

struct steal_msr_state {
    /* The end of the step; TIME_NEVER_NS before the first write of an MSR. */
    uint64_t next_ns;
    /* Those of vCPUs that are not there are 0. */
    uint64_t msrs[KVMCLOCK_MAX_VCPUS];
    /* All 0 where the MSR names no page. */
    struct steal_time figures[KVMCLOCK_MAX_VCPUS];
};
static_assert(sizeof(struct steal_msr_state) == 8 + (8 + 24) * KVMCLOCK_MAX_VCPUS,
              "the state is the snapshot");

struct steal_msr_wiring {
    struct timerq *timers;
    /* Place in the list of devices. */
    unsigned rank;
    unsigned percent;
    unsigned vcpu_count;
    /* Host pointer to length_bytes of guest RAM at gpa, or NULL if they are not all RAM. */
    void *(*memory_at)(void *ctx, uint64_t gpa, uint64_t length_bytes);
    /* Whether the vCPU is halted just now. NULL: idle time is charged as all other is. */
    bool (*is_halted)(void *ctx, unsigned vcpu);
    /* The guest gets #GP for this value: reserved bits, or not in RAM. */
    void (*refused)(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value);
    void *ctx;
};

/* Not in a snapshot: a machine with a stalled vCPU is not saved. */
struct steal_stall {
    bool active;
    uint64_t since_ns;
};

struct steal_msr {
    struct device dev;
    struct steal_msr_state state;
    struct steal_msr_wiring wiring;
    uint64_t step_ns;
    struct timer timer;
    struct steal_stall stalls[KVMCLOCK_MAX_VCPUS];
};

void steal_msr_init(struct steal_msr *steal, const struct steal_msr_wiring *wiring,
                    uint64_t now_ns);

/* A fault: the share is another one from now on. */
void steal_msr_set_percent(struct steal_msr *steal, uint64_t now_ns, unsigned percent);

/*
 * From the one to the other the vCPU is held out of the guest. All of that time is stolen, whatever
 * the share, and is shown at the end at once, as KVM does for a vCPU that waits for a CPU. What was
 * owed before is still owed.
 */
void steal_msr_begin_stall(struct steal_msr *steal, uint64_t now_ns, unsigned vcpu);
void steal_msr_end_stall(struct steal_msr *steal, uint64_t now_ns, unsigned vcpu);

#endif
