/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of lost ticks in the PIT, the HPET and the RTC. */
#include "tests/unit/unit.h"

#include "devices/pc/hpet.h"
#include "devices/pc/pit.h"
#include "devices/pc/rtc.h"
#include "tests/unit/snapshot.h"

#define PERIOD_NS   UINT64_C(1000000)
#define DAYS_400_NS (400 * UINT64_C(86400) * NS_PER_SEC)
/* In mode 2, 1193 CLKs: about a millisecond. */
#define PIT_COUNT 1193
/* Rate 6: 1024 Hz. */
#define RTC_PERIOD_NS UINT64_C(976563)
/* 11 periods have ended by then. */
#define HPET_SLOW_NS (11 * PERIOD_NS + PERIOD_NS / 10)
#define RTC_SLOW_NS  (11 * RTC_PERIOD_NS)

struct rig {
    struct timerq timers;
    struct irq_line line, others[HPET_ROUTE_COUNT + 1];
    unsigned rises;
    bool guest_holds_one;
    union {
        struct device dev;
        struct pit pit;
        struct rtc rtc;
        struct hpet hpet;
    };
};

static enum irq_arrival on_line(void *ctx, unsigned gsi, bool level)
{
    struct rig *rig = ctx;

    (void)gsi;
    rig->rises += level && !rig->guest_holds_one;
    return level && rig->guest_holds_one ? IRQ_MERGED : IRQ_ARRIVED;
}

static void on_legacy(void *ctx, uint64_t now_ns, bool active)
{
    (void)ctx;
    (void)now_ns;
    (void)active;
}

static void put(struct rig *rig, uint64_t now_ns, uint32_t reg, unsigned size_bytes, uint64_t value)
{
    rig->dev.ops->write(&rig->dev, now_ns, reg, size_bytes, value);
}

static void make_pit(struct rig *rig, enum lost_ticks kind)
{
    *rig = (struct rig){.line = {.drive = on_line, .ctx = rig}};
    pit_init(&rig->pit, &(struct pit_wiring){&rig->timers, 0, &rig->line}, 0);
    pit_set_lost_ticks(&rig->pit, kind);
    put(rig, 0, PIT_REG_CONTROL, 1, PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(2));
    put(rig, 0, PIT_REG_COUNTER(0), 1, PIT_COUNT & 0xff);
    put(rig, 0, PIT_REG_COUNTER(0), 1, PIT_COUNT >> 8);
}

static void make_hpet_of(struct rig *rig, enum lost_ticks kind, uint64_t mode)
{
    struct hpet_wiring wiring = {.timers = &rig->timers,
                                 .timer_count = HPET_DEFAULT_TIMERS,
                                 .irq0 = &rig->line,
                                 .irq8 = &rig->others[HPET_ROUTE_COUNT],
                                 .legacy = on_legacy};

    *rig = (struct rig){.line = {.drive = on_line, .ctx = rig}};
    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        wiring.routes[i] = &rig->others[i];
    hpet_init(&rig->hpet, &wiring, 0);
    hpet_set_lost_ticks(&rig->hpet, kind);
    put(rig, 0, HPET_REG_TIMER_CONFIG(0), 8,
        HPET_TIMER_INT_ENB | HPET_TIMER_PERIODIC | HPET_TIMER_VAL_SET | mode);
    put(rig, 0, HPET_REG_TIMER_COMPARATOR(0), 8, PERIOD_NS / 10);
    put(rig, 0, HPET_REG_CONFIG, 8, HPET_CONFIG_ENABLE | HPET_CONFIG_LEG_RT);
}

static void make_hpet(struct rig *rig, enum lost_ticks kind)
{
    make_hpet_of(rig, kind, 0);
}

/* In level mode: the guest's write of INT_STATUS is the acknowledgement. */
static void make_level_hpet(struct rig *rig, enum lost_ticks kind)
{
    make_hpet_of(rig, kind, HPET_TIMER_LEVEL);
}

/* What INT_STATUS was, which is cleared; what is due then happens. */
static uint64_t clear_status(struct rig *rig, uint64_t now_ns)
{
    uint64_t status;

    timerq_run(&rig->timers, now_ns);
    status = rig->dev.ops->read(&rig->dev, now_ns, HPET_REG_INT_STATUS, 8);
    put(rig, now_ns, HPET_REG_INT_STATUS, 8, status);
    timerq_run(&rig->timers, now_ns);
    return status;
}

static void make_rtc(struct rig *rig, enum lost_ticks kind)
{
    *rig = (struct rig){.line = {.drive = on_line, .ctx = rig}};
    rtc_init(&rig->rtc, &(struct rtc_wiring){&rig->timers, 0, &rig->line, rig->others, NULL, NULL},
             0, 0);
    rtc_set_lost_ticks(&rig->rtc, kind);
    put(rig, 0, RTC_REG_INDEX, 2, RTC_B | (RTC_B_24H | RTC_B_PIE) << 8);
    put(rig, 0, RTC_REG_INDEX, 1, RTC_C);
}

static unsigned read_c(struct rig *rig, uint64_t now_ns)
{
    timerq_run(&rig->timers, now_ns);
    return rig->dev.ops->read(&rig->dev, now_ns, RTC_REG_DATA, 1) & 0xff;
}

static void run_on_time(struct rig *rig, uint64_t until_ns)
{
    while (timerq_next_deadline_ns(&rig->timers) <= until_ns)
        timerq_run(&rig->timers, timerq_next_deadline_ns(&rig->timers));
}

static struct tick_counts counts_of(const struct rig *rig, const struct tick_policy *policy)
{
    struct tick_counts counts = {0};

    if (policy == NULL)
        return hpet_lost_ticks(&rig->hpet);
    tick_policy_count(policy, &counts);
    return counts;
}

static void with_both(void (*assert_it)(struct rig *, const struct tick_policy *, enum lost_ticks))
{
    struct rig rig;

    for (unsigned kind = 0; kind < LOST_TICKS_KINDS; kind++) {
        make_pit(&rig, kind);
        assert_it(&rig, &rig.pit.state.ticks, kind);
        make_hpet(&rig, kind);
        assert_it(&rig, NULL, kind);
    }
}

/* On time, then late by 10 periods, then on time again: how the rises of the line come. */
static void assert_rises(struct rig *rig, const struct tick_policy *policy, enum lost_ticks kind)
{
    run_on_time(rig, 5 * PERIOD_NS + PERIOD_NS / 10);
    assert_int_equal(rig->rises, 5);
    timerq_run(&rig->timers, 15 * PERIOD_NS + PERIOD_NS / 10);
    assert_int_equal(rig->rises, 6);
    assert_int_equal(counts_of(rig, policy).owed, kind == LOST_TICKS_DROP ? 0 : 9);
    run_on_time(rig, 16 * PERIOD_NS + PERIOD_NS / 5);
    assert_in_range(rig->rises, kind == LOST_TICKS_DROP ? 7 : 8, kind == LOST_TICKS_BURST ? 11 : 8);
    run_on_time(rig, 40 * PERIOD_NS + PERIOD_NS / 5);
    assert_int_equal(rig->rises, kind == LOST_TICKS_DROP ? 31 : 40);
    assert_int_equal(counts_of(rig, policy).dropped, kind == LOST_TICKS_DROP ? 9 : 0);
    assert_int_equal(counts_of(rig, policy).owed, 0);
}

static void pit_and_hpet_deliver_what_a_late_host_missed_as_they_are_told(void **unused)
{
    (void)unused;
    with_both(assert_rises);
}

static void assert_merged_are_lost(struct rig *rig, const struct tick_policy *policy,
                                   enum lost_ticks kind)
{
    rig->guest_holds_one = true;
    run_on_time(rig, 10 * PERIOD_NS + PERIOD_NS / 10);
    assert_int_equal(rig->rises, 0);
    assert_int_equal(counts_of(rig, policy).owed, kind == LOST_TICKS_DROP ? 0 : 10);
    assert_int_equal(counts_of(rig, policy).dropped, kind == LOST_TICKS_DROP ? 10 : 0);
    rig->guest_holds_one = false;
    run_on_time(rig, 40 * PERIOD_NS + PERIOD_NS / 5);
    assert_int_equal(rig->rises, kind == LOST_TICKS_DROP ? 30 : 40);
}

static void ticks_that_were_merged_with_one_not_taken_are_lost_as_well(void **unused)
{
    (void)unused;
    with_both(assert_merged_are_lost);
}

static void a_late_host_of_400_days_costs_one_turn_and_every_tick_is_accounted_for(void **unused)
{
    struct rig rig;
    struct tick_counts counts;

    (void)unused;
    for (unsigned kind = 0; kind < LOST_TICKS_KINDS; kind++) {
        make_hpet(&rig, kind);
        timerq_run(&rig.timers, DAYS_400_NS);
        counts = hpet_lost_ticks(&rig.hpet);
        assert_int_equal(rig.rises, 1);
        assert_int_equal(counts.owed, kind == LOST_TICKS_DROP ? 0 : TICK_POLICY_MAX_OWED);
        assert_int_equal(1 + counts.owed + counts.dropped, DAYS_400_NS / PERIOD_NS);
    }
}

static void a_guest_that_sets_the_timer_anew_is_owed_nothing(void **unused)
{
    struct rig rig;

    (void)unused;
    make_pit(&rig, LOST_TICKS_BURST);
    timerq_run(&rig.timers, 10 * PERIOD_NS + PERIOD_NS / 10);
    put(&rig, 11 * PERIOD_NS, PIT_REG_CONTROL, 1, PIT_CONTROL_RW_LATCH);
    assert_int_equal(rig.pit.state.ticks.owed, 9);
    put(&rig, 11 * PERIOD_NS, PIT_REG_CONTROL, 1, PIT_CONTROL_RW_BOTH);
    assert_int_equal(rig.pit.state.ticks.owed, 0);
    assert_int_equal(rig.pit.state.ticks.dropped, 9);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    make_hpet(&rig, LOST_TICKS_SLEW);
    timerq_run(&rig.timers, 10 * PERIOD_NS);
    put(&rig, 10 * PERIOD_NS, HPET_REG_TIMER_CONFIG(0), 8, 0);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).owed, 0);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).dropped, 9);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

static void a_saved_chip_still_owes_its_ticks_and_delivers_them_in_the_same_way(void **unused)
{
    _Alignas(8) uint8_t state[sizeof(struct hpet_state)];
    const uint64_t now_ns = 10 * PERIOD_NS + PERIOD_NS / 10;
    struct rig one, other;

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        void (*make)(struct rig *, enum lost_ticks) = i == 0 ? make_pit : make_hpet;

        make(&one, LOST_TICKS_SLEW);
        make(&other, LOST_TICKS_DROP);
        timerq_run(&one.timers, now_ns);
        device_save(&one.dev, state);
        assert_int_equal(device_load(&other.dev, now_ns, state), 0);
        one.rises = 0;
        run_on_time(&one, 13 * PERIOD_NS);
        run_on_time(&other, 13 * PERIOD_NS);
        assert_in_range(one.rises, 4, 6);
        assert_int_equal(other.rises, one.rises);
        run_on_time(&other, 39 * PERIOD_NS + PERIOD_NS / 5);
        assert_int_equal(other.rises, 38);
    }
}

static void a_policy_that_cannot_be_is_refused(void **unused)
{
    static const struct poke wrong[] = {
        POKE(pit_state, ticks.kind, LOST_TICKS_KINDS),
        POKE(pit_state, ticks.kind, LOST_TICKS_DROP),
        POKE(pit_state, ticks.owed, TICK_POLICY_MAX_OWED + 1),
        POKE(pit_state, ticks.earliest_ns, 12 * PERIOD_NS + TICK_POLICY_MAX_WAIT_NS),
        POKE(pit_state, ticks.answered, 1),
        POKE(pit_state, irq_enabled, 0),
        POKE_END,
    };
    static const struct poke right[] = {
        POKE(pit_state, ticks.owed, TICK_POLICY_MAX_OWED),
        POKE(pit_state, ticks.dropped, UINT64_MAX),
        POKE(pit_state, ticks.kind, LOST_TICKS_SLEW),
        POKE_END,
    };
    struct rig rig;

    (void)unused;
    make_pit(&rig, LOST_TICKS_BURST);
    timerq_run(&rig.timers, 11 * PERIOD_NS);
    assert_refused(&rig.dev, &rig.timers, 11 * PERIOD_NS, wrong);
    assert_taken(&rig.dev, 11 * PERIOD_NS, right);
    sweep_random_states(&rig.dev, &rig.timers, 11 * PERIOD_NS, PIT_REG_COUNT);
    make_hpet(&rig, LOST_TICKS_BURST);
    timerq_run(&rig.timers, 11 * PERIOD_NS);
    sweep_random_states(&rig.dev, &rig.timers, 11 * PERIOD_NS, HPET_LENGTH_BYTES);
    make_rtc(&rig, LOST_TICKS_BURST);
    timerq_run(&rig.timers, 11 * PERIOD_NS);
    sweep_random_states(&rig.dev, &rig.timers, 11 * PERIOD_NS, 2);
}

static void in_level_mode_matches_before_int_status_is_cleared_are_dropped(void **unused)
{
    struct rig rig;

    (void)unused;
    make_level_hpet(&rig, LOST_TICKS_DROP);
    assert_int_equal(clear_status(&rig, HPET_SLOW_NS), 1);
    assert_int_equal(rig.rises, 1);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).dropped, 10);
    assert_int_equal(clear_status(&rig, HPET_SLOW_NS), 0);
}

static void in_a_burst_each_clear_of_int_status_brings_the_next_tick(void **unused)
{
    struct rig rig;

    (void)unused;
    make_level_hpet(&rig, LOST_TICKS_BURST);
    for (unsigned i = 1; i <= 11; i++) {
        assert_int_equal(clear_status(&rig, HPET_SLOW_NS), 1);
        assert_int_equal(rig.rises, i < 11 ? i + 1 : i);
        assert_int_equal(hpet_lost_ticks(&rig.hpet).owed, i < 10 ? 10 - i : 0);
    }
    assert_int_equal(clear_status(&rig, HPET_SLOW_NS), 0);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).dropped, 0);
}

static void in_a_slew_a_level_timer_interrupts_twice_in_a_period_until_none_is_owed(void **unused)
{
    uint64_t now_ns = HPET_SLOW_NS;
    struct rig rig;

    (void)unused;
    make_level_hpet(&rig, LOST_TICKS_SLEW);
    clear_status(&rig, now_ns);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).owed, 10);
    assert_int_equal(clear_status(&rig, now_ns), 0);
    for (; now_ns < HPET_SLOW_NS + 12 * PERIOD_NS; now_ns += 1000)
        clear_status(&rig, now_ns);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).owed, 0);
    assert_int_equal(hpet_lost_ticks(&rig.hpet).dropped, 0);
    assert_int_equal(rig.rises, 23);
}

static void a_late_host_changes_nothing_that_a_level_timer_shows_or_owes(void **unused)
{
    struct rig late, on_time;

    (void)unused;
    for (unsigned kind = 0; kind < LOST_TICKS_KINDS; kind++) {
        uint64_t now_ns = 0;

        make_level_hpet(&late, kind);
        make_level_hpet(&on_time, kind);
        for (unsigned step = 1; step < 300; step++) {
            now_ns += step * step * 7919 % (5 * PERIOD_NS);
            run_on_time(&on_time, now_ns);
            assert_int_equal(clear_status(&late, now_ns), clear_status(&on_time, now_ns));
            assert_int_equal(hpet_lost_ticks(&late.hpet).owed, hpet_lost_ticks(&on_time.hpet).owed);
            assert_int_equal(hpet_lost_ticks(&late.hpet).dropped,
                             hpet_lost_ticks(&on_time.hpet).dropped);
        }
    }
}

static void the_rtc_drops_the_periods_that_pass_before_c_is_read(void **unused)
{
    struct rig rig;

    (void)unused;
    make_rtc(&rig, LOST_TICKS_DROP);
    assert_true(read_c(&rig, RTC_SLOW_NS) & RTC_C_PF);
    assert_int_equal(rig.rises, 1);
    assert_int_equal(rig.rtc.state.ticks.dropped, 10);
    assert_int_equal(read_c(&rig, RTC_SLOW_NS) & RTC_C_PF, 0);
}

static void in_a_burst_each_read_of_c_brings_the_next_tick_of_the_rtc(void **unused)
{
    struct rig rig;

    (void)unused;
    make_rtc(&rig, LOST_TICKS_BURST);
    for (unsigned i = 1; i <= 11; i++) {
        assert_int_equal(read_c(&rig, RTC_SLOW_NS), RTC_C_IRQF | RTC_C_PF);
        assert_int_equal(rig.rises, i < 11 ? i + 1 : i);
        assert_int_equal(rig.rtc.state.ticks.owed, i < 10 ? 10 - i : 0);
    }
    assert_int_equal(read_c(&rig, RTC_SLOW_NS), 0);
    assert_int_equal(rig.rtc.state.ticks.dropped, 0);
}

static void in_a_slew_the_rtc_ticks_twice_in_a_period_until_none_is_owed(void **unused)
{
    uint64_t now_ns = RTC_SLOW_NS;
    struct rig rig;

    (void)unused;
    make_rtc(&rig, LOST_TICKS_SLEW);
    read_c(&rig, now_ns);
    assert_int_equal(rig.rtc.state.ticks.owed, 10);
    assert_int_equal(read_c(&rig, now_ns), 0);
    for (; now_ns < RTC_SLOW_NS + 12 * RTC_PERIOD_NS; now_ns += 1000)
        read_c(&rig, now_ns);
    assert_int_equal(rig.rtc.state.ticks.owed, 0);
    assert_int_equal(rig.rtc.state.ticks.dropped, 0);
    assert_int_equal(rig.rises, 23);
}

static void a_late_host_changes_nothing_that_the_rtc_shows_or_owes(void **unused)
{
    struct rig late, on_time;

    (void)unused;
    for (unsigned kind = 0; kind < LOST_TICKS_KINDS; kind++) {
        uint64_t now_ns = 0;

        make_rtc(&late, kind);
        make_rtc(&on_time, kind);
        for (unsigned step = 1; step < 300; step++) {
            now_ns += step * step * 7919 % (5 * RTC_PERIOD_NS);
            run_on_time(&on_time, now_ns);
            assert_int_equal(read_c(&late, now_ns), read_c(&on_time, now_ns));
            assert_int_equal(late.rtc.state.ticks.owed, on_time.rtc.state.ticks.owed);
            assert_int_equal(late.rtc.state.ticks.dropped, on_time.rtc.state.ticks.dropped);
        }
    }
}

static void an_rtc_that_is_never_read_or_no_longer_wanted_owes_no_more(void **unused)
{
    struct rig rig;

    (void)unused;
    make_rtc(&rig, LOST_TICKS_BURST);
    rig.dev.ops->read(&rig.dev, DAYS_400_NS, RTC_REG_INDEX, 1);
    rtc_set_irq_enabled(&rig.rtc, DAYS_400_NS, true);
    assert_int_equal(rig.rtc.state.ticks.owed, 0);
    assert_int_equal(rig.rtc.state.ticks.dropped, DAYS_400_NS / NS_PER_SEC * 1024 - 1);
    rtc_set_irq_enabled(&rig.rtc, DAYS_400_NS + 20 * RTC_PERIOD_NS, false);
    assert_int_equal(rig.rtc.state.ticks.owed, 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pit_and_hpet_deliver_what_a_late_host_missed_as_they_are_told),
        cmocka_unit_test(ticks_that_were_merged_with_one_not_taken_are_lost_as_well),
        cmocka_unit_test(a_late_host_of_400_days_costs_one_turn_and_every_tick_is_accounted_for),
        cmocka_unit_test(a_guest_that_sets_the_timer_anew_is_owed_nothing),
        cmocka_unit_test(a_saved_chip_still_owes_its_ticks_and_delivers_them_in_the_same_way),
        cmocka_unit_test(a_policy_that_cannot_be_is_refused),
        cmocka_unit_test(in_level_mode_matches_before_int_status_is_cleared_are_dropped),
        cmocka_unit_test(in_a_burst_each_clear_of_int_status_brings_the_next_tick),
        cmocka_unit_test(in_a_slew_a_level_timer_interrupts_twice_in_a_period_until_none_is_owed),
        cmocka_unit_test(a_late_host_changes_nothing_that_a_level_timer_shows_or_owes),
        cmocka_unit_test(the_rtc_drops_the_periods_that_pass_before_c_is_read),
        cmocka_unit_test(in_a_burst_each_read_of_c_brings_the_next_tick_of_the_rtc),
        cmocka_unit_test(in_a_slew_the_rtc_ticks_twice_in_a_period_until_none_is_owed),
        cmocka_unit_test(a_late_host_changes_nothing_that_the_rtc_shows_or_owes),
        cmocka_unit_test(an_rtc_that_is_never_read_or_no_longer_wanted_owes_no_more),
    };

    return cmocka_run_group_tests_name("lost_ticks", tests, NULL, NULL);
}
