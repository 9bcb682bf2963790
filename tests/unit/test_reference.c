/* SPDX-License-Identifier: BSD-2-Clause */
/* Reference device: one record of 14 dwords, sampled at its first. */
#include "tests/unit/unit.h"

#include "devices/bus.h"
#include "devices/pc/reference.h"
#include "tests/unit/snapshot.h"

#define PORT_BASE 0x5c0

struct rig {
    struct timerq timers;
    struct bus bus;
    struct reference reference;
    uint64_t sample_count;
};

static void on_sample(void *ctx, struct reference_sample *sample)
{
    struct rig *rig = ctx;

    rig->sample_count++;
    *sample = (struct reference_sample){
        .host_tsc = UINT64_C(0x1111111100000000) + rig->sample_count,
        .host_tsc_width = 0x2222222200000002,
        .host_monotonic_raw_ns = 0x3333333300000003,
        .host_monotonic_ns = 0x4444444400000004,
        .host_realtime_ns = 0x5555555500000005,
    };
}

static void rig_init(struct rig *rig)
{
    *rig = (struct rig){0};
    bus_init(&rig->bus, &rig->timers);
    reference_init(&rig->reference, &(struct reference_wiring){on_sample, rig}, 0);
    bus_attach(&rig->bus,
               (struct bus_range){PORT_BASE, REFERENCE_LENGTH_BYTES, &rig->reference.dev, 0});
}

static uint64_t in(struct rig *rig, uint64_t now_ns)
{
    return bus_read(&rig->bus, now_ns, PORT_BASE, 4);
}

static void fourteen_reads_give_magic_size_host_clocks_and_guest_time(void **unused)
{
    static const uint32_t expected[REFERENCE_DWORDS] = {
        0x524d564d, 56,         0x00000001, 0x11111111, 0x00000002, 0x22222222, 0x00000003,
        0x33333333, 0x00000004, 0x44444444, 0x00000005, 0x55555555, 0x9abcdef0, 0x12345678,
    };
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    for (unsigned i = 0; i < REFERENCE_DWORDS; i++)
        assert_int_equal(in(&rig, 0x123456789abcdef0), expected[i]);
    assert_int_equal(rig.sample_count, 1);
}

static void
the_first_dword_takes_the_sample_and_the_record_does_not_change_until_the_next(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    in(&rig, 100);
    for (unsigned i = 1; i < REFERENCE_DWORDS - 2; i++)
        in(&rig, 200);
    assert_int_equal(in(&rig, 200), 100);
    assert_int_equal(in(&rig, 200), 0);
    assert_int_equal(rig.sample_count, 1);
    assert_int_equal(in(&rig, 300), REFERENCE_MAGIC);
    assert_int_equal(rig.sample_count, 2);
}

static void any_write_rewinds_to_the_first_dword(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    in(&rig, 0);
    in(&rig, 0);
    bus_write(&rig.bus, 0, PORT_BASE + 2, 1, 7);
    assert_int_equal(in(&rig, 0), REFERENCE_MAGIC);
    assert_int_equal(rig.sample_count, 2);
}

static void reads_of_other_sizes_or_offsets_are_ones_and_neither_sample_nor_advance(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_BASE, 1), UINT64_MAX);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_BASE, 2), UINT64_MAX);
    assert_int_equal(bus_read(&rig.bus, 0, PORT_BASE + 1, 4), UINT64_MAX);
    assert_int_equal(rig.sample_count, 0);
    assert_int_equal(in(&rig, 0), REFERENCE_MAGIC);
}

static void a_loaded_device_goes_on_in_the_middle_of_a_record(void **unused)
{
    static const struct poke wrong[] = {
        POKE(reference_state, record.magic, 1),
        POKE(reference_state, record.magic, 0),
        POKE(reference_state, record.size_bytes, 55),
        POKE(reference_state, record.guest_ns, 8),
        POKE(reference_state, next_dword, REFERENCE_DWORDS),
        POKE(reference_state, pad, 1),
        POKE_END,
    };
    static const struct poke before_a_sample[] = {POKE(reference_state, next_dword, 1), POKE_END};
    struct reference_state state;
    struct rig rig;

    (void)unused;
    rig_init(&rig);
    assert_refused(&rig.reference.dev, &rig.timers, 7, before_a_sample);
    for (unsigned i = 0; i < 3; i++)
        in(&rig, 7);
    assert_refused(&rig.reference.dev, &rig.timers, 7, wrong);
    device_save(&rig.reference.dev, &state);
    rig_init(&rig);
    assert_int_equal(device_load(&rig.reference.dev, 7, &state), 0);
    assert_int_equal(in(&rig, 7), 0x11111111);
    assert_int_equal(rig.sample_count, 0);
    sweep_random_states(&rig.reference.dev, &rig.timers, 7, REFERENCE_LENGTH_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fourteen_reads_give_magic_size_host_clocks_and_guest_time),
        cmocka_unit_test(
            the_first_dword_takes_the_sample_and_the_record_does_not_change_until_the_next),
        cmocka_unit_test(any_write_rewinds_to_the_first_dword),
        cmocka_unit_test(reads_of_other_sizes_or_offsets_are_ones_and_neither_sample_nor_advance),
        cmocka_unit_test(a_loaded_device_goes_on_in_the_middle_of_a_record),
    };

    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
