/* SPDX-License-Identifier: BSD-2-Clause */
/* 16550A UART: what Linux's probe looks for, FIFOs, interrupts, timeout, loopback, a slow host. */
#include "tests/unit/serial_rig.h"

#include <string.h>

/* Four characters of 10 bits at 115200 baud, rounded up. */
#define TIMEOUT_NS 347223
#define TRIGGER_8  0x80
#define LINE_8N1   0x03

/* FIFOs on, OUT2 on, RTS raised, 115200 8N1. */
static void set_up(struct rig *rig, uint8_t fcr, uint8_t ier)
{
    rig_init(rig);
    out(rig, 0, SERIAL_REG_IIR_FCR, fcr);
    out(rig, 0, SERIAL_REG_MCR, SERIAL_MCR_OUT2 | SERIAL_MCR_RTS);
    out(rig, 0, SERIAL_REG_IER, ier);
}

static void receive(struct rig *rig, uint64_t now_ns, const char *text)
{
    assert_int_equal(
        serial_receive(&rig->serial, now_ns, (const uint8_t *)text, (unsigned)strlen(text)),
        strlen(text));
}

static void unused_bits_of_ier_and_mcr_read_0_and_scr_keeps_all_bits(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (uint32_t reg = 0; reg < SERIAL_LENGTH_BYTES; reg++)
        if (reg != SERIAL_REG_RBR_THR && reg != SERIAL_REG_LCR)
            out(&rig, 0, reg, 0xff);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IER), 0x0f);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MCR), 0x1f);
    assert_int_equal(in(&rig, 0, SERIAL_REG_SCR), 0xff);
}

static void fcr_bit_0_shows_in_iir_bits_7_and_6_as_a_16550a(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_NONE);
    out(&rig, 0, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_FIFO_ON | SERIAL_IIR_NONE);
    out(&rig, 0, SERIAL_REG_IIR_FCR, 0);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_NONE);
}

static void dlab_puts_the_divisor_in_registers_0_and_1(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, SERIAL_REG_IER, 0x05);
    out(&rig, 0, SERIAL_REG_LCR, SERIAL_LCR_DLAB | LINE_8N1);
    out(&rig, 0, 0, 0x34);
    out(&rig, 0, 1, 0x12);
    assert_int_equal(in(&rig, 0, 0), 0x34);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_BASE, 2) & 0xffff, 0x1234);
    out(&rig, 0, SERIAL_REG_LCR, LINE_8N1);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IER), 0x05);
    assert_int_equal(rig.sent_count, 0);
}

/* The test that Linux makes in serial8250_do_startup, for UARTs that do not interrupt again. */
static void thre_interrupts_each_time_thri_is_enabled_until_iir_shows_it(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE, 0);
    for (int i = 0; i < 2; i++) {
        out(&rig, 0, SERIAL_REG_IER, SERIAL_IER_THRI);
        assert_true(rig.irq.level);
        assert_int_equal(in(&rig, 0, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
        assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_FIFO_ON | SERIAL_IIR_THRI);
        assert_false(rig.irq.level);
        assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_FIFO_ON | SERIAL_IIR_NONE);
        out(&rig, 0, SERIAL_REG_IER, 0);
    }
}

static void a_byte_sent_reaches_the_host_at_once_and_interrupts_again(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE, SERIAL_IER_THRI);
    in(&rig, 0, SERIAL_REG_IIR_FCR);
    out(&rig, 0, SERIAL_REG_RBR_THR, 'x');
    assert_int_equal(rig.sent_count, 1);
    assert_int_equal(rig.sent[0], 'x');
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    assert_true(rig.irq.level);
}

static void thre_stays_0_while_the_host_has_no_room_and_no_byte_is_lost_in_the_fifo(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE, SERIAL_IER_THRI);
    rig.host_room = 0;
    out(&rig, 0, SERIAL_REG_RBR_THR, 0);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR), 0);
    assert_false(rig.irq.level);
    rig.host_room = 10;
    for (uint8_t i = 1; i < SERIAL_FIFO_BYTES; i++)
        out(&rig, 0, SERIAL_REG_RBR_THR, i);
    assert_int_equal(rig.sent_count, 0);
    serial_tx_ready(&rig.serial, 1);
    assert_int_equal(in(&rig, 1, SERIAL_REG_LSR), 0);
    assert_false(rig.irq.level);
    rig.host_room = 64;
    serial_tx_ready(&rig.serial, 2);
    assert_int_equal(in(&rig, 2, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    assert_true(rig.irq.level);
    assert_int_equal(rig.sent_count, SERIAL_FIFO_BYTES);
    for (uint8_t i = 0; i < SERIAL_FIFO_BYTES; i++)
        assert_int_equal(rig.sent[i], i);
    assert_int_equal(rig.serial.state.tx_dropped_count, 0);
}

static void a_byte_written_to_a_full_transmitter_is_dropped_and_counted(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, 0, 0);
    rig.host_room = 0;
    out(&rig, 0, SERIAL_REG_RBR_THR, 'a');
    out(&rig, 0, SERIAL_REG_RBR_THR, 'b');
    assert_int_equal(rig.serial.state.tx_dropped_count, 1);
    rig.host_room = 64;
    serial_tx_ready(&rig.serial, 1);
    assert_int_equal(rig.sent_count, 1);
    assert_int_equal(rig.sent[0], 'a');
}

static void received_bytes_interrupt_at_the_trigger_until_the_fifo_is_below_it(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE | TRIGGER_8, SERIAL_IER_RDI);
    receive(&rig, 5, "1234567");
    assert_false(rig.irq.level);
    assert_int_equal(in(&rig, 5, SERIAL_REG_LSR) & SERIAL_LSR_DR, SERIAL_LSR_DR);
    receive(&rig, 6, "8");
    assert_true(rig.irq.level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_int_equal(in(&rig, 6, SERIAL_REG_IIR_FCR), SERIAL_IIR_FIFO_ON | SERIAL_IIR_RDI);
    assert_int_equal(in(&rig, 6, SERIAL_REG_RBR_THR), '1');
    assert_false(rig.irq.level);
}

static void without_fifos_one_byte_is_received_at_a_time(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, 0, SERIAL_IER_RDI);
    assert_int_equal(serial_receive(&rig.serial, 1, (const uint8_t *)"ab", 2), 1);
    assert_true(rig.irq.level);
    assert_int_equal(serial_can_receive(&rig.serial), 0);
    assert_int_equal(in(&rig, 2, SERIAL_REG_RBR_THR), 'a');
    assert_int_equal(serial_can_receive(&rig.serial), 1);
}

static void bytes_below_the_trigger_interrupt_after_four_character_times(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE | TRIGGER_8, SERIAL_IER_RDI);
    receive(&rig, 1000, "ab");
    timerq_run(&rig.timers, 1000 + TIMEOUT_NS - 1);
    assert_false(rig.irq.level);
    timerq_run(&rig.timers, 1000 + TIMEOUT_NS);
    assert_true(rig.irq.level);
    assert_int_equal(in(&rig, 500000, SERIAL_REG_IIR_FCR),
                     SERIAL_IIR_FIFO_ON | SERIAL_IIR_RX_TIMEOUT);
    assert_int_equal(in(&rig, 500000, SERIAL_REG_RBR_THR), 'a');
    assert_false(rig.irq.level);
    timerq_run(&rig.timers, 500000 + TIMEOUT_NS);
    assert_true(rig.irq.level);
    assert_int_equal(in(&rig, 900000, SERIAL_REG_RBR_THR), 'b');
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

static void the_character_timeout_follows_divisor_and_line_settings(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE | TRIGGER_8, SERIAL_IER_RDI);
    out(&rig, 0, SERIAL_REG_LCR, SERIAL_LCR_DLAB);
    bus_write(&rig.bus, 0, PORT_BASE, 2, 12);
    /* 9600 baud, 1 start, 5 data, parity, 1.5 stop: 4 * 8.5 bits are 3541666.7 ns. */
    out(&rig, 0, SERIAL_REG_LCR, SERIAL_LCR_PARITY | SERIAL_LCR_STOP);
    receive(&rig, 0, "a");
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 3541667);
    /* 2 stop bits, 8 data, no parity: 4 * 11 bits. */
    out(&rig, 0, SERIAL_REG_LCR, SERIAL_LCR_STOP | LINE_8N1);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 4583334);
    out(&rig, 0, SERIAL_REG_LCR, SERIAL_LCR_DLAB | LINE_8N1);
    bus_write(&rig.bus, 0, PORT_BASE, 2, 0);
    out(&rig, 0, SERIAL_REG_LCR, LINE_8N1);
    /* Divisor 65536: 4 * 10 bits of 16 * 65536 / 1843200 s. */
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), UINT64_C(22755555556));
}

static void the_receiver_takes_16_bytes_and_the_host_keeps_the_rest(void **unused)
{
    static const uint8_t input[20] = "0123456789abcdefghij";
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE, 0);
    assert_int_equal(serial_receive(&rig.serial, 0, input, 20), 16);
    assert_int_equal(serial_receive(&rig.serial, 0, input + 16, 4), 0);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(in(&rig, 1, SERIAL_REG_RBR_THR), input[i]);
    assert_int_equal(in(&rig, 1, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    assert_int_equal(in(&rig, 1, SERIAL_REG_RBR_THR), 0);
}

static void the_host_is_told_once_when_the_guest_has_drained_the_receiver(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE, SERIAL_IER_RDI);
    rig.rx_room_count = 0;
    receive(&rig, 0, "ab");
    in(&rig, 1, SERIAL_REG_RBR_THR);
    assert_int_equal(rig.rx_room_count, 0);
    rig.refill_bytes = 6;
    in(&rig, 2, SERIAL_REG_RBR_THR);
    assert_int_equal(rig.rx_room_count, 1);
    assert_true(rig.irq.level);
    assert_int_equal(in(&rig, 3, SERIAL_REG_RBR_THR), 'r');
    assert_int_equal(rig.rx_room_count, 1);
}

static void fcr_clears_either_fifo_and_its_switch_clears_both(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE, 0);
    rig.host_room = 0;
    receive(&rig, 0, "a");
    out(&rig, 0, SERIAL_REG_RBR_THR, 'x');
    out(&rig, 0, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE | SERIAL_FCR_CLEAR_TX);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR),
                     SERIAL_LSR_DR | SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    out(&rig, 0, SERIAL_REG_RBR_THR, 'y');
    out(&rig, 0, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE | SERIAL_FCR_CLEAR_RX);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR), 0);
    out(&rig, 0, SERIAL_REG_IER, SERIAL_IER_RDI);
    receive(&rig, 0, "b");
    out(&rig, 0, SERIAL_REG_IIR_FCR, 0);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
}

static void loopback_receives_what_is_sent_and_the_host_sees_nothing(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE, 0);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_LOOP);
    assert_int_equal(serial_can_receive(&rig.serial), 0);
    for (unsigned i = 0; i < 17; i++)
        out(&rig, 0, SERIAL_REG_RBR_THR, (uint8_t)('a' + i));
    assert_int_equal(rig.sent_count, 0);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR),
                     SERIAL_LSR_DR | SERIAL_LSR_OE | SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR) & SERIAL_LSR_OE, 0);
    assert_int_equal(in(&rig, 0, SERIAL_REG_RBR_THR), 'a');
}

static bool lsr_is_timeless(const struct rig *rig)
{
    return rig->serial.dev.ops->is_timeless(&rig->serial.dev, false, SERIAL_REG_LSR, 1);
}

static void a_read_of_lsr_has_to_do_with_time_while_it_can_change_anything(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_true(lsr_is_timeless(&rig));
    assert_false(rig.serial.dev.ops->is_timeless(&rig.serial.dev, false, SERIAL_REG_RBR_THR, 1));
    assert_false(rig.serial.dev.ops->is_timeless(&rig.serial.dev, false, SERIAL_REG_LSR, 2));
    assert_false(rig.serial.dev.ops->is_timeless(&rig.serial.dev, true, SERIAL_REG_LSR, 1));
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_LOOP);
    out(&rig, 0, SERIAL_REG_RBR_THR, 'a');
    assert_false(lsr_is_timeless(&rig));
    out(&rig, 0, SERIAL_REG_RBR_THR, 'b');
    in(&rig, 0, SERIAL_REG_RBR_THR);
    /* The receiver is empty, and OE is set. */
    assert_false(lsr_is_timeless(&rig));
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR) & SERIAL_LSR_OE, SERIAL_LSR_OE);
    assert_true(lsr_is_timeless(&rig));
}

/* The loopback test of Linux's autoconfig: DTR off, RTS and OUT2 on give CTS and DCD. */
static void loopback_connects_modem_outputs_to_modem_inputs(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MSR), SERIAL_MSR_CTS | SERIAL_MSR_DSR | SERIAL_MSR_DCD);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_LOOP | SERIAL_MCR_OUT2 | SERIAL_MCR_RTS);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MSR),
                     SERIAL_MSR_CTS | SERIAL_MSR_DCD | SERIAL_MSR_DDSR);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MSR), SERIAL_MSR_CTS | SERIAL_MSR_DCD);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_LOOP | SERIAL_MCR_OUT1 | SERIAL_MCR_DTR);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MSR), SERIAL_MSR_DSR | SERIAL_MSR_RI | SERIAL_MSR_DCTS |
                                                      SERIAL_MSR_DDSR | SERIAL_MSR_DDCD);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_LOOP | SERIAL_MCR_DTR);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MSR), SERIAL_MSR_DSR | SERIAL_MSR_TERI);
}

static void the_interrupt_needs_out2_and_stays_low_in_loopback(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, SERIAL_REG_IER, SERIAL_IER_THRI);
    assert_false(rig.irq.level);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_OUT2);
    assert_true(rig.irq.level);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_OUT2 | SERIAL_MCR_LOOP);
    assert_false(rig.irq.level);
}

static void iir_shows_the_interrupt_of_highest_priority_first(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, 0, 0x0f);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_LOOP);
    out(&rig, 0, SERIAL_REG_RBR_THR, 'a');
    out(&rig, 0, SERIAL_REG_RBR_THR, 'b');
    assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_RLSI);
    in(&rig, 0, SERIAL_REG_LSR);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_RDI);
    in(&rig, 0, SERIAL_REG_RBR_THR);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_THRI);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_MSI);
    in(&rig, 0, SERIAL_REG_MSR);
    assert_int_equal(in(&rig, 0, SERIAL_REG_IIR_FCR), SERIAL_IIR_NONE);
}

static void reset_drops_the_line_and_everything_that_waits(void **unused)
{
    struct rig rig;

    (void)unused;
    set_up(&rig, SERIAL_FCR_ENABLE | TRIGGER_8, SERIAL_IER_RDI | SERIAL_IER_THRI);
    receive(&rig, 0, "abc");
    assert_true(rig.irq.level);
    bus_reset(&rig.bus, 10);
    assert_false(rig.irq.level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_int_equal(in(&rig, 10, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    assert_int_equal(in(&rig, 10, SERIAL_REG_IIR_FCR), SERIAL_IIR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unused_bits_of_ier_and_mcr_read_0_and_scr_keeps_all_bits),
        cmocka_unit_test(fcr_bit_0_shows_in_iir_bits_7_and_6_as_a_16550a),
        cmocka_unit_test(dlab_puts_the_divisor_in_registers_0_and_1),
        cmocka_unit_test(thre_interrupts_each_time_thri_is_enabled_until_iir_shows_it),
        cmocka_unit_test(a_byte_sent_reaches_the_host_at_once_and_interrupts_again),
        cmocka_unit_test(thre_stays_0_while_the_host_has_no_room_and_no_byte_is_lost_in_the_fifo),
        cmocka_unit_test(a_byte_written_to_a_full_transmitter_is_dropped_and_counted),
        cmocka_unit_test(received_bytes_interrupt_at_the_trigger_until_the_fifo_is_below_it),
        cmocka_unit_test(without_fifos_one_byte_is_received_at_a_time),
        cmocka_unit_test(bytes_below_the_trigger_interrupt_after_four_character_times),
        cmocka_unit_test(the_character_timeout_follows_divisor_and_line_settings),
        cmocka_unit_test(the_receiver_takes_16_bytes_and_the_host_keeps_the_rest),
        cmocka_unit_test(the_host_is_told_once_when_the_guest_has_drained_the_receiver),
        cmocka_unit_test(fcr_clears_either_fifo_and_its_switch_clears_both),
        cmocka_unit_test(loopback_receives_what_is_sent_and_the_host_sees_nothing),
        cmocka_unit_test(a_read_of_lsr_has_to_do_with_time_while_it_can_change_anything),
        cmocka_unit_test(loopback_connects_modem_outputs_to_modem_inputs),
        cmocka_unit_test(the_interrupt_needs_out2_and_stays_low_in_loopback),
        cmocka_unit_test(iir_shows_the_interrupt_of_highest_priority_first),
        cmocka_unit_test(reset_drops_the_line_and_everything_that_waits),
    };

    return cmocka_run_group_tests_name("serial", tests, NULL, NULL);
}
