/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entries of a struct kvm_cpuid2: finding, adding and removing leaves.
 *
 * A leaf without KVM_CPUID_FLAG_SIGNIFCANT_INDEX is the same for every subleaf. A leaf that is not
 * there reads as 0 in the guest, if it is not above the highest leaf.
 */
#ifndef BOOT_CPUID_ENTRY_H
#define BOOT_CPUID_ENTRY_H

#include <stdint.h>

#include <linux/kvm.h>

/* The entry for (leaf, subleaf), or NULL. */
struct kvm_cpuid_entry2 *cpuid_find(struct kvm_cpuid2 *cpuid, uint32_t leaf, uint32_t subleaf);

/*
 * The entry for (leaf, subleaf). If there is none, an entry of zeros with these flags is added;
 * NULL if there is no room for it in `capacity` entries.
 */
struct kvm_cpuid_entry2 *cpuid_find_or_add(struct kvm_cpuid2 *cpuid, unsigned capacity,
                                           uint32_t leaf, uint32_t subleaf, uint32_t flags);

/* Removes the entries of leaf from subleaf first_subleaf on. The others keep their order. */
void cpuid_remove(struct kvm_cpuid2 *cpuid, uint32_t leaf, uint32_t first_subleaf);

/* Replaces the bits of *reg in mask by those of value. */
static inline void cpuid_put_bits(uint32_t *reg, uint32_t mask, uint32_t value)
{
    *reg = (*reg & ~mask) | (value & mask);
}

#endif
