/* SPDX-License-Identifier: BSD-2-Clause */
/* See cpuid_topology.h. */
#include "boot/cpuid_topology.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "boot/cpuid_entry.h"

#define LEAF1_EDX_HTT              (1u << 28)
#define LEAF8_01_ECX_CMP_LEGACY    (1u << 1)
#define LEAF8_01_ECX_TOPOEXT       (1u << 22)
#define CACHE_TYPE(eax)            ((eax)&0x1f)
#define CACHE_LEVEL(eax)           (((eax) >> 5) & 7)
#define CACHE_EAX_SHARING_SHIFT    14
#define CACHE_EAX_SHARING_MASK     (0xfffu << CACHE_EAX_SHARING_SHIFT)
#define LEAF4_EAX_CORES_SHIFT      26
#define LEAF4_EAX_CORES_MASK       (0x3fu << LEAF4_EAX_CORES_SHIFT)
#define LEAF4_CORES_MAX            64
#define LEAFB_LEVEL_TYPE_SMT       1
#define LEAFB_LEVEL_TYPE_CORE      2
#define LEAF8_08_ECX_ID_SIZE_SHIFT 12

struct topology {
    struct kvm_cpuid2 *cpuid;
    unsigned capacity;
    unsigned cpu_count;
    unsigned apic_id;
    /* Bits of an APIC id that tell the cores apart, and how many ids they can make. */
    unsigned id_bits;
    unsigned id_count;
};

/* The first four letters of the vendor name in EBX of leaf 0. */
static bool vendor_is_amd(struct kvm_cpuid2 *cpuid)
{
    const struct kvm_cpuid_entry2 *entry = cpuid_find(cpuid, 0, 0);
    const uint32_t auth = 0x68747541, hygo = 0x6f677948;

    return entry != NULL && (entry->ebx == auth || entry->ebx == hygo);
}

/* Whether the leaf is not above the highest one. base is 0 or 0x80000000; its EAX says which. */
static bool leaf_is_in_range(struct kvm_cpuid2 *cpuid, uint32_t base, uint32_t leaf)
{
    const struct kvm_cpuid_entry2 *entry = cpuid_find(cpuid, base, 0);

    return entry != NULL && entry->eax >= leaf;
}

static void apply_leaf_1(const struct topology *t)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(t->cpuid, 1, 0);

    if (entry == NULL)
        return;
    cpuid_put_bits(&entry->ebx, 0xffff0000, t->apic_id << 24 | t->cpu_count << 16);
    cpuid_put_bits(&entry->edx, LEAF1_EDX_HTT, t->cpu_count > 1 ? LEAF1_EDX_HTT : 0);
}

/* The caches of levels 1 and 2 belong to one core. Those above are shared by `sharers`. */
static void apply_cache_sharing(struct kvm_cpuid_entry2 *entry, unsigned sharers)
{
    unsigned others = CACHE_LEVEL(entry->eax) >= 3 ? sharers - 1 : 0;

    cpuid_put_bits(&entry->eax, CACHE_EAX_SHARING_MASK, others << CACHE_EAX_SHARING_SHIFT);
}

/* Leaf 4 counts the APIC ids that there could be, leaf 0x8000001d those that there are. */
static void apply_caches(const struct topology *t)
{
    unsigned cores = t->id_count < LEAF4_CORES_MAX ? t->id_count : LEAF4_CORES_MAX;

    for (unsigned i = 0; i < t->cpuid->nent; i++) {
        struct kvm_cpuid_entry2 *entry = &t->cpuid->entries[i];

        if (CACHE_TYPE(entry->eax) == 0)
            continue;
        if (entry->function == 4) {
            apply_cache_sharing(entry, t->id_count);
            cpuid_put_bits(&entry->eax, LEAF4_EAX_CORES_MASK, (cores - 1) << LEAF4_EAX_CORES_SHIFT);
        } else if (entry->function == 0x8000001d) {
            apply_cache_sharing(entry, t->cpu_count);
        }
    }
}

static int put_leaf_b_level(const struct topology *t, uint32_t subleaf, uint32_t type,
                            uint32_t id_bits, uint32_t cpus)
{
    struct kvm_cpuid_entry2 *entry =
        cpuid_find_or_add(t->cpuid, t->capacity, 0xb, subleaf, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);

    if (entry == NULL)
        return -E2BIG;
    entry->eax = id_bits;
    entry->ebx = cpus;
    entry->ecx = type << 8 | subleaf;
    entry->edx = t->apic_id;
    return 0;
}

/* The SMT level has one CPU and no bit of the APIC id; the core level has id_bits of them. */
static int apply_leaf_b(const struct topology *t)
{
    int error;

    cpuid_remove(t->cpuid, 0xb, 2);
    if (!leaf_is_in_range(t->cpuid, 0, 0xb))
        return 0;
    error = put_leaf_b_level(t, 0, LEAFB_LEVEL_TYPE_SMT, 0, 1);
    if (error != 0)
        return error;
    return put_leaf_b_level(t, 1, LEAFB_LEVEL_TYPE_CORE, t->id_bits, t->cpu_count);
}

/* Intel has nothing in ECX of leaf 0x80000008. */
static void apply_leaf_8_08(const struct topology *t, bool amd)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(t->cpuid, 0x80000008, 0);

    if (entry != NULL)
        entry->ecx = amd ? (t->cpu_count - 1) | t->id_bits << LEAF8_08_ECX_ID_SIZE_SHIFT : 0;
}

/* Core id = APIC id, one thread in it, node 0 of 1. */
static int apply_leaf_8_1e(const struct topology *t)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find_or_add(t->cpuid, t->capacity, 0x8000001e, 0, 0);

    if (entry == NULL)
        return -E2BIG;
    entry->eax = t->apic_id;
    entry->ebx = t->apic_id;
    entry->ecx = 0;
    entry->edx = 0;
    return 0;
}

/*
 * AMD: HTT with CMP_LEGACY means cores, HTT alone would mean threads. TOPOEXT promises leaf
 * 0x8000001e, so a KVM that cuts the leaves off below it must not promise it.
 */
static int apply_amd(const struct topology *t)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(t->cpuid, 0x80000001, 0);

    if (entry == NULL)
        return 0;
    cpuid_put_bits(&entry->ecx, LEAF8_01_ECX_CMP_LEGACY,
                   t->cpu_count > 1 ? LEAF8_01_ECX_CMP_LEGACY : 0);
    if (!leaf_is_in_range(t->cpuid, 0x80000000, 0x8000001e)) {
        cpuid_put_bits(&entry->ecx, LEAF8_01_ECX_TOPOEXT, 0);
        return 0;
    }
    return apply_leaf_8_1e(t);
}

int cpuid_apply_topology(struct kvm_cpuid2 *cpuid, unsigned capacity, unsigned cpu_count,
                         unsigned vcpu_index)
{
    struct topology t = {cpuid, capacity, cpu_count, vcpu_index, 0, 1};
    bool amd = vendor_is_amd(cpuid);
    int error;

    while (t.id_count < cpu_count) {
        t.id_bits++;
        t.id_count *= 2;
    }
    apply_leaf_1(&t);
    apply_caches(&t);
    apply_leaf_8_08(&t, amd);
    error = apply_leaf_b(&t);
    if (error == 0 && amd)
        error = apply_amd(&t);
    return error;
}
