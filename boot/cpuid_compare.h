/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest was told of its CPU, beside what another host can offer: a guest that has seen a
 * feature uses it, whether it is still there or not.
 *
 * Compared are the vendor, and each bit that says that a feature is there, by the names that Linux
 * has in /proc/cpuinfo; one without a name is called by its place. Left out are bits that follow
 * what the guest does (OSXSAVE, OSPKE, MONITOR), and two that say that something is missing. Model,
 * caches, topology and the width of addresses are not features.
 *
 * Pure. Sources: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E; Linux
 * Documentation/virt/kvm/x86/cpuid.rst and arch/x86/include/asm/cpufeatures.h.
 */
#ifndef BOOT_CPUID_COMPARE_H
#define BOOT_CPUID_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

#include "base/text.h"

struct cpuid_table {
    const struct kvm_cpuid_entry2 *entries;
    uint32_t count;
};

/*
 * False if `offered` lacks what `told` has: lacks then has the names of features with a comma
 * between them, as many as there is room for; or the two vendors.
 */
bool cpuid_compare(const struct cpuid_table *told, const struct cpuid_table *offered,
                   struct text *lacks);

#endif
