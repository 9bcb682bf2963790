/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSRs that exit to user space: kvm-clock's, steal time's and the TSC's.
 */
#ifndef VMM_MACHINE_MACHINE_MSR_H
#define VMM_MACHINE_MACHINE_MSR_H

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct vcpu;

/* Under the lock: a captured MSR, of kvm-clock or the TSC. False if the guest is to get #GP. */
bool machine_read_clock_msr(struct machine *machine, const struct vcpu *vcpu, uint32_t msr,
                            uint64_t *value);
bool machine_write_clock_msr(struct machine *machine, struct vcpu *vcpu, uint32_t msr,
                             uint64_t value);

#endif
