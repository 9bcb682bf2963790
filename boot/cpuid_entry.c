/* SPDX-License-Identifier: BSD-2-Clause */
/* See cpuid_entry.h. */
#include "boot/cpuid_entry.h"

#include <stddef.h>

static int entry_matches(const struct kvm_cpuid_entry2 *entry, uint32_t leaf, uint32_t subleaf)
{
    if (entry->function != leaf)
        return 0;
    return (entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX) == 0 || entry->index == subleaf;
}

struct kvm_cpuid_entry2 *cpuid_find(struct kvm_cpuid2 *cpuid, uint32_t leaf, uint32_t subleaf)
{
    for (unsigned i = 0; i < cpuid->nent; i++)
        if (entry_matches(&cpuid->entries[i], leaf, subleaf))
            return &cpuid->entries[i];
    return NULL;
}

struct kvm_cpuid_entry2 *cpuid_find_or_add(struct kvm_cpuid2 *cpuid, unsigned capacity,
                                           uint32_t leaf, uint32_t subleaf, uint32_t flags)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(cpuid, leaf, subleaf);

    if (entry != NULL)
        return entry;
    if (cpuid->nent >= capacity)
        return NULL;
    entry = &cpuid->entries[cpuid->nent++];
    *entry = (struct kvm_cpuid_entry2){.function = leaf, .index = subleaf, .flags = flags};
    return entry;
}

void cpuid_remove(struct kvm_cpuid2 *cpuid, uint32_t leaf, uint32_t first_subleaf)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < cpuid->nent; i++) {
        const struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

        if (entry->function != leaf || entry->index < first_subleaf)
            cpuid->entries[kept++] = *entry;
    }
    cpuid->nent = kept;
}
