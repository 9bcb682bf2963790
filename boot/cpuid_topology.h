/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU topology in CPUID: one socket of cpu_count cores without SMT, APIC id = vCPU index, one
 * last-level cache for all. Every way in which a kernel asks gives this one answer:
 *   leaf 1                   APIC id, number of CPUs, HTT
 *   leaf 4 (Intel)           sharing of each cache, cores in the socket
 *   leaf 0xb                 subleaf 0 the SMT level, subleaf 1 the core level
 *   leaf 0x80000008 (AMD)    number of cores and width of the core part of an APIC id
 *   leaf 0x8000001d (AMD)    sharing of each cache
 *   leaf 0x8000001e (AMD)    APIC, core and node id
 *
 * Sources: Intel SDM volume 2A, CPUID, and volume 3A, section 9.9; AMD APM volume 3, appendix E.
 */
#ifndef BOOT_CPUID_TOPOLOGY_H
#define BOOT_CPUID_TOPOLOGY_H

#include <linux/kvm.h>

/*
 * Writes the topology of vCPU vcpu_index into cpuid, which has room for `capacity` entries.
 * cpu_count is 1 to 255, and vcpu_index below it. 0; -E2BIG if a leaf to add has no room.
 */
int cpuid_apply_topology(struct kvm_cpuid2 *cpuid, unsigned capacity, unsigned cpu_count,
                         unsigned vcpu_index);

#endif
