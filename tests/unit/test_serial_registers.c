/* SPDX-License-Identifier: BSD-2-Clause */
/* 16550A UART: registers, trigger levels and reset, as the PC16550D data sheet tells them. */
#include "tests/unit/serial_rig.h"

#define IDLE_LINES (SERIAL_MSR_CTS | SERIAL_MSR_DSR | SERIAL_MSR_DCD)

static void receive(struct rig *rig, uint64_t now_ns, unsigned count)
{
    const uint8_t bytes[SERIAL_FIFO_BYTES] = "abcdefghijklmnop";

    assert_int_equal(serial_receive(&rig->serial, now_ns, bytes, count), count);
}

static void lcr_and_scr_read_back_all_bits(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (unsigned value = 0; value < 256; value++) {
        out(&rig, 0, SERIAL_REG_LCR, (uint8_t)value);
        out(&rig, 0, SERIAL_REG_SCR, (uint8_t)~value);
        assert_int_equal(in(&rig, 0, SERIAL_REG_LCR), value);
        assert_int_equal(in(&rig, 0, SERIAL_REG_SCR), 255 - value);
    }
}

static void lsr_and_msr_cannot_be_written(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, SERIAL_REG_LSR, 0xff);
    out(&rig, 0, SERIAL_REG_MSR, 0xff);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MSR), IDLE_LINES);
    out(&rig, 0, SERIAL_REG_LSR, 0);
    out(&rig, 0, SERIAL_REG_MSR, 0);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MSR), IDLE_LINES);
}

static void the_receiver_triggers_at_1_4_8_or_14_bytes(void **unused)
{
    static const unsigned triggers[] = {1, 4, 8, 14};

    (void)unused;
    for (unsigned i = 0; i < 4; i++) {
        struct rig rig;

        rig_init(&rig);
        out(&rig, 0, SERIAL_REG_IIR_FCR, (uint8_t)(SERIAL_FCR_ENABLE | i << 6));
        out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_OUT2);
        out(&rig, 0, SERIAL_REG_IER, SERIAL_IER_RDI);
        for (unsigned count = 1; count <= SERIAL_FIFO_BYTES; count++) {
            receive(&rig, count, 1);
            assert_int_equal(rig.irq.level, count >= triggers[i]);
        }
    }
}

static void other_bits_of_fcr_count_only_if_bit_0_is_set_with_them(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_RTS);
    receive(&rig, 0, 1);
    out(&rig, 0, SERIAL_REG_IIR_FCR,
        SERIAL_FCR_CLEAR_RX | SERIAL_FCR_CLEAR_TX | SERIAL_FCR_TRIGGER);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LSR) & SERIAL_LSR_DR, SERIAL_LSR_DR);
    out(&rig, 0, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_OUT2);
    out(&rig, 0, SERIAL_REG_IER, SERIAL_IER_RDI);
    receive(&rig, 0, 1);
    assert_true(rig.irq.level);
}

static void the_character_timeout_comes_before_thre_in_iir(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE | SERIAL_FCR_TRIGGER);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_RTS);
    receive(&rig, 0, 1);
    out(&rig, NS_PER_SEC, SERIAL_REG_IER, SERIAL_IER_RDI | SERIAL_IER_THRI);
    assert_int_equal(in(&rig, NS_PER_SEC, SERIAL_REG_IIR_FCR),
                     SERIAL_IIR_FIFO_ON | SERIAL_IIR_RX_TIMEOUT);
    in(&rig, NS_PER_SEC, SERIAL_REG_RBR_THR);
    assert_int_equal(in(&rig, NS_PER_SEC, SERIAL_REG_IIR_FCR),
                     SERIAL_IIR_FIFO_ON | SERIAL_IIR_THRI);
}

static void a_reset_gives_the_states_of_table_1_with_115200_8n1_on_the_line(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, 0, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE);
    out(&rig, 0, SERIAL_REG_IER, 0x0f);
    out(&rig, 0, SERIAL_REG_LCR, 0xff);
    out(&rig, 0, 0, 0x12);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_OUT1);
    bus_reset(&rig.bus, 1);
    assert_int_equal(in(&rig, 1, SERIAL_REG_IER), 0);
    assert_int_equal(in(&rig, 1, SERIAL_REG_IIR_FCR), SERIAL_IIR_NONE);
    assert_int_equal(in(&rig, 1, SERIAL_REG_LCR), SERIAL_LCR_WORD_LENGTH);
    assert_int_equal(in(&rig, 1, SERIAL_REG_MCR), 0);
    assert_int_equal(in(&rig, 1, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
    assert_int_equal(in(&rig, 1, SERIAL_REG_MSR), IDLE_LINES);
    out(&rig, 1, SERIAL_REG_LCR, SERIAL_LCR_DLAB);
    assert_int_equal(bus_read(&rig.bus, 1, PORT_BASE, 2) & 0xffff, 1);
}

static void a_wide_access_is_one_per_byte_at_successive_registers(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_write(&rig.bus, 0, PORT_BASE + SERIAL_REG_LCR, 2, SERIAL_MCR_DTR << 8 | 0x1b);
    assert_int_equal(in(&rig, 0, SERIAL_REG_LCR), 0x1b);
    assert_int_equal(in(&rig, 0, SERIAL_REG_MCR), SERIAL_MCR_DTR);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_BASE + SERIAL_REG_MCR, 4) & 0xffffffff,
                     SERIAL_MCR_DTR | (SERIAL_LSR_THRE | SERIAL_LSR_TEMT) << 8 | IDLE_LINES << 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lcr_and_scr_read_back_all_bits),
        cmocka_unit_test(lsr_and_msr_cannot_be_written),
        cmocka_unit_test(the_receiver_triggers_at_1_4_8_or_14_bytes),
        cmocka_unit_test(other_bits_of_fcr_count_only_if_bit_0_is_set_with_them),
        cmocka_unit_test(the_character_timeout_comes_before_thre_in_iir),
        cmocka_unit_test(a_reset_gives_the_states_of_table_1_with_115200_8n1_on_the_line),
        cmocka_unit_test(a_wide_access_is_one_per_byte_at_successive_registers),
    };

    return cmocka_run_group_tests_name("serial_registers", tests, NULL, NULL);
}
