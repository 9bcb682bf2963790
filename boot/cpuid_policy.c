/* SPDX-License-Identifier: BSD-2-Clause */
/* See cpuid_policy.h. */
#include "boot/cpuid_policy.h"

#include <errno.h>

#include "boot/cpuid_entry.h"
#include "boot/cpuid_topology.h"

#define ALL_BITS UINT32_MAX
#define BIT(n)   (1u << (n))

#define LEAF_KVM_SIGNATURE 0x40000000
#define LEAF_KVM_FEATURES  0x40000001
#define LEAF_TSC_KHZ       0x40000010

/* Reasons that several rules share. */
#define NO_MWAIT    "KVM runs MWAIT as a no-op: an idle guest would spin"
#define NO_NESTED   "no nested guests: their clocks would not be ours"
#define NO_PMU      "performance counters count host cycles, a clock that does not follow guest time"
#define NO_THERMAL  "frequency, power and heat are the host's to manage"
#define NO_ENCLAVES "there is no enclave memory"
#define NO_TSC_RATE                                                                                \
    "the guest finds its TSC rate by kvm-clock or by calibrating, never from the host"
#define TOPOLOGY_B   "the topology is in leaf 0xb, and the host's must not be seen"
#define NO_HYPERCALL "a hypercall that user space does not do for KVM"
#define NOT_STEAL    "works on KVM's steal time page"

static const struct cpuid_rule rules[] = {
    {1, 0, CPUID_ECX, BIT(31), CPUID_SET,
     "hypervisor: without it the KVM leaves are not looked for"},
    {1, 0, CPUID_ECX, BIT(21), CPUID_SET, "x2APIC: KVM's local APIC has it, and it exits less"},
    {1, 0, CPUID_ECX, BIT(24), CPUID_SET_IF_TSC_DEADLINE, "the APIC timer's TSC deadline mode"},
    {1, 0, CPUID_ECX, BIT(3), CPUID_CLEAR, NO_MWAIT},
    {1, 0, CPUID_ECX, BIT(5), CPUID_CLEAR, NO_NESTED},
    {1, 0, CPUID_ECX, BIT(2) | BIT(4) | BIT(15), CPUID_CLEAR, NO_PMU},
    {1, 0, CPUID_EDX, BIT(21), CPUID_CLEAR, NO_PMU},
    {1, 0, CPUID_ECX, BIT(7) | BIT(8), CPUID_CLEAR, NO_THERMAL},
    {1, 0, CPUID_EDX, BIT(22) | BIT(29) | BIT(31), CPUID_CLEAR, NO_THERMAL},
    {5, 0, CPUID_EAX, 0, CPUID_REMOVE, NO_MWAIT},
    {6, 0, CPUID_EAX, BIT(2), CPUID_VALUE, "ARAT: the APIC timer never stops; the rest is heat"},
    {6, 0, CPUID_EBX, 0, CPUID_VALUE, NO_THERMAL},
    {6, 0, CPUID_ECX, 0, CPUID_VALUE, "APERF and MPERF count host cycles"},
    {6, 0, CPUID_EDX, 0, CPUID_VALUE, NO_THERMAL},
    {7, 0, CPUID_EBX, BIT(2), CPUID_CLEAR, NO_ENCLAVES},
    {7, 0, CPUID_ECX, BIT(30), CPUID_CLEAR, NO_ENCLAVES},
    {0xa, 0, CPUID_EAX, 0, CPUID_REMOVE, NO_PMU},
    {0x12, 0, CPUID_EAX, 0, CPUID_REMOVE, NO_ENCLAVES},
    {0x15, 0, CPUID_EAX, 0, CPUID_REMOVE, NO_TSC_RATE},
    {0x16, 0, CPUID_EAX, 0, CPUID_REMOVE, NO_TSC_RATE},
    {0x1f, 0, CPUID_EAX, 0, CPUID_REMOVE, TOPOLOGY_B},

    {LEAF_KVM_SIGNATURE, 0, CPUID_EAX, LEAF_KVM_FEATURES, CPUID_VALUE, "the last KVM leaf"},
    {LEAF_KVM_SIGNATURE, 0, CPUID_EBX, 0x4b4d564b, CPUID_VALUE, "KVMK"},
    {LEAF_KVM_SIGNATURE, 0, CPUID_ECX, 0x564b4d56, CPUID_VALUE, "VMKV"},
    {LEAF_KVM_SIGNATURE, 0, CPUID_EDX, 0x0000004d, CPUID_VALUE, "M"},
    {LEAF_KVM_FEATURES, 0, CPUID_EAX, BIT(0), CPUID_SET_IF_KVMCLOCK, "kvm-clock, its old MSRs"},
    {LEAF_KVM_FEATURES, 0, CPUID_EAX, BIT(3), CPUID_SET_IF_KVMCLOCK, "kvm-clock, its new MSRs"},
    {LEAF_KVM_FEATURES, 0, CPUID_EAX, BIT(24), CPUID_SET_IF_KVMCLOCK,
     "the flags in the kvm-clock page mean something"},
    {LEAF_KVM_FEATURES, 0, CPUID_EAX, BIT(5), CPUID_STEAL,
     "steal time: KVM's is in host nanoseconds, which are not guest time"},
    {LEAF_KVM_FEATURES, 0, CPUID_EAX, BIT(9), CPUID_KEEP_IF_STEAL_BY_KVM, NOT_STEAL},
    {LEAF_KVM_FEATURES, 0, CPUID_EAX, BIT(7) | BIT(11) | BIT(13) | BIT(16),
     CPUID_CLEAR_IF_HYPERCALLS_EXIT, NO_HYPERCALL},
    {LEAF_KVM_FEATURES, 0, CPUID_EDX, BIT(0), CPUID_CLEAR,
     "vCPUs are not pinned, so spinning on a lock can waste a time slice"},
    {LEAF_TSC_KHZ, 0, CPUID_EAX, 0, CPUID_REMOVE, NO_TSC_RATE},

    {0x80000001, 0, CPUID_ECX, BIT(2) | BIT(12), CPUID_CLEAR, NO_NESTED},
    {0x80000001, 0, CPUID_ECX, BIT(10) | BIT(23) | BIT(24) | BIT(28), CPUID_CLEAR, NO_PMU},
    {0x80000001, 0, CPUID_ECX, BIT(19), CPUID_CLEAR, "the node id MSR is the host's"},
    {0x80000001, 0, CPUID_ECX, BIT(29), CPUID_CLEAR, NO_MWAIT},
    {0x80000007, 0, CPUID_EDX, BIT(8), CPUID_SET_IF_INVTSC,
     "invariant TSC is a promise that only the user can make"},
    {0x80000007, 0, CPUID_EDX, ALL_BITS & ~BIT(8), CPUID_CLEAR, NO_THERMAL},
    {0x80000008, 0, CPUID_EBX, BIT(4), CPUID_CLEAR, "RDPRU reads APERF and MPERF"},
    {0x8000000a, 0, CPUID_EAX, 0, CPUID_REMOVE, NO_NESTED},
    {0x80000022, 0, CPUID_EAX, 0, CPUID_REMOVE, NO_PMU},
    {0x80000026, 0, CPUID_EAX, 0, CPUID_REMOVE, TOPOLOGY_B},
};

const struct cpuid_rule *cpuid_rules(size_t *count)
{
    *count = sizeof(rules) / sizeof(rules[0]);
    return rules;
}

static uint32_t *entry_reg(struct kvm_cpuid_entry2 *entry, enum cpuid_reg reg)
{
    switch (reg) {
    case CPUID_EAX:
        return &entry->eax;
    case CPUID_EBX:
        return &entry->ebx;
    case CPUID_ECX:
        return &entry->ecx;
    default:
        return &entry->edx;
    }
}

/* A rule's action once the configuration is known: set, clear, value, remove, or nothing to do. */
enum deed { DEED_SET, DEED_CLEAR, DEED_VALUE, DEED_REMOVE, DEED_NOTHING };

static enum deed rule_deed(const struct cpuid_rule *rule, const struct cpuid_config *config)
{
    switch (rule->action) {
    case CPUID_SET:
        return DEED_SET;
    case CPUID_SET_IF_INVTSC:
        return config->invtsc ? DEED_SET : DEED_CLEAR;
    case CPUID_SET_IF_TSC_DEADLINE:
        return config->tsc_deadline ? DEED_SET : DEED_CLEAR;
    case CPUID_SET_IF_KVMCLOCK:
        return config->kvmclock != KVMCLOCK_OFF ? DEED_SET : DEED_CLEAR;
    case CPUID_STEAL:
        if (config->steal)
            return DEED_SET;
        return config->steal_by_kvm ? DEED_NOTHING : DEED_CLEAR;
    case CPUID_KEEP_IF_STEAL_BY_KVM:
        return config->steal_by_kvm ? DEED_NOTHING : DEED_CLEAR;
    case CPUID_CLEAR_IF_HYPERCALLS_EXIT:
        return config->hypercalls_exit ? DEED_CLEAR : DEED_NOTHING;
    case CPUID_VALUE:
        return DEED_VALUE;
    case CPUID_REMOVE:
        return DEED_REMOVE;
    default:
        return DEED_CLEAR;
    }
}

/* Replaces the masked bits. If the leaf is not there, it is added, unless the bits are all 0. */
static int put_bits(struct kvm_cpuid2 *cpuid, unsigned capacity, const struct cpuid_rule *rule,
                    uint32_t mask, uint32_t value)
{
    struct kvm_cpuid_entry2 *entry = cpuid_find(cpuid, rule->leaf, rule->subleaf);

    if (entry == NULL && value == 0)
        return 0;
    entry = cpuid_find_or_add(cpuid, capacity, rule->leaf, rule->subleaf, 0);
    if (entry == NULL)
        return -E2BIG;
    cpuid_put_bits(entry_reg(entry, rule->reg), mask, value);
    return 0;
}

static int apply_rule(struct kvm_cpuid2 *cpuid, unsigned capacity, const struct cpuid_rule *rule,
                      const struct cpuid_config *config)
{
    switch (rule_deed(rule, config)) {
    case DEED_SET:
        return put_bits(cpuid, capacity, rule, rule->mask, rule->mask);
    case DEED_CLEAR:
        return put_bits(cpuid, capacity, rule, rule->mask, 0);
    case DEED_VALUE:
        return put_bits(cpuid, capacity, rule, ALL_BITS, rule->mask);
    case DEED_REMOVE:
        cpuid_remove(cpuid, rule->leaf, 0);
        return 0;
    default:
        return 0;
    }
}

int cpuid_apply(struct kvm_cpuid2 *cpuid, unsigned capacity, const struct cpuid_config *config,
                unsigned vcpu_index)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        int error = apply_rule(cpuid, capacity, &rules[i], config);

        if (error != 0)
            return error;
    }
    if (config->hide_kvm) {
        cpuid_remove(cpuid, LEAF_KVM_SIGNATURE, 0);
        cpuid_remove(cpuid, LEAF_KVM_FEATURES, 0);
    }
    return cpuid_apply_topology(cpuid, capacity, config->cpu_count, vcpu_index);
}
