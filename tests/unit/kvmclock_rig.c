/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvmclock_rig.h. */
#include "tests/unit/kvmclock_rig.h"

#include "tests/unit/unit.h"

const struct guest_tsc host_tsc_alone = {.ratio = TSC_RATIO_ONE};

struct guest_tsc host_tsc_with_offset(uint64_t offset)
{
    return (struct guest_tsc){TSC_RATIO_ONE, offset};
}

static void *rig_memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    struct kvmclock_rig *rig = ctx;

    return gpa <= sizeof rig->ram && length_bytes <= sizeof rig->ram - gpa ? rig->ram + gpa : NULL;
}

static uint64_t rig_host_tsc(void *ctx)
{
    struct kvmclock_rig *rig = ctx;
    uint64_t host_tsc = rig->host_tsc;

    rig->version_seen_by_host_tsc = ((struct pvclock_page *)rig->ram)->version;
    rig->host_tsc_reads++;
    rig->host_tsc += rig->host_tsc_step;
    return host_tsc;
}

void kvmclock_rig_init(struct kvmclock_rig *rig, unsigned vcpu_count)
{
    *rig = (struct kvmclock_rig){.host_tsc = 5000};
    rig->timebase = timebase_start(1000, 7, pvclock_scale_from_ratio(1, 2), TSC_RATIO_ONE);
    kvmclock_init(&rig->clock,
                  &(struct kvmclock_wiring){rig_memory_at, rig_host_tsc, rig, &rig->timebase,
                                            UINT64_C(1700000000123456789)},
                  vcpu_count, true);
}

struct pvclock_page *kvmclock_rig_page(struct kvmclock_rig *rig, uint64_t gpa)
{
    return (struct pvclock_page *)(rig->ram + gpa);
}

void kvmclock_rig_enable(struct kvmclock_rig *rig, unsigned vcpu, uint64_t gpa,
                         const struct guest_tsc *tsc)
{
    assert_true(kvmclock_write_msr(&rig->clock, vcpu, MSR_SYSTEM_TIME, gpa | 1, tsc));
}
