/* SPDX-License-Identifier: BSD-2-Clause */
/* Debug ports: POST code and exit. */
#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/debug_port.h"
#include "tests/unit/snapshot.h"

#define PORT_POST 0x80
#define PORT_EXIT 0xf4

struct rig {
    struct timerq timers;
    struct bus bus;
    struct debug_port port;
    unsigned exit_count;
    uint32_t exit_value;
};

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct rig *rig = ctx;

    assert_int_equal(request, GUEST_DEBUG_EXIT);
    rig->exit_count++;
    rig->exit_value = value;
}

static void rig_init(struct rig *rig)
{
    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    debug_port_init(&rig->port, &(struct debug_port_wiring){{on_request, rig}}, 0);
    bus_attach(&rig->bus, (struct bus_range){PORT_POST, DEBUG_PORT_POST_LENGTH_BYTES,
                                             &rig->port.dev, DEBUG_PORT_REG_POST});
    bus_attach(&rig->bus, (struct bus_range){PORT_EXIT, DEBUG_PORT_EXIT_LENGTH_BYTES,
                                             &rig->port.dev, DEBUG_PORT_REG_EXIT});
}

static void the_last_post_code_is_kept_and_reads_back(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_POST, 1), 0);
    bus_write(&rig.bus, 0, PORT_POST, 1, 0x12);
    bus_write(&rig.bus, 0, PORT_POST, 2, 0xab34);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_POST, 1), 0x34);
    assert_int_equal(rig.exit_count, 0);
    assert_true(rig.port.dev.ops->is_timeless(&rig.port.dev, true, DEBUG_PORT_REG_POST, 1));
    assert_false(rig.port.dev.ops->is_timeless(&rig.port.dev, true, DEBUG_PORT_REG_EXIT, 1));
}

static void a_write_of_any_size_to_the_exit_port_exits_with_its_low_byte(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (unsigned size_bytes = 1; size_bytes <= 4; size_bytes *= 2) {
        bus_write(&rig.bus, 0, PORT_EXIT, size_bytes, 0x12345600 + size_bytes);
        assert_int_equal(rig.exit_value, size_bytes);
    }
    assert_int_equal(rig.exit_count, 3);
}

static void reading_the_exit_port_and_writing_behind_it_do_not_exit(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_EXIT, 1) & 0xff, 0xff);
    bus_write(&rig.bus, 0, PORT_EXIT + 1, 1, 3);
    bus_write(&rig.bus, 0, PORT_EXIT + 3, 1, 3);
    assert_int_equal(rig.exit_count, 0);
}

static void a_loaded_port_shows_the_last_post_code_of_the_saved_one(void **unused)
{
    static const struct poke wrong[] = {
        POKE(debug_port_state, pad[6], 1),
        POKE_END,
    };
    struct debug_port_state state;
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_write(&rig.bus, 0, PORT_POST, 1, 0x55);
    assert_refused(&rig.port.dev, &rig.timers, 0, wrong);
    device_save(&rig.port.dev, &state);
    rig_init(&rig);
    assert_int_equal(device_load(&rig.port.dev, 0, &state), 0);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_POST, 1), 0x55);
    sweep_random_states(&rig.port.dev, &rig.timers, 0, DEBUG_PORT_REG_EXIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_post_code_is_kept_and_reads_back),
        cmocka_unit_test(a_write_of_any_size_to_the_exit_port_exits_with_its_low_byte),
        cmocka_unit_test(reading_the_exit_port_and_writing_behind_it_do_not_exit),
        cmocka_unit_test(a_loaded_port_shows_the_last_post_code_of_the_saved_one),
    };

    return cmocka_run_group_tests_name("debug_port", tests, NULL, NULL);
}
