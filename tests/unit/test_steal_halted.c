/* SPDX-License-Identifier: BSD-2-Clause */
/* Steal time of a machine: KVM says which of its vCPUs are halted, and who is not charged then. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/door.h"

#define PAGE_GPA(vcpu) (0x200000 + UINT64_C(64) * (vcpu))
/* Two steps of a share of 50 %, and a little. */
#define WAIT_NS 1000000

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.config.steal = STEAL_PERCENT;
    rig.config.steal_percent = 50;
    return 0;
}

static uint64_t steal_ns(unsigned vcpu)
{
    uint64_t value;

    memcpy(&value, guest_mem_at(&machine->memory, PAGE_GPA(vcpu), sizeof value), sizeof value);
    return value;
}

/* Both vCPUs name their pages; the second one halts, and guest time goes on. */
static void run_with_one_halted(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct access access = {.space = ACCESS_MSR,
                                .is_write = true,
                                .size_bytes = 8,
                                .vcpu = i,
                                .addr = MSR_STEAL_TIME,
                                .value = PAGE_GPA(i) | 1};

        assert_true(door_pass(machine, &access));
    }
    fake_vcpu(1)->halted = true;
    fake_clock_advance_ns(WAIT_NS);
    timerq_run(&machine->board.timers, machine_lock(machine));
    machine_unlock(machine);
}

static void who_is_halted_is_not_charged(void **unused)
{
    (void)unused;
    assert_int_equal(machine_rig_create(&rig), 0);
    run_with_one_halted();
    assert_true(steal_ns(0) > 0);
    assert_int_equal(steal_ns(1), 0);
    assert_string_equal(said(), "");
}

static void who_is_halted_is_charged_where_that_is_asked_for(void **unused)
{
    (void)unused;
    rig.config.steal_idle = true;
    assert_int_equal(machine_rig_create(&rig), 0);
    run_with_one_halted();
    assert_true(steal_ns(1) > 0);
    assert_string_equal(said(), "");
}

static void a_kvm_that_does_not_tell_is_named_once_and_idle_time_charged(void **unused)
{
    (void)unused;
    fake_kvm.tells_halted = false;
    assert_int_equal(machine_rig_create(&rig), 0);
    run_with_one_halted();
    assert_true(steal_ns(1) > 0);
    assert_string_equal(said(), "minivmm: this KVM does not say which vCPU is halted (Linux before "
                                "5.16): --steal charges idle time as well\n");
}

static void a_halt_in_the_guest_is_seen_by_nobody(void **unused)
{
    (void)unused;
    rig.config.halt_in_guest = true;
    assert_int_equal(machine_rig_create(&rig), 0);
    run_with_one_halted();
    assert_true(steal_ns(1) > 0);
    assert_string_equal(said(), "minivmm: --halt-in-guest: KVM does not see that a vCPU is halted: "
                                "--steal charges idle time as well\n");
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_halted_is_not_charged),
        TEST(who_is_halted_is_charged_where_that_is_asked_for),
        TEST(a_kvm_that_does_not_tell_is_named_once_and_idle_time_charged),
        TEST(a_halt_in_the_guest_is_seen_by_nobody),
    };

    return cmocka_run_group_tests_name("steal_halted", tests, NULL, NULL);
}
