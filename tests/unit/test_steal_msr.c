/* SPDX-License-Identifier: BSD-2-Clause */
/* Steal time as a share of guest time: its MSR, its pages and their timer. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/snapshot.h"
#include "tests/unit/steal_rig.h"

#define MAX_LATE_NS 100000

static uint64_t read_msr(struct steal_rig *rig, unsigned vcpu)
{
    struct device *dev = &rig->steal.dev;
    uint64_t value;

    assert_true(dev->ops->read_msr(dev, 0, vcpu, MSR_STEAL_TIME, &value));
    return value;
}

static uint32_t version(const struct steal_rig *rig, uint64_t gpa)
{
    uint32_t value;

    memcpy(&value, rig->ram + gpa + 8, sizeof value);
    return value;
}

static void a_vcpu_is_charged_from_the_time_at_which_it_enables_its_page(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 30, 2);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 5 * NS_PER_SEC));
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), 0);
    assert_true(steal_rig_write_msr(&rig, 1, 128 | 1, 5 * NS_PER_SEC + 1000));
    timerq_run(&rig.timers, 5 * NS_PER_SEC + STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), STEP_NS * 30 / 100);
    assert_int_equal(steal_rig_ns(&rig, 128), (STEP_NS - 1000) * 30 / 100);
    assert_int_equal(version(&rig, PAGE_GPA), 4);
}

static void it_goes_on_from_what_the_page_shows(void **unused)
{
    const uint64_t before_ns = 123456789;
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 50, 2);
    memcpy(rig.ram + PAGE_GPA, &before_ns, sizeof before_ns);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 100));
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), before_ns);
    timerq_run(&rig.timers, 100 + STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), before_ns + STEP_NS / 2);
    assert_true(steal_rig_write_msr(&rig, 0, 0, 100 + 2 * STEP_NS));
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 100 + 20 * STEP_NS));
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), before_ns + STEP_NS);
}

static void it_is_written_each_step_and_late_once_as_of_the_latest(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 50, 2);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 100));
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 100 + STEP_NS);
    timerq_run(&rig.timers, 100 + STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), STEP_NS / 2);
    timerq_run(&rig.timers, 177 + 3 * STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), 3 * STEP_NS / 2);
    assert_int_equal(version(&rig, PAGE_GPA), 6);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 100 + 4 * STEP_NS);
}

/* A page that gained more than passes would take more of a tick of Linux than it has. */
static void what_a_late_host_owes_is_shown_no_faster_than_time_passes(void **unused)
{
    struct steal_rig rig;
    uint64_t before_ns;

    (void)unused;
    steal_rig_init(&rig, 60, 1);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 0));
    timerq_run(&rig.timers, 6 * STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), STEP_NS);
    for (unsigned i = 7; i <= 13; i++) {
        before_ns = steal_rig_ns(&rig, PAGE_GPA);
        timerq_run(&rig.timers, i * STEP_NS);
        assert_true(steal_rig_ns(&rig, PAGE_GPA) - before_ns <= STEP_NS);
    }
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), 13 * STEP_NS * 60 / 100);
}

static void of_a_long_stop_no_more_than_100_ms_is_owed(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 50, 1);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 0));
    timerq_run(&rig.timers, 400000 * STEP_NS);
    assert_int_equal(rig.steal.state.figures[0].shown_ns + rig.steal.state.figures[0].owed_ns,
                     100000000);
}

static void an_idle_vcpu_is_not_charged_and_its_page_left_alone(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 40, 2);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 0));
    assert_true(steal_rig_write_msr(&rig, 1, 128 | 1, 0));
    rig.is_halted[1] = true;
    timerq_run(&rig.timers, 1000 * STEP_NS);
    timerq_run(&rig.timers, 1001 * STEP_NS);
    assert_true(steal_rig_ns(&rig, PAGE_GPA) > 0);
    assert_int_equal(steal_rig_ns(&rig, 128), 0);
    assert_int_equal(version(&rig, 128), 2);
    rig.is_halted[1] = false;
    rig.is_halted[0] = true;
    assert_true(rig.steal.state.figures[0].owed_ns > 0);
    timerq_run(&rig.timers, 1002 * STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, 128), STEP_NS * 40 / 100);
    assert_int_equal(rig.steal.state.figures[0].owed_ns, 0);
}

static void idle_time_is_charged_where_nobody_says_that_it_is_idle(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 40, 2);
    rig.steal.wiring.is_halted = NULL;
    rig.is_halted[0] = true;
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 0));
    timerq_run(&rig.timers, STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), STEP_NS * 40 / 100);
}

static void it_never_falls(void **unused)
{
    struct steal_rig rig;
    uint64_t last_ns = 0;

    (void)unused;
    steal_rig_init(&rig, 99, 2);
    assert_true(steal_rig_write_msr(&rig, 0, 0 | 1, 0));
    for (uint64_t now_ns = 0; now_ns < 100 * STEP_NS; now_ns += STEP_NS / 7) {
        assert_true(steal_rig_write_msr(&rig, 1, 128 | 1, now_ns));
        assert_true(steal_rig_ns(&rig, 0) >= last_ns);
        assert_true(steal_rig_ns(&rig, 0) <= now_ns);
        last_ns = steal_rig_ns(&rig, 0);
    }
    assert_true(last_ns > 0);
}

/* What /proc/stat of a busy guest would have: the sums of Linux's account_process_tick. */
struct proc_stat {
    uint64_t steal_ns;
    uint64_t user_ns;
};

/* The timer thread comes up to MAX_LATE_NS late to each step. */
static void run_late(struct steal_rig *rig, uint64_t until_ns, uint32_t *seed)
{
    for (;;) {
        uint64_t deadline_ns = timerq_next_deadline_ns(&rig->timers), late_ns;

        *seed = *seed * 1664525 + 1013904223;
        late_ns = (*seed >> 8) % MAX_LATE_NS;
        if (deadline_ns + late_ns > until_ns)
            return;
        timerq_run(&rig->timers, deadline_ns + late_ns);
    }
}

static struct proc_stat account(unsigned percent, uint64_t tick_ns, uint64_t phase_ns)
{
    struct proc_stat stat = {0};
    uint64_t last_ns = 0;
    uint32_t seed = 1;
    struct steal_rig rig;

    steal_rig_init(&rig, percent, 1);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, phase_ns));
    for (uint64_t now_ns = tick_ns; now_ns < 3 * NS_PER_SEC; now_ns += tick_ns) {
        uint64_t gained_ns;

        run_late(&rig, now_ns, &seed);
        gained_ns = steal_rig_ns(&rig, PAGE_GPA) - last_ns;
        last_ns += gained_ns;
        stat.steal_ns += gained_ns;
        stat.user_ns += gained_ns < tick_ns ? tick_ns - gained_ns : 0;
    }
    return stat;
}

static void linux_accounts_a_busy_guest_what_was_asked_within_1_percent(void **unused)
{
    static const unsigned percents[] = {1, 10, 25, 50, 60, 66, 67, 75, 80, 90, 95, 99};
    /* Where the share leaves less of a tick than the timer thread is late, it cannot be exact. */
    static const unsigned most_exact_percent = 95;
    static const unsigned ticks_hz[] = {100, 250, 300, 1000};

    (void)unused;
    for (unsigned i = 0; i < sizeof percents / sizeof percents[0]; i++)
        for (unsigned j = 0; j < sizeof ticks_hz / sizeof ticks_hz[0]; j++) {
            struct proc_stat stat = account(percents[i], NS_PER_SEC / ticks_hz[j], 12345 * (i + 1));
            uint64_t total_ns = stat.steal_ns + stat.user_ns;
            uint64_t asked_ns = total_ns * percents[i] / 100;
            uint64_t off_ns =
                stat.steal_ns > asked_ns ? stat.steal_ns - asked_ns : asked_ns - stat.steal_ns;

            if (off_ns > (percents[i] <= most_exact_percent ? 1 : 2) * total_ns / 100)
                fail_msg("%u %% at %u Hz shows %llu of %llu ns", percents[i], ticks_hz[j],
                         (unsigned long long)stat.steal_ns, (unsigned long long)total_ns);
        }
}

static void reserved_bits_and_what_is_no_ram_are_refused_and_change_nothing(void **unused)
{
    static const uint64_t refused[] = {64 | 3, 64 | 0x21, 4096 | 1, UINT64_MAX - 0x3e};
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 10, 2);
    assert_true(steal_rig_write_msr(&rig, 0, 64 | 1, 500));
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(steal_rig_write_msr(&rig, 0, refused[i], 500));
    assert_int_equal(rig.refusals, 4);
    assert_int_equal(read_msr(&rig, 0), 64 | 1);
    assert_int_equal(read_msr(&rig, 1), 0);
}

static void a_page_that_is_disabled_is_left_alone(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 10, 2);
    assert_true(steal_rig_write_msr(&rig, 0, PAGE_GPA | 1, 500));
    timerq_run(&rig.timers, 500 + STEP_NS);
    assert_true(steal_rig_write_msr(&rig, 0, 0, 500 + STEP_NS));
    timerq_run(&rig.timers, 10 * STEP_NS);
    assert_int_equal(steal_rig_ns(&rig, PAGE_GPA), STEP_NS / 10);
}

static void a_version_that_the_guest_made_odd_ends_even(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 10, 2);
    rig.ram[64 + 8] = 7;
    assert_true(steal_rig_write_msr(&rig, 0, 64 | 1, 500));
    assert_int_equal(version(&rig, 64), 10);
}

static void a_loaded_one_goes_on_with_the_same_pages_at_the_same_times(void **unused)
{
    struct steal_msr_state state;
    struct steal_rig rig, loaded;
    const uint64_t now_ns = 100 + 5 * STEP_NS / 2;

    (void)unused;
    steal_rig_init(&rig, 40, 2);
    assert_true(steal_rig_write_msr(&rig, 1, 192 | 1, 100));
    timerq_run(&rig.timers, now_ns);
    device_save(&rig.steal.dev, &state);
    steal_rig_init(&loaded, 40, 2);
    memcpy(loaded.ram, rig.ram, sizeof rig.ram);
    assert_int_equal(device_load(&loaded.steal.dev, now_ns, &state), 0);
    assert_memory_equal(loaded.ram, rig.ram, sizeof rig.ram);
    assert_int_equal(read_msr(&loaded, 1), 192 | 1);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t deadline_ns = timerq_next_deadline_ns(&rig.timers);

        assert_int_equal(timerq_next_deadline_ns(&loaded.timers), deadline_ns);
        timerq_run(&rig.timers, deadline_ns);
        timerq_run(&loaded.timers, deadline_ns);
        assert_memory_equal(loaded.ram, rig.ram, sizeof rig.ram);
    }
}

static void a_reset_disables_all_and_stops_the_timer(void **unused)
{
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 40, 2);
    assert_true(steal_rig_write_msr(&rig, 0, 64 | 1, 100));
    rig.steal.dev.ops->reset(&rig.steal.dev, 200);
    assert_int_equal(read_msr(&rig, 0), 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

static void a_state_that_cannot_be_is_refused(void **unused)
{
    static const struct poke refused[] = {
        POKE(steal_msr_state, next_ns, 1000),
        POKE(steal_msr_state, next_ns, 1001 + STEP_NS),
        POKE(steal_msr_state, next_ns, TIME_NEVER_NS),
        POKE(steal_msr_state, msrs[0], 64 | 3),
        POKE(steal_msr_state, msrs[0], 0),
        POKE(steal_msr_state, msrs[1], 4096 | 1),
        POKE(steal_msr_state, msrs[2], 64 | 1),
        POKE(steal_msr_state, msrs[KVMCLOCK_MAX_VCPUS - 1], 64),
        POKE(steal_msr_state, figures[0].since_ns, 1001),
        POKE(steal_msr_state, figures[0].since_ns, 999),
        POKE(steal_msr_state, figures[0].owed_ns, 100000001),
        POKE(steal_msr_state, figures[1].shown_ns, 1),
        POKE(steal_msr_state, figures[KVMCLOCK_MAX_VCPUS - 1].owed_ns, 1),
        POKE_END,
    };
    static const struct poke taken[] = {
        POKE(steal_msr_state, next_ns, 1001),
        POKE(steal_msr_state, next_ns, 1000 + STEP_NS),
        POKE(steal_msr_state, figures[0].owed_ns, 100000000),
        POKE(steal_msr_state, figures[0].shown_ns, UINT64_MAX),
        POKE(steal_msr_state, msrs[1], 4096),
        POKE_END,
    };
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 40, 2);
    assert_true(steal_rig_write_msr(&rig, 0, 64 | 1, 1000));
    assert_refused(&rig.steal.dev, &rig.timers, 1000, refused);
    assert_taken(&rig.steal.dev, 1000, taken);
}

static void random_states_do_no_harm(void **unused)
{
    static const uint32_t msrs[] = {MSR_STEAL_TIME};
    struct steal_rig rig;

    (void)unused;
    steal_rig_init(&rig, 40, KVMCLOCK_MAX_VCPUS);
    assert_true(steal_rig_write_msr(&rig, 0, 64 | 1, 1000));
    sweep_random_msr_states(&rig.steal.dev, &rig.timers, 1000,
                            &(struct msr_target){msrs, 1, KVMCLOCK_MAX_VCPUS});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vcpu_is_charged_from_the_time_at_which_it_enables_its_page),
        cmocka_unit_test(it_goes_on_from_what_the_page_shows),
        cmocka_unit_test(it_is_written_each_step_and_late_once_as_of_the_latest),
        cmocka_unit_test(what_a_late_host_owes_is_shown_no_faster_than_time_passes),
        cmocka_unit_test(of_a_long_stop_no_more_than_100_ms_is_owed),
        cmocka_unit_test(an_idle_vcpu_is_not_charged_and_its_page_left_alone),
        cmocka_unit_test(idle_time_is_charged_where_nobody_says_that_it_is_idle),
        cmocka_unit_test(it_never_falls),
        cmocka_unit_test(linux_accounts_a_busy_guest_what_was_asked_within_1_percent),
        cmocka_unit_test(reserved_bits_and_what_is_no_ram_are_refused_and_change_nothing),
        cmocka_unit_test(a_page_that_is_disabled_is_left_alone),
        cmocka_unit_test(a_version_that_the_guest_made_odd_ends_even),
        cmocka_unit_test(a_loaded_one_goes_on_with_the_same_pages_at_the_same_times),
        cmocka_unit_test(a_reset_disables_all_and_stops_the_timer),
        cmocka_unit_test(a_state_that_cannot_be_is_refused),
        cmocka_unit_test(random_states_do_no_harm),
    };

    return cmocka_run_group_tests_name("steal_msr", tests, NULL, NULL);
}
