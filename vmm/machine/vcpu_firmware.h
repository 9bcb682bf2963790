/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What firmware sets in a vCPU that has not run since its reset. Each is 0, or a negative errno
 * after one error line.
 */
#ifndef VMM_MACHINE_VCPU_FIRMWARE_H
#define VMM_MACHINE_VCPU_FIRMWARE_H

struct vcpu;

/* Its MSRs. */
int vcpu_firmware_set_msrs(const struct vcpu *vcpu);

/*
 * As a BIOS leaves the local APIC of the first CPU: "virtual wire mode" (Intel MultiProcessor
 * Specification 1.4, section 3.6.2.2). Programs rely on that it is enabled. It has to be done when
 * all vCPUs are there: it is then that KVM finds the last one by its id.
 */
int vcpu_firmware_set_lapic(int vcpu_fd);

#endif
