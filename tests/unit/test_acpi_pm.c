/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI PM block: counter, TMR_STS, SCI, S5, power button. */
#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/acpi_pm.h"

#define PORT_BASE 0x600

struct rig {
    struct timerq timers;
    struct bus bus;
    struct irq_line sci;
    struct acpi_pm pm;
    unsigned power_off_count;
};

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct rig *rig = ctx;

    (void)value;
    assert_int_equal(request, GUEST_POWER_OFF);
    rig->power_off_count++;
}

static void rig_init_bits(struct rig *rig, uint64_t now_ns, unsigned timer_bits)
{
    const struct acpi_pm_wiring wiring = {&rig->timers,      0,          &rig->sci,
                                          {on_request, rig}, timer_bits, false};

    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    acpi_pm_init(&rig->pm, &wiring, now_ns);
    bus_attach(&rig->bus, (struct bus_range){PORT_BASE, ACPI_PM_LENGTH_BYTES, &rig->pm.dev, 0});
}

static void rig_init(struct rig *rig, uint64_t now_ns)
{
    rig_init_bits(rig, now_ns, 24);
}

static uint64_t in(struct rig *rig, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    return bus_read(&rig->bus, now_ns, PORT_BASE + reg, size_bytes);
}

static void out(struct rig *rig, uint64_t now_ns, uint32_t reg, unsigned size_bytes, uint64_t value)
{
    bus_write(&rig->bus, now_ns, PORT_BASE + reg, size_bytes, value);
}

/* Guest time of the nth change of bit 23, for a counter that was 0 at 0. */
static uint64_t flip_ns(uint64_t n)
{
    return ns_from_ticks(n << 23, RATE_PMTIMER);
}

static void counter_runs_at_3579545_hz_and_wraps_at_24_bits(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 1000);
    assert_int_equal(in(&rig, 1000, ACPI_PM_REG_TMR, 4), 0);
    assert_int_equal(in(&rig, 1000 + NS_PER_SEC, ACPI_PM_REG_TMR, 4), 3579545);
    assert_int_equal(acpi_pm_timer(&rig.pm, 1000 + NS_PER_SEC), 3579545);
    assert_int_equal(in(&rig, 1000 + flip_ns(2) - 1, ACPI_PM_REG_TMR, 4), 0xffffff);
    assert_int_equal(in(&rig, 1000 + flip_ns(2), ACPI_PM_REG_TMR, 4), 0);
    assert_int_equal(in(&rig, 1000 + NS_PER_SEC, ACPI_PM_REG_TMR + 1, 2), 3579545 >> 8);
}

/* Guest time of the nth change of bit 31, for a counter that was 0 at 0. */
static uint64_t flip_32_ns(uint64_t n)
{
    return ns_from_ticks(n << 31, RATE_PMTIMER);
}

static void
a_32_bit_counter_wraps_at_32_bits_and_sets_tmr_sts_at_each_change_of_bit_31(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init_bits(&rig, 0, 32);
    out(&rig, 0, ACPI_PM_REG_EN, 2, ACPI_PM_TMR_BIT);
    assert_int_equal(in(&rig, flip_ns(2), ACPI_PM_REG_TMR, 4), 1 << 24);
    assert_int_equal(in(&rig, flip_ns(2), ACPI_PM_REG_TMR + 3, 1), 1);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), flip_32_ns(1));
    assert_int_equal(in(&rig, flip_32_ns(1) - 1, ACPI_PM_REG_STS, 2), 0);
    assert_int_equal(in(&rig, flip_32_ns(1), ACPI_PM_REG_STS, 2), ACPI_PM_TMR_BIT);
    assert_true(rig.sci.level);
    assert_int_equal(in(&rig, flip_32_ns(2) - 1, ACPI_PM_REG_TMR, 4), UINT32_MAX);
    assert_int_equal(in(&rig, flip_32_ns(2), ACPI_PM_REG_TMR, 4), 0);
}

static void tmr_sts_is_set_at_each_change_of_bit_23_and_cleared_by_writing_1(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    assert_int_equal(in(&rig, flip_ns(1) - 1, ACPI_PM_REG_STS, 2), 0);
    assert_int_equal(in(&rig, flip_ns(1), ACPI_PM_REG_STS, 2), ACPI_PM_TMR_BIT);
    out(&rig, flip_ns(1), ACPI_PM_REG_STS, 2, ACPI_PM_TMR_BIT);
    assert_int_equal(in(&rig, flip_ns(2) - 1, ACPI_PM_REG_STS, 2), 0);
    assert_int_equal(in(&rig, flip_ns(2), ACPI_PM_REG_STS, 2), ACPI_PM_TMR_BIT);
}

static void sci_is_high_while_status_and_enable_are_both_set(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    out(&rig, 0, ACPI_PM_REG_EN, 2, ACPI_PM_TMR_BIT);
    timerq_run(&rig.timers, flip_ns(1) - 1);
    assert_false(rig.sci.level);
    timerq_run(&rig.timers, flip_ns(1));
    assert_true(rig.sci.level);
    out(&rig, flip_ns(1), ACPI_PM_REG_STS, 1, ACPI_PM_TMR_BIT);
    assert_false(rig.sci.level);
    timerq_run(&rig.timers, flip_ns(2));
    assert_true(rig.sci.level);
    out(&rig, flip_ns(2), ACPI_PM_REG_EN, 2, 0);
    assert_false(rig.sci.level);
}

static void power_button_raises_the_sci_only_if_enabled(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    acpi_pm_press_power_button(&rig.pm, 5);
    assert_false(rig.sci.level);
    out(&rig, 6, ACPI_PM_REG_EN + 1, 1, ACPI_PM_PWRBTN_BIT >> 8);
    assert_true(rig.sci.level);
    out(&rig, 7, ACPI_PM_REG_STS, 2, ACPI_PM_PWRBTN_BIT);
    assert_false(rig.sci.level);
}

static void the_rtcs_alarm_raises_the_sci_only_if_enabled(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    acpi_pm_rtc_alarm(&rig.pm);
    assert_int_equal(in(&rig, 1, ACPI_PM_REG_STS, 2), ACPI_PM_RTC_BIT);
    assert_false(rig.sci.level);
    out(&rig, 2, ACPI_PM_REG_EN, 2, ACPI_PM_RTC_BIT);
    assert_true(rig.sci.level);
    out(&rig, 3, ACPI_PM_REG_STS, 2, ACPI_PM_RTC_BIT);
    assert_false(rig.sci.level);
    acpi_pm_rtc_alarm(&rig.pm);
    assert_true(rig.sci.level);
}

static void enable_bits_of_events_that_never_come_read_back_as_written(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    out(&rig, 1, ACPI_PM_REG_EN, 2, 0xffff);
    assert_int_equal(in(&rig, 2, ACPI_PM_REG_EN, 2),
                     ACPI_PM_TMR_BIT | 1 << 5 | ACPI_PM_PWRBTN_BIT | ACPI_PM_RTC_BIT);
    assert_false(rig.sci.level);
}

static void slp_en_with_s5_asks_for_power_off_and_other_sleep_types_do_not(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    out(&rig, 1, ACPI_PM_REG_CNT, 2, ACPI_PM_SLP_EN_BIT | 1 << 10);
    assert_int_equal(rig.power_off_count, 0);
    assert_int_equal(in(&rig, 1, ACPI_PM_REG_CNT, 2), ACPI_PM_SCI_EN_BIT | 1 << 10);
    out(&rig, 2, ACPI_PM_REG_CNT, 2, ACPI_PM_SLP_EN_BIT | ACPI_PM_SLP_TYP_S5 << 10);
    assert_int_equal(rig.power_off_count, 1);
}

/* Small kernels do not read the DSDT: what they write is what every emulator understands. */
static void the_word_2000h_powers_off(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    for (unsigned type = 1; type < 8; type++)
        out(&rig, 1, ACPI_PM_REG_CNT, 2, ACPI_PM_SLP_EN_BIT | type << 10);
    assert_int_equal(rig.power_off_count, 0);
    out(&rig, 2, ACPI_PM_REG_CNT, 2, 0x2000);
    assert_int_equal(rig.power_off_count, 1);
}

static void each_status_bit_is_cleared_by_a_1_of_its_own_and_by_no_0(void **unused)
{
    const uint64_t now_ns = flip_ns(1);
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    acpi_pm_press_power_button(&rig.pm, 5);
    out(&rig, now_ns, ACPI_PM_REG_STS, 2, 0);
    out(&rig, now_ns, ACPI_PM_REG_STS, 2, 0xffff & ~(ACPI_PM_TMR_BIT | ACPI_PM_PWRBTN_BIT));
    assert_int_equal(in(&rig, now_ns, ACPI_PM_REG_STS, 2), ACPI_PM_TMR_BIT | ACPI_PM_PWRBTN_BIT);
    out(&rig, now_ns, ACPI_PM_REG_STS, 2, ACPI_PM_TMR_BIT);
    assert_int_equal(in(&rig, now_ns, ACPI_PM_REG_STS, 2), ACPI_PM_PWRBTN_BIT);
    out(&rig, now_ns, ACPI_PM_REG_STS + 1, 1, ACPI_PM_PWRBTN_BIT >> 8);
    assert_int_equal(in(&rig, now_ns, ACPI_PM_REG_STS, 2), 0);
}

static void pm_tmr_is_read_whole_or_in_parts_and_cannot_be_written(void **unused)
{
    const uint64_t now_ns = NS_PER_SEC;
    struct rig rig;

    (void)unused;
    rig_init_bits(&rig, 0, 32);
    out(&rig, now_ns, ACPI_PM_REG_TMR, 4, 0);
    assert_int_equal(in(&rig, now_ns, ACPI_PM_REG_TMR, 4), 3579545);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(in(&rig, now_ns, ACPI_PM_REG_TMR + i, 1), 3579545 >> 8 * i & 0xff);
    for (unsigned i = 0; i < 4; i += 2)
        assert_int_equal(in(&rig, now_ns, ACPI_PM_REG_TMR + i, 2), 3579545 >> 8 * i & 0xffff);
}

static void the_high_byte_of_pm1_cnt_alone_asks_for_s5_and_sci_en_stays_1(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    out(&rig, 1, ACPI_PM_REG_CNT, 1, 0);
    out(&rig, 2, ACPI_PM_REG_CNT + 1, 1, 7 << 2);
    assert_int_equal(in(&rig, 2, ACPI_PM_REG_CNT + 1, 1), 7 << 2);
    assert_int_equal(rig.power_off_count, 0);
    out(&rig, 3, ACPI_PM_REG_CNT + 1, 1, ACPI_PM_SLP_TYP_S5 << 2 | ACPI_PM_SLP_EN_BIT >> 8);
    assert_int_equal(rig.power_off_count, 1);
    assert_int_equal(in(&rig, 4, ACPI_PM_REG_CNT, 1), ACPI_PM_SCI_EN_BIT);
    assert_int_equal(in(&rig, 4, ACPI_PM_REG_CNT + 1, 1), ACPI_PM_SLP_TYP_S5 << 2);
}

static void a_reset_starts_the_counter_at_0_and_drops_status_enable_and_sci(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 0);
    out(&rig, 0, ACPI_PM_REG_EN, 2, ACPI_PM_PWRBTN_BIT | ACPI_PM_TMR_BIT);
    acpi_pm_press_power_button(&rig.pm, flip_ns(1));
    assert_true(rig.sci.level);
    bus_reset(&rig.bus, flip_ns(1) + 7);
    assert_false(rig.sci.level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_int_equal(in(&rig, flip_ns(1) + 7, ACPI_PM_REG_TMR, 4), 0);
    assert_int_equal(in(&rig, 2 * flip_ns(1) + 6, ACPI_PM_REG_STS, 2), 0);
    assert_int_equal(in(&rig, flip_ns(1) + 7, ACPI_PM_REG_EN, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_runs_at_3579545_hz_and_wraps_at_24_bits),
        cmocka_unit_test(
            a_32_bit_counter_wraps_at_32_bits_and_sets_tmr_sts_at_each_change_of_bit_31),
        cmocka_unit_test(tmr_sts_is_set_at_each_change_of_bit_23_and_cleared_by_writing_1),
        cmocka_unit_test(sci_is_high_while_status_and_enable_are_both_set),
        cmocka_unit_test(power_button_raises_the_sci_only_if_enabled),
        cmocka_unit_test(the_rtcs_alarm_raises_the_sci_only_if_enabled),
        cmocka_unit_test(enable_bits_of_events_that_never_come_read_back_as_written),
        cmocka_unit_test(slp_en_with_s5_asks_for_power_off_and_other_sleep_types_do_not),
        cmocka_unit_test(the_word_2000h_powers_off),
        cmocka_unit_test(each_status_bit_is_cleared_by_a_1_of_its_own_and_by_no_0),
        cmocka_unit_test(pm_tmr_is_read_whole_or_in_parts_and_cannot_be_written),
        cmocka_unit_test(the_high_byte_of_pm1_cnt_alone_asks_for_s5_and_sci_en_stays_1),
        cmocka_unit_test(a_reset_starts_the_counter_at_0_and_drops_status_enable_and_sci),
    };

    return cmocka_run_group_tests_name("acpi_pm", tests, NULL, NULL);
}
