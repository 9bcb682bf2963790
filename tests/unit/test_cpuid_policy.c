/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUID policy: what each rule does, and one topology in all the leaves that tell it. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "boot/cpuid_entry.h"
#include "boot/cpuid_policy.h"
#include "tests/unit/cpuid_hosts.h"

#define CAPACITY 64

/* struct kvm_cpuid2 with room for its entries. */
union table {
    struct kvm_cpuid2 cpuid;
    uint8_t bytes[sizeof(struct kvm_cpuid2) + CAPACITY * sizeof(struct kvm_cpuid_entry2)];
};

static const struct cpuid_config plain = {.cpu_count = 4, .tsc_deadline = true};

#define LOAD(table, host) load(table, host, sizeof(host) / sizeof((host)[0]))

static void load(union table *table, const struct kvm_cpuid_entry2 *host, unsigned count)
{
    memset(table, 0, sizeof(*table));
    memcpy(table->cpuid.entries, host, count * sizeof(*host));
    table->cpuid.nent = count;
}

static void apply(union table *table, struct cpuid_config config, unsigned vcpu_index)
{
    assert_int_equal(cpuid_apply(&table->cpuid, CAPACITY, &config, vcpu_index), 0);
}

/* What CPUID gives the guest: zeros where there is no entry. */
static struct kvm_cpuid_entry2 leaf(union table *table, uint32_t function, uint32_t index)
{
    const struct kvm_cpuid_entry2 *entry = cpuid_find(&table->cpuid, function, index);

    return entry != NULL ? *entry : (struct kvm_cpuid_entry2){0};
}

static uint32_t reg_of(struct kvm_cpuid_entry2 entry, enum cpuid_reg reg)
{
    const uint32_t regs[] = {entry.eax, entry.ebx, entry.ecx, entry.edx};

    return regs[reg];
}

/* Bits of rule->mask that a guest should see where the host offers offered. */
static uint32_t expected(const struct cpuid_rule *rule, const struct cpuid_config *config,
                         uint32_t offered)
{
    switch (rule->action) {
    case CPUID_SET:
        return rule->mask;
    case CPUID_SET_IF_INVTSC:
        return config->invtsc ? rule->mask : 0;
    case CPUID_SET_IF_TSC_DEADLINE:
        return config->tsc_deadline ? rule->mask : 0;
    case CPUID_SET_IF_KVMCLOCK:
        return config->kvmclock == KVMCLOCK_OFF ? 0 : rule->mask;
    case CPUID_STEAL:
    case CPUID_KEEP_IF_STEAL_BY_KVM:
        return config->steal_by_kvm ? offered & rule->mask : 0;
    case CPUID_CLEAR_IF_HYPERCALLS_EXIT:
        return config->hypercalls_exit ? 0 : offered & rule->mask;
    case CPUID_VALUE:
        return rule->mask;
    default:
        return 0;
    }
}

static void check_rule(const struct cpuid_rule *rule, const struct cpuid_config *config,
                       uint32_t offered)
{
    union table table;
    struct kvm_cpuid_entry2 host = {.function = rule->leaf,
                                    .index = rule->subleaf,
                                    .eax = offered,
                                    .ebx = offered,
                                    .ecx = offered,
                                    .edx = offered};
    uint32_t mask = rule->mask, seen;

    if (rule->action == CPUID_VALUE || rule->action == CPUID_REMOVE)
        mask = UINT32_MAX;
    load(&table, &host, 1);
    apply(&table, *config, 0);
    seen = reg_of(leaf(&table, rule->leaf, rule->subleaf), rule->reg);
    assert_int_equal(seen & mask, expected(rule, config, offered));
}

static void every_rule_does_what_it_says_whatever_the_host_offers(void **unused)
{
    const struct cpuid_rule *rules;
    size_t count;

    (void)unused;
    rules = cpuid_rules(&count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(rules[i].reason) > 0);
        for (unsigned mode = KVMCLOCK_USER; mode <= KVMCLOCK_OFF; mode++)
            for (unsigned f = 0; f < 8; f++) {
                struct cpuid_config config = {1, mode, f & 1, f & 2, f & 4, 0, 0, f & 2};

                check_rule(&rules[i], &config, 0);
                check_rule(&rules[i], &config, UINT32_MAX);
            }
    }
}

static void no_two_rules_decide_about_the_same_bit(void **unused)
{
    const struct cpuid_rule *rules;
    size_t count;

    (void)unused;
    rules = cpuid_rules(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            if (rules[i].leaf != rules[j].leaf || rules[i].reg != rules[j].reg)
                continue;
            assert_int_not_equal(rules[i].action, CPUID_VALUE);
            assert_int_not_equal(rules[i].action, CPUID_REMOVE);
            assert_int_equal(rules[i].mask & rules[j].mask, 0);
        }
}

/* PV unhalt, IPIs and yield are bits 7, 11 and 13. */
static void what_needs_a_hypercall_is_offered_only_if_kvm_answers_it(void **unused)
{
    union table table;

    (void)unused;
    LOAD(&table, intel_host);
    apply(&table, plain, 0);
    assert_int_equal(leaf(&table, 0x40000001, 0).eax & 0x2880, 0x2880);
    apply(&table, (struct cpuid_config){.cpu_count = 4, .hypercalls_exit = true}, 0);
    assert_int_equal(leaf(&table, 0x40000001, 0).eax & 0x2880, 0);
}

static void a_guest_that_is_not_to_know_of_kvm_sees_no_leaf_of_it(void **unused)
{
    union table table = {.bytes = {0}};

    (void)unused;
    apply(&table, (struct cpuid_config){.cpu_count = 4, .hide_kvm = true}, 1);
    assert_null(cpuid_find(&table.cpuid, 0x40000000, 0));
    assert_null(cpuid_find(&table.cpuid, 0x40000001, 0));
}

static void kvm_signature_is_there_even_if_kvm_did_not_give_it(void **unused)
{
    union table table;
    struct kvm_cpuid_entry2 entry;

    (void)unused;
    LOAD(&table, amd_host);
    apply(&table, plain, 0);
    entry = leaf(&table, 0x40000000, 0);
    assert_int_equal(entry.eax, 0x40000001);
    assert_memory_equal(&entry.ebx, "KVMKVMKVM\0\0\0", 12);
    assert_int_equal(leaf(&table, 1, 0).ecx >> 31, 1);
}

static void kvmclock_bits_are_on_unless_off(void **unused)
{
    static const uint32_t clock_bits = 1u << 0 | 1u << 3 | 1u << 24;
    union table table;
    struct cpuid_config config = plain;

    (void)unused;
    for (unsigned mode = KVMCLOCK_USER; mode <= KVMCLOCK_OFF; mode++) {
        config.kvmclock = mode;
        LOAD(&table, amd_host);
        apply(&table, config, 0);
        assert_int_equal(leaf(&table, 0x40000001, 0).eax, mode == KVMCLOCK_OFF ? 0 : clock_bits);
    }
}

static void steal_time_is_hidden_published_or_left_to_kvm(void **unused)
{
    union table table;

    (void)unused;
    LOAD(&table, intel_host);
    apply(&table, (struct cpuid_config){.cpu_count = 4, .steal_by_kvm = true}, 0);
    assert_int_equal(leaf(&table, 0x40000001, 0).eax, 0x01007afb);
    apply(&table, plain, 0);
    assert_int_equal(leaf(&table, 0x40000001, 0).eax, 0x010078db);
    apply(&table, (struct cpuid_config){.cpu_count = 4, .steal = true}, 0);
    assert_int_equal(leaf(&table, 0x40000001, 0).eax, 0x010078fb);
}

static void invariant_tsc_is_for_the_user_to_say_not_the_host(void **unused)
{
    union table table;
    struct cpuid_config config = plain;

    (void)unused;
    LOAD(&table, intel_host);
    apply(&table, config, 0);
    assert_int_equal(leaf(&table, 0x80000007, 0).edx, 0);
    config.invtsc = true;
    LOAD(&table, amd_host);
    apply(&table, config, 0);
    assert_int_equal(leaf(&table, 0x80000007, 0).edx, 1 << 8);
}

static void no_leaf_tells_a_rate_and_none_counts_host_cycles(void **unused)
{
    static const uint32_t gone[] = {5, 0xa, 0x15, 0x16, 0x40000010, 0x8000000a, 0x80000022};
    union table table;

    (void)unused;
    for (unsigned i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        LOAD(&table, intel_host);
        assert_non_null(cpuid_find_or_add(&table.cpuid, CAPACITY, gone[i], 0, 0));
        apply(&table, plain, 0);
        assert_null(cpuid_find(&table.cpuid, gone[i], 0));
        LOAD(&table, amd_host);
        assert_non_null(cpuid_find_or_add(&table.cpuid, CAPACITY, gone[i], 0, 0));
        apply(&table, plain, 0);
        assert_null(cpuid_find(&table.cpuid, gone[i], 0));
    }
    assert_int_equal(leaf(&table, 6, 0).eax, 1 << 2);
    assert_int_equal(leaf(&table, 6, 0).ecx, 0);
}

static void bits_that_no_rule_names_stay(void **unused)
{
    union table table;

    (void)unused;
    LOAD(&table, intel_host);
    apply(&table, plain, 3);
    assert_int_equal(leaf(&table, 1, 0).eax, 0x50654);
    assert_int_equal(leaf(&table, 1, 0).ebx & 0xffff, 0x0800);
    assert_int_equal(leaf(&table, 1, 0).ecx, 0xfffa3203);
    assert_int_equal(leaf(&table, 7, 0).ebx, 0xd39ffffb); /* TSC_ADJUST is bit 1 */
    assert_int_equal(leaf(&table, 7, 0).ecx, 8);
    assert_int_equal(leaf(&table, 0x80000001, 0).edx, 0x2c100800);
    assert_int_equal(leaf(&table, 0x80000008, 0).eax, 0x302e);
}

static void applying_again_changes_nothing(void **unused)
{
    union table once, twice;

    (void)unused;
    LOAD(&once, amd_host);
    apply(&once, plain, 2);
    twice = once;
    apply(&twice, plain, 2);
    assert_memory_equal(&once, &twice, sizeof(once));
    LOAD(&once, intel_host);
    apply(&once, plain, 2);
    twice = once;
    apply(&twice, plain, 1);
    apply(&twice, plain, 2);
    assert_memory_equal(&once, &twice, sizeof(once));
}

struct topology_case {
    unsigned cpu_count;
    unsigned id_bits;
};

static const struct topology_case topologies[] = {{1, 0}, {2, 1},  {3, 2},
                                                  {4, 2}, {64, 6}, {255, 8}};

#define TOPOLOGY_COUNT (sizeof(topologies) / sizeof(topologies[0]))

static void assert_leaves_1_and_b(union table *table, struct topology_case t, unsigned id)
{
    struct kvm_cpuid_entry2 smt = leaf(table, 0xb, 0), core = leaf(table, 0xb, 1);

    assert_int_equal(leaf(table, 1, 0).ebx >> 24, id);
    assert_int_equal(leaf(table, 1, 0).ebx >> 16 & 0xff, t.cpu_count);
    assert_int_equal(leaf(table, 1, 0).edx >> 28 & 1, t.cpu_count > 1);
    assert_int_equal(smt.eax, 0);
    assert_int_equal(smt.ebx, 1);
    assert_int_equal(smt.ecx, 0x100);
    assert_int_equal(smt.edx, id);
    assert_int_equal(core.eax, t.id_bits);
    assert_int_equal(core.ebx, t.cpu_count);
    assert_int_equal(core.ecx, 0x201);
    assert_int_equal(core.edx, id);
    assert_null(cpuid_find(&table->cpuid, 0xb, 2));
    assert_null(cpuid_find(&table->cpuid, 0x1f, 0));
    assert_null(cpuid_find(&table->cpuid, 0x80000026, 0));
}

static void on_intel_n_vcpus_are_n_cores_of_one_socket(void **unused)
{
    union table table;

    (void)unused;
    for (unsigned i = 0; i < TOPOLOGY_COUNT; i++) {
        struct topology_case t = topologies[i];
        struct cpuid_config config = {.cpu_count = t.cpu_count};

        for (unsigned id = 0; id < t.cpu_count; id++) {
            LOAD(&table, intel_host);
            apply(&table, config, id);
            assert_leaves_1_and_b(&table, t, id);
            assert_int_equal(leaf(&table, 0x80000008, 0).ecx, 0);
        }
    }
}

static void on_amd_n_vcpus_are_n_cores_of_one_socket(void **unused)
{
    union table table;

    (void)unused;
    for (unsigned i = 0; i < TOPOLOGY_COUNT; i++) {
        struct topology_case t = topologies[i];
        struct cpuid_config config = {.cpu_count = t.cpu_count};

        for (unsigned id = 0; id < t.cpu_count; id++) {
            LOAD(&table, amd_host);
            apply(&table, config, id);
            assert_leaves_1_and_b(&table, t, id);
            assert_int_equal(leaf(&table, 0x80000001, 0).ecx >> 1 & 1, t.cpu_count > 1);
            assert_int_equal(leaf(&table, 0x80000008, 0).ecx, t.id_bits << 12 | (t.cpu_count - 1));
            assert_int_equal(leaf(&table, 0x8000001e, 0).eax, id);
            assert_int_equal(leaf(&table, 0x8000001e, 0).ebx, id);
            assert_int_equal(leaf(&table, 0x8000001e, 0).ecx, 0);
        }
    }
}

static void hygon_is_told_its_topology_as_amd_is(void **unused)
{
    union table table;

    (void)unused;
    LOAD(&table, amd_host);
    cpuid_find(&table.cpuid, 0, 0)->ebx = 0x6f677948;
    apply(&table, plain, 3);
    assert_int_equal(leaf(&table, 0x80000008, 0).ecx, 2 << 12 | 3);
    assert_int_equal(leaf(&table, 0x8000001e, 0).eax, 3);
}

static void intel_caches_are_one_cores_own_below_level_3_and_shared_there(void **unused)
{
    static const struct {
        unsigned cpu_count;
        uint32_t cores_less_1, l3_sharers_less_1;
    } cases[] = {{1, 0, 0}, {2, 1, 1}, {3, 3, 3}, {64, 63, 63}, {255, 63, 255}};
    union table table;

    (void)unused;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t cores = cases[i].cores_less_1 << 26;

        LOAD(&table, intel_host);
        apply(&table, (struct cpuid_config){.cpu_count = cases[i].cpu_count}, 0);
        assert_int_equal(leaf(&table, 4, 0).eax, cores | 0x121);
        assert_int_equal(leaf(&table, 4, 1).eax, cores | 0x122);
        assert_int_equal(leaf(&table, 4, 2).eax, cores | 0x143);
        assert_int_equal(leaf(&table, 4, 3).eax, cores | cases[i].l3_sharers_less_1 << 14 | 0x163);
        assert_int_equal(leaf(&table, 4, 4).eax, 0);
    }
}

static void amd_caches_are_one_cores_own_below_level_3_and_shared_there(void **unused)
{
    union table table;

    (void)unused;
    LOAD(&table, amd_host);
    apply(&table, (struct cpuid_config){.cpu_count = 3}, 0);
    assert_int_equal(leaf(&table, 0x8000001d, 0).eax, 0x121);
    assert_int_equal(leaf(&table, 0x8000001d, 2).eax, 0x143);
    assert_int_equal(leaf(&table, 0x8000001d, 3).eax, 2 << 14 | 0x163);
}

static void a_host_without_the_topology_leaves_is_not_given_them(void **unused)
{
    union table table;

    (void)unused;
    LOAD(&table, amd_host);
    cpuid_find(&table.cpuid, 0, 0)->eax = 7;
    cpuid_find(&table.cpuid, 0x80000000, 0)->eax = 0x8000001a;
    cpuid_remove(&table.cpuid, 0xb, 0);
    apply(&table, plain, 1);
    assert_null(cpuid_find(&table.cpuid, 0xb, 0));
    assert_null(cpuid_find(&table.cpuid, 0x8000001e, 0));
    assert_int_equal(leaf(&table, 0x80000001, 0).ecx >> 22 & 1, 0);
    assert_int_equal(leaf(&table, 1, 0).ebx >> 16, 1 << 8 | 4);
}

static void assert_unused_from(const union table *table, unsigned first)
{
    static const struct kvm_cpuid_entry2 unused_entry;

    for (unsigned i = first; i < CAPACITY; i++)
        assert_memory_equal(&table->cpuid.entries[i], &unused_entry, sizeof(unused_entry));
}

static void a_table_without_room_is_an_error_and_is_not_overrun(void **unused)
{
    union table table;
    unsigned given, result;

    (void)unused;
    LOAD(&table, amd_host);
    given = table.cpuid.nent;
    assert_int_equal(cpuid_apply(&table.cpuid, given + CPUID_ADDED_ENTRIES_MAX, &plain, 0), 0);
    result = table.cpuid.nent;
    assert_true(result > given);
    for (unsigned capacity = given; capacity < result; capacity++) {
        LOAD(&table, amd_host);
        assert_int_equal(cpuid_apply(&table.cpuid, capacity, &plain, 0), -E2BIG);
        assert_unused_from(&table, capacity);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_does_what_it_says_whatever_the_host_offers),
        cmocka_unit_test(no_two_rules_decide_about_the_same_bit),
        cmocka_unit_test(what_needs_a_hypercall_is_offered_only_if_kvm_answers_it),
        cmocka_unit_test(a_guest_that_is_not_to_know_of_kvm_sees_no_leaf_of_it),
        cmocka_unit_test(kvm_signature_is_there_even_if_kvm_did_not_give_it),
        cmocka_unit_test(kvmclock_bits_are_on_unless_off),
        cmocka_unit_test(steal_time_is_hidden_published_or_left_to_kvm),
        cmocka_unit_test(invariant_tsc_is_for_the_user_to_say_not_the_host),
        cmocka_unit_test(no_leaf_tells_a_rate_and_none_counts_host_cycles),
        cmocka_unit_test(bits_that_no_rule_names_stay),
        cmocka_unit_test(applying_again_changes_nothing),
        cmocka_unit_test(on_intel_n_vcpus_are_n_cores_of_one_socket),
        cmocka_unit_test(on_amd_n_vcpus_are_n_cores_of_one_socket),
        cmocka_unit_test(hygon_is_told_its_topology_as_amd_is),
        cmocka_unit_test(intel_caches_are_one_cores_own_below_level_3_and_shared_there),
        cmocka_unit_test(amd_caches_are_one_cores_own_below_level_3_and_shared_there),
        cmocka_unit_test(a_host_without_the_topology_leaves_is_not_given_them),
        cmocka_unit_test(a_table_without_room_is_an_error_and_is_not_overrun),
    };

    return cmocka_run_group_tests_name("cpuid_policy", tests, NULL, NULL);
}
