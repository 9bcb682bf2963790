/* SPDX-License-Identifier: BSD-2-Clause */
/* i8042: the ways to reset the machine, and a status that makes a probe give up quickly. */
#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/i8042.h"
#include "tests/unit/snapshot.h"

#define PORT_DATA   0x60
#define PORT_STATUS 0x64

struct rig {
    struct timerq timers;
    struct bus bus;
    struct i8042 i8042;
    unsigned reset_count;
};

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct rig *rig = ctx;

    (void)value;
    assert_int_equal(request, GUEST_RESET);
    rig->reset_count++;
}

static void rig_init(struct rig *rig)
{
    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    i8042_init(&rig->i8042, &(struct i8042_wiring){{on_request, rig}}, 0);
    bus_attach(&rig->bus, (struct bus_range){PORT_DATA, 1, &rig->i8042.dev, I8042_REG_DATA});
    bus_attach(&rig->bus, (struct bus_range){PORT_STATUS, 1, &rig->i8042.dev, I8042_REG_STATUS});
}

static void out(struct rig *rig, uint64_t port, uint8_t value)
{
    bus_write(&rig->bus, 0, port, 1, value);
}

static void
a_probe_of_17_reads_finds_the_output_buffer_full_and_the_input_buffer_free(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (int i = 0; i < 17; i++) {
        assert_int_equal(bus_read(&rig.bus, 0, PORT_STATUS, 1) & 0xff, I8042_STATUS_OUTPUT_FULL);
        assert_int_equal(bus_read(&rig.bus, 0, PORT_DATA, 1) & 0xff, 0xff);
    }
    assert_int_equal(rig.bus.unclaimed_count, 0);
}

/* While (status & 1) read: how many reads that takes, at most `limit`. */
static unsigned drain(struct rig *rig, unsigned limit)
{
    unsigned reads = 0;

    while (reads < limit && (bus_read(&rig->bus, 0, PORT_STATUS, 1) & 1) != 0) {
        assert_int_equal(bus_read(&rig->bus, 0, PORT_DATA, 1) & 0xff, 0xff);
        reads++;
    }
    return reads;
}

static void a_guest_that_reads_until_the_output_buffer_is_empty_comes_to_an_end(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(drain(&rig, 10000), 255);
    bus_read(&rig.bus, 0, PORT_DATA, 1);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_STATUS, 1) & 0xff, 0);
    bus_reset(&rig.bus, 0);
    assert_int_equal(drain(&rig, 10000), 255);
}

static void a_command_and_a_byte_for_the_keyboard_are_answered(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    drain(&rig, 10000);
    out(&rig, PORT_STATUS, 0xaa);
    assert_int_equal(drain(&rig, 10000), 255);
    out(&rig, PORT_DATA, 0xff);
    assert_int_equal(drain(&rig, 10000), 255);
}

static void command_fe_resets_the_machine_and_other_commands_do_not(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (unsigned command = 0; command < 0xfe; command++)
        out(&rig, PORT_STATUS, (uint8_t)command);
    assert_int_equal(rig.reset_count, 0);
    out(&rig, PORT_STATUS, I8042_CMD_PULSE_RESET);
    assert_int_equal(rig.reset_count, 1);
}

static void output_port_bit_0_low_resets_the_machine(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, PORT_STATUS, I8042_CMD_WRITE_OUTPUT_PORT);
    out(&rig, PORT_DATA, 0xdf);
    assert_int_equal(rig.reset_count, 0);
    out(&rig, PORT_STATUS, I8042_CMD_WRITE_OUTPUT_PORT);
    out(&rig, PORT_DATA, 0xfe);
    assert_int_equal(rig.reset_count, 1);
}

static void a_data_byte_is_the_output_port_only_straight_after_command_d1(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, PORT_DATA, 0);
    out(&rig, PORT_STATUS, I8042_CMD_WRITE_OUTPUT_PORT);
    out(&rig, PORT_DATA, 1);
    out(&rig, PORT_DATA, 0);
    out(&rig, PORT_STATUS, I8042_CMD_WRITE_OUTPUT_PORT);
    out(&rig, PORT_STATUS, 0xad);
    out(&rig, PORT_DATA, 0);
    out(&rig, PORT_STATUS, I8042_CMD_WRITE_OUTPUT_PORT);
    bus_reset(&rig.bus, 0);
    out(&rig, PORT_DATA, 0);
    assert_int_equal(rig.reset_count, 0);
}

static void a_loaded_chip_awaits_the_output_port_as_the_saved_one_did(void **unused)
{
    static const struct poke wrong[] = {POKE(i8042_state, output_port_next, 2), POKE_END};
    struct i8042_state state;
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, PORT_STATUS, I8042_CMD_WRITE_OUTPUT_PORT);
    assert_refused(&rig.i8042.dev, &rig.timers, 0, wrong);
    device_save(&rig.i8042.dev, &state);
    rig_init(&rig);
    assert_int_equal(device_load(&rig.i8042.dev, 0, &state), 0);
    out(&rig, PORT_DATA, 0);
    assert_int_equal(rig.reset_count, 1);
}

static void a_loaded_chip_has_as_much_to_read_as_the_saved_one(void **unused)
{
    struct i8042_state state;
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    drain(&rig, 200);
    device_save(&rig.i8042.dev, &state);
    rig_init(&rig);
    assert_int_equal(device_load(&rig.i8042.dev, 0, &state), 0);
    assert_int_equal(drain(&rig, 10000), 55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_probe_of_17_reads_finds_the_output_buffer_full_and_the_input_buffer_free),
        cmocka_unit_test(a_guest_that_reads_until_the_output_buffer_is_empty_comes_to_an_end),
        cmocka_unit_test(a_command_and_a_byte_for_the_keyboard_are_answered),
        cmocka_unit_test(command_fe_resets_the_machine_and_other_commands_do_not),
        cmocka_unit_test(output_port_bit_0_low_resets_the_machine),
        cmocka_unit_test(a_data_byte_is_the_output_port_only_straight_after_command_d1),
        cmocka_unit_test(a_loaded_chip_awaits_the_output_port_as_the_saved_one_did),
        cmocka_unit_test(a_loaded_chip_has_as_much_to_read_as_the_saved_one),
    };

    return cmocka_run_group_tests_name("i8042", tests, NULL, NULL);
}
