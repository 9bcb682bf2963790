/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvmclock_msrs.h. */
#include "devices/msr/kvmclock_msrs.h"

#include <stddef.h>

static struct kvmclock_msrs *msrs_of(struct device *dev)
{
    return (struct kvmclock_msrs *)dev;
}

static bool kvmclock_msrs_read(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                               uint64_t *value)
{
    (void)now_ns;
    *value = kvmclock_read_msr(&msrs_of(dev)->clock, vcpu, msr);
    return true;
}

static bool kvmclock_msrs_write(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                                uint64_t value)
{
    struct kvmclock_msrs *msrs = msrs_of(dev);
    const struct kvmclock_msrs_wiring *wiring = &msrs->wiring;
    struct guest_tsc tsc;

    (void)now_ns;
    if (!wiring->get_tsc(wiring->ctx, vcpu, &tsc))
        return false;
    if (kvmclock_write_msr(&msrs->clock, vcpu, msr, value, &tsc))
        return true;
    wiring->refused(wiring->ctx, vcpu, msr, value);
    return false;
}

static void kvmclock_msrs_reset(struct device *dev, uint64_t now_ns)
{
    (void)now_ns;
    kvmclock_reset(&msrs_of(dev)->clock);
}

static bool kvmclock_msrs_state_is_valid(const struct device *dev, uint64_t now_ns,
                                         const void *state)
{
    (void)now_ns;
    return kvmclock_state_is_valid(&((const struct kvmclock_msrs *)dev)->clock, state);
}

static void kvmclock_msrs_rearm(struct device *dev, uint64_t now_ns)
{
    struct kvmclock_msrs *msrs = msrs_of(dev);

    (void)now_ns;
    kvmclock_rearm(&msrs->clock, msrs->wiring.get_tsc, msrs->wiring.ctx);
}

static const struct device_ops kvmclock_msrs_ops = {
    .name = "kvmclock_msrs",
    .read_msr = kvmclock_msrs_read,
    .write_msr = kvmclock_msrs_write,
    .reset = kvmclock_msrs_reset,
    .state_version = 1,
    .state_offset = offsetof(struct kvmclock_msrs, clock.state),
    .state_size_bytes = sizeof(struct kvmclock_state),
    .state_is_valid = kvmclock_msrs_state_is_valid,
    .rearm = kvmclock_msrs_rearm,
};

void kvmclock_msrs_init(struct kvmclock_msrs *msrs, const struct kvmclock_msrs_wiring *wiring,
                        uint64_t now_ns)
{
    (void)now_ns;
    *msrs = (struct kvmclock_msrs){.dev = {&kvmclock_msrs_ops}, .wiring = *wiring};
    kvmclock_init(&msrs->clock, &wiring->clock, wiring->vcpu_count, wiring->tsc_stable);
}
