/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_msr.h. */
#include "vmm/machine/machine_msr.h"

#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_steal.h"
#include "vmm/machine/machine_tsc.h"

bool machine_read_clock_msr(struct machine *machine, const struct vcpu *vcpu, uint32_t msr,
                            uint64_t *value)
{
    if (machine_steal_owns_msr(machine, msr)) {
        *value = machine->steal.pages.vcpus[vcpu->index].msr;
        return true;
    }
    if (machine->config->kvmclock != KVMCLOCK_USER || !kvmclock_owns_msr(msr))
        return false;
    *value = kvmclock_read_msr(&machine->clock, vcpu->index, msr);
    return true;
}

static bool write_kvmclock_msr(struct machine *machine, const struct vcpu *vcpu, uint32_t msr,
                               uint64_t value)
{
    static struct log_tally refused = {.what = "kvm-clock MSR write refused"};
    struct guest_tsc tsc;

    if (machine->config->kvmclock != KVMCLOCK_USER || !kvmclock_owns_msr(msr) ||
        machine_tsc_get(vcpu, &tsc) != 0)
        return false;
    if (kvmclock_write_msr(&machine->clock, vcpu->index, msr, value, &tsc))
        return true;
    log_guest(&refused, "MSR 0x%x on vCPU %u: 0x%llx is not 4-byte aligned RAM", msr, vcpu->index,
              (unsigned long long)value);
    return false;
}

bool machine_write_clock_msr(struct machine *machine, struct vcpu *vcpu, uint32_t msr,
                             uint64_t value)
{
    if (machine_steal_owns_msr(machine, msr))
        return machine_steal_write_msr(machine, vcpu, value, machine_now(machine));
    if (!machine_tsc_owns_msr(msr))
        return write_kvmclock_msr(machine, vcpu, msr, value);
    machine_tsc_write_msr(machine, vcpu, msr, value);
    return true;
}
