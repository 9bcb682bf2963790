/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of a vCPU after a RESET, as a change of the state that it has.
 *
 * KVM has no call that resets a vCPU, and a new one in its place would need a new VM. So each part
 * is set here to what the processor has after RESET: Intel SDM volume 3A, table 10-1, and 11.4.7.1
 * for the local APIC. What is the host's or firmware's stays as it is: CPUID; which number the
 * local APIC has; TSC and IA32_TSC_ADJUST; MTRRs, microcode and capabilities.
 *
 * Pure.
 */
#ifndef VMM_KVM_VCPU_RESET_H
#define VMM_KVM_VCPU_RESET_H

#include "vmm/kvm/vcpu_state.h"

/*
 * The first vCPU, with index 0, is the bootstrap processor. Each one waits to be started
 * (KVM_MP_STATE_UNINITIALIZED), the first as well: who wants it to run says so afterwards. That is
 * why RIP is 0 and not FFF0h: of the first vCPU KVM takes registers at the reset vector as a wish
 * to run (kvm_arch_vcpu_ioctl_set_sregs).
 */
void vcpu_state_reset(struct vcpu_state *state, unsigned index);

/* What it has before its first instruction: real mode, at a physical address below 1 MiB. */
void vcpu_registers_at(struct kvm_regs *regs, struct kvm_sregs *sregs, uint32_t gpa);

#endif
