/* SPDX-License-Identifier: BSD-2-Clause */
/* pvpanic: which events it knows, and that they stay. */
#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/pvpanic.h"
#include "tests/unit/snapshot.h"

#define PORT 0x505

struct rig {
    struct timerq timers;
    struct bus bus;
    struct pvpanic pvpanic;
    unsigned panics;
    unsigned crash_kernels;
};

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct rig *rig = ctx;

    assert_int_equal(value, 0);
    rig->panics += request == GUEST_PANICKED;
    rig->crash_kernels += request == GUEST_CRASH_LOADED;
}

static void rig_init(struct rig *rig)
{
    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    pvpanic_init(&rig->pvpanic, &(struct pvpanic_wiring){{on_request, rig}}, 0);
    bus_attach(&rig->bus, (struct bus_range){PORT, PVPANIC_LENGTH_BYTES, &rig->pvpanic.dev, 0});
}

static void a_read_tells_the_events_that_it_knows(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(bus_read(&rig.bus, 0, PORT, 1) & 0xff, 3);
    bus_write(&rig.bus, 0, PORT, 1, PVPANIC_PANICKED);
    assert_int_equal(bus_read(&rig.bus, 0, PORT, 1) & 0xff, 3);
}

static void events_are_kept_and_bits_that_are_none_are_ignored(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_write(&rig.bus, 0, PORT, 1, 0);
    bus_write(&rig.bus, 0, PORT, 1, 0xfc);
    assert_int_equal(pvpanic_events(&rig.pvpanic), 0);
    bus_write(&rig.bus, 0, PORT, 1, PVPANIC_CRASH_LOADED);
    assert_int_equal(pvpanic_events(&rig.pvpanic), 2);
    bus_write(&rig.bus, 0, PORT, 1, 0xf8 | PVPANIC_PANICKED);
    assert_int_equal(pvpanic_events(&rig.pvpanic), 3);
    bus_reset(&rig.bus, 0);
    assert_int_equal(pvpanic_events(&rig.pvpanic), 0);
}

static void each_event_is_passed_on_when_it_happens_first(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_write(&rig.bus, 0, PORT, 1, 0xfc);
    assert_int_equal(rig.panics + rig.crash_kernels, 0);
    bus_write(&rig.bus, 0, PORT, 1, PVPANIC_CRASH_LOADED);
    bus_write(&rig.bus, 0, PORT, 1, PVPANIC_CRASH_LOADED);
    assert_int_equal(rig.panics, 0);
    assert_int_equal(rig.crash_kernels, 1);
    bus_write(&rig.bus, 0, PORT, 1, PVPANIC_PANICKED | PVPANIC_CRASH_LOADED);
    assert_int_equal(rig.panics, 1);
    assert_int_equal(rig.crash_kernels, 1);
    bus_reset(&rig.bus, 0);
    bus_write(&rig.bus, 0, PORT, 1, PVPANIC_PANICKED);
    assert_int_equal(rig.panics, 2);
}

static void a_loaded_one_knows_the_events_of_the_saved_one(void **unused)
{
    static const struct poke wrong[] = {
        POKE(pvpanic_state, events, 4),
        POKE(pvpanic_state, was_read, 2),
        POKE(pvpanic_state, pad[5], 1),
        POKE_END,
    };
    struct pvpanic_state state;
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_write(&rig.bus, 0, PORT, 1, PVPANIC_PANICKED);
    assert_refused(&rig.pvpanic.dev, &rig.timers, 0, wrong);
    device_save(&rig.pvpanic.dev, &state);
    rig_init(&rig);
    assert_int_equal(device_load(&rig.pvpanic.dev, 0, &state), 0);
    assert_int_equal(pvpanic_events(&rig.pvpanic), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_tells_the_events_that_it_knows),
        cmocka_unit_test(events_are_kept_and_bits_that_are_none_are_ignored),
        cmocka_unit_test(each_event_is_passed_on_when_it_happens_first),
        cmocka_unit_test(a_loaded_one_knows_the_events_of_the_saved_one),
    };

    return cmocka_run_group_tests_name("pvpanic", tests, NULL, NULL);
}
