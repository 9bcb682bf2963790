/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports 92h and CF9h: what resets the machine, and what does not. */
#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/reset_control.h"
#include "tests/unit/snapshot.h"

#define PORT_A   0x92
#define PORT_CF9 0xcf9

struct rig {
    struct timerq timers;
    struct bus bus;
    struct reset_control control;
    unsigned reset_count;
};

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct rig *rig = ctx;

    assert_int_equal(request, GUEST_RESET);
    assert_int_equal(value, 0);
    rig->reset_count++;
}

static void rig_init(struct rig *rig)
{
    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    reset_control_init(&rig->control, &(struct reset_control_wiring){{on_request, rig}}, 0);
    bus_attach(&rig->bus,
               (struct bus_range){PORT_A, 1, &rig->control.dev, RESET_CONTROL_REG_PORT_A});
    bus_attach(&rig->bus,
               (struct bus_range){PORT_CF9, 1, &rig->control.dev, RESET_CONTROL_REG_CF9});
}

static void out(struct rig *rig, uint64_t port, uint8_t value)
{
    bus_write(&rig->bus, 0, port, 1, value);
}

static uint8_t in(struct rig *rig, uint64_t port)
{
    return (uint8_t)bus_read(&rig->bus, 0, port, 1);
}

static void cf9_resets_at_bit_2_and_at_nothing_else(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (unsigned value = 0; value < 0x100; value++) {
        unsigned count = rig.reset_count;

        out(&rig, PORT_CF9, (uint8_t)value);
        assert_int_equal(rig.reset_count - count, (value & 4) != 0);
        assert_int_equal(in(&rig, PORT_CF9), value & 0x0a);
    }
}

/* 02h first, and then 06h or 0Eh: what Linux and FreeBSD do. */
static void the_sequences_of_kernels_reset_once(void **unused)
{
    static const uint8_t codes[] = {0x06, 0x0e};
    struct rig rig;

    (void)unused;
    for (unsigned i = 0; i < sizeof codes; i++) {
        rig_init(&rig);
        out(&rig, PORT_CF9, (uint8_t)((in(&rig, PORT_CF9) & ~codes[i]) | 2));
        assert_int_equal(rig.reset_count, 0);
        out(&rig, PORT_CF9, (uint8_t)(in(&rig, PORT_CF9) | codes[i]));
        assert_int_equal(rig.reset_count, 1);
    }
}

/* Code that only opens A20 reads the port, sets bit 1 and writes it back. */
static void port_92h_resets_at_bit_0_and_keeps_the_others(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(in(&rig, PORT_A), 0x02);
    out(&rig, PORT_A, in(&rig, PORT_A) | 2);
    out(&rig, PORT_A, 0xfc);
    assert_int_equal(in(&rig, PORT_A), 0xfc);
    assert_int_equal(rig.reset_count, 0);
    out(&rig, PORT_A, in(&rig, PORT_A) | 1);
    assert_int_equal(rig.reset_count, 1);
    assert_int_equal(in(&rig, PORT_A), 0xfc);
}

static void pci_accesses_at_cf8h_do_not_reset(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    bus_write(&rig.bus, 0, PORT_CF9 - 1, 4, UINT32_MAX);
    bus_write(&rig.bus, 0, PORT_CF9 - 1, 2, UINT16_MAX);
    assert_int_equal(rig.reset_count, 0);
    assert_int_equal(in(&rig, PORT_CF9), 0);
}

static void a_loaded_one_reads_as_the_saved_one(void **unused)
{
    static const struct poke wrong[] = {
        POKE(reset_control_state, port_a, 1),
        POKE(reset_control_state, cf9, 4),
        POKE(reset_control_state, pad[5], 1),
        POKE_END,
    };
    struct reset_control_state state;
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    out(&rig, PORT_A, 0x40);
    out(&rig, PORT_CF9, 0x0a);
    assert_refused(&rig.control.dev, &rig.timers, 0, wrong);
    device_save(&rig.control.dev, &state);
    rig_init(&rig);
    assert_int_equal(device_load(&rig.control.dev, 0, &state), 0);
    assert_int_equal(in(&rig, PORT_A), 0x40);
    assert_int_equal(in(&rig, PORT_CF9), 0x0a);
    bus_reset(&rig.bus, 0);
    assert_int_equal(in(&rig, PORT_A), 0x02);
    assert_int_equal(in(&rig, PORT_CF9), 0);
    assert_int_equal(rig.reset_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cf9_resets_at_bit_2_and_at_nothing_else),
        cmocka_unit_test(the_sequences_of_kernels_reset_once),
        cmocka_unit_test(port_92h_resets_at_bit_0_and_keeps_the_others),
        cmocka_unit_test(pci_accesses_at_cf8h_do_not_reset),
        cmocka_unit_test(a_loaded_one_reads_as_the_saved_one),
    };

    return cmocka_run_group_tests_name("reset_control", tests, NULL, NULL);
}
