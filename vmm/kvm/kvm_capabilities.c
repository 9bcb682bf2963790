/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvm_capabilities.h. Those that are required were all in Linux 5.16 or before. */
#include "vmm/kvm/kvm_capabilities.h"

#include <linux/kvm.h>

#define ROW(name, bits, required, absence)                                                         \
    {                                                                                              \
        name, #name, bits, required, absence                                                       \
    }

const struct kvm_capability kvm_capabilities[KVM_CAPABILITY_COUNT] = {
    ROW(KVM_CAP_IRQCHIP, 0, true, "no PIC, I/O APIC and local APICs"),
    ROW(KVM_CAP_USER_MEMORY, 0, true, "a guest cannot be given memory"),
    ROW(KVM_CAP_EXT_CPUID, 0, true, "a guest cannot be told what its CPU is"),
    ROW(KVM_CAP_IRQ_ROUTING, 0, true, "timer interrupts cannot be wired as on a PC"),
    ROW(KVM_CAP_IRQ_INJECT_STATUS, 0, true, "a tick that the guest has not got cannot be known of"),
    ROW(KVM_CAP_SIGNAL_MSI, 0, true, "the HPET cannot send its interrupts as messages"),
    ROW(KVM_CAP_IMMEDIATE_EXIT, 0, true, "a vCPU cannot be stopped for certain"),
    ROW(KVM_CAP_X86_USER_SPACE_MSR, 0, true, "kvm-clock cannot be published from user space"),
    ROW(KVM_CAP_X86_MSR_FILTER, 0, true, "writes of kvm-clock's MSRs cannot be taken from KVM"),
    ROW(KVM_CAP_VCPU_ATTRIBUTES, 0, true, "where a guest's TSC stands cannot be read"),
    ROW(KVM_CAP_IRQFD_RESAMPLE, 0, false,
        "an EOI is not told of: guest time paces the ticks of PIT and HPET that are made up for"),
    ROW(KVM_CAP_TSC_DEADLINE_TIMER, 0, false,
        "guests get no TSC-deadline timer, and count by the local APIC's own clock"),
    ROW(KVM_CAP_XEN_HVM, KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL, false,
        "a guest can ask KVM for the host's time: --rtc base=, --on-resume freeze and --ptp-kvm "
        "guest hide kvm-clock"),
    ROW(KVM_CAP_GET_TSC_KHZ, 0, false, "KVM's rate of the TSC is unknown: no --tsc"),
    ROW(KVM_CAP_TSC_CONTROL, 0, false, "KVM has no TSC scaling: no --tsc khz="),
    ROW(KVM_CAP_X86_DISABLE_EXITS, KVM_X86_DISABLE_EXITS_HLT, false, "no --halt-in-guest"),
    ROW(KVM_CAP_ADJUST_CLOCK, 0, false, "--kvmclock kernel goes on in a pause that freezes time"),
    ROW(KVM_CAP_KVMCLOCK_CTRL, 0, false,
        "with --kvmclock kernel a guest is not told that it was stopped"),
    ROW(KVM_CAP_X86_SMM, 0, false, "an SMI that a guest sends is ignored"),
    ROW(KVM_CAP_READONLY_MEM, 0, false, "a guest can write to the page of its VMGenID"),
};

bool kvm_capability_is_in(const struct kvm_capability *capability, int answer)
{
    return answer > 0 && (answer & capability->bits) == capability->bits;
}
