/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU of KVM: its registers, its TSC, its local APIC, and running it.
 *
 * Functions that can fail return 0 or a negative errno and have then said, in one line, which call
 * failed; where they say nothing, that is said here. Source: Linux
 * Documentation/virt/kvm/api.rst and devices/vcpu.rst.
 */
#ifndef VMM_KVM_KVM_VCPU_H
#define VMM_KVM_KVM_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "vmm/kvm/kvm.h"

/*
 * A vCPU: its file descriptor and its shared kvm_run page (run_size_bytes long). Neither is set on
 * failure.
 */
int kvm_create_vcpu(struct kvm *kvm, unsigned index, int *vcpu_fd, struct kvm_run **run);
void kvm_destroy_vcpu(struct kvm *kvm, int vcpu_fd, struct kvm_run *run);

int kvm_vcpu_set_cpuid(int vcpu_fd, struct kvm_cpuid2 *table);
int kvm_vcpu_get_regs(int vcpu_fd, struct kvm_regs *regs);
/* KVM_MP_STATE_RUNNABLE and others: whether it runs, halts, or waits to be started. */
int kvm_vcpu_get_mp_state(int vcpu_fd, uint32_t *state);
int kvm_vcpu_set_mp_state(int vcpu_fd, uint32_t state);
int kvm_vcpu_set_regs(int vcpu_fd, const struct kvm_regs *regs);
int kvm_vcpu_get_sregs(int vcpu_fd, struct kvm_sregs *sregs);
int kvm_vcpu_set_sregs(int vcpu_fd, struct kvm_sregs *sregs);

/* MSRs as firmware leaves them: memory is write-back cached (MTRRs), fast string operations on. */
int kvm_vcpu_set_firmware_msrs(int vcpu_fd);

/* The offset that KVM says the vCPU's TSC has, see guest_tsc.h. */
int kvm_vcpu_get_tsc_offset(int vcpu_fd, uint64_t *offset_tsc);

/* The vCPU's TSC rate in kHz, as KVM has it, or a negative errno. */
int kvm_vcpu_get_tsc_khz(int vcpu_fd);

/* KVM may refuse them: 0, or a negative errno without a message. That it takes them says little. */
int kvm_vcpu_set_tsc_offset(int vcpu_fd, uint64_t offset_tsc);
int kvm_vcpu_set_tsc_khz(int vcpu_fd, uint32_t khz);

/* An MSR, as the host reads and writes it. */
int kvm_vcpu_get_msr(int vcpu_fd, uint32_t msr, uint64_t *value);
int kvm_vcpu_set_msr(int vcpu_fd, uint32_t msr, uint64_t value);

/* The registers of the local APIC; KVM counts its timer on from those that are set. */
int kvm_vcpu_get_lapic(int vcpu_fd, struct kvm_lapic_state *state);
int kvm_vcpu_set_lapic(int vcpu_fd, const struct kvm_lapic_state *state);

/* What KVM is about to inject, and what has just been. */
int kvm_vcpu_get_events(int vcpu_fd, struct kvm_vcpu_events *events);

/* GUEST_STOPPED in the page of KVM's own kvm-clock; nothing if the guest has not enabled it. */
void kvm_vcpu_guest_stopped(int vcpu_fd);

/* Queues an NMI; with KVM's local APICs the caller looks at LINT1 first. */
int kvm_vcpu_nmi(int vcpu_fd);

/* Guest-physical address of a linear address; false if it is not mapped. */
bool kvm_vcpu_translate(int vcpu_fd, uint64_t linear, uint64_t *gpa);

/* KVM_RUN: 0, or a negative errno without a message; -EINTR and -EAGAIN are a kick. */
int kvm_vcpu_run(int vcpu_fd);

#endif
