/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether this KVM runs kernel-mode code: instructions of stock kernels, each executed by a guest
 * of a few bytes in 64-bit kernel mode.
 *
 * A KVM on hardware with virtualization runs them as they are. One that interprets kernel code ends
 * at the first that its emulator lacks, with KVM_EXIT_INTERNAL_ERROR, and so would Linux. Of what
 * CPUID must offer, only that is tried which the guest finds there, as Linux would.
 */
#ifndef VMM_CMD_KERNEL_PROBE_H
#define VMM_CMD_KERNEL_PROBE_H

#include "check/doctor.h"
#include "vmm/kvm/kvm.h"

/*
 * Fills in instructions and their count; one that does not end is the last. kvm is open; its own
 * VM, if it has one, is left alone. It takes over SIGALRM and the real-time interval timer
 * meanwhile, against a guest that does not end. 0, or a negative errno after an error line, with
 * nothing left behind.
 */
int kernel_probe(const struct kvm *kvm, struct doctor_facts *facts);

#endif
