/* SPDX-License-Identifier: BSD-2-Clause */
/* The steal time MSR with a little memory and a timer queue, for its tests. */
#ifndef TESTS_UNIT_STEAL_RIG_H
#define TESTS_UNIT_STEAL_RIG_H

#include "tests/unit/unit.h"

#include <string.h>

#include "devices/msr/steal_msr.h"
#include "kvmclock/steal_time.h"

/* Of a share of up to 66 %. */
#define STEP_NS  UINT64_C(497000)
#define PAGE_GPA 64

struct steal_rig {
    uint8_t ram[4096] __attribute__((aligned(64)));
    struct timerq timers;
    struct steal_msr steal;
    unsigned refusals;
    bool is_halted[2];
};

static inline void *steal_rig_memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    struct steal_rig *rig = ctx;

    return gpa <= sizeof rig->ram && length_bytes <= sizeof rig->ram - gpa ? rig->ram + gpa : NULL;
}

static inline void steal_rig_refused(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct steal_rig *rig = ctx;

    (void)vcpu;
    (void)value;
    assert_int_equal(msr, MSR_STEAL_TIME);
    rig->refusals++;
}

static inline bool steal_rig_is_halted(void *ctx, unsigned vcpu)
{
    const struct steal_rig *rig = ctx;

    return rig->is_halted[vcpu % 2];
}

static inline void steal_rig_init(struct steal_rig *rig, unsigned percent, unsigned vcpu_count)
{
    const struct steal_msr_wiring wiring = {
        .timers = &rig->timers,
        .percent = percent,
        .vcpu_count = vcpu_count,
        .memory_at = steal_rig_memory_at,
        .is_halted = steal_rig_is_halted,
        .refused = steal_rig_refused,
        .ctx = rig,
    };

    memset(rig, 0, sizeof *rig);
    steal_msr_init(&rig->steal, &wiring, 0);
}

static inline bool steal_rig_write_msr(struct steal_rig *rig, unsigned vcpu, uint64_t value,
                                       uint64_t now_ns)
{
    struct device *dev = &rig->steal.dev;

    timerq_run(&rig->timers, now_ns);
    return dev->ops->write_msr(dev, now_ns, vcpu, MSR_STEAL_TIME, value);
}

static inline uint64_t steal_rig_ns(const struct steal_rig *rig, uint64_t gpa)
{
    uint64_t value;

    memcpy(&value, rig->ram + gpa, sizeof value);
    return value;
}

#endif
