/* SPDX-License-Identifier: BSD-2-Clause */
/* Saved states of the RTC: what load refuses, and that it takes every state that save gives. */
#include "tests/unit/rtc_rig.h"
#include "tests/unit/snapshot.h"

static void rtc_refuses_states_that_no_chip_can_be_in(void **unused)
{
    const struct poke wrong[] = {
        POKE(rtc_state, chain_base_ns, SEC(5) + 1),
        POKE(rtc_state, chain_age_ns, 2 * NS_PER_SEC),
        POKE(rtc_state, updates_done, 0),
        POKE(rtc_state, updates_done, 8),
        POKE(rtc_state, periods_done, 7500),
        POKE(rtc_state, regs[RTC_A], RTC_A_UIP | RTC_A_DV_RUN | 6),
        POKE(rtc_state, regs[RTC_B], RTC_B_SET | RTC_B_UIE),
        POKE(rtc_state, regs[RTC_C], RTC_C_IRQF),
        POKE(rtc_state, regs[RTC_C], 1),
        POKE(rtc_state, regs[RTC_D], RTC_D_VRT),
        POKE(rtc_state, regs[RTC_CENTURY_PS2], 0x20),
        POKE(rtc_state, index, RTC_REGISTERS),
        POKE(rtc_state, index, RTC_CENTURY_PS2),
        POKE(rtc_state, irq_enabled, 2),
        POKE(rtc_state, lost_power, 2),
        POKE(rtc_state, pad[0], 1),
        POKE_END,
    };
    const struct poke right[] = {
        POKE(rtc_state, updates_done, 7),
        POKE(rtc_state, regs[RTC_B], RTC_B_PIE | RTC_B_AIE | RTC_B_UIE),
        POKE(rtc_state, regs[RTC_C], RTC_C_PF | RTC_C_AF | RTC_C_UF),
        POKE(rtc_state, regs[RTC_DAY], 0xff),
        POKE(rtc_state, index, RTC_REGISTERS - 1),
        POKE_END,
    };
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    assert_refused(&rig.rtc.dev, &rig.timers, SEC(5), wrong);
    assert_taken(&rig.rtc.dev, SEC(5), right);
    sweep_random_states(&rig.rtc.dev, &rig.timers, SEC(5), 2);
}

static void rtc_takes_the_states_of_a_clock_that_is_set_back_and_forth(void **unused)
{
    struct rig rig;
    struct rtc_state state;
    int64_t wall_ns;

    (void)unused;
    rig_init(&rig, WALL_NS);
    for (unsigned i = 1; i < 4800; i++) {
        uint64_t now_ns = START_NS + i * UINT64_C(123456789);

        timerq_run(&rig.timers, now_ns);
        out(&rig, now_ns, RTC_A, RTC_A_DV_RUN | i / 300);
        assert_true(rtc_wall_ns(&rig.rtc, now_ns, &wall_ns));
        rtc_set_wall(&rig.rtc, now_ns, wall_ns + i % 7 * INT64_C(654321987) - INT64_C(1999999999));
        device_save(&rig.rtc.dev, &state);
        assert_int_equal(device_load(&rig.rtc.dev, now_ns, &state), 0);
    }
}

static void an_rtc_loaded_with_edges_ahead_can_be_saved_after_it_is_set_back(void **unused)
{
    struct rig rig;
    struct rtc_state state;

    (void)unused;
    rig_init(&rig, WALL_NS);
    device_save(&rig.rtc.dev, &state);
    state.periods_done += 2 * 1024;
    assert_int_equal(device_load(&rig.rtc.dev, START_NS, &state), 0);
    rtc_set_wall(&rig.rtc, START_NS, WALL_NS - (int64_t)NS_PER_SEC / 2);
    device_save(&rig.rtc.dev, &state);
    assert_int_equal(device_load(&rig.rtc.dev, START_NS, &state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rtc_refuses_states_that_no_chip_can_be_in),
        cmocka_unit_test(rtc_takes_the_states_of_a_clock_that_is_set_back_and_forth),
        cmocka_unit_test(an_rtc_loaded_with_edges_ahead_can_be_saved_after_it_is_set_back),
    };

    return cmocka_run_group_tests_name("rtc_state", tests, NULL, NULL);
}
