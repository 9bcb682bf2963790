/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steal time of the machine: --steal N% has the figure of kvmclock/steal_time.h published, by a
 * timer in guest time; --steal kvm leaves page and MSR to KVM, where it has them, which counts the
 * host's nanoseconds in which a vCPU's thread waited for a CPU.
 */
#ifndef VMM_MACHINE_MACHINE_STEAL_H
#define VMM_MACHINE_MACHINE_STEAL_H

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct vcpu;

void machine_steal_init(struct machine *machine);

/* Whether an MSR access is for this module. */
bool machine_steal_owns_msr(const struct machine *machine, uint32_t msr);

/* Under the lock, at guest time now_ns: false if the guest is to get #GP. */
bool machine_steal_write_msr(struct machine *machine, const struct vcpu *vcpu, uint64_t value,
                             uint64_t now_ns);

#endif
