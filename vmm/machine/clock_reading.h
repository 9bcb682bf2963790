/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every clock of the guest shows at one instant, for somebody outside who asks.
 */
#ifndef VMM_MACHINE_CLOCK_READING_H
#define VMM_MACHINE_CLOCK_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/pit.h"
#include "kvmclock/dilation.h"
#include "kvmclock/guest_tsc.h"
#include "vmm/host/host_clock.h"

struct machine;

/* A vCPU's TSC: as a function of the host's, and its value at the instant. */
struct vcpu_clock {
    struct guest_tsc function;
    uint64_t tsc;
};

struct clock_reading {
    /* Guest time stands still, in a pause: the clocks are as they were then. */
    bool is_stopped;
    uint64_t guest_ns;
    /* The instant. In a pause it is now, and the clocks are of its begin. */
    struct host_instant host;
    /* The host's TSC as measured; the bound is that of calibration_bound_ppt. */
    uint64_t tsc_millihz;
    uint64_t bound_ppt;
    /* How far guest time is behind the date that it follows. */
    bool follows_date;
    int64_t left_ns;
    /* Guest time by the host's; zeros: the same. */
    struct dilation time_rate;
    /* KVM's own clock with --kvmclock kernel, or else what the pages say. */
    bool has_kvm_clock;
    uint64_t kvm_clock_ns;
    /* Idle time that was skipped, since the start of the run. */
    bool may_skip_idle;
    bool skips_idle;
    uint64_t jump_count;
    uint64_t skipped_ns;
    /* The wall clock that kvm-clock tells, UTC since 1970. */
    uint64_t wall_ns;
    bool rtc_shows_date;
    int64_t rtc_ns;
    bool has_hpet;
    uint64_t hpet_ticks;
    bool has_pm_timer;
    uint32_t pm_timer_ticks;
    uint16_t pit_counts[PIT_COUNTERS];
    /* The caller's, with room for vcpu_count. */
    unsigned vcpu_count;
    struct vcpu_clock *vcpus;
};

/*
 * In the main thread, without the lock. vcpus and vcpu_count are set. It keeps the vCPUs out of the
 * guest for a moment, as KVM tells a vCPU's offset only then. 0, or -errno after an error line.
 */
int clock_reading_take(struct clock_reading *reading, struct machine *machine);

#endif
