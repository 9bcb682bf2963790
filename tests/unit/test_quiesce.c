/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holding every vCPU: what is done with the exit that a vCPU is in, and with a machine that ends
 * meanwhile.
 */
#include "tests/unit/unit.h"

#include <sched.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/quiesce.h"
#include "vmm/machine/vcpu_stall.h"

#define PORT_POST 0x80
#define PORT_EXIT 0xf4

static struct machine_rig rig;

/* Starts the vCPUs under the lock, and waits until vCPU 0 stands in an exit that needs the lock. */
static void start_into_exit(struct fake_exit exit)
{
    bool pending = false;

    fake_vcpu_play(0, exit);
    machine_lock(&rig.machine);
    assert_int_equal(machine_start(&rig.machine), 0);
    while (!pending) {
        sched_yield();
        fake_kvm_lock();
        pending = fake_vcpu(0)->pending;
        fake_kvm_unlock();
    }
}

/* What is left of the exit that vCPU 0 stands in once it is held, and how many it has made. */
static void hold_and_look(bool *pending, unsigned *answers)
{
    bool held = quiesce_hold(&rig.machine);

    *pending = fake_vcpu(0)->pending;
    *answers = fake_vcpu(0)->answer_count;
    quiesce_let_go(&rig.machine);
    machine_unlock(&rig.machine);
    assert_true(held);
}

static void an_exit_is_complete_once_its_vcpu_is_held(void **unused)
{
    unsigned answers;
    bool pending;

    (void)unused;
    start_into_exit(fake_in(PORT_POST, 1));
    hold_and_look(&pending, &answers);
    assert_false(pending);
    assert_int_equal(answers, 1);
}

static unsigned answers_of(unsigned index)
{
    unsigned count;

    fake_kvm_lock();
    count = fake_vcpu(index)->answer_count;
    fake_kvm_unlock();
    return count;
}

/* It has left KVM_RUN, and has taken its kick back. */
static void await_kick_answered(unsigned index)
{
    while (__atomic_load_n(&rig.machine.vcpus[index].run->immediate_exit, __ATOMIC_SEQ_CST) != 0)
        sched_yield();
}

/* vCPU 0 stands in an exit that needs the lock, and vCPU 1 halts in the guest. */
static void who_is_kept_out_is_out_while_the_lock_is_held_and_runs_again_after_it(void **unused)
{
    bool was_kept_out;

    (void)unused;
    start_into_exit(fake_in(PORT_POST, 1));
    fake_vcpu_await_halt(1);
    was_kept_out = quiesce_keep_out(&rig.machine);
    assert_false(was_kept_out);
    await_kick_answered(1);
    assert_true(quiesce_keep_out(&rig.machine));
    quiesce_let_in(&rig.machine, true);
    fake_vcpu_play(1, fake_out(PORT_POST, 1, 0));
    assert_int_equal(answers_of(1), 0);
    quiesce_let_in(&rig.machine, was_kept_out);
    machine_unlock(&rig.machine);
    fake_vcpu_await_halt(0);
    fake_vcpu_await_halt(1);
    assert_int_equal(answers_of(1), 1);
    assert_true(quiesce_all_have_left(&rig.machine));
}

/* REP INS: KVM makes the second exit out of the first one's completion, kicked or not. */
static void so_is_one_whose_instruction_has_further_exits(void **unused)
{
    struct fake_exit rest = fake_in(PORT_POST, 1);
    unsigned answers;
    bool pending;

    (void)unused;
    rest.is_rest = true;
    start_into_exit(fake_in(PORT_POST, 1));
    fake_vcpu_play(0, rest);
    fake_vcpu_play(0, fake_in(PORT_POST, 1));
    hold_and_look(&pending, &answers);
    assert_false(pending);
    assert_int_equal(answers, 2);
    fake_vcpu_await_halt(0);
    assert_int_equal(fake_vcpu(0)->answer_count, 3);
}

static void an_exit_that_ends_the_machine_ends_the_hold(void **unused)
{
    (void)unused;
    start_into_exit(fake_out(PORT_EXIT, 1, 0x10));
    assert_false(quiesce_hold(&rig.machine));
    assert_true(machine_is_ending(&rig.machine));
    machine_unlock(&rig.machine);
}

static void a_machine_that_is_ending_already_ends_it_as_well(void **unused)
{
    (void)unused;
    assert_int_equal(machine_start(&rig.machine), 0);
    machine_end(&rig.machine, EXIT_STATUS_OK, "%s", "");
    machine_lock(&rig.machine);
    assert_false(quiesce_hold(&rig.machine));
    machine_unlock(&rig.machine);
}

static void who_is_held_ends_with_the_machine(void **unused)
{
    (void)unused;
    assert_int_equal(machine_start(&rig.machine), 0);
    machine_lock(&rig.machine);
    assert_true(quiesce_hold(&rig.machine));
    machine_unlock(&rig.machine);
}

static void await_left(struct machine *machine)
{
    bool left = false;

    while (!left) {
        sched_yield();
        machine_lock(machine);
        left = quiesce_all_have_left(machine);
        machine_unlock(machine);
    }
}

static void holds_may_follow_each_other_at_once_or_later(void **unused)
{
    (void)unused;
    assert_int_equal(machine_start(&rig.machine), 0);
    for (unsigned i = 0; i < 20; i++) {
        machine_lock(&rig.machine);
        assert_true(quiesce_hold(&rig.machine));
        assert_false(quiesce_all_have_left(&rig.machine));
        quiesce_let_go(&rig.machine);
        assert_true(quiesce_hold(&rig.machine));
        quiesce_let_go(&rig.machine);
        machine_unlock(&rig.machine);
        await_left(&rig.machine);
    }
    fake_vcpu_play(0, fake_in(PORT_POST, 1));
    fake_vcpu_await_halt(0);
    assert_int_equal(fake_vcpu(0)->answer_count, 1);
}

static void await_held(unsigned count)
{
    bool held = false;

    while (!held) {
        sched_yield();
        machine_lock(&rig.machine);
        held = rig.machine.quiesce.held_vcpus == count;
        machine_unlock(&rig.machine);
    }
}

/* What each vCPU is given to do is one exit; the other one does it. */
static void a_stalled_vcpu_stays_out_of_the_guest_whoever_is_held_and_let_go(void **unused)
{
    struct vcpu *vcpu = &rig.machine.vcpus[1];

    (void)unused;
    assert_int_equal(machine_start(&rig.machine), 0);
    machine_lock(&rig.machine);
    vcpu_begin_stall(vcpu, VCPU_STALL_FAULT);
    machine_unlock(&rig.machine);
    await_held(1);
    fake_vcpu_play(1, fake_in(PORT_POST, 1));
    fake_vcpu_play(0, fake_in(PORT_POST, 1));
    fake_vcpu_await_halt(0);
    machine_lock(&rig.machine);
    assert_true(quiesce_hold(&rig.machine));
    quiesce_let_go(&rig.machine);
    machine_unlock(&rig.machine);
    await_left(&rig.machine);
    assert_int_equal(answers_of(0), 1);
    assert_int_equal(answers_of(1), 0);
    machine_lock(&rig.machine);
    vcpu_end_stall(vcpu, VCPU_STALL_FAULT);
    machine_unlock(&rig.machine);
    fake_vcpu_await_halt(1);
    assert_int_equal(answers_of(1), 1);
}

static void a_stall_that_ends_in_a_hold_does_not_end_the_hold(void **unused)
{
    (void)unused;
    assert_int_equal(machine_start(&rig.machine), 0);
    machine_lock(&rig.machine);
    assert_true(quiesce_hold(&rig.machine));
    vcpu_begin_stall(&rig.machine.vcpus[1], VCPU_STALL_FAULT);
    vcpu_end_stall(&rig.machine.vcpus[1], VCPU_STALL_FAULT);
    machine_unlock(&rig.machine);
    fake_vcpu_play(1, fake_in(PORT_POST, 1));
    await_held(2);
    assert_int_equal(answers_of(1), 0);
    machine_lock(&rig.machine);
    quiesce_let_go(&rig.machine);
    machine_unlock(&rig.machine);
    fake_vcpu_await_halt(1);
    assert_int_equal(answers_of(1), 1);
}

static void who_is_stalled_ends_with_the_machine(void **unused)
{
    (void)unused;
    assert_int_equal(machine_start(&rig.machine), 0);
    machine_lock(&rig.machine);
    vcpu_begin_stall(&rig.machine.vcpus[0], VCPU_STALL_FAULT);
    machine_unlock(&rig.machine);
    await_held(1);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup_made, machine_rig_teardown,   \
                                             &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_kept_out_is_out_while_the_lock_is_held_and_runs_again_after_it),
        TEST(an_exit_is_complete_once_its_vcpu_is_held),
        TEST(so_is_one_whose_instruction_has_further_exits),
        TEST(an_exit_that_ends_the_machine_ends_the_hold),
        TEST(a_machine_that_is_ending_already_ends_it_as_well),
        TEST(who_is_held_ends_with_the_machine),
        TEST(holds_may_follow_each_other_at_once_or_later),
        TEST(a_stalled_vcpu_stays_out_of_the_guest_whoever_is_held_and_let_go),
        TEST(a_stall_that_ends_in_a_hold_does_not_end_the_hold),
        TEST(who_is_stalled_ends_with_the_machine),
    };

    return cmocka_run_group_tests_name("quiesce", tests, NULL, NULL);
}
