/* The chips of the computer together. */
#include "tests/unit/unit.h"

#include "boot/acpi_map.h"
#include "vmm/board.h"

#define GSI_PIT  0
#define GSI_RTC  8
#define GSI_HPET (HPET_FIRST_ROUTE + 1)
#define GSI_MAX  24

/* In mode 2, 11932 CLKs: 100 Hz. */
#define PIT_COUNT 11932
/* Rate 10: 64 Hz. */
#define RTC_A_64HZ  0x2a
#define HPET_TICKS  1000000
#define STOP_NS     (5 * NS_PER_SEC)
#define STOP_END_NS (NS_PER_SEC / 2 + STOP_NS)

struct rig {
    struct board board;
    unsigned rises[GSI_MAX];
};

static bool on_drive_irq(void *ctx, unsigned gsi, bool level)
{
    struct rig *rig = ctx;

    rig->rises[gsi] += level;
    return true;
}

static void set_rtc(struct board *board, uint8_t reg, uint8_t value)
{
    bus_write(&board->ports, 0, 0x70, 1, reg);
    bus_write(&board->ports, 0, 0x71, 1, value);
}

static void set_hpet(struct board *board, uint64_t reg, uint64_t value)
{
    bus_write(&board->memory, 0, ACPI_MAP_HPET_GPA + reg, 8, value);
}

/* PIT, RTC and the HPET's first timer interrupt periodically. */
static void rig_init(struct rig *rig, enum lost_ticks kind)
{
    const struct board_config config = {
        .hpet_timers = HPET_DEFAULT_TIMERS,
        .pit_lost_ticks = kind,
        .rtc_lost_ticks = kind,
        .hpet_lost_ticks = kind,
    };
    const struct board_hooks hooks = {.drive_irq = on_drive_irq, .ctx = rig};
    struct board *board = &rig->board;

    *rig = (struct rig){0};
    board_init(board, &config, &hooks, 0);
    bus_write(&board->ports, 0, 0x43, 1, PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(2));
    bus_write(&board->ports, 0, 0x40, 1, PIT_COUNT & 0xff);
    bus_write(&board->ports, 0, 0x40, 1, PIT_COUNT >> 8);
    set_rtc(board, RTC_A, RTC_A_64HZ);
    set_rtc(board, RTC_B, RTC_B_24H | RTC_B_PIE);
    set_hpet(board, HPET_REG_TIMER_CONFIG(0),
             GSI_HPET << 9 | HPET_TIMER_INT_ENB | HPET_TIMER_PERIODIC | HPET_TIMER_VAL_SET);
    set_hpet(board, HPET_REG_TIMER_COMPARATOR(0), HPET_TICKS);
    set_hpet(board, HPET_REG_CONFIG, HPET_CONFIG_ENABLE);
}

/* Takes each tick of the RTC at once. */
static void run_until(struct board *board, uint64_t until_ns)
{
    uint64_t now_ns;

    while ((now_ns = timerq_next_deadline_ns(&board->timers)) <= until_ns) {
        timerq_run(&board->timers, now_ns);
        bus_write(&board->ports, now_ns, 0x70, 1, RTC_C);
        bus_read(&board->ports, now_ns, 0x71, 1);
    }
}

static void assert_none_owed(const struct board *board, bool some_dropped)
{
    struct tick_counts pit = {0}, rtc = {0}, hpet = hpet_lost_ticks(&board->hpet);

    tick_policy_count(&board->pit.state.ticks, &pit);
    tick_policy_count(&board->rtc.state.ticks, &rtc);
    assert_int_equal(pit.owed + rtc.owed + hpet.owed, 0);
    assert_int_equal(pit.dropped != 0, some_dropped);
    assert_int_equal(rtc.dropped != 0, some_dropped);
    assert_int_equal(hpet.dropped != 0, some_dropped);
}

static void after_a_stop_each_periodic_interrupt_comes_once_and_then_at_its_rate(void **unused)
{
    static const unsigned gsis[] = {GSI_PIT, GSI_RTC, GSI_HPET};
    static const unsigned per_sec[] = {100, 64, 100};
    struct rig rig;

    (void)unused;
    for (unsigned kind = 0; kind < LOST_TICKS_KINDS; kind++) {
        rig_init(&rig, kind);
        run_until(&rig.board, STOP_END_NS - STOP_NS);
        assert_none_owed(&rig.board, false);
        for (unsigned i = 0; i < GSI_MAX; i++)
            rig.rises[i] = 0;
        board_end_stop(&rig.board, STOP_END_NS);
        assert_none_owed(&rig.board, true);
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(rig.rises[gsis[i]], 1);
        bus_write(&rig.board.ports, STOP_END_NS, 0x70, 1, RTC_C);
        bus_read(&rig.board.ports, STOP_END_NS, 0x71, 1);
        run_until(&rig.board, STOP_END_NS + NS_PER_SEC);
        for (unsigned i = 0; i < 3; i++)
            assert_in_range(rig.rises[gsis[i]], 1 + per_sec[i] - 1, 1 + per_sec[i] + 1);
        assert_none_owed(&rig.board, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_stop_each_periodic_interrupt_comes_once_and_then_at_its_rate),
    };

    return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
