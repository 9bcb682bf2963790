/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 16550A UART: input that is there before the guest is. Every byte is read, once and in order, by
 * drivers that start up as Linux's 8250 does.
 */
#include "tests/unit/serial_rig.h"

#include <string.h>

#include "devices/pc/serial_rx.h"
#include "tests/unit/snapshot.h"

#define HELLO "hello\nworld\n"

#define FCR_CLEAR (SERIAL_FCR_ENABLE | SERIAL_FCR_CLEAR_RX | SERIAL_FCR_CLEAR_TX)

static void rig_with_input(struct rig *rig, const char *input)
{
    rig_init(rig);
    rig->input = input;
    on_rx_room(rig, 0);
}

static void clear_fifos(struct rig *rig, uint64_t now_ns)
{
    out(rig, now_ns, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE);
    out(rig, now_ns, SERIAL_REG_IIR_FCR, FCR_CLEAR);
    out(rig, now_ns, SERIAL_REG_IIR_FCR, 0);
}

/* Linux's autoconfig: scratch of IER, loopback, FIFO, and a read of RBR at the end. */
static void linux_probes(struct rig *rig, uint64_t now_ns)
{
    uint8_t mcr = in(rig, now_ns, SERIAL_REG_MCR);
    uint8_t ier = in(rig, now_ns, SERIAL_REG_IER);

    out(rig, now_ns, SERIAL_REG_IER, 0);
    out(rig, now_ns, SERIAL_REG_IER, 0x0f);
    out(rig, now_ns, SERIAL_REG_IER, ier);
    out(rig, now_ns, SERIAL_REG_MCR, SERIAL_MCR_LOOP | SERIAL_MCR_OUT2 | SERIAL_MCR_RTS);
    in(rig, now_ns, SERIAL_REG_MSR);
    out(rig, now_ns, SERIAL_REG_MCR, mcr);
    out(rig, now_ns, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE);
    in(rig, now_ns, SERIAL_REG_IIR_FCR);
    out(rig, now_ns, SERIAL_REG_MCR, mcr);
    clear_fifos(rig, now_ns);
    in(rig, now_ns, SERIAL_REG_RBR_THR);
    out(rig, now_ns, SERIAL_REG_IER, 0);
}

static void linux_reads_what_is_old(struct rig *rig, uint64_t now_ns)
{
    in(rig, now_ns, SERIAL_REG_LSR);
    in(rig, now_ns, SERIAL_REG_RBR_THR);
    in(rig, now_ns, SERIAL_REG_IIR_FCR);
    in(rig, now_ns, SERIAL_REG_MSR);
}

/* The tty is opened: start-up, then the line's settings, which switch the FIFO on. */
static void linux_opens(struct rig *rig, uint64_t now_ns, uint8_t mcr)
{
    clear_fifos(rig, now_ns);
    linux_reads_what_is_old(rig, now_ns);
    in(rig, now_ns, SERIAL_REG_LSR);
    out(rig, now_ns, SERIAL_REG_LCR, SERIAL_LCR_WORD_LENGTH);
    out(rig, now_ns, SERIAL_REG_MCR, mcr);
    in(rig, now_ns, SERIAL_REG_LSR);
    out(rig, now_ns, SERIAL_REG_IER, SERIAL_IER_THRI);
    in(rig, now_ns, SERIAL_REG_IIR_FCR);
    out(rig, now_ns, SERIAL_REG_IER, 0);
    linux_reads_what_is_old(rig, now_ns);
    out(rig, now_ns, SERIAL_REG_IER, SERIAL_IER_RDI | SERIAL_IER_RLSI);
    out(rig, now_ns, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE);
    out(rig, now_ns, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE | 0x80);
    out(rig, now_ns, SERIAL_REG_MCR, mcr | SERIAL_MCR_DTR | SERIAL_MCR_RTS);
}

static void linux_closes(struct rig *rig, uint64_t now_ns, uint8_t mcr)
{
    out(rig, now_ns, SERIAL_REG_IER, 0);
    out(rig, now_ns, SERIAL_REG_MCR, mcr & ~SERIAL_MCR_OUT2);
    clear_fifos(rig, now_ns);
    in(rig, now_ns, SERIAL_REG_RBR_THR);
}

/* Reads at most `limit` bytes as an interrupt handler does: while the line is high, then while DR.
 */
static unsigned read_some(struct rig *rig, uint64_t now_ns, char *text, unsigned limit)
{
    unsigned count = 0;

    while (count < limit) {
        timerq_run(&rig->timers, now_ns);
        if (!rig->irq.level)
            break;
        while (count < limit && (in(rig, now_ns, SERIAL_REG_LSR) & SERIAL_LSR_DR) != 0)
            text[count++] = (char)in(rig, now_ns, SERIAL_REG_RBR_THR);
    }
    text[count] = 0;
    return count;
}

static void assert_reads(struct rig *rig, uint64_t now_ns, const char *expected)
{
    char text[256];

    read_some(rig, now_ns, text, sizeof text - 1);
    assert_string_equal(text, expected);
}

static void linux_reads_all_input_that_was_there_before_it(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_with_input(&rig, HELLO);
    linux_probes(&rig, 0);
    linux_opens(&rig, 0, SERIAL_MCR_OUT2);
    assert_reads(&rig, NS_PER_SEC, HELLO);
}

/* earlycon and earlyprintk leave RTS raised. */
static void a_kernel_with_an_early_console_does_too(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_with_input(&rig, HELLO);
    out(&rig, 0, SERIAL_REG_IER, 0);
    out(&rig, 0, SERIAL_REG_IIR_FCR, 0);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_DTR | SERIAL_MCR_RTS);
    linux_probes(&rig, 0);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_DTR);
    linux_opens(&rig, 0, SERIAL_MCR_OUT2 | SERIAL_MCR_DTR);
    assert_reads(&rig, NS_PER_SEC, HELLO);
}

static void close_and_open_lose_nothing(void **unused)
{
    static const uint8_t kept_mcr[] = {0, SERIAL_MCR_DTR | SERIAL_MCR_RTS};

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t mcr = SERIAL_MCR_OUT2 | kept_mcr[i];
        struct rig rig;
        char text[8];

        rig_with_input(&rig, "0123456789abcdefghijklmnopqrstuvwxyz");
        linux_probes(&rig, 0);
        linux_opens(&rig, 0, SERIAL_MCR_OUT2);
        assert_int_equal(read_some(&rig, NS_PER_SEC, text, 5), 5);
        linux_closes(&rig, NS_PER_SEC, mcr);
        linux_opens(&rig, 2 * NS_PER_SEC, mcr);
        assert_string_equal(text, "01234");
        assert_reads(&rig, 3 * NS_PER_SEC, "56789abcdefghijklmnopqrstuvwxyz");
    }
}

/* The first kernel leaves RDI, RTS and OUT2 set, and bytes in the FIFO. */
static void a_kernel_that_kexec_starts_reads_on(void **unused)
{
    struct rig rig;
    char text[8];

    (void)unused;
    rig_with_input(&rig, "0123456789abcdefghijklmnopqrstuvwxyz");
    linux_opens(&rig, 0, SERIAL_MCR_OUT2);
    assert_int_equal(read_some(&rig, NS_PER_SEC, text, 7), 7);
    linux_probes(&rig, NS_PER_SEC);
    linux_opens(&rig, 2 * NS_PER_SEC, SERIAL_MCR_OUT2);
    assert_reads(&rig, 3 * NS_PER_SEC, "789abcdefghijklmnopqrstuvwxyz");
}

static void no_byte_enters_before_rts_rdi_or_a_poll(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_with_input(&rig, HELLO);
    clear_fifos(&rig, 0);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_DTR | SERIAL_MCR_OUT2);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_LOOP | SERIAL_MCR_RTS);
    out(&rig, 0, SERIAL_REG_IER, SERIAL_IER_THRI | SERIAL_IER_RLSI);
    timerq_run(&rig.timers, 100 * NS_PER_SEC);
    assert_int_equal(serial_can_receive(&rig.serial), 0);
    assert_int_equal(in(&rig, 100 * NS_PER_SEC, SERIAL_REG_LSR) & SERIAL_LSR_DR, 0);
    out(&rig, 100 * NS_PER_SEC, SERIAL_REG_MCR, SERIAL_MCR_RTS);
    assert_int_equal(in(&rig, 100 * NS_PER_SEC, SERIAL_REG_RBR_THR), 'h');
}

/* A guest that never touches MCR and IER, and asks in a loop. */
static void a_guest_that_only_polls_reads_all(void **unused)
{
    static const uint32_t polled[] = {SERIAL_REG_LSR, SERIAL_REG_RBR_THR};

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        struct rig rig;
        char text[sizeof HELLO] = "";
        unsigned count = 0;

        rig_with_input(&rig, HELLO);
        for (int reads = 0; reads < 100 && count < strlen(HELLO); reads++) {
            if (polled[i] == SERIAL_REG_LSR && (in(&rig, 0, SERIAL_REG_LSR) & SERIAL_LSR_DR) == 0)
                continue;
            text[count] = (char)in(&rig, 0, SERIAL_REG_RBR_THR);
            count += text[count] != 0;
        }
        assert_string_equal(text, HELLO);
    }
}

/* It looks for a byte once, prints, and looks again. */
static void a_guest_that_reads_rbr_between_what_it_prints_reads_all(void **unused)
{
    struct rig rig;
    char text[sizeof HELLO] = "";
    unsigned count = 0;

    (void)unused;
    rig_with_input(&rig, HELLO);
    for (int reads = 0; reads < 100 && count < strlen(HELLO); reads++) {
        text[count] = (char)in(&rig, 0, SERIAL_REG_RBR_THR);
        count += text[count] != 0;
        in(&rig, 0, SERIAL_REG_LSR);
        out(&rig, 0, SERIAL_REG_RBR_THR, '.');
    }
    assert_string_equal(text, HELLO);
}

/* Linux has two reads of RBR between the writes of its start, and starts each port up. */
static void reads_of_rbr_between_writes_of_other_registers_are_no_polls(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_with_input(&rig, HELLO);
    for (int i = 0; i < 60; i++) {
        in(&rig, 0, SERIAL_REG_RBR_THR);
        in(&rig, 0, SERIAL_REG_RBR_THR);
        out(&rig, 0, SERIAL_REG_LCR, SERIAL_LCR_WORD_LENGTH);
    }
    assert_string_equal(rig.input, HELLO);
}

/* A program that prints waits for THRE before each byte. */
static void a_guest_that_only_prints_gets_no_byte(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_with_input(&rig, HELLO);
    for (int i = 0; i < 60; i++) {
        in(&rig, 0, SERIAL_REG_LSR);
        in(&rig, 0, SERIAL_REG_LSR);
        out(&rig, 0, SERIAL_REG_RBR_THR, '.');
    }
    rig.host_room = rig.sent_count;
    out(&rig, 0, SERIAL_REG_RBR_THR, '.');
    for (int i = 0; i < 100; i++)
        assert_int_equal(in(&rig, 0, SERIAL_REG_LSR), 0);
    assert_string_equal(rig.input, HELLO);
}

static void a_clear_with_rdi_set_lets_input_in_after_10_ms(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_with_input(&rig, HELLO);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_OUT2);
    out(&rig, 0, SERIAL_REG_IER, SERIAL_IER_RDI);
    assert_true(rig.irq.level);
    out(&rig, 7, SERIAL_REG_IIR_FCR, FCR_CLEAR);
    assert_false(rig.irq.level);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 7 + SERIAL_RX_REST_NS);
    timerq_run(&rig.timers, 7 + SERIAL_RX_REST_NS);
    assert_true(rig.irq.level);
    assert_reads(&rig, NS_PER_SEC, HELLO);
}

/* A self-test reads what it has sent, not what the host has sent, and leaves the latter alone. */
static void loopback_shows_only_its_own_bytes_and_a_clear_drops_those(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_with_input(&rig, "abc");
    out(&rig, 0, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_RTS);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_LOOP | SERIAL_MCR_RTS);
    out(&rig, 0, SERIAL_REG_RBR_THR, 0xae);
    out(&rig, 0, SERIAL_REG_RBR_THR, 0xaf);
    assert_int_equal(in(&rig, 0, SERIAL_REG_RBR_THR), 0xae);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_OUT2);
    out(&rig, 0, SERIAL_REG_IIR_FCR, FCR_CLEAR);
    out(&rig, 0, SERIAL_REG_IER, SERIAL_IER_RDI);
    assert_reads(&rig, NS_PER_SEC, "abc");
}

static void input_survives_a_reset_and_a_snapshot(void **unused)
{
    struct serial_state state;
    struct rig rig;

    (void)unused;
    rig_with_input(&rig, "0123456789abcdef");
    out(&rig, 0, SERIAL_REG_IIR_FCR, SERIAL_FCR_ENABLE);
    out(&rig, 0, SERIAL_REG_MCR, SERIAL_MCR_RTS);
    assert_int_equal(in(&rig, 0, SERIAL_REG_RBR_THR), '0');
    bus_reset(&rig.bus, 5);
    device_save(&rig.serial.dev, &state);
    rig_init(&rig);
    assert_int_equal(device_load(&rig.serial.dev, 6, &state), 0);
    linux_opens(&rig, 7, SERIAL_MCR_OUT2);
    assert_reads(&rig, NS_PER_SEC, "123456789abcdef");
}

/* Linux reads LSR for each byte; BI belongs to the byte that is then read. */
static void a_break_interrupts_in_its_place_among_the_bytes(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    linux_opens(&rig, 0, SERIAL_MCR_OUT2);
    assert_int_equal(serial_receive(&rig.serial, 1, (const uint8_t *)"a", 1), 1);
    assert_true(serial_receive_break(&rig.serial, 1));
    assert_int_equal(serial_receive(&rig.serial, 1, (const uint8_t *)"h", 1), 1);
    assert_false(rig.irq.level);
    assert_int_equal(in(&rig, 1, SERIAL_REG_LSR) & 0x9f, SERIAL_LSR_DR | SERIAL_LSR_FIFO_ERROR);
    assert_int_equal(in(&rig, 1, SERIAL_REG_RBR_THR), 'a');
    assert_true(rig.irq.level);
    assert_int_equal(in(&rig, 1, SERIAL_REG_IIR_FCR) & 0x0f, SERIAL_IIR_RLSI);
    assert_int_equal(in(&rig, 1, SERIAL_REG_LSR) & 0x9f,
                     SERIAL_LSR_DR | SERIAL_LSR_BI | SERIAL_LSR_FIFO_ERROR);
    assert_false(rig.irq.level);
    assert_int_equal(in(&rig, 1, SERIAL_REG_RBR_THR), 0);
    assert_int_equal(in(&rig, 1, SERIAL_REG_LSR) & 0x9f, SERIAL_LSR_DR);
    assert_int_equal(in(&rig, 1, SERIAL_REG_RBR_THR), 'h');
}

static void a_break_waits_until_the_guest_listens_and_a_clear_drops_it_alone(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_false(serial_receive_break(&rig.serial, 0));
    linux_opens(&rig, 0, SERIAL_MCR_OUT2);
    assert_true(serial_receive_break(&rig.serial, 1));
    assert_int_equal(serial_receive(&rig.serial, 1, (const uint8_t *)"ab", 2), 2);
    out(&rig, 1, SERIAL_REG_IIR_FCR, FCR_CLEAR);
    assert_reads(&rig, NS_PER_SEC, "ab");
    assert_int_equal(in(&rig, NS_PER_SEC, SERIAL_REG_LSR), SERIAL_LSR_THRE | SERIAL_LSR_TEMT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_reads_all_input_that_was_there_before_it),
        cmocka_unit_test(a_kernel_with_an_early_console_does_too),
        cmocka_unit_test(close_and_open_lose_nothing),
        cmocka_unit_test(a_kernel_that_kexec_starts_reads_on),
        cmocka_unit_test(no_byte_enters_before_rts_rdi_or_a_poll),
        cmocka_unit_test(a_guest_that_only_polls_reads_all),
        cmocka_unit_test(a_guest_that_reads_rbr_between_what_it_prints_reads_all),
        cmocka_unit_test(reads_of_rbr_between_writes_of_other_registers_are_no_polls),
        cmocka_unit_test(a_guest_that_only_prints_gets_no_byte),
        cmocka_unit_test(a_clear_with_rdi_set_lets_input_in_after_10_ms),
        cmocka_unit_test(loopback_shows_only_its_own_bytes_and_a_clear_drops_those),
        cmocka_unit_test(input_survives_a_reset_and_a_snapshot),
        cmocka_unit_test(a_break_interrupts_in_its_place_among_the_bytes),
        cmocka_unit_test(a_break_waits_until_the_guest_listens_and_a_clear_drops_it_alone),
    };

    return cmocka_run_group_tests_name("serial_input", tests, NULL, NULL);
}
