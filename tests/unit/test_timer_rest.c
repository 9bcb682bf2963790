/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often the timer thread is woken, by a thread and guests that are made of numbers: each guest
 * exits every 1 us, and every exit ends with the question whether the thread is to be woken.
 */
#include "tests/unit/unit.h"

#include "base/time_math.h"
#include "vmm/machine/timer_rest.h"

#define US UINT64_C(1000)

/* A timer of the guest, and what the thread has done for it. */
struct run {
    struct timer_rest rest;
    uint64_t deadline_ns;
    /* 0: one shot. */
    uint64_t period_ns;
    /* Of one shot: the guest arms it anew at its next exit, for so long after it. */
    uint64_t one_shot_ns;
    unsigned fired;
    unsigned woken_by_time;
    unsigned woken_by_guest;
};

static void look(struct run *run, uint64_t now_ns)
{
    if (run->deadline_ns <= now_ns) {
        run->fired++;
        run->deadline_ns =
            run->period_ns != 0 ? now_ns - now_ns % run->period_ns + run->period_ns : TIME_NEVER_NS;
        timer_rest_begin(&run->rest, now_ns, TIMER_REST_NS);
    }
    run->rest.wake_ns = timer_rest_wake_ns(&run->rest, run->deadline_ns);
}

static void exit_of_guest(struct run *run, uint64_t now_ns)
{
    if (run->deadline_ns == TIME_NEVER_NS)
        run->deadline_ns = now_ns + run->one_shot_ns;
    if (timer_rest_is_too_long(&run->rest, run->deadline_ns)) {
        run->woken_by_guest++;
        look(run, now_ns);
    }
}

static void run_for_1_s(struct run *run)
{
    look(run, 0);
    for (uint64_t now_ns = US; now_ns <= NS_PER_SEC; now_ns += US) {
        if (now_ns >= run->rest.wake_ns) {
            run->woken_by_time++;
            look(run, now_ns);
        }
        exit_of_guest(run, now_ns + US / 2);
    }
}

static void a_periodic_timer_of_1_us_wakes_the_thread_20000_times_a_second(void **unused)
{
    struct run run = {.deadline_ns = US, .period_ns = US};

    (void)unused;
    run_for_1_s(&run);
    assert_int_equal(run.woken_by_guest, 0);
    assert_in_range(run.woken_by_time, 19000, 20000);
    assert_int_equal(run.fired, run.woken_by_time);
}

static void a_one_shot_of_1_us_wakes_it_once_more_for_each_firing(void **unused)
{
    struct run run = {.deadline_ns = US, .one_shot_ns = US};

    (void)unused;
    run_for_1_s(&run);
    assert_in_range(run.fired, 19000, 20000);
    assert_in_range(run.woken_by_guest, run.fired - 1, run.fired + 1);
    assert_int_equal(run.woken_by_time, run.fired);
}

static void a_slow_periodic_timer_wakes_it_once_a_period(void **unused)
{
    struct run run = {.deadline_ns = 1000 * US, .period_ns = 1000 * US};

    (void)unused;
    run_for_1_s(&run);
    assert_int_equal(run.fired, 1000);
    assert_int_equal(run.woken_by_time, 1000);
    assert_int_equal(run.woken_by_guest, 0);
}

static void a_deadline_inside_a_rest_is_for_its_end_and_a_later_one_exact(void **unused)
{
    struct timer_rest rest = {0};

    (void)unused;
    timer_rest_begin(&rest, 100 * US, TIMER_REST_NS);
    assert_int_equal(timer_rest_wake_ns(&rest, 101 * US), 150 * US);
    assert_int_equal(timer_rest_wake_ns(&rest, 150 * US), 150 * US);
    assert_int_equal(timer_rest_wake_ns(&rest, 150 * US + 1), 150 * US + 1);
    assert_int_equal(timer_rest_wake_ns(&rest, TIME_NEVER_NS), TIME_NEVER_NS);
}

static void only_a_thread_that_would_wake_too_late_is_woken(void **unused)
{
    struct timer_rest rest = {.over_ns = 150 * US, .wake_ns = 150 * US};

    (void)unused;
    assert_false(timer_rest_is_too_long(&rest, 101 * US));
    assert_false(timer_rest_is_too_long(&rest, 150 * US));
    assert_false(timer_rest_is_too_long(&rest, 151 * US));
    rest.wake_ns = 900 * US;
    assert_true(timer_rest_is_too_long(&rest, 101 * US));
    assert_true(timer_rest_is_too_long(&rest, 899 * US));
    assert_false(timer_rest_is_too_long(&rest, 900 * US));
    rest.wake_ns = TIME_NEVER_NS;
    assert_true(timer_rest_is_too_long(&rest, 900 * US));
    assert_false(timer_rest_is_too_long(&rest, TIME_NEVER_NS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_periodic_timer_of_1_us_wakes_the_thread_20000_times_a_second),
        cmocka_unit_test(a_one_shot_of_1_us_wakes_it_once_more_for_each_firing),
        cmocka_unit_test(a_slow_periodic_timer_wakes_it_once_a_period),
        cmocka_unit_test(a_deadline_inside_a_rest_is_for_its_end_and_a_later_one_exact),
        cmocka_unit_test(only_a_thread_that_would_wake_too_late_is_woken),
    };

    return cmocka_run_group_tests_name("timer_rest", tests, NULL, NULL);
}
