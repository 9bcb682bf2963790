/* SPDX-License-Identifier: BSD-2-Clause */
/* Steal time of vCPUs that a fault keeps out of the guest. */
#include "tests/unit/steal_rig.h"

/* Half a step at 30 %, three and a half steps of a stall, and a step at 30 %. */
static void all_of_a_stall_is_stolen_and_is_shown_at_its_end(void **unused)
{
    struct steal_rig rig;
    uint64_t before_ns = STEP_NS / 2 * 30 / 100, step_ns = STEP_NS * 30 / 100, end_ns = 4 * STEP_NS;

    (void)unused;
    steal_rig_init(&rig, 30, 2);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 0));
    assert_true(steal_rig_write_msr(&rig, 1, 128 | 1, 0));
    steal_msr_begin_stall(&rig.steal, STEP_NS / 2, 0);
    steal_msr_begin_stall(&rig.steal, STEP_NS, 0);
    for (unsigned i = 1; i <= 4; i++)
        timerq_run(&rig.timers, i * STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), before_ns);
    assert_int_equal(steal_rig_ns(&rig, 128), 4 * step_ns);
    steal_msr_end_stall(&rig.steal, end_ns, 0);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), before_ns + end_ns - STEP_NS / 2);
    steal_msr_end_stall(&rig.steal, end_ns, 0);
    timerq_run(&rig.timers, end_ns + STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA),
                     before_ns + end_ns - STEP_NS / 2 + STEP_NS * 30 / 100);
    assert_true(
        rig.steal.dev.ops->state_is_valid(&rig.steal.dev, end_ns + STEP_NS, &rig.steal.state));
}

static void a_stall_of_a_vcpu_without_a_page_is_nobody_s_steal_time(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 30, 1);
    steal_msr_begin_stall(&rig.steal, STEP_NS, 0);
    steal_msr_end_stall(&rig.steal, 2 * STEP_NS, 0);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 3 * STEP_NS));
    timerq_run(&rig.timers, 4 * STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), STEP_NS * 30 / 100);
}

/* 10 steps at 20 %, half of one and 10 at 80 %, which are shorter, and then at 20 % again. */
static void a_share_can_change_at_any_time(void **unused)
{
    struct steal_rig rig;
    uint64_t now_ns = 10 * STEP_NS + STEP_NS / 2, step_ns = steal_time_step_ns(80), before_ns;

    (void)unused;
    steal_rig_init(&rig, 20, 1);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 0));
    for (unsigned i = 1; i <= 10; i++)
        timerq_run(&rig.timers, i * STEP_NS);
    steal_msr_set_percent(&rig.steal, now_ns, 80);
    before_ns = steal_rig_ns(&rig, PAGE_GPA);
    assert_in_range(before_ns, now_ns / 5 - 10, now_ns / 5);
    for (unsigned i = 1; i <= 10; i++)
        timerq_run(&rig.timers, now_ns + i * step_ns);
    assert_in_range(steal_rig_ns(&rig, PAGE_GPA) - before_ns, 8 * step_ns - 10, 8 * step_ns);
    now_ns += 10 * step_ns;
    steal_msr_set_percent(&rig.steal, now_ns, 20);
    assert_true(rig.steal.dev.ops->state_is_valid(&rig.steal.dev, now_ns, &rig.steal.state));
    before_ns = steal_rig_ns(&rig, PAGE_GPA);
    timerq_run(&rig.timers, now_ns + STEP_NS);
    assert_in_range(steal_rig_ns(&rig, PAGE_GPA) - before_ns, STEP_NS / 5, STEP_NS / 5 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_stall_is_stolen_and_is_shown_at_its_end),
        cmocka_unit_test(a_stall_of_a_vcpu_without_a_page_is_nobody_s_steal_time),
        cmocka_unit_test(a_share_can_change_at_any_time),
    };

    return cmocka_run_group_tests_name("steal_faults", tests, NULL, NULL);
}
