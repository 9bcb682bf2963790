/* SPDX-License-Identifier: BSD-2-Clause */
/* See tsc_msrs.h. */
#include "devices/msr/tsc_msrs.h"

#include <stddef.h>

static struct tsc_msrs *msrs_of(struct device *dev)
{
    return (struct tsc_msrs *)dev;
}

/* It never makes #GP: what this host cannot do has no effect. */
static bool tsc_msrs_write(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                           uint64_t value)
{
    struct tsc_msrs *msrs = msrs_of(dev);
    const struct tsc_msrs_wiring *wiring = &msrs->wiring;
    uint64_t adjust = msrs->state.adjust[vcpu], host_tsc;
    struct guest_tsc before, after;

    (void)now_ns;
    if (!wiring->begin(wiring->ctx, vcpu, msr, &host_tsc, &before))
        return true;
    after = before;
    if (msr == MSR_TSC)
        after = guest_tsc_set(&before, host_tsc, value);
    else
        after.offset += value - adjust;
    adjust += after.offset - before.offset;
    if (wiring->set(wiring->ctx, vcpu, &after, adjust))
        msrs->state.adjust[vcpu] = adjust;
    return true;
}

static void tsc_msrs_reset(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    msrs_of(dev)->state = (struct tsc_msrs_state){0};
}

static bool tsc_msrs_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct tsc_msrs_state *state = saved;

    (void)now_ns;
    for (unsigned i = ((const struct tsc_msrs *)dev)->wiring.vcpu_count; i < KVMCLOCK_MAX_VCPUS;
         i++)
        if (state->adjust[i] != 0)
            return false;
    return true;
}

static const struct device_ops tsc_msrs_ops = {
    .name = "tsc_msrs",
    .write_msr = tsc_msrs_write,
    .reset = tsc_msrs_reset,
    .state_version = 1,
    .state_offset = offsetof(struct tsc_msrs, state),
    .state_size_bytes = sizeof(struct tsc_msrs_state),
    .state_is_valid = tsc_msrs_state_is_valid,
};

void tsc_msrs_init(struct tsc_msrs *msrs, const struct tsc_msrs_wiring *wiring, uint64_t now_ns)
{
    assert(wiring->vcpu_count <= KVMCLOCK_MAX_VCPUS);
    *msrs = (struct tsc_msrs){.dev = {&tsc_msrs_ops}, .wiring = *wiring};
    tsc_msrs_reset(&msrs->dev, now_ns);
}
