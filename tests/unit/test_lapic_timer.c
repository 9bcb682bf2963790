/* SPDX-License-Identifier: BSD-2-Clause */
/* What is left of a local APIC timer's count over a pause. */
#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/kvm/lapic_timer.h"

#define VECTOR   0xec
#define PERIODIC (1u << 17)
#define DEADLINE (2u << 17)
#define BY_16    3
#define BY_1     0xb

static void put(struct kvm_lapic_state *state, unsigned offset, uint32_t value)
{
    memcpy(state->regs + offset, &value, sizeof value);
}

static uint32_t count_of(const struct kvm_lapic_state *state)
{
    uint32_t value;

    memcpy(&value, state->regs + 0x390, sizeof value);
    return value;
}

static struct kvm_lapic_state timer(uint32_t mode, uint32_t divider, uint32_t initial,
                                    uint32_t current)
{
    struct kvm_lapic_state state = {{0}};

    put(&state, 0x320, mode | VECTOR);
    put(&state, 0x380, initial);
    put(&state, 0x390, current);
    put(&state, 0x3e0, divider);
    return state;
}

static void a_count_is_what_it_was_at_the_pause_and_goes_on_from_the_resume(void **unused)
{
    struct kvm_lapic_state state = timer(0, BY_16, 1000, 600);

    (void)unused;
    assert_int_equal(lapic_timer_left(&state, 0), 600);
    assert_int_equal(lapic_timer_left(&state, 16 * 50), 650);
    lapic_timer_put(&state, 650, 16 * 20);
    assert_int_equal(count_of(&state), 630);
}

static void a_cut_knows_the_count_its_unit_and_its_period(void **unused)
{
    struct kvm_lapic_state once = timer(0, BY_16, 1000, 600);
    struct kvm_lapic_state periodic = timer(PERIODIC, BY_1, 1000, 600);
    struct time_cut_count count = lapic_timer_count(&once, 16 * 50);

    (void)unused;
    assert_int_equal(count.left, 650);
    assert_int_equal(count.unit_shift, 4);
    assert_int_equal(count.period, 0);
    count = lapic_timer_count(&periodic, 0);
    assert_int_equal(count.left, 600);
    assert_int_equal(count.unit_shift, 0);
    assert_int_equal(count.period, 1000);
}

static void every_divider_is_that_of_the_manual(void **unused)
{
    static const struct {
        uint32_t tdcr;
        uint32_t divider;
    } rows[] = {{0, 2}, {1, 4}, {2, 8}, {3, 16}, {8, 32}, {9, 64}, {10, 128}, {11, 1}};

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kvm_lapic_state state = timer(0, rows[i].tdcr, 100000, 5);

        assert_int_equal(lapic_timer_left(&state, 1280), 5 + 1280 / rows[i].divider);
    }
}

static void a_one_shot_that_has_run_out_before_the_pause_is_left_alone(void **unused)
{
    struct kvm_lapic_state state = timer(0, BY_1, 1000, 0);

    (void)unused;
    assert_int_equal(lapic_timer_left(&state, 0), 0);
}

static void a_timer_that_is_off_has_nothing_to_restore(void **unused)
{
    struct kvm_lapic_state off = timer(PERIODIC, BY_1, 0, 0);
    struct kvm_lapic_state deadline = timer(DEADLINE, BY_1, 1000, 500);

    (void)unused;
    assert_int_equal(lapic_timer_left(&off, 0), 0);
    assert_false(lapic_timer_is_deadline(&off));
    assert_int_equal(lapic_timer_left(&deadline, 0), 0);
    assert_true(lapic_timer_is_deadline(&deadline));
}

static void a_period_that_ended_between_pause_and_reading_ends_again(void **unused)
{
    struct kvm_lapic_state state = timer(PERIODIC, BY_1, 1000, 990);
    struct kvm_lapic_state at_its_end = timer(PERIODIC, BY_1, 1000, 0);

    (void)unused;
    assert_int_equal(lapic_timer_left(&state, 30), 20);
    assert_int_equal(lapic_timer_left(&state, 10), 1000);
    assert_int_equal(lapic_timer_left(&at_its_end, 0), 1);
    assert_int_equal(lapic_timer_left(&at_its_end, 40), 40);
}

static void a_count_is_never_above_its_initial_value_nor_put_as_0(void **unused)
{
    struct kvm_lapic_state state = timer(0, BY_1, 1000, 990);

    (void)unused;
    assert_int_equal(lapic_timer_left(&state, UINT64_C(1) << 50), 1000);
    lapic_timer_put(&state, 20, 20);
    assert_int_equal(count_of(&state), 1);
    lapic_timer_put(&state, 20, UINT64_MAX);
    assert_int_equal(count_of(&state), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_is_what_it_was_at_the_pause_and_goes_on_from_the_resume),
        cmocka_unit_test(a_cut_knows_the_count_its_unit_and_its_period),
        cmocka_unit_test(every_divider_is_that_of_the_manual),
        cmocka_unit_test(a_one_shot_that_has_run_out_before_the_pause_is_left_alone),
        cmocka_unit_test(a_timer_that_is_off_has_nothing_to_restore),
        cmocka_unit_test(a_period_that_ended_between_pause_and_reading_ends_again),
        cmocka_unit_test(a_count_is_never_above_its_initial_value_nor_put_as_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
