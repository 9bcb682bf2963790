/* SPDX-License-Identifier: BSD-2-Clause */
/* The RTC's alarm as a wake-up event: its line to the PM block, alone and on the board. */
#include "tests/unit/rtc_rig.h"

#include "base/time_math.h"
#include "boot/acpi_map.h"
#include "devices/pc/acpi_pm.h"
#include "vmm/machine/board.h"

#define B_AIE   (RTC_B_24H | RTC_B_AIE)
#define RTC_64  0x2a
#define ALARM   SEC(5)
#define LEGACY  3
#define RING_NS (3 * NS_PER_SEC)

/* It is 22:13:20, and the alarm is at 25 seconds of any minute. */
static void set_alarm(struct rig *rig, unsigned b)
{
    out(rig, SEC(0), RTC_HOUR_ALARM, 0xff);
    out(rig, SEC(0), RTC_MINUTE_ALARM, 0xff);
    out(rig, SEC(0), RTC_SECOND_ALARM, 0x25);
    out(rig, SEC(0), RTC_B, b);
}

static void the_line_of_the_alarm_is_high_from_its_second_until_c_is_read(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    set_alarm(&rig, B_AIE);
    timerq_run(&rig.timers, ALARM - 1);
    assert_false(rig.alarm.level);
    timerq_run(&rig.timers, ALARM);
    assert_true(rig.alarm.level);
    in(&rig, ALARM, RTC_C);
    assert_false(rig.alarm.level);
}

static void it_rises_at_its_second_although_the_hpet_has_irq_8(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    rtc_set_irq_enabled(&rig.rtc, START_NS, false);
    set_alarm(&rig, B_AIE);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), ALARM);
    timerq_run(&rig.timers, ALARM);
    assert_true(rig.alarm.level);
    assert_false(rig.irq8.level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

/* Nobody reads C: PF holds IRQ 8 high long before the alarm. */
static void it_rises_at_its_second_although_another_flag_holds_irq_8_high(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    out(&rig, SEC(0), RTC_A, RTC_64);
    set_alarm(&rig, B_AIE | RTC_B_PIE | RTC_B_UIE);
    timerq_run(&rig.timers, SEC(2));
    assert_true(rig.irq8.level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), ALARM);
    timerq_run(&rig.timers, ALARM - 1);
    assert_false(rig.alarm.level);
    timerq_run(&rig.timers, ALARM);
    assert_true(rig.alarm.level);
}

static void without_aie_it_stays_low_and_rises_when_aie_is_set(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    set_alarm(&rig, RTC_B_24H);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    out(&rig, SEC(7), RTC_B, RTC_B_24H);
    assert_false(rig.alarm.level);
    out(&rig, SEC(7), RTC_B, B_AIE);
    assert_true(rig.alarm.level);
}

/* A forward step of the host's clock goes over the alarm. */
static void an_alarm_that_the_wall_time_skips_comes_at_once(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    set_alarm(&rig, B_AIE);
    rtc_set_wall(&rig.rtc, SEC(1), WALL_NS + 60 * (int64_t)NS_PER_SEC);
    assert_true(rig.alarm.level);
}

static void reset_ends_it(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, WALL_NS);
    set_alarm(&rig, B_AIE);
    timerq_run(&rig.timers, ALARM);
    rig.rtc.dev.ops->reset(&rig.rtc.dev, ALARM);
    assert_false(rig.alarm.level);
}

static struct board board;
static unsigned sci_rises;
static bool sci;

static enum irq_arrival on_drive(void *ctx, unsigned gsi, bool level)
{
    (void)ctx;
    if (gsi == ACPI_MAP_SCI_GSI) {
        sci_rises += level;
        sci = level;
    }
    return IRQ_ARRIVED;
}

/* Its RTC begins at a whole second. */
static void make_board(void)
{
    const struct board_config config = {.hpet_timers = HPET_DEFAULT_TIMERS};
    const struct board_hooks hooks = {.drive_irq = on_drive};

    sci_rises = 0;
    sci = false;
    board_init(&board, &config, &hooks, 0);
}

static uint64_t port_in(uint64_t now_ns, uint64_t port, unsigned size_bytes)
{
    return bus_read(&board.buses[ACCESS_PORT], now_ns, port, size_bytes);
}

static void port_out(uint64_t now_ns, uint64_t port, unsigned size_bytes, uint64_t value)
{
    bus_write(&board.buses[ACCESS_PORT], now_ns, port, size_bytes, value);
}

static void rtc_out(uint64_t now_ns, uint8_t index, uint8_t value)
{
    port_out(now_ns, 0x70, 1, index);
    port_out(now_ns, 0x71, 1, value);
}

static uint64_t sts(uint64_t now_ns)
{
    return port_in(now_ns, ACPI_MAP_PM_PORT + ACPI_PM_REG_STS, 2) & ACPI_PM_RTC_BIT;
}

static void enable(uint64_t now_ns, uint16_t en)
{
    port_out(now_ns, ACPI_MAP_PM_PORT + ACPI_PM_REG_EN, 2, en);
}

/* Rings at RING_NS, in legacy replacement as Linux uses the HPET. */
static void make_sleeper(uint16_t en)
{
    make_board();
    bus_write(&board.buses[ACCESS_MEMORY], 0, ACPI_MAP_HPET_GPA + HPET_REG_CONFIG, 8, LEGACY);
    rtc_out(0, RTC_HOUR_ALARM, 0xff);
    rtc_out(0, RTC_MINUTE_ALARM, 0xff);
    rtc_out(0, RTC_SECOND_ALARM, 0x03);
    rtc_out(0, RTC_B, B_AIE);
    enable(0, en);
    timerq_run(&board.timers, RING_NS - 1);
    assert_int_equal(sts(RING_NS - 1), 0);
    assert_int_equal(sci_rises, 0);
    timerq_run(&board.timers, RING_NS);
}

static void the_alarm_wakes_by_the_sci_until_rtc_sts_is_cleared(void **unused)
{
    (void)unused;
    make_sleeper(ACPI_PM_RTC_BIT);
    assert_true(sci);
    assert_int_equal(sts(RING_NS), ACPI_PM_RTC_BIT);
    port_out(RING_NS + 1, ACPI_MAP_PM_PORT + ACPI_PM_REG_STS, 2, ACPI_PM_RTC_BIT);
    assert_false(sci);
    assert_int_equal(sts(RING_NS + 1), 0);
    assert_int_equal(sci_rises, 1);
}

static void without_rtc_en_it_is_in_rtc_sts_alone(void **unused)
{
    (void)unused;
    make_sleeper(ACPI_PM_PWRBTN_BIT);
    assert_int_equal(sts(RING_NS), ACPI_PM_RTC_BIT);
    assert_int_equal(sci_rises, 0);
    enable(RING_NS + 1, ACPI_PM_RTC_BIT);
    assert_true(sci);
}

/* The guest has cleared RTC_STS, and has not read C: the alarm's line is high. */
static void a_load_does_not_ring_again(void **unused)
{
    _Alignas(8) uint8_t rtc[256], pm[64];

    (void)unused;
    make_sleeper(ACPI_PM_RTC_BIT);
    port_out(RING_NS, ACPI_MAP_PM_PORT + ACPI_PM_REG_STS, 2, ACPI_PM_RTC_BIT);
    device_save(&board.rtc.dev, rtc);
    device_save(&board.pm.dev, pm);
    make_board();
    assert_int_equal(device_load(&board.rtc.dev, RING_NS, rtc), 0);
    assert_true(board.rtc_alarm.level);
    assert_int_equal(device_load(&board.pm.dev, RING_NS, pm), 0);
    assert_int_equal(sts(RING_NS), 0);
    assert_int_equal(sci_rises, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_of_the_alarm_is_high_from_its_second_until_c_is_read),
        cmocka_unit_test(it_rises_at_its_second_although_the_hpet_has_irq_8),
        cmocka_unit_test(it_rises_at_its_second_although_another_flag_holds_irq_8_high),
        cmocka_unit_test(without_aie_it_stays_low_and_rises_when_aie_is_set),
        cmocka_unit_test(an_alarm_that_the_wall_time_skips_comes_at_once),
        cmocka_unit_test(reset_ends_it),
        cmocka_unit_test(the_alarm_wakes_by_the_sci_until_rtc_sts_is_cleared),
        cmocka_unit_test(without_rtc_en_it_is_in_rtc_sts_alone),
        cmocka_unit_test(a_load_does_not_ring_again),
    };

    return cmocka_run_group_tests_name("rtc_wake", tests, NULL, NULL);
}
