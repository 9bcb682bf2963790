/* SPDX-License-Identifier: BSD-2-Clause */
/* Which vCPU is idle, and when its timer wakes it. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "vmm/machine/idle_vcpu.h"

#define VECTOR   0xec
#define MASKED   (1u << 16)
#define PERIODIC (1u << 17)
#define DEADLINE (2u << 17)
#define BY_16    3
#define NOW_NS   UINT64_C(1000000000)

static struct idle_memory memory;
static struct idle_view view;
static uint64_t wakes_ns;

static void put(unsigned offset, uint32_t value)
{
    memcpy(view.lapic.regs + offset, &value, sizeof value);
}

/* Halted, at 1 ns to a cycle, without a timer. */
static int setup(void **unused)
{
    (void)unused;
    memory = (struct idle_memory){0};
    view = (struct idle_view){
        .mp_state = KVM_MP_STATE_HALTED,
        .halt_count = 7,
        .time = {.tsc = 5000, .scale = {.mul = UINT32_C(1) << 31, .shift = 1}},
        .guest_ns = NOW_NS,
    };
    put(0x320, MASKED);
    return 0;
}

/* With what is left of it in units of 16 ns, as the cut has it. */
static void set_count(uint32_t mode, uint32_t initial, uint32_t left)
{
    put(0x320, mode | VECTOR);
    put(0x380, initial);
    put(0x390, left);
    put(0x3e0, BY_16);
    view.time.count = (struct time_cut_count){
        .left = left, .period = mode == PERIODIC ? initial : 0, .unit_shift = 4};
}

static bool judge(void)
{
    return idle_vcpu_judge(&memory, &view, &wakes_ns);
}

static void one_that_halts_without_a_timer_waits_for_somebody_else(void **unused)
{
    (void)unused;
    assert_true(judge());
    assert_int_equal(wakes_ns, TIME_NEVER_NS);
}

static void one_that_runs_is_not_idle(void **unused)
{
    (void)unused;
    view.mp_state = KVM_MP_STATE_RUNNABLE;
    assert_false(judge());
}

/* Whatever is in its local APIC. */
static void one_that_was_never_started_is_idle(void **unused)
{
    (void)unused;
    set_count(0, 1000, 0);
    put(0x200, 1);
    view.mp_state = KVM_MP_STATE_UNINITIALIZED;
    assert_true(judge());
    assert_int_equal(wakes_ns, TIME_NEVER_NS);
    view.mp_state = KVM_MP_STATE_INIT_RECEIVED;
    assert_true(judge());
}

static void an_interrupt_in_irr_is_on_its_way(void **unused)
{
    (void)unused;
    for (unsigned vector = 0; vector < 256; vector++) {
        setup(NULL);
        put(0x200 + vector / 32 * 0x10, UINT32_C(1) << vector % 32);
        assert_false(judge());
    }
}

static void so_is_what_kvm_is_about_to_inject(void **unused)
{
    uint8_t *const fields[] = {
        &view.events.interrupt.injected, &view.events.nmi.pending,
        &view.events.nmi.injected,       &view.events.smi.pending,
        &view.events.exception.pending,  &view.events.exception.injected,
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        *fields[i] = 1;
        assert_false(judge());
        *fields[i] = 0;
        assert_true(judge());
    }
}

static void a_tsc_deadline_wakes_it_when_it_has_come_and_not_before(void **unused)
{
    (void)unused;
    put(0x320, DEADLINE | VECTOR);
    view.time.tsc_deadline = 5000 + 300;
    assert_true(judge());
    assert_in_range(wakes_ns, NOW_NS + 300, NOW_NS + 301);
    view.time.tsc_deadline = 0;
    assert_true(judge());
    assert_int_equal(wakes_ns, TIME_NEVER_NS);
}

static void a_tsc_deadline_that_is_past_is_an_interrupt_on_its_way(void **unused)
{
    (void)unused;
    put(0x320, DEADLINE | VECTOR);
    view.time.tsc_deadline = 5000;
    assert_false(judge());
    view.time.tsc_deadline = 1;
    assert_false(judge());
}

static void a_count_that_runs_wakes_it_at_its_end(void **unused)
{
    (void)unused;
    set_count(0, 1000, 600);
    assert_true(judge());
    assert_int_equal(wakes_ns, NOW_NS + 600 * 16);
}

static void of_a_count_that_has_run_out_the_interrupt_may_be_on_its_way(void **unused)
{
    (void)unused;
    set_count(0, 1000, 0);
    assert_false(judge());
    view.guest_ns += IDLE_SETTLE_NS - 1;
    assert_false(judge());
    view.guest_ns += 1;
    assert_true(judge());
    assert_int_equal(wakes_ns, TIME_NEVER_NS);
    view.guest_ns += NOW_NS;
    assert_true(judge());
}

static void and_may_be_so_again_after_each_hlt(void **unused)
{
    (void)unused;
    set_count(0, 1000, 0);
    assert_false(judge());
    view.guest_ns += IDLE_SETTLE_NS;
    view.halt_count++;
    assert_false(judge());
    view.guest_ns += IDLE_SETTLE_NS;
    view.halt_count++;
    assert_false(judge());
    view.guest_ns += IDLE_SETTLE_NS;
    assert_true(judge());
}

/* The second view is no use if the timer can have run out between the two. */
static void a_periodic_one_is_known_until_it_runs_out(void **unused)
{
    (void)unused;
    set_count(PERIODIC, 1000, 600);
    assert_false(judge());
    view.guest_ns += 100 * 16;
    set_count(PERIODIC, 1000, 500);
    assert_true(judge());
    assert_int_equal(wakes_ns, view.guest_ns + 500 * 16);
    view.guest_ns += 500 * 16;
    set_count(PERIODIC, 1000, 1000);
    assert_false(judge());
    view.guest_ns += 10 * 16;
    set_count(PERIODIC, 1000, 990);
    assert_true(judge());
}

static void a_count_of_0_was_never_started(void **unused)
{
    (void)unused;
    set_count(0, 0, 0);
    assert_true(judge());
    assert_int_equal(wakes_ns, TIME_NEVER_NS);
}

static void a_masked_timer_wakes_nobody(void **unused)
{
    (void)unused;
    set_count(0, 1000, 600);
    put(0x320, MASKED | VECTOR);
    assert_true(judge());
    assert_int_equal(wakes_ns, TIME_NEVER_NS);
    set_count(0, 1000, 0);
    put(0x320, MASKED | VECTOR);
    assert_true(judge());
    put(0x320, MASKED | DEADLINE | VECTOR);
    view.time.tsc_deadline = 1;
    assert_true(judge());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_that_halts_without_a_timer_waits_for_somebody_else, setup),
        cmocka_unit_test_setup(one_that_runs_is_not_idle, setup),
        cmocka_unit_test_setup(one_that_was_never_started_is_idle, setup),
        cmocka_unit_test_setup(an_interrupt_in_irr_is_on_its_way, setup),
        cmocka_unit_test_setup(so_is_what_kvm_is_about_to_inject, setup),
        cmocka_unit_test_setup(a_tsc_deadline_wakes_it_when_it_has_come_and_not_before, setup),
        cmocka_unit_test_setup(a_tsc_deadline_that_is_past_is_an_interrupt_on_its_way, setup),
        cmocka_unit_test_setup(a_count_that_runs_wakes_it_at_its_end, setup),
        cmocka_unit_test_setup(of_a_count_that_has_run_out_the_interrupt_may_be_on_its_way, setup),
        cmocka_unit_test_setup(and_may_be_so_again_after_each_hlt, setup),
        cmocka_unit_test_setup(a_periodic_one_is_known_until_it_runs_out, setup),
        cmocka_unit_test_setup(a_count_of_0_was_never_started, setup),
        cmocka_unit_test_setup(a_masked_timer_wakes_nobody, setup),
    };

    return cmocka_run_group_tests_name("idle_vcpu", tests, NULL, NULL);
}
