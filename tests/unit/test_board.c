/* SPDX-License-Identifier: BSD-2-Clause */
/* The chips of the computer together. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "boot/acpi_map.h"
#include "vmm/machine/board.h"

#define GSI_PIT  0
#define GSI_RTC  8
#define GSI_HPET (HPET_FIRST_ROUTE + 1)
#define GSI_MAX  24

/* In mode 2, 11932 CLKs: 100 Hz. */
#define PIT_COUNT 11932
/* Rate 10: 64 Hz. */
#define RTC_A_64HZ   0x2a
#define HPET_TICKS   1000000
#define HPET_TICK_NS 10
#define STOP_NS      (5 * NS_PER_SEC)
#define STOP_END_NS  (NS_PER_SEC / 2 + STOP_NS)

#define STEP_NS 50000
#define OFF_NS  (NS_PER_SEC / 2)
#define ON_NS   (OFF_NS + NS_PER_SEC)
#define END_NS  UINT64_C(3005000000)

struct rig {
    struct board board;
    unsigned rises[GSI_MAX];
    /* A local APIC merges an edge with one that the guest has not taken, and says nothing. */
    bool pending[GSI_MAX];
    unsigned taken[GSI_MAX];
    /* When it is out of the handler of one that it has taken; 0: it is in none. */
    uint64_t handled_ns[GSI_MAX];
};

static enum irq_arrival on_drive_irq(void *ctx, unsigned gsi, bool level)
{
    struct rig *rig = ctx;

    rig->rises[gsi] += level;
    rig->pending[gsi] |= level;
    return IRQ_ARRIVED;
}

static void set_rtc(struct board *board, uint8_t reg, uint8_t value)
{
    bus_write(&board->buses[ACCESS_PORT], 0, 0x70, 1, reg);
    bus_write(&board->buses[ACCESS_PORT], 0, 0x71, 1, value);
}

static void set_hpet(struct board *board, uint64_t reg, uint64_t value)
{
    bus_write(&board->buses[ACCESS_MEMORY], 0, ACPI_MAP_HPET_GPA + reg, 8, value);
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
    bus_write(&board->buses[ACCESS_PORT], 0, 0x43, 1, PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(2));
    bus_write(&board->buses[ACCESS_PORT], 0, 0x40, 1, PIT_COUNT & 0xff);
    bus_write(&board->buses[ACCESS_PORT], 0, 0x40, 1, PIT_COUNT >> 8);
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
        bus_write(&board->buses[ACCESS_PORT], now_ns, 0x70, 1, RTC_C);
        bus_read(&board->buses[ACCESS_PORT], now_ns, 0x71, 1);
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
        bus_write(&rig.board.buses[ACCESS_PORT], STOP_END_NS, 0x70, 1, RTC_C);
        bus_read(&rig.board.buses[ACCESS_PORT], STOP_END_NS, 0x71, 1);
        run_until(&rig.board, STOP_END_NS + NS_PER_SEC);
        for (unsigned i = 0; i < 3; i++)
            assert_in_range(rig.rises[gsis[i]], 1 + per_sec[i] - 1, 1 + per_sec[i] + 1);
        assert_none_owed(&rig.board, true);
    }
}

/* How many edges KVM is still believed to tell of: of timer 0 of the HPET, and the PIT. */
static unsigned hpet_patience(const struct rig *rig)
{
    return rig->board.hpet.state.ticks[0].patience;
}

static unsigned pit_patience(const struct rig *rig)
{
    return rig->board.pit.state.ticks.patience;
}

static void an_eoi_is_passed_to_the_clock_that_drives_the_line(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, LOST_TICKS_BURST);
    board_eoi(&rig.board, 1, GSI_PIT, 1);
    assert_int_equal(pit_patience(&rig), TICK_POLICY_PATIENCE);
    board_eoi(&rig.board, 2, GSI_RTC, 1);
    board_eoi(&rig.board, 3, GSI_HPET + 1, 1);
    assert_int_equal(hpet_patience(&rig), 0);
    board_eoi(&rig.board, 4, GSI_HPET, 1);
    assert_int_equal(hpet_patience(&rig), TICK_POLICY_PATIENCE);
}

static void in_legacy_replacement_the_eoi_of_irq_0_is_that_of_the_hpet(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, LOST_TICKS_BURST);
    set_hpet(&rig.board, HPET_REG_CONFIG, HPET_CONFIG_ENABLE | HPET_CONFIG_LEG_RT);
    board_eoi(&rig.board, 1, GSI_PIT, 1);
    assert_int_equal(pit_patience(&rig), 0);
    assert_int_equal(hpet_patience(&rig), TICK_POLICY_PATIENCE);
}

/* Else an edge that the guest has still to take counts as taken, and the next is merged with it. */
static void an_eoi_that_is_told_late_is_of_the_edge_before_the_one_that_is_due(void **unused)
{
    const uint64_t period_ns = ns_from_ticks(HPET_TICKS, RATE_HPET), late_ns = period_ns / 2;
    struct rig rig;

    (void)unused;
    rig_init(&rig, LOST_TICKS_BURST);
    timerq_run(&rig.board.timers, period_ns);
    board_eoi(&rig.board, 2 * period_ns + late_ns, GSI_HPET, 1);
    timerq_run(&rig.board.timers, 2 * period_ns + late_ns);
    assert_int_equal(rig.board.hpet.state.ticks[0].unanswered, 1);
}

static void eois_are_wanted_where_ticks_are_made_up_for(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, LOST_TICKS_DROP);
    assert_int_equal(board_eoi_gsis(&rig.board), 0);
    pit_set_lost_ticks(&rig.board.pit, LOST_TICKS_BURST);
    assert_int_equal(board_eoi_gsis(&rig.board), 1 << GSI_PIT);
    rig_init(&rig, LOST_TICKS_SLEW);
    assert_int_equal(__builtin_popcount(board_eoi_gsis(&rig.board)), BOARD_MAX_EOI_GSIS);
}

/* The guest takes an interrupt when it is out of the handler of the one before. */
static void take_interrupt(struct rig *rig, unsigned gsi, uint64_t now_ns, uint64_t handler_ns)
{
    if (rig->handled_ns[gsi] != 0 && now_ns >= rig->handled_ns[gsi]) {
        rig->handled_ns[gsi] = 0;
        board_eoi(&rig->board, now_ns, gsi, 1);
    }
    if (rig->handled_ns[gsi] == 0 && rig->pending[gsi]) {
        rig->pending[gsi] = false;
        rig->taken[gsi]++;
        rig->handled_ns[gsi] = now_ns + handler_ns;
    }
}

/* Those of PIT and HPET. */
static void take_interrupts(struct rig *rig, uint64_t from_ns, uint64_t until_ns,
                            uint64_t handler_ns)
{
    for (uint64_t now_ns = from_ns; now_ns < until_ns; now_ns += STEP_NS) {
        run_until(&rig->board, now_ns);
        take_interrupt(rig, GSI_PIT, now_ns, handler_ns);
        take_interrupt(rig, GSI_HPET, now_ns, handler_ns);
    }
}

static void
a_guest_with_interrupts_disabled_for_100_ticks_loses_none_nor_has_one_twice(void **unused)
{
    struct rig rig;

    (void)unused;
    for (unsigned kind = 0; kind < LOST_TICKS_KINDS; kind++) {
        rig_init(&rig, kind);
        take_interrupts(&rig, 0, OFF_NS, STEP_NS);
        run_until(&rig.board, ON_NS);
        take_interrupts(&rig, ON_NS, END_NS, STEP_NS);
        assert_in_range(rig.taken[GSI_PIT], kind == LOST_TICKS_DROP ? 200 : 300,
                        kind == LOST_TICKS_DROP ? 202 : 300);
        assert_in_range(rig.taken[GSI_HPET], kind == LOST_TICKS_DROP ? 200 : 300,
                        kind == LOST_TICKS_DROP ? 202 : 300);
        assert_none_owed(&rig.board, false);
    }
}

static void a_guest_that_is_long_in_its_handler_has_no_tick_twice(void **unused)
{
    struct rig rig;

    (void)unused;
    for (unsigned kind = LOST_TICKS_BURST; kind < LOST_TICKS_KINDS; kind++) {
        rig_init(&rig, kind);
        take_interrupts(&rig, 0, OFF_NS, STEP_NS);
        take_interrupts(&rig, OFF_NS, ON_NS, 3 * NS_PER_SEC / 10);
        take_interrupts(&rig, ON_NS, END_NS, STEP_NS);
        assert_int_equal(rig.taken[GSI_PIT], 300);
        assert_int_equal(rig.taken[GSI_HPET], 300);
        assert_none_owed(&rig.board, false);
    }
}

/* One after the other, the interrupts of which GSIs came. */
struct arrivals {
    unsigned gsis[GSI_MAX];
    unsigned count;
};

static enum irq_arrival note_arrival(void *ctx, unsigned gsi, bool level)
{
    struct arrivals *arrivals = ctx;

    if (level) {
        assert_true(arrivals->count < GSI_MAX);
        arrivals->gsis[arrivals->count++] = gsi;
    }
    return IRQ_ARRIVED;
}

static void make_board(struct board *board, struct arrivals *arrivals)
{
    const struct board_config config = {.hpet_timers = HPET_DEFAULT_TIMERS};
    const struct board_hooks hooks = {.drive_irq = note_arrival, .ctx = arrivals};

    *arrivals = (struct arrivals){0};
    board_init(board, &config, &hooks, 0);
}

/* The PIT rises once after so many CLKs; returns when. */
static uint64_t arm_pit(struct board *board, unsigned count)
{
    bus_write(&board->buses[ACCESS_PORT], 0, 0x43, 1, PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(0));
    bus_write(&board->buses[ACCESS_PORT], 0, 0x40, 1, count & 0xff);
    bus_write(&board->buses[ACCESS_PORT], 0, 0x40, 1, count >> 8);
    return timerq_next_deadline_ns(&board->timers);
}

/* A count of the PIT that ends with a tick of the HPET, and when that is. */
static unsigned find_common_deadline(uint64_t *deadline_ns)
{
    struct arrivals arrivals;
    struct board board;

    for (unsigned count = 1000; count < 2000; count++) {
        make_board(&board, &arrivals);
        *deadline_ns = arm_pit(&board, count);
        if (*deadline_ns % HPET_TICK_NS == 0)
            return count;
    }
    fail_msg("PIT and HPET have no deadline in common");
    return 0;
}

static void arm_hpet(struct board *board, uint64_t deadline_ns)
{
    set_hpet(board, HPET_REG_TIMER_CONFIG(0),
             HPET_FIRST_ROUTE << HPET_TIMER_ROUTE_SHIFT | HPET_TIMER_INT_ENB);
    set_hpet(board, HPET_REG_TIMER_COMPARATOR(0), deadline_ns / HPET_TICK_NS);
    set_hpet(board, HPET_REG_CONFIG, HPET_CONFIG_ENABLE);
}

static void load_from(struct board *board, const struct board *saved, uint64_t now_ns)
{
    for (unsigned i = 0; i < BOARD_DEVICES; i++) {
        uint8_t *state;

        if (saved->devices[i] == NULL)
            continue;
        state = malloc(saved->devices[i]->ops->state_size_bytes);

        assert_non_null(state);
        device_save(saved->devices[i], state);
        assert_int_equal(device_load(board->devices[i], now_ns, state), 0);
        free(state);
    }
}

/* HPET first, and then the PIT: by the order of arming, the one that was armed last comes last. */
static void interrupts_of_one_deadline_come_in_one_order_before_and_after_a_load(void **unused)
{
    struct arrivals arrivals, arrivals_loaded;
    struct board board, loaded;
    uint64_t deadline_ns;
    unsigned count = find_common_deadline(&deadline_ns);

    (void)unused;
    make_board(&board, &arrivals);
    arm_hpet(&board, deadline_ns);
    arm_pit(&board, count);
    make_board(&loaded, &arrivals_loaded);
    load_from(&loaded, &board, 1);
    timerq_run(&board.timers, deadline_ns);
    timerq_run(&loaded.timers, deadline_ns);
    assert_int_equal(arrivals.count, 2);
    assert_int_equal(arrivals_loaded.count, 2);
    assert_memory_equal(arrivals.gsis, arrivals_loaded.gsis, sizeof arrivals.gsis);
}

static void what_a_computer_does_not_have_is_not_in_the_list_of_devices(void **unused)
{
    const struct board_config least = {.kvmclock = KVMCLOCK_KERNEL};
    static struct blk_request requests[VIRTQ_MAX_SIZE];
    const struct virtio_blk_wiring disks[BOARD_MAX_DISKS] = {{.requests = requests},
                                                             {.requests = requests},
                                                             {.requests = requests},
                                                             {.requests = requests}};
    struct vmclock_page page = {0};
    const struct board_config most = {.hpet_timers = HPET_DEFAULT_TIMERS,
                                      .reference = true,
                                      .steal = true,
                                      .virtio_rng = true,
                                      .disk_count = BOARD_MAX_DISKS,
                                      .disks = disks,
                                      .vmclock_page = &page};
    const struct board_hooks hooks = {0};
    struct board board;

    (void)unused;
    board_init(&board, &least, &hooks, 0);
    for (unsigned i = 0; i < BOARD_DEVICES; i++)
        assert_true((board.devices[i] == NULL) ==
                    (i == BOARD_HPET || i == BOARD_REFERENCE || i >= BOARD_VMCLOCK ||
                     (i >= BOARD_TSC && i <= BOARD_STEAL)));
    board_init(&board, &most, &hooks, 0);
    for (unsigned i = 0; i < BOARD_DEVICES; i++)
        assert_non_null(board.devices[i]);
}

static void without_a_pm_timer_its_port_is_nobodys_and_the_others_are_not(void **unused)
{
    const struct board_config without = {.hpet_timers = 0};
    const struct board_config with = {.pmtimer_bits = 24};
    struct board board;

    (void)unused;
    board_init(&board, &without, &(struct board_hooks){0}, 0);
    bus_read(&board.buses[ACCESS_PORT], 0, ACPI_MAP_PM_PORT, 2);
    assert_int_equal(board.buses[ACCESS_PORT].unclaimed_count, 0);
    bus_read(&board.buses[ACCESS_PORT], 0, ACPI_MAP_PM_PORT + ACPI_PM_REG_TMR, 4);
    assert_int_equal(board.buses[ACCESS_PORT].unclaimed_count, 1);
    board_init(&board, &with, &(struct board_hooks){0}, 0);
    assert_int_equal(
        bus_read(&board.buses[ACCESS_PORT], NS_PER_SEC, ACPI_MAP_PM_PORT + ACPI_PM_REG_TMR, 4),
        3579545);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_eoi_is_passed_to_the_clock_that_drives_the_line),
        cmocka_unit_test(in_legacy_replacement_the_eoi_of_irq_0_is_that_of_the_hpet),
        cmocka_unit_test(
            a_guest_with_interrupts_disabled_for_100_ticks_loses_none_nor_has_one_twice),
        cmocka_unit_test(a_guest_that_is_long_in_its_handler_has_no_tick_twice),
        cmocka_unit_test(an_eoi_that_is_told_late_is_of_the_edge_before_the_one_that_is_due),
        cmocka_unit_test(eois_are_wanted_where_ticks_are_made_up_for),
        cmocka_unit_test(interrupts_of_one_deadline_come_in_one_order_before_and_after_a_load),
        cmocka_unit_test(what_a_computer_does_not_have_is_not_in_the_list_of_devices),
        cmocka_unit_test(without_a_pm_timer_its_port_is_nobodys_and_the_others_are_not),
        cmocka_unit_test(after_a_stop_each_periodic_interrupt_comes_once_and_then_at_its_rate),
    };

    return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
