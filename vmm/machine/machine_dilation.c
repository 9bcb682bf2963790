/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_dilation.h. */
#include "vmm/machine/machine_dilation.h"

#include <errno.h>

#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

#define MILLI 1000
#define GHZ   1000000000

int machine_dilation_set_bus(struct machine *machine)
{
    const struct machine_config *config = machine->config;
    uint32_t kept_ns = config->apic_bus_ns;
    uint32_t ns = kept_ns != 0 ? kept_ns : dilation_apic_bus_ns(config->time_rate);

    if (kvm_set_apic_bus(&machine->kvm, ns))
        return 0;
    if (kept_ns != 0) {
        log_error("--time-rate: the guest's local APIC counts ticks of %u ns, which this KVM "
                  "cannot do (Linux before 6.11)",
                  ns);
        return -ENOTSUP;
    }
    machine->kvm.apic_bus_ns = 1;
    return 0;
}

static uint32_t bus_ns(const struct machine *machine)
{
    return machine->kvm.apic_bus_ns != 0 ? machine->kvm.apic_bus_ns : 1;
}

/* More than a nanosecond only where guest_ns is 1, so the product fits. */
struct dilation machine_dilation_of_bus(const struct machine *machine)
{
    struct dilation rate = machine->config->time_rate;

    rate.guest_ns *= bus_ns(machine);
    return rate;
}

uint32_t machine_dilation_bus_to_keep(const struct machine *machine)
{
    return dilation_is_one(machine->config->time_rate) ? 0 : bus_ns(machine);
}

uint64_t machine_dilation_resolution_ns(const struct machine *machine, uint64_t resolution_ns)
{
    struct dilation rate = machine->config->time_rate;

    /* The clock times k is rounded down as well. */
    return dilation_is_one(rate) ? resolution_ns : dilation_guest_ns(rate, resolution_ns) + 1;
}

void machine_dilation_say(const struct machine *machine)
{
    struct dilation rate = machine->config->time_rate;
    struct dilation bus = machine_dilation_of_bus(machine);
    uint64_t hz = tsc_ratio_apply(machine->vcpus[0].tsc.ratio,
                                  calibration_tsc_millihz(&machine->time.raw) / MILLI);

    if (dilation_is_one(rate))
        return;
    log_info("--time-rate: %u ns of guest time in %u of the host's: the guest finds a TSC of %llu "
             "Hz, and a local APIC that counts at %llu Hz",
             rate.guest_ns, rate.host_ns, (unsigned long long)dilation_host_ns(rate, hz),
             (unsigned long long)dilation_host_ns(bus, GHZ));
}
