/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_firmware.h. */
#include "vmm/machine/vcpu_firmware.h"

#include "boot/smram.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_regs.h"
#include "vmm/machine/machine.h"

/* Intel SDM volume 3A, 11.4 and 11.5.1: registers of the local APIC. */
#define LAPIC_SVR             0xf0
#define LAPIC_SVR_ENABLE      0x100u
#define LAPIC_SPURIOUS_VECTOR 0xffu
#define LAPIC_LVT0            0x350
#define LAPIC_LVT1            0x360
#define LAPIC_LVT_NMI         0x400u
#define LAPIC_LVT_EXTINT      0x700u

int vcpu_firmware_set_lapic(int fd)
{
    struct kvm_lapic_state state;
    int result = kvm_vcpu_get_lapic(fd, &state);

    if (result < 0)
        return result;
    lapic_reg_put(&state, LAPIC_SVR, LAPIC_SVR_ENABLE | LAPIC_SPURIOUS_VECTOR);
    lapic_reg_put(&state, LAPIC_LVT0, LAPIC_LVT_EXTINT);
    lapic_reg_put(&state, LAPIC_LVT1, LAPIC_LVT_NMI);
    return kvm_vcpu_set_lapic(fd, &state);
}

int vcpu_firmware_set_msrs(const struct vcpu *vcpu)
{
    int result = kvm_vcpu_set_firmware_msrs(vcpu->fd);

    if (result == 0 && vcpu->machine->kvm.has_smm && vcpu->index > 0)
        result = kvm_vcpu_set_msr(vcpu->fd, SMRAM_MSR_SMBASE, smram_base(vcpu->index));
    return result;
}
