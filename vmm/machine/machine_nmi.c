/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_nmi.h. */
#include "vmm/machine/machine_nmi.h"

#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_regs.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/quiesce.h"

/* Intel SDM volume 3A, 11.5.1. */
#define LVT_LINT1       0x360
#define LVT_MASKED      (1u << 16)
#define LVT_MODE(entry) ((entry) >> 8 & 7)
#define LVT_MODE_NMI    4

static bool takes_nmi(const struct kvm_lapic_state *state)
{
    uint32_t entry = lapic_reg_get(state, LVT_LINT1);

    return (entry & LVT_MASKED) == 0 && LVT_MODE(entry) == LVT_MODE_NMI;
}

/* While the vCPU is out of the guest, so that what LINT1 says does not change. */
static bool inject(const struct vcpu *vcpu)
{
    struct kvm_lapic_state state;

    return kvm_vcpu_get_lapic(vcpu->fd, &state) == 0 && takes_nmi(&state) &&
           kvm_vcpu_nmi(vcpu->fd) == 0;
}

bool machine_inject_nmi(struct machine *machine)
{
    bool was_kept_out;
    bool injected = false;

    machine_lock(machine);
    was_kept_out = quiesce_keep_out(machine);
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        injected = inject(&machine->vcpus[i]) || injected;
    quiesce_let_in(machine, was_kept_out);
    machine_unlock(machine);
    return injected;
}
