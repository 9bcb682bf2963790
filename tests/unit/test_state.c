/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Saved states of PM block, PIT, HPET and UART: what load refuses, that random bytes do no harm,
 * and how chips without a clock go on after a load. (Those with one: test_properties.c.)
 */
#include "tests/unit/unit.h"

#include "devices/pc/acpi_pm.h"
#include "devices/pc/hpet.h"
#include "devices/pc/pit.h"
#include "devices/pc/serial.h"
#include "devices/pc/serial_rx.h"
#include "tests/unit/snapshot.h"

#define START_NS (5 * NS_PER_SEC)
#define NOW_NS   (10 * NS_PER_SEC)

struct rig {
    struct timerq timers;
    struct irq_line lines[8];
    unsigned request_count;
};

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct rig *rig = ctx;

    (void)request;
    (void)value;
    rig->request_count++;
}

static void write_reg(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                      uint64_t value)
{
    dev->ops->write(dev, now_ns, reg, size_bytes, value);
}

/* --- ACPI PM block --- */

static void make_acpi_pm(struct rig *rig, struct acpi_pm *pm)
{
    *rig = (struct rig){0};
    acpi_pm_init(
        pm, &(struct acpi_pm_wiring){&rig->timers, 0, &rig->lines[0], {on_request, rig}, 24, true},
        START_NS);
    write_reg(&pm->dev, NOW_NS, ACPI_PM_REG_STS, 2, ACPI_PM_TMR_BIT);
    write_reg(&pm->dev, NOW_NS, ACPI_PM_REG_EN, 2, ACPI_PM_TMR_BIT);
}

static void acpi_pm_refuses_states_that_no_block_can_be_in(void **unused)
{
    static const struct poke wrong[] = {
        POKE(acpi_pm_state, timer_zero_ns, NOW_NS + 1),
        POKE(acpi_pm_state, flips_cleared, 3),
        POKE(acpi_pm_state, sts, ACPI_PM_TMR_BIT),
        POKE(acpi_pm_state, en, 2),
        POKE(acpi_pm_state, cnt, 0),
        POKE(acpi_pm_state, cnt, ACPI_PM_SCI_EN_BIT | ACPI_PM_SLP_EN_BIT),
        POKE(acpi_pm_state, asleep, 2),
        POKE_END,
    };
    static const struct poke right[] = {
        POKE(acpi_pm_state, flips_cleared, 0),
        POKE(acpi_pm_state, sts, ACPI_PM_PWRBTN_BIT),
        POKE(acpi_pm_state, en, 0x521),
        POKE(acpi_pm_state, cnt, 0x1c01),
        POKE_END,
    };
    struct acpi_pm pm;
    struct rig rig;

    (void)unused;
    make_acpi_pm(&rig, &pm);
    assert_int_equal(pm.state.flips_cleared, 2);
    assert_refused(&pm.dev, &rig.timers, NOW_NS, wrong);
    assert_taken(&pm.dev, NOW_NS, right);
    sweep_random_states(&pm.dev, &rig.timers, NOW_NS, ACPI_PM_LENGTH_BYTES);
}

static void a_load_drives_the_line_and_arms_the_timer(void **unused)
{
    static const struct poke button[] = {POKE(acpi_pm_state, sts, ACPI_PM_PWRBTN_BIT), POKE_END};
    struct acpi_pm_state state;
    struct acpi_pm pm;
    struct rig rig;

    (void)unused;
    make_acpi_pm(&rig, &pm);
    assert_taken(&pm.dev, NOW_NS, button);
    device_save(&pm.dev, &state);
    state.sts = state.en = ACPI_PM_PWRBTN_BIT;
    assert_int_equal(device_load(&pm.dev, NOW_NS, &state), 0);
    assert_true(rig.lines[0].level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    state.sts = 0;
    state.en = ACPI_PM_TMR_BIT;
    assert_int_equal(device_load(&pm.dev, NOW_NS, &state), 0);
    assert_false(rig.lines[0].level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers),
                     START_NS + ns_from_ticks(3 << 23, RATE_PMTIMER));
}

static void a_time_past_the_end_of_time_is_refused(void **unused)
{
    struct acpi_pm_state state;
    struct acpi_pm pm;
    struct rig rig;

    (void)unused;
    make_acpi_pm(&rig, &pm);
    device_save(&pm.dev, &state);
    assert_int_not_equal(device_load(&pm.dev, DEVICE_END_NS, &state), 0);
    assert_int_equal(device_load(&pm.dev, DEVICE_END_NS - 1, &state), 0);
}

/* --- PIT --- */

/* Counter 0 runs in mode 2; counter 1 has no count; counter 2, halted by its gate, is in mode 3. */
static void make_pit(struct rig *rig, struct pit *pit)
{
    *rig = (struct rig){0};
    pit_init(pit, &(struct pit_wiring){&rig->timers, 0, &rig->lines[0]}, START_NS);
    write_reg(&pit->dev, START_NS, PIT_REG_CONTROL, 1, PIT_CONTROL_RW_BOTH | PIT_CONTROL_MODE(2));
    write_reg(&pit->dev, START_NS, PIT_REG_COUNTER(0), 1, 0);
    write_reg(&pit->dev, START_NS, PIT_REG_COUNTER(0), 1, 0x10);
    write_reg(&pit->dev, START_NS, PIT_REG_CONTROL, 1,
              PIT_CONTROL_SELECT(2) | PIT_CONTROL_RW_LSB | PIT_CONTROL_MODE(3));
    write_reg(&pit->dev, START_NS, PIT_REG_COUNTER(2), 1, 9);
    timerq_run(&rig->timers, NOW_NS);
    write_reg(&pit->dev, NOW_NS, PIT_REG_PORT61, 1, PIT_PORT61_SPEAKER);
}

static void pit_refuses_states_that_no_chip_can_be_in(void **unused)
{
    const uint64_t tick = ticks_from_ns(NOW_NS - START_NS, RATE_PIT);
    const struct poke wrong[] = {
        POKE(pit_state, clk_zero_ns, NOW_NS + 1),
        POKE(pit_state, port61, 0x10),
        POKE(pit_state, port61, PIT_PORT61_GATE2),
        POKE(pit_state, irq_enabled, 2),
        POKE(pit_state, pad[5], 1),
        POKE(pit_state, counters[0].base_tick, tick + 1),
        POKE(pit_state, counters[0].counted, UINT64_MAX),
        POKE(pit_state, counters[0].load_tick, 0),
        POKE(pit_state, counters[0].load_tick, tick + 65537),
        POKE(pit_state, counters[0].initial, 0),
        POKE(pit_state, counters[0].initial, 65537),
        POKE(pit_state, counters[0].control, 0x40 | PIT_CONTROL_RW_BOTH),
        POKE(pit_state, counters[0].control, PIT_CONTROL_RW_LATCH | PIT_CONTROL_MODE(2)),
        POKE(pit_state, counters[0].gate, 0),
        POKE(pit_state, counters[2].gate, 1),
        POKE(pit_state, counters[0].count_written, 0),
        POKE(pit_state, counters[0].count_written, 2),
        POKE(pit_state, counters[0].running, 2),
        POKE(pit_state, counters[1].running, 1),
        POKE(pit_state, counters[0].halted, 1),
        POKE(pit_state, counters[2].halted, 2),
        POKE(pit_state, counters[0].strobe_done, 2),
        POKE(pit_state, counters[0].null_count, 2),
        POKE(pit_state, counters[0].count_latched, 2),
        POKE(pit_state, counters[0].status_latched, 2),
        POKE(pit_state, counters[0].read_msb_next, 2),
        POKE(pit_state, counters[2].read_msb_next, 1),
        POKE(pit_state, counters[0].write_msb_next, 2),
        POKE(pit_state, counters[2].write_msb_next, 1),
        POKE(pit_state, counters[1].pad[0], 1),
        POKE_END,
    };
    struct pit pit;
    struct rig rig;

    (void)unused;
    make_pit(&rig, &pit);
    assert_refused(&pit.dev, &rig.timers, NOW_NS, wrong);
}

static void pit_refuses_a_load_that_is_later_than_what_causes_it(void **unused)
{
    const uint64_t tick = ticks_from_ns(NOW_NS - START_NS, RATE_PIT);
    const struct poke wrong[] = {
        /* A trigger, and the count of a counter that is not in a period: at the next clock. */
        POKE(pit_state, counters[2].load_tick, tick + 2),
        POKE(pit_state, counters[1].load_tick, tick + 2),
        POKE_END,
    };
    const struct poke right[] = {
        POKE(pit_state, counters[2].load_tick, tick + 1),
        POKE(pit_state, counters[1].load_tick, tick + 1),
        POKE_END,
    };
    struct pit pit;
    struct rig rig;

    (void)unused;
    make_pit(&rig, &pit);
    write_reg(&pit.dev, NOW_NS, PIT_REG_PORT61, 1, PIT_PORT61_GATE2);
    write_reg(&pit.dev, NOW_NS, PIT_REG_CONTROL, 1,
              PIT_CONTROL_SELECT(1) | PIT_CONTROL_RW_LSB | PIT_CONTROL_MODE(4));
    write_reg(&pit.dev, NOW_NS, PIT_REG_COUNTER(1), 1, 9);
    assert_refused(&pit.dev, &rig.timers, NOW_NS, wrong);
    assert_taken(&pit.dev, NOW_NS, right);
}

static void pit_takes_the_outermost_values_and_random_bytes_do_no_harm(void **unused)
{
    const uint64_t tick = ticks_from_ns(NOW_NS - START_NS, RATE_PIT);
    const struct poke right[] = {
        POKE(pit_state, port61, PIT_PORT61_SPEAKER | 0xc),
        POKE(pit_state, counters[0].load_tick, tick + 1),
        POKE(pit_state, counters[0].initial, 65536),
        POKE(pit_state, counters[0].read_msb_next, 1),
        POKE(pit_state, counters[1].first_byte, 0xff),
        POKE_END,
    };
    struct pit pit;
    struct rig rig;

    (void)unused;
    make_pit(&rig, &pit);
    assert_taken(&pit.dev, NOW_NS, right);
    sweep_random_states(&pit.dev, &rig.timers, NOW_NS, PIT_REG_COUNT);
}

/* --- HPET --- */

static void on_legacy(void *ctx, uint64_t now_ns, bool active)
{
    (void)ctx;
    (void)now_ns;
    (void)active;
}

static void on_message(void *ctx, uint32_t address, uint32_t data)
{
    (void)ctx;
    (void)address;
    (void)data;
}

/* Timer 0 is in level mode, timer 1 in 32-bit mode, and the counter has run since START_NS. */
static void make_hpet(struct rig *rig, struct hpet *hpet)
{
    struct hpet_wiring wiring = {
        .timers = &rig->timers,
        .timer_count = 4,
        .irq0 = &rig->lines[4],
        .irq8 = &rig->lines[5],
        .legacy = on_legacy,
        .message = on_message,
    };

    *rig = (struct rig){0};
    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        wiring.routes[i] = &rig->lines[i];
    hpet_init(hpet, &wiring, START_NS);
    write_reg(&hpet->dev, START_NS, HPET_REG_TIMER_CONFIG(0), 8,
              HPET_TIMER_LEVEL | HPET_TIMER_INT_ENB | HPET_TIMER_PERIODIC |
                  20 << HPET_TIMER_ROUTE_SHIFT);
    write_reg(&hpet->dev, START_NS, HPET_REG_TIMER_CONFIG(1), 8, HPET_TIMER_32MODE);
    write_reg(&hpet->dev, START_NS, HPET_REG_CONFIG, 8, HPET_CONFIG_ENABLE);
}

static void hpet_refuses_states_that_no_block_can_be_in(void **unused)
{
    const struct poke wrong[] = {
        POKE(hpet_state, start_ns, NOW_NS + 1),
        POKE(hpet_state, done_ticks, (NOW_NS - START_NS) / 10 + 1),
        POKE(hpet_state, config, 4),
        POKE(hpet_state, int_status, 2),
        POKE(hpet_state, int_status, 1u << 31),
        POKE(hpet_state, timers[1].comparator, UINT64_C(1) << 32),
        POKE(hpet_state, timers[1].period, UINT64_C(1) << 32),
        POKE(hpet_state, timers[0].config, HPET_TIMER_FSB_CAP),
        POKE(hpet_state, timers[0].config, 19 << HPET_TIMER_ROUTE_SHIFT),
        POKE(hpet_state, timers[0].val_set_half, 3),
        POKE(hpet_state, timers[1].val_set_half, 1),
        POKE(hpet_state, timers[3].val_set_half, 1),
        POKE(hpet_state, timers[4].comparator, 0),
        POKE(hpet_state, timers[4].period, 1),
        POKE(hpet_state, timers[4].fsb_route, 1),
        POKE(hpet_state, timers[31].config, HPET_TIMER_LEVEL),
        POKE(hpet_state, timers[31].val_set_half, 1),
        POKE_END,
    };
    const struct poke right[] = {
        POKE(hpet_state, counter, UINT64_MAX),
        POKE(hpet_state, done_ticks, (NOW_NS - START_NS) / 10),
        POKE(hpet_state, int_status, 1),
        POKE(hpet_state, timers[0].val_set_half, 2),
        POKE(hpet_state, timers[3].fsb_route, UINT64_MAX),
        POKE(hpet_state, timers[3].config, 0x404e | 23 << HPET_TIMER_ROUTE_SHIFT),
        POKE_END,
    };
    const struct poke halted_wrong[] = {POKE(hpet_state, done_ticks, 1), POKE_END};
    struct hpet hpet;
    struct rig rig;

    (void)unused;
    make_hpet(&rig, &hpet);
    assert_refused(&hpet.dev, &rig.timers, NOW_NS, wrong);
    assert_taken(&hpet.dev, NOW_NS, right);
    sweep_random_states(&hpet.dev, &rig.timers, NOW_NS, HPET_LENGTH_BYTES);
    write_reg(&hpet.dev, NOW_NS, HPET_REG_CONFIG, 8, 0);
    assert_refused(&hpet.dev, &rig.timers, NOW_NS, halted_wrong);
}

/* --- UART --- */

static bool on_tx(void *ctx, uint8_t byte)
{
    (void)ctx;
    (void)byte;
    return false;
}

static void serial_refuses_states_that_no_chip_can_be_in(void **unused)
{
    static const struct poke wrong[] = {
        POKE(serial_state, rx_activity_ns, NOW_NS + 1),
        POKE(serial_state, rx.count, SERIAL_FIFO_BYTES + 1),
        POKE(serial_state, tx.count, SERIAL_FIFO_BYTES + 1),
        POKE(serial_state, ier, 0x10),
        POKE(serial_state, fcr, SERIAL_FCR_ENABLE | SERIAL_FCR_CLEAR_RX),
        POKE(serial_state, fcr, 0),
        POKE(serial_state, fcr, SERIAL_FCR_TRIGGER),
        POKE(serial_state, mcr, 0x20),
        POKE(serial_state, lsr_errors, SERIAL_LSR_DR),
        POKE(serial_state, msr_deltas, 0x10),
        POKE(serial_state, thre_pending, 2),
        POKE(serial_state, rx.count, 1),
        POKE(serial_state, rx_looped, 1),
        POKE(serial_state, rx_unseen.count, SERIAL_FIFO_BYTES + 1),
        POKE(serial_state, rx_listening, 2),
        POKE(serial_state, rx_polls, SERIAL_RX_POLLS),
        POKE(serial_state, rx_rbr_polls, SERIAL_RX_POLLS),
        POKE(serial_state, rx_breaks, 1),
        POKE(serial_state, pad[4], 1),
        POKE_END,
    };
    static const struct poke right[] = {
        POKE(serial_state, rx_unseen.count, SERIAL_FIFO_BYTES),
        POKE(serial_state, rx_listening, 1),
        POKE(serial_state, rx_polls, SERIAL_RX_POLLS - 1),
        POKE(serial_state, rx_rbr_polls, SERIAL_RX_POLLS - 1),
        POKE(serial_state, divisor, 0),
        POKE(serial_state, lcr, 0xff),
        POKE(serial_state, lsr_errors, SERIAL_LSR_OE),
        POKE_END,
    };
    struct serial serial;
    struct rig rig = {0};

    (void)unused;
    serial_init(&serial, &(struct serial_wiring){&rig.timers, 0, &rig.lines[0], on_tx, NULL, NULL},
                START_NS);
    write_reg(&serial.dev, START_NS, SERIAL_REG_IIR_FCR, 1, SERIAL_FCR_ENABLE);
    write_reg(&serial.dev, START_NS, SERIAL_REG_RBR_THR, 1, 'a');
    write_reg(&serial.dev, START_NS, SERIAL_REG_RBR_THR, 1, 'b');
    assert_refused(&serial.dev, &rig.timers, NOW_NS, wrong);
    assert_taken(&serial.dev, NOW_NS, right);
    sweep_random_states(&serial.dev, &rig.timers, NOW_NS, SERIAL_LENGTH_BYTES);
}

/* A guest that listens, with 2 bytes of the host. */
static void serial_refuses_input_that_no_guest_can_have(void **unused)
{
    static const struct poke wrong[] = {
        POKE(serial_state, rx_listening, 0),
        POKE(serial_state, rx_polls, 1),
        POKE(serial_state, rx_rbr_polls, 1),
        POKE(serial_state, mcr, SERIAL_MCR_LOOP),
        POKE(serial_state, rx_looped, 3),
        POKE(serial_state, rx_breaks, 4),
        POKE(serial_state, rx_unseen.count, SERIAL_FIFO_BYTES - 1),
        POKE_END,
    };
    static const struct poke right[] = {
        POKE(serial_state, rx.count, SERIAL_FIFO_BYTES),
        POKE(serial_state, rx_looped, 2),
        POKE(serial_state, rx_breaks, 2),
        POKE(serial_state, lsr_errors, SERIAL_LSR_BI),
        POKE(serial_state, rx_unseen.count, SERIAL_FIFO_BYTES - 2),
        POKE_END,
    };
    struct serial serial;
    struct rig rig = {0};

    (void)unused;
    serial_init(&serial, &(struct serial_wiring){&rig.timers, 0, &rig.lines[0], on_tx, NULL, NULL},
                START_NS);
    write_reg(&serial.dev, NOW_NS, SERIAL_REG_IIR_FCR, 1, SERIAL_FCR_ENABLE);
    write_reg(&serial.dev, NOW_NS, SERIAL_REG_MCR, 1, SERIAL_MCR_RTS);
    assert_int_equal(serial_receive(&serial, NOW_NS, (const uint8_t *)"ab", 2), 2);
    assert_refused(&serial.dev, &rig.timers, NOW_NS, wrong);
    assert_taken(&serial.dev, NOW_NS, right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acpi_pm_refuses_states_that_no_block_can_be_in),
        cmocka_unit_test(a_load_drives_the_line_and_arms_the_timer),
        cmocka_unit_test(a_time_past_the_end_of_time_is_refused),
        cmocka_unit_test(pit_refuses_states_that_no_chip_can_be_in),
        cmocka_unit_test(pit_refuses_a_load_that_is_later_than_what_causes_it),
        cmocka_unit_test(pit_takes_the_outermost_values_and_random_bytes_do_no_harm),
        cmocka_unit_test(hpet_refuses_states_that_no_block_can_be_in),
        cmocka_unit_test(serial_refuses_states_that_no_chip_can_be_in),
        cmocka_unit_test(serial_refuses_input_that_no_guest_can_have),
    };

    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
