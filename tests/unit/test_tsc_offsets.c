/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether TSC offsets take effect: found out by vCPU 0 before it runs the guest, without a VM. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_tsc.h"

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    assert_int_equal(machine_rig_create(&rig), 0);
    fake_kvm_forget_calls();
    return 0;
}

static void on_a_kvm_that_applies_them_they_work(void **unused)
{
    (void)unused;
    machine_tsc_find_out(machine);
    assert_true(machine_tsc_offsets_work(machine));
    assert_int_equal(fake_kvm_count("kvm_create_vm"), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
}

/* It says that a new vCPU has an offset, and the guest reads the host's TSC. */
static void on_a_kvm_that_reads_one_back_and_ignores_it_they_do_not(void **unused)
{
    (void)unused;
    fake_kvm.ignores_tsc_offsets = true;
    machine_tsc_find_out(machine);
    assert_false(machine_tsc_offsets_work(machine));
    assert_string_equal(said(), "");
}

static void on_a_kvm_that_says_that_there_is_none_nothing_is_run(void **unused)
{
    (void)unused;
    fake_vcpu(0)->tsc_offset = 0;
    machine_tsc_find_out(machine);
    assert_false(machine_tsc_offsets_work(machine));
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_regs"), 0);
    assert_int_equal(machine->vcpus[0].run->immediate_exit, 0);
}

static void a_kvm_that_cannot_say_is_taken_for_one_that_ignores_them(void **unused)
{
    (void)unused;
    fake_kvm_fail("kvm_vcpu_set_regs", 0, EIO);
    machine_tsc_find_out(machine);
    assert_false(machine_tsc_offsets_work(machine));
    assert_false(machine_is_ending(machine));
}

static void the_vcpu_and_its_memory_are_as_before(void **unused)
{
    struct kvm_regs regs = fake_vcpu(0)->regs;
    uint8_t before[4096];
    void *page = guest_mem_at(&machine->memory, TSC_READ_CODE_GPA, sizeof before);

    (void)unused;
    memcpy(before, page, sizeof before);
    machine_tsc_find_out(machine);
    assert_memory_equal(&fake_vcpu(0)->regs, &regs, sizeof regs);
    assert_memory_equal(page, before, sizeof before);
}

/* Or a vCPU that is to be held before it has begun would run the guest. */
static void a_kick_that_comes_meanwhile_is_seen_by_the_first_run_of_the_guest(void **unused)
{
    (void)unused;
    vcpu_kick(&machine->vcpus[0]);
    machine_tsc_find_out(machine);
    assert_true(machine_tsc_offsets_work(machine));
    assert_int_equal(machine->vcpus[0].run->immediate_exit, 1);
}

#define OFFSETS_TEST(name)                                                                         \
    cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFSETS_TEST(on_a_kvm_that_applies_them_they_work),
        OFFSETS_TEST(on_a_kvm_that_reads_one_back_and_ignores_it_they_do_not),
        OFFSETS_TEST(on_a_kvm_that_says_that_there_is_none_nothing_is_run),
        OFFSETS_TEST(a_kvm_that_cannot_say_is_taken_for_one_that_ignores_them),
        OFFSETS_TEST(the_vcpu_and_its_memory_are_as_before),
        OFFSETS_TEST(a_kick_that_comes_meanwhile_is_seen_by_the_first_run_of_the_guest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
