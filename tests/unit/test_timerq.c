/* SPDX-License-Identifier: BSD-2-Clause */
/* Timer queue: order, deadlines, rearming, late runs. */
#include "tests/unit/unit.h"

#include "devices/timerq.h"

#define LOG_MAX 16

struct firing {
    unsigned id;
    uint64_t deadline_ns;
    uint64_t run_now_ns;
};

struct rig {
    struct timerq queue;
    struct firing log[LOG_MAX];
    unsigned log_count;
};

struct alarm {
    struct timer timer;
    struct rig *rig;
    unsigned id;
    /* What the callback does: arms its own timer, or one other, this much later. */
    uint64_t rearm_ns;
    struct alarm *other;
};

static void on_fire(void *ctx, uint64_t deadline_ns)
{
    struct alarm *alarm = ctx;
    struct rig *rig = alarm->rig;
    struct alarm *next = alarm->other != NULL ? alarm->other : alarm;

    assert_true(rig->log_count < LOG_MAX);
    rig->log[rig->log_count++] = (struct firing){alarm->id, deadline_ns, rig->queue.run_now_ns};
    assert_false(alarm->timer.armed);
    if (alarm->rearm_ns != 0)
        timerq_arm(&rig->queue, &next->timer, deadline_ns + alarm->rearm_ns);
}

static void alarm_init(struct alarm *alarm, struct rig *rig, unsigned id)
{
    *alarm = (struct alarm){.rig = rig, .id = id};
    timer_init(&alarm->timer, timer_rank(id, 0), on_fire, alarm);
}

static void assert_fired(const struct rig *rig, unsigned index, unsigned id, uint64_t deadline_ns)
{
    assert_true(index < rig->log_count);
    assert_int_equal(rig->log[index].id, id);
    assert_int_equal(rig->log[index].deadline_ns, deadline_ns);
}

static void timers_fire_in_the_order_of_their_deadlines(void **unused)
{
    struct rig rig = {0};
    struct alarm a[3];

    (void)unused;
    for (unsigned i = 0; i < 3; i++)
        alarm_init(&a[i], &rig, i);
    timerq_arm(&rig.queue, &a[0].timer, 30);
    timerq_arm(&rig.queue, &a[1].timer, 10);
    timerq_arm(&rig.queue, &a[2].timer, 20);
    assert_int_equal(timerq_next_deadline_ns(&rig.queue), 10);
    timerq_run(&rig.queue, 100);
    assert_int_equal(rig.log_count, 3);
    assert_fired(&rig, 0, 1, 10);
    assert_fired(&rig, 1, 2, 20);
    assert_fired(&rig, 2, 0, 30);
}

static void
timers_with_one_deadline_fire_in_the_order_of_their_ranks_whatever_was_armed_first(void **unused)
{
    struct rig rig = {0};
    struct alarm a[3];

    (void)unused;
    for (unsigned i = 0; i < 3; i++)
        alarm_init(&a[i], &rig, i);
    timerq_arm(&rig.queue, &a[2].timer, 10);
    timerq_arm(&rig.queue, &a[0].timer, 10);
    timerq_arm(&rig.queue, &a[1].timer, 10);
    timerq_arm(&rig.queue, &a[0].timer, 10);
    timerq_run(&rig.queue, 10);
    assert_int_equal(rig.log_count, 3);
    assert_fired(&rig, 0, 0, 10);
    assert_fired(&rig, 1, 1, 10);
    assert_fired(&rig, 2, 2, 10);
}

static void an_earlier_deadline_comes_before_a_lower_rank(void **unused)
{
    struct rig rig = {0};
    struct alarm a[2];

    (void)unused;
    for (unsigned i = 0; i < 2; i++)
        alarm_init(&a[i], &rig, i);
    timerq_arm(&rig.queue, &a[0].timer, 11);
    timerq_arm(&rig.queue, &a[1].timer, 10);
    timerq_run(&rig.queue, 11);
    assert_fired(&rig, 0, 1, 10);
    assert_fired(&rig, 1, 0, 11);
}

static void ranks_go_by_the_device_and_then_by_its_timer(void **unused)
{
    (void)unused;
    assert_true(timer_rank(3, 0) < timer_rank(3, 1));
    assert_true(timer_rank(3, TIMERQ_TIMERS_PER_DEVICE - 1) < timer_rank(4, 0));
}

static void a_timer_fires_at_its_deadline_and_not_before(void **unused)
{
    struct rig rig = {0};
    struct alarm a;

    (void)unused;
    alarm_init(&a, &rig, 0);
    timerq_arm(&rig.queue, &a.timer, 10);
    timerq_run(&rig.queue, 9);
    assert_int_equal(rig.log_count, 0);
    timerq_run(&rig.queue, 10);
    assert_int_equal(rig.log_count, 1);
    timerq_run(&rig.queue, 1000);
    assert_int_equal(rig.log_count, 1);
    assert_int_equal(timerq_next_deadline_ns(&rig.queue), TIME_NEVER_NS);
}

static void arming_again_replaces_the_deadline(void **unused)
{
    struct rig rig = {0};
    struct alarm a;

    (void)unused;
    alarm_init(&a, &rig, 0);
    timerq_arm(&rig.queue, &a.timer, 10);
    timerq_arm(&rig.queue, &a.timer, 20);
    timerq_run(&rig.queue, 15);
    assert_int_equal(rig.log_count, 0);
    timerq_run(&rig.queue, 20);
    assert_int_equal(rig.log_count, 1);
    assert_fired(&rig, 0, 0, 20);
}

static void a_deadline_of_never_or_a_cancel_leaves_the_timer_unarmed(void **unused)
{
    struct rig rig = {0};
    struct alarm a;

    (void)unused;
    alarm_init(&a, &rig, 0);
    timerq_cancel(&rig.queue, &a.timer);
    timerq_arm(&rig.queue, &a.timer, 10);
    timerq_arm(&rig.queue, &a.timer, TIME_NEVER_NS);
    assert_false(a.timer.armed);
    timerq_arm(&rig.queue, &a.timer, 10);
    timerq_cancel(&rig.queue, &a.timer);
    assert_false(a.timer.armed);
    timerq_run(&rig.queue, TIME_NEVER_NS);
    assert_int_equal(rig.log_count, 0);
}

static void a_late_run_fires_what_callbacks_arm_each_with_its_own_deadline(void **unused)
{
    struct rig rig = {0};
    struct alarm periodic;
    struct alarm first;
    struct alarm second;

    (void)unused;
    alarm_init(&periodic, &rig, 0);
    alarm_init(&first, &rig, 1);
    alarm_init(&second, &rig, 2);
    periodic.rearm_ns = 10;
    first.rearm_ns = 5;
    first.other = &second;
    timerq_arm(&rig.queue, &periodic.timer, 10);
    timerq_arm(&rig.queue, &first.timer, 10);
    timerq_run(&rig.queue, 29);
    assert_int_equal(rig.log_count, 4);
    assert_fired(&rig, 0, 0, 10);
    assert_fired(&rig, 1, 1, 10);
    assert_fired(&rig, 2, 2, 15);
    assert_fired(&rig, 3, 0, 20);
    assert_int_equal(timerq_next_deadline_ns(&rig.queue), 30);
}

static void a_callback_can_see_how_late_the_run_is(void **unused)
{
    struct rig rig = {0};
    struct alarm a;

    (void)unused;
    alarm_init(&a, &rig, 0);
    timerq_arm(&rig.queue, &a.timer, 10);
    timerq_run(&rig.queue, 5);
    timerq_run(&rig.queue, 77);
    assert_int_equal(rig.log_count, 1);
    assert_int_equal(rig.log[0].run_now_ns, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_the_order_of_their_deadlines),
        cmocka_unit_test(
            timers_with_one_deadline_fire_in_the_order_of_their_ranks_whatever_was_armed_first),
        cmocka_unit_test(an_earlier_deadline_comes_before_a_lower_rank),
        cmocka_unit_test(ranks_go_by_the_device_and_then_by_its_timer),
        cmocka_unit_test(a_timer_fires_at_its_deadline_and_not_before),
        cmocka_unit_test(arming_again_replaces_the_deadline),
        cmocka_unit_test(a_deadline_of_never_or_a_cancel_leaves_the_timer_unarmed),
        cmocka_unit_test(a_late_run_fires_what_callbacks_arm_each_with_its_own_deadline),
        cmocka_unit_test(a_callback_can_see_how_late_the_run_is),
    };

    return cmocka_run_group_tests_name("timerq", tests, NULL, NULL);
}
