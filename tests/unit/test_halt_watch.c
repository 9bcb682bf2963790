/* SPDX-License-Identifier: BSD-2-Clause */
/* When it is found that a guest has stopped for good, and how seldom it is looked for. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/halt_watch.h"

#define RFLAGS_IF (1u << 9)

static struct machine_rig rig;
static struct halt_watch watch;
static uint64_t next_ns;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_make(&rig);
    memset(&watch, 0, sizeof watch);
    return 0;
}

static bool look(void)
{
    return halt_watch_look(&watch, &rig.machine, &next_ns);
}

static void set(unsigned vcpu, uint32_t mp_state, uint64_t rflags)
{
    fake_vcpu(vcpu)->mp_state.mp_state = mp_state;
    fake_vcpu(vcpu)->regs.rflags = rflags;
}

static void a_guest_that_exits_is_left_alone(void **unused)
{
    (void)unused;
    set(0, KVM_MP_STATE_HALTED, 0);
    set(1, KVM_MP_STATE_HALTED, 0);
    for (unsigned i = 0; i < 5; i++) {
        assert_false(look());
        assert_int_equal(next_ns, HALT_WATCH_MIN_NS);
        rig.machine.vcpus[i % 2].exit_count++;
    }
}

static void it_is_told_once_that_all_have_stopped(void **unused)
{
    (void)unused;
    set(0, KVM_MP_STATE_HALTED, 0);
    set(1, KVM_MP_STATE_UNINITIALIZED, RFLAGS_IF);
    assert_false(look());
    assert_true(look());
    assert_false(look());
    rig.machine.vcpus[0].exit_count++;
    assert_false(look());
    assert_true(look());
    assert_int_equal(rig.machine.stop_reasons, 0);
}

static void one_that_an_interrupt_can_wake_is_enough(void **unused)
{
    (void)unused;
    set(0, KVM_MP_STATE_HALTED, RFLAGS_IF);
    set(1, KVM_MP_STATE_HALTED, 0);
    assert_false(look());
    assert_false(look());
    set(0, KVM_MP_STATE_RUNNABLE, 0);
    assert_false(look());
    set(0, KVM_MP_STATE_HALTED, 0);
    assert_true(look());
}

static void a_guest_that_rests_is_looked_at_ever_more_seldom(void **unused)
{
    (void)unused;
    set(0, KVM_MP_STATE_HALTED, RFLAGS_IF);
    assert_false(look());
    for (uint64_t interval_ns = 2 * HALT_WATCH_MIN_NS; interval_ns <= HALT_WATCH_MAX_NS;
         interval_ns *= 2) {
        assert_false(look());
        assert_int_equal(next_ns, interval_ns);
    }
    assert_false(look());
    assert_int_equal(next_ns, HALT_WATCH_MAX_NS);
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_guest_that_exits_is_left_alone),
        TEST(it_is_told_once_that_all_have_stopped),
        TEST(one_that_an_interrupt_can_wake_is_enough),
        TEST(a_guest_that_rests_is_looked_at_ever_more_seldom),
    };

    return cmocka_run_group_tests_name("halt_watch", tests, NULL, NULL);
}
