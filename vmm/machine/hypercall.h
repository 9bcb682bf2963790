/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls of the guest (VMCALL, VMMCALL), where KVM lets user space have them.
 *
 * KVM answers KVM_HC_CLOCK_PAIRING, the one behind Linux's ptp_kvm, with the host's CLOCK_REALTIME;
 * CPUID has no bit to hide it by. Where this KVM has KVM_CAP_XEN_HVM with INTERCEPT_HCALL (Linux
 * 5.12 with CONFIG_KVM_XEN) every hypercall comes here instead, always: whether guest time will
 * deviate from the host's is not known before the run, as a pause can make it so. What clock
 * pairing then gives, with the vCPU's TSC at that instant, is --ptp-kvm's to say:
 *
 *   guest, or unsaid  kvm-clock's wall time, a function of guest time
 *   host              the host's CLOCK_REALTIME, right to half the width of a bracket
 *   off               none: -KVM_EOPNOTSUPP, by which Linux's driver gives up
 *
 * All others do not exist (-KVM_ENOSYS); the features that need them are not in CPUID.
 *
 * Where KVM keeps them, a guest that sees KVM's signature can ask for the host's time, as with
 * --ptp-kvm host. If the options say that it is not to know it, by --ptp-kvm guest or off, by
 * --rtc base=, by --time-rate or by --on-resume freeze, the signature is hidden, and kvm-clock with
 * it; together with --kvmclock user or kernel, or --steal, that is an error. And without any of
 * these options a pause does not freeze guest time. The user is told each of it.
 *
 * Sources: Linux Documentation/virt/kvm/x86/hypercalls.rst; arch/x86/kvm/xen.c.
 */
#ifndef VMM_MACHINE_HYPERCALL_H
#define VMM_MACHINE_HYPERCALL_H

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct vcpu;

/*
 * Once the VM is there: finds out who answers hypercalls, and whether the signature must be hidden;
 * if so, a line tells the user. 0 or -errno after an error line; -ENOTSUP for options that
 * contradict each other on this KVM.
 */
int hypercall_prepare(struct machine *machine);

/* Whether the guest can have the host's time from KVM, and no option says that it may. */
bool hypercall_reaches_host(const struct machine *machine);

/* Whether we answer a guest that asks for a wall time. */
bool hypercall_is_answered(const struct machine *machine);

/* The wall time that a guest is told by hypercall now, without a fault. Under the lock. */
uint64_t hypercall_wall_ns(const struct machine *machine);

/* The vCPU's present exit is a hypercall: answers it. */
void hypercall_answer(struct vcpu *vcpu);

#endif
