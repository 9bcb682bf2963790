/* SPDX-License-Identifier: BSD-2-Clause */
/* What the board's chips reach of the machine: interrupt controllers, consoles, the end. */
#include "tests/unit/unit.h"

#include <string.h>

#include "check/watch.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/machine_hooks.h"

#define PANIC "[    1.2] Kernel panic - not syncing: no init\n"

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct board_hooks hooks;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.host.console = CONSOLE_FILE;
    rig.host.console_path = "/dev/null";
    rig.host.report_path = "/dev/null";
    assert_int_equal(machine_rig_create(&rig), 0);
    fake_kvm_forget_calls();
    hooks = machine_hooks(machine);
    return 0;
}

static void a_line_reaches_the_interrupt_controller_which_says_what_became_of_it(void **unused)
{
    (void)unused;
    fake_irqchip.arrival = IRQ_MERGED;
    assert_int_equal(hooks.drive_irq(hooks.ctx, 4, true), IRQ_MERGED);
    assert_true(fake_irqchip.levels[4]);
    fake_irqchip.arrival = IRQ_MASKED;
    assert_int_equal(hooks.drive_irq(hooks.ctx, 5, true), IRQ_MASKED);
    hooks.drive_irq(hooks.ctx, 4, false);
    assert_string_equal(fake_kvm_calls(), "set_line 4 1\nset_line 5 1\nset_line 4 0\n");
}

static void a_message_reaches_the_interrupt_controller(void **unused)
{
    (void)unused;
    hooks.send_message(hooks.ctx, 0xfee01000, 0x4031);
    assert_string_equal(fake_kvm_calls(), "send_message 0xfee01000 0x4031\n");
}

static void expect_end(int status, const char *text)
{
    assert_true(machine_is_ending(machine));
    assert_int_equal(machine->end_status, status);
    assert_string_equal(machine->end_text, text);
}

static void power_off_ends_the_machine_with_status_0_and_without_a_line(void **unused)
{
    (void)unused;
    hooks.request(hooks.ctx, GUEST_POWER_OFF, 0);
    expect_end(EXIT_STATUS_OK, "");
}

static void print(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        assert_true(hooks.console_tx(hooks.ctx, (uint8_t)*at));
}

static void a_reset_ends_it_as_a_power_off_does(void **unused)
{
    (void)unused;
    print("a");
    hooks.request(hooks.ctx, GUEST_RESET, 0);
    expect_end(EXIT_STATUS_OK, "");
}

static void a_reset_of_a_guest_that_said_nothing_on_com1_has_a_line(void **unused)
{
    (void)unused;
    assert_true(hooks.report_tx(hooks.ctx, 'a'));
    hooks.request(hooks.ctx, GUEST_RESET, 0);
    expect_end(EXIT_STATUS_OK, "the guest reset the machine without a byte to COM1; if it "
                               "panicked, console=ttyS0 shows it");
}

static void say_by_pvpanic(uint8_t events)
{
    bus_write(&machine->board.buses[ACCESS_PORT], machine_lock(machine), 0x505, 1, events);
    machine_unlock(machine);
}

static void after_a_panic_by_pvpanic_no_power_off_is_a_success(void **unused)
{
    (void)unused;
    say_by_pvpanic(1);
    assert_false(machine_is_ending(machine));
    hooks.request(hooks.ctx, GUEST_POWER_OFF, 0);
    expect_end(EXIT_STATUS_GUEST_CRASH,
               "guest kernel panicked: it said so by pvpanic; console=ttyS0 shows why");
}

static void after_a_panic_by_pvpanic_no_reset_is_a_success(void **unused)
{
    (void)unused;
    say_by_pvpanic(2);
    print(PANIC);
    hooks.request(hooks.ctx, GUEST_RESET, 0);
    expect_end(EXIT_STATUS_GUEST_CRASH, "guest kernel panicked: no init");
}

static void a_reset_after_a_panic_on_the_console_is_a_crash(void **unused)
{
    (void)unused;
    print(PANIC);
    hooks.request(hooks.ctx, GUEST_RESET, 0);
    expect_end(EXIT_STATUS_GUEST_CRASH, "guest kernel panicked: no init");
}

static void a_debug_exit_ends_it_with_an_odd_status(void **unused)
{
    (void)unused;
    hooks.request(hooks.ctx, GUEST_DEBUG_EXIT, 0x21);
    expect_end(0x43, "");
}

static void a_plain_debug_exit_ends_it_with_the_byte_itself(void **unused)
{
    struct host_options host = *machine->host;

    (void)unused;
    host.exit_port_plain = true;
    machine->host = &host;
    hooks.request(hooks.ctx, GUEST_DEBUG_EXIT, 0xfe);
    expect_end(0xfe, "");
}

static void the_reference_gets_all_clocks_of_the_host_at_one_instant(void **unused)
{
    struct reference_sample first, second;

    (void)unused;
    hooks.sample_host(hooks.ctx, &first);
    fake_clock_advance_ns(4000);
    hooks.sample_host(hooks.ctx, &second);
    assert_int_equal(second.host_tsc - first.host_tsc, 10000);
    assert_int_equal(second.host_monotonic_raw_ns - first.host_monotonic_raw_ns, 4000);
    assert_int_equal(second.host_monotonic_ns - first.host_monotonic_ns, 4000);
    assert_int_equal(second.host_realtime_ns - second.host_monotonic_ns,
                     fake_clock.realtime_zero_ns);
}

static void what_the_console_has_no_room_for_is_seen_by_nobody(void **unused)
{
    static char report[WATCH_REPORT_BYTES];
    static struct watch watch;
    unsigned taken = 0;

    (void)unused;
    watch_init(&watch, report);
    machine->watch = &watch;
    while (hooks.console_tx(hooks.ctx, 'x'))
        taken++;
    assert_int_equal(watch.console_bytes, taken);
    while (console_put(&machine->report, 'x'))
        ;
    assert_false(hooks.report_tx(hooks.ctx, 'y'));
    assert_int_equal(watch.report_bytes, 0);
}

static void the_first_byte_of_a_report_is_noted_at_its_guest_time(void **unused)
{
    static char report[WATCH_REPORT_BYTES];
    static struct watch watch;
    uint64_t begun_ns;

    (void)unused;
    watch_init(&watch, report);
    machine->watch = &watch;
    fake_clock_advance_ns(1000000);
    begun_ns = machine_now(machine);
    assert_true(hooks.report_tx(hooks.ctx, '{'));
    fake_clock_advance_ns(1000000);
    assert_true(hooks.report_tx(hooks.ctx, '}'));
    assert_int_equal(watch.begun_ns, begun_ns);
    assert_memory_equal(report, "{}", 2);
}

static uint8_t read_com1(unsigned reg)
{
    uint64_t now_ns = machine_lock(machine);
    uint8_t value = (uint8_t)bus_read(&machine->board.buses[ACCESS_PORT], now_ns, 0x3f8 + reg, 1);

    machine_unlock(machine);
    return value;
}

static void write_com1(unsigned reg, uint8_t value)
{
    bus_write(&machine->board.buses[ACCESS_PORT], machine_lock(machine), 0x3f8 + reg, 1, value);
    machine_unlock(machine);
}

/*
 * The guest gets it once it listens. It is more than a receiver without FIFO holds: each byte that
 * is read makes room for the next.
 */
static void input_reaches_the_guest_byte_by_byte_as_it_reads(void **unused)
{
    (void)unused;
    for (const char *at = "abc"; *at != '\0'; at++)
        byte_ring_put(&machine->console.input, (uint8_t)*at);
    machine_console_ready(machine, machine_lock(machine));
    machine_unlock(machine);
    assert_int_equal(read_com1(SERIAL_REG_LSR) & 1, 0);
    write_com1(SERIAL_REG_MCR, SERIAL_MCR_RTS);
    assert_int_equal(read_com1(SERIAL_REG_RBR_THR), 'a');
    assert_int_equal(read_com1(SERIAL_REG_RBR_THR), 'b');
    assert_int_equal(read_com1(SERIAL_REG_RBR_THR), 'c');
    assert_int_equal(read_com1(SERIAL_REG_LSR) & 1, 0);
}

static void input_reaches_com2_too(void **unused)
{
    struct bus *ports = &machine->board.buses[ACCESS_PORT];
    uint64_t byte;

    (void)unused;
    byte_ring_put(&machine->report.input, 'a');
    machine_report_ready(machine, machine_lock(machine));
    machine_unlock(machine);
    bus_write(ports, machine_lock(machine), 0x2f8 + SERIAL_REG_MCR, 1, SERIAL_MCR_RTS);
    machine_unlock(machine);
    byte = bus_read(ports, machine_lock(machine), 0x2f8 + SERIAL_REG_RBR_THR, 1);
    machine_unlock(machine);
    assert_int_equal(byte, 'a');
}

/* Ctrl-A b between two keys: the guest sees BI with the byte between them. */
static void a_break_reaches_the_guest_between_the_keys_around_it(void **unused)
{
    struct console *console = &machine->console;

    (void)unused;
    byte_ring_put(&console->input, 'a');
    console->break_count = byte_ring_put_count(&console->input);
    console->has_break = true;
    byte_ring_put(&console->input, 'h');
    machine_console_ready(machine, machine_lock(machine));
    machine_unlock(machine);
    write_com1(SERIAL_REG_MCR, SERIAL_MCR_RTS);
    assert_int_equal(read_com1(SERIAL_REG_RBR_THR), 'a');
    assert_int_equal(read_com1(SERIAL_REG_LSR) & SERIAL_LSR_BI, SERIAL_LSR_BI);
    assert_int_equal(read_com1(SERIAL_REG_RBR_THR), 0);
    assert_int_equal(read_com1(SERIAL_REG_RBR_THR), 'h');
}

static void fill_and_send(struct console *console, uint16_t port)
{
    while (console_put(console, 'x'))
        ;
    bus_write(&machine->board.buses[ACCESS_PORT], machine_lock(machine), port, 1, 'y');
    machine_unlock(machine);
}

static bool is_empty(uint16_t port)
{
    uint64_t lsr = bus_read(&machine->board.buses[ACCESS_PORT], machine_lock(machine),
                            port + SERIAL_REG_LSR, 1);

    machine_unlock(machine);
    return (lsr & 0x40) != 0;
}

static void a_byte_that_waited_for_room_is_sent_when_the_host_has_some(void **unused)
{
    (void)unused;
    fill_and_send(&machine->console, 0x3f8);
    fill_and_send(&machine->report, 0x2f8);
    assert_false(is_empty(0x3f8) || is_empty(0x2f8));
    byte_ring_drop(&machine->console.output, 1);
    machine_console_ready(machine, machine_lock(machine));
    machine_unlock(machine);
    assert_true(is_empty(0x3f8));
    assert_false(is_empty(0x2f8));
    byte_ring_drop(&machine->report.output, 1);
    machine_report_ready(machine, machine_lock(machine));
    machine_unlock(machine);
    assert_true(is_empty(0x2f8));
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_reaches_the_interrupt_controller_which_says_what_became_of_it),
        TEST(a_message_reaches_the_interrupt_controller),
        TEST(power_off_ends_the_machine_with_status_0_and_without_a_line),
        TEST(a_reset_ends_it_as_a_power_off_does),
        TEST(a_reset_of_a_guest_that_said_nothing_on_com1_has_a_line),
        TEST(after_a_panic_by_pvpanic_no_power_off_is_a_success),
        TEST(after_a_panic_by_pvpanic_no_reset_is_a_success),
        TEST(a_reset_after_a_panic_on_the_console_is_a_crash),
        TEST(a_debug_exit_ends_it_with_an_odd_status),
        TEST(a_plain_debug_exit_ends_it_with_the_byte_itself),
        TEST(the_reference_gets_all_clocks_of_the_host_at_one_instant),
        TEST(what_the_console_has_no_room_for_is_seen_by_nobody),
        TEST(the_first_byte_of_a_report_is_noted_at_its_guest_time),
        TEST(input_reaches_the_guest_byte_by_byte_as_it_reads),
        TEST(input_reaches_com2_too),
        TEST(a_break_reaches_the_guest_between_the_keys_around_it),
        TEST(a_byte_that_waited_for_room_is_sent_when_the_host_has_some),
    };

    return cmocka_run_group_tests_name("machine_hooks", tests, NULL, NULL);
}
