/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's time cut: what KVM is asked and told, in which order, and what the guest reads. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "vmm/host/host_clock.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_tsc.h"

#define MS       UINT64_C(1000000)
#define SEC      NS_PER_SEC
#define DEADLINE (2u << 17)
#define BY_1     0xb

static struct machine_rig rig;

static void make(enum kvmclock_mode kvmclock)
{
    rig.config.kvmclock = kvmclock;
    assert_int_equal(machine_rig_create(&rig), 0);
    fake_kvm_forget_calls();
}

static uint64_t guest_ns(void)
{
    return machine_now(&rig.machine);
}

static void put(unsigned vcpu, unsigned offset, uint32_t value)
{
    memcpy(fake_vcpu(vcpu)->lapic.regs + offset, &value, sizeof value);
}

static uint32_t count_of(unsigned vcpu)
{
    uint32_t value;

    memcpy(&value, fake_vcpu(vcpu)->lapic.regs + 0x390, sizeof value);
    return value;
}

/* A one-shot timer of a local APIC that counts nanoseconds. */
static void start_count(unsigned vcpu, uint32_t left)
{
    put(vcpu, 0x320, 0xec);
    put(vcpu, 0x380, 1000000);
    put(vcpu, 0x390, left);
    put(vcpu, 0x3e0, BY_1);
}

static void set_deadline(unsigned vcpu, uint64_t tsc)
{
    put(vcpu, 0x320, DEADLINE | 0xec);
    kvm_vcpu_set_msr(rig.machine.vcpus[vcpu].fd, MSR_TSC_DEADLINE, tsc);
    fake_kvm_forget_calls();
}

/*
 * Guest time stands still for so long, and goes on from where it was. KVM's clock takes another
 * time to read and set then.
 */
static struct machine_cut_result freeze_for(uint64_t ns, bool offsets_work)
{
    struct machine_cut_result result;

    machine_lock(&rig.machine);
    machine_cut_take(&rig.machine);
    fake_clock_pass_ns(ns);
    fake_kvm.clock_call_ns /= 4;
    machine_cut_end(&rig.machine);
    result = machine_cut_continue(&rig.machine, 0, offsets_work);
    machine_unlock(&rig.machine);
    return result;
}

static void msrs_are_read_before_the_local_apic(void **unused)
{
    (void)unused;
    make(KVMCLOCK_USER);
    machine_lock(&rig.machine);
    machine_cut_take(&rig.machine);
    assert_string_equal(fake_kvm_calls(), "kvm_vcpu_get_tsc_offset 0\n"
                                          "kvm_vcpu_get_msr 0 0x3b\n"
                                          "kvm_vcpu_get_msr 0 0x6e0\n"
                                          "kvm_vcpu_get_lapic 0\n"
                                          "kvm_vcpu_get_tsc_offset 1\n"
                                          "kvm_vcpu_get_msr 1 0x3b\n"
                                          "kvm_vcpu_get_msr 1 0x6e0\n"
                                          "kvm_vcpu_get_lapic 1\n");
    machine_unlock(&rig.machine);
}

static void the_deadline_is_written_after_the_offset(void **unused)
{
    const char *calls;

    (void)unused;
    make(KVMCLOCK_USER);
    set_deadline(0, 1000000);
    assert_true(freeze_for(SEC, true).tsc_follows);
    calls = fake_kvm_calls();
    assert_non_null(strstr(calls, "kvm_vcpu_set_tsc_offset 0"));
    assert_non_null(
        strstr(strstr(calls, "kvm_vcpu_set_tsc_offset 0"), "kvm_vcpu_set_msr 0 0x6e0 1000000\n"));
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_msr"), 1);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_lapic"), 0);
}

static void guest_time_stands_still_for_every_clock(void **unused)
{
    uint64_t tsc, ns;

    (void)unused;
    make(KVMCLOCK_USER);
    start_count(1, 500000);
    tsc = fake_vcpu_tsc(0);
    ns = guest_ns();
    assert_int_equal(freeze_for(100 * SEC, true).behind_cycles, 100 * FAKE_CLOCK_HZ);
    assert_int_equal(fake_vcpu_tsc(0), tsc);
    assert_int_equal(fake_vcpu_tsc(1) - fake_vcpu_tsc(0), 0);
    assert_int_equal(guest_ns(), ns);
    assert_int_equal(count_of(1), 500000);
    fake_clock_pass_ns(SEC);
    assert_int_equal(fake_vcpu_tsc(0), tsc + FAKE_CLOCK_HZ);
    assert_in_range(guest_ns(), ns + SEC - 1000, ns + SEC + 1000);
}

static void a_cut_that_goes_on_with_the_host_sets_nothing(void **unused)
{
    struct machine_cut_result result;
    uint64_t tsc, ns;

    (void)unused;
    make(KVMCLOCK_KERNEL);
    start_count(0, 500000);
    tsc = fake_vcpu_tsc(0);
    ns = guest_ns();
    machine_lock(&rig.machine);
    machine_cut_take(&rig.machine);
    fake_clock_pass_ns(100 * SEC);
    fake_kvm_forget_calls();
    result = machine_cut_continue(&rig.machine, machine_cut_end(&rig.machine), true);
    machine_unlock(&rig.machine);
    assert_int_equal(result.behind_cycles, 0);
    assert_true(result.tsc_follows);
    assert_string_equal(fake_kvm_calls(), "kvm_get_clock\n"
                                          "kvm_vcpu_guest_stopped 0\n"
                                          "kvm_vcpu_guest_stopped 1\n");
    assert_int_equal(fake_vcpu_tsc(0), tsc + 100 * FAKE_CLOCK_HZ);
    /* The rate is measured to some 10^-8. */
    assert_in_range(guest_ns(), ns + 100 * SEC - 100000, ns + 100 * SEC + 100000);
}

/* What KVM's clock shows ahead of what the guest's TSC says, in nanoseconds. */
static int64_t clock_ahead_ns(void)
{
    return (int64_t)(fake_kvm_clock_ns() - fake_vcpu_tsc(0) * 2 / 5);
}

static void kvms_clock_and_the_tsc_stay_together_however_long_calls_take(void **unused)
{
    int64_t before_ns;

    (void)unused;
    make(KVMCLOCK_KERNEL);
    fake_kvm.clock_call_ns = 4 * MS;
    before_ns = clock_ahead_ns();
    assert_true(freeze_for(10 * SEC, true).tsc_follows);
    assert_in_range(clock_ahead_ns() - before_ns + 1, 0, 2);
    assert_in_range(fake_kvm_clock_ns() * 5 / 2, fake_vcpu_tsc(1) + before_ns * 5 / 2 - 5,
                    fake_vcpu_tsc(1) + before_ns * 5 / 2 + 5);
}

static void without_the_hosts_tsc_of_kvms_clock_they_are_apart_by_the_calls(void **unused)
{
    int64_t before_ns;

    (void)unused;
    make(KVMCLOCK_KERNEL);
    fake_kvm.clock_lacks_host_tsc = true;
    fake_kvm.clock_call_ns = 4 * MS;
    before_ns = clock_ahead_ns();
    assert_true(freeze_for(10 * SEC, true).tsc_follows);
    assert_int_equal(clock_ahead_ns() - before_ns, -3 * (int64_t)MS);
}

static void kvms_clock_is_left_alone_if_it_cannot_be_read(void **unused)
{
    (void)unused;
    make(KVMCLOCK_KERNEL);
    fake_kvm_fail("kvm_get_clock", 0, 5);
    freeze_for(SEC, true);
    assert_int_equal(fake_kvm_count("kvm_set_clock"), 0);
}

static void tscs_that_the_guest_set_apart_stay_so_to_the_cycle(void **unused)
{
    uint64_t apart;

    (void)unused;
    make(KVMCLOCK_USER);
    kvm_vcpu_set_tsc_offset(rig.machine.vcpus[1].fd, 987654321);
    apart = fake_vcpu_tsc(1) - fake_vcpu_tsc(0);
    assert_true(freeze_for(SEC, true).tsc_follows);
    assert_int_equal(fake_vcpu_tsc(1) - fake_vcpu_tsc(0), apart);
}

static void the_offsets_that_are_kept_are_those_after_the_cut(void **unused)
{
    struct guest_tsc tsc;

    (void)unused;
    make(KVMCLOCK_USER);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        machine_tsc_get(&rig.machine.vcpus[i], &tsc);
    assert_true(freeze_for(SEC, true).tsc_follows);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++) {
        machine_tsc_recall(&rig.machine.vcpus[i], &tsc);
        assert_int_equal(tsc.offset, fake_vcpu(i)->tsc_offset);
        assert_int_equal(guest_tsc_at(&tsc, host_tsc()), fake_vcpu_tsc(i));
    }
}

static void where_offsets_do_nothing_none_is_set_and_all_else_stands_still(void **unused)
{
    uint64_t ns;

    (void)unused;
    make(KVMCLOCK_USER);
    fake_kvm.ignores_tsc_offsets = true;
    start_count(0, 500000);
    ns = guest_ns();
    assert_false(freeze_for(SEC, false).tsc_follows);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
    assert_int_equal(guest_ns(), ns);
    assert_int_equal(count_of(0), 500000);
}

static void a_step_takes_a_count_and_kvms_clock_with_it(void **unused)
{
    struct machine_cut_result result;
    uint64_t ns;

    (void)unused;
    make(KVMCLOCK_KERNEL);
    start_count(0, 900000);
    ns = fake_kvm_clock_ns();
    machine_lock(&rig.machine);
    machine_cut_take(&rig.machine);
    fake_clock_pass_ns(SEC);
    machine_cut_end(&rig.machine);
    result = machine_cut_continue(&rig.machine, FAKE_CLOCK_HZ / 10000, true);
    machine_unlock(&rig.machine);
    assert_in_range(count_of(0), 799990, 800010);
    assert_in_range(fake_kvm_clock_ns(), ns + SEC / 10000 - 10, ns + SEC / 10000 + 10);
    assert_int_equal(result.behind_cycles, FAKE_CLOCK_HZ - FAKE_CLOCK_HZ / 10000);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(msrs_are_read_before_the_local_apic),
        TEST(the_deadline_is_written_after_the_offset),
        TEST(guest_time_stands_still_for_every_clock),
        TEST(a_cut_that_goes_on_with_the_host_sets_nothing),
        TEST(kvms_clock_and_the_tsc_stay_together_however_long_calls_take),
        TEST(without_the_hosts_tsc_of_kvms_clock_they_are_apart_by_the_calls),
        TEST(kvms_clock_is_left_alone_if_it_cannot_be_read),
        TEST(tscs_that_the_guest_set_apart_stay_so_to_the_cycle),
        TEST(the_offsets_that_are_kept_are_those_after_the_cut),
        TEST(where_offsets_do_nothing_none_is_set_and_all_else_stands_still),
        TEST(a_step_takes_a_count_and_kvms_clock_with_it),
    };

    return cmocka_run_group_tests_name("machine_cut", tests, NULL, NULL);
}
