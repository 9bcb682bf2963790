/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a vCPU is got out of the guest, by threads that race. Also built with TSan.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/vcpu.h"

#define KICKS 200

static struct machine_rig rig;
static atomic_uint runs;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_make(&rig);
    vcpu_prepare_kick_signal();
    return 0;
}

static void a_kick_before_the_vcpu_enters_the_guest_keeps_it_out_until_it_is_answered(void **unused)
{
    struct vcpu *vcpu = &rig.machine.vcpus[1];

    (void)unused;
    fake_vcpu_play(1, fake_exit_of(KVM_EXIT_IRQ_WINDOW_OPEN));
    vcpu_kick(vcpu);
    assert_int_equal(kvm_vcpu_run(vcpu->fd), -EINTR);
    assert_int_equal(kvm_vcpu_run(vcpu->fd), -EINTR);
    vcpu_clear_kick(vcpu);
    assert_int_equal(kvm_vcpu_run(vcpu->fd), 0);
}

/* Waits in the guest, which halts, until it is kicked out. */
static void *run_until_kicked(void *argument)
{
    struct vcpu *vcpu = argument;

    atomic_store(&vcpu->thread_id, gettid());
    for (unsigned i = 0; i < KICKS; i++) {
        while (kvm_vcpu_run(vcpu->fd) != -EINTR)
            ;
        vcpu_clear_kick(vcpu);
        atomic_fetch_add(&runs, 1);
    }
    return NULL;
}

static void a_vcpu_that_waits_in_the_guest_leaves_it_at_each_kick(void **unused)
{
    struct vcpu *vcpu = &rig.machine.vcpus[0];

    (void)unused;
    atomic_store(&runs, 0);
    assert_int_equal(pthread_create(&vcpu->thread, NULL, run_until_kicked, vcpu), 0);
    vcpu->thread_started = true;
    for (unsigned i = 0; i < KICKS; i++) {
        fake_vcpu_await_halt(0);
        vcpu_kick(vcpu);
        while (atomic_load(&runs) == i)
            sched_yield();
    }
    pthread_join(vcpu->thread, NULL);
    vcpu->thread_started = false;
    assert_int_equal(atomic_load(&runs), KICKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(
            a_kick_before_the_vcpu_enters_the_guest_keeps_it_out_until_it_is_answered, setup,
            machine_rig_teardown, &rig),
        cmocka_unit_test_prestate_setup_teardown(
            a_vcpu_that_waits_in_the_guest_leaves_it_at_each_kick, setup, machine_rig_teardown,
            &rig),
    };

    return cmocka_run_group_tests_name("vcpu", tests, NULL, NULL);
}
