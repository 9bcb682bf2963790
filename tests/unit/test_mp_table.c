/* SPDX-License-Identifier: BSD-2-Clause */
/* The MP table, read back as a kernel does, by the offsets of the specification. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "boot/mp_table.h"

#define AREA_GPA  0xf0000u
#define AREA_SIZE 0x2000u
#define UNTOUCHED 0xa5

/* Bytes of all but the processors: pointer, header, bus, I/O APIC, 15 and 2 interrupts. */
#define REST_BYTES (16u + 44 + 8 + 8 + 15 * 8 + 2 * 8)

static uint8_t area[AREA_SIZE];

static void build(unsigned cpu_count)
{
    memset(area, UNTOUCHED, sizeof area);
    assert_int_equal(mp_table_build(cpu_count, area, AREA_GPA, sizeof area), 0);
}

static uint32_t le(const uint8_t *bytes, unsigned size_bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size_bytes; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

static uint8_t sum(const uint8_t *bytes, uint32_t length)
{
    uint8_t total = 0;

    for (uint32_t i = 0; i < length; i++)
        total += bytes[i];
    return total;
}

static const uint8_t *table(void)
{
    return area + (le(area + 4, 4) - AREA_GPA);
}

static void the_floating_pointer_leads_to_the_table(void **unused)
{
    (void)unused;
    build(1);
    assert_memory_equal(area, "_MP_", 4);
    assert_int_equal(area[8], 1);
    assert_int_equal(area[9], 4);
    assert_int_equal(sum(area, 16), 0);
    assert_int_equal(area[11], 0); /* no default configuration */
    assert_int_equal(area[12], 0); /* no IMCR */
    assert_int_equal(le(area + 4, 4), AREA_GPA + 16);
    assert_memory_equal(table(), "PCMP", 4);
}

static void the_header_counts_bytes_and_entries_and_adds_up_to_zero(void **unused)
{
    static const unsigned counts[] = {1, 2, 4, 64, MP_TABLE_MAX_CPUS};

    (void)unused;
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        build(counts[i]);
        assert_int_equal(le(table() + 4, 2), REST_BYTES - 16 + 20 * counts[i]);
        assert_int_equal(table()[6], 4);
        assert_int_equal(sum(table(), le(table() + 4, 2)), 0);
        assert_int_equal(le(table() + 34, 2), counts[i] + 2 + 15 + 2);
        assert_int_equal(le(table() + 36, 4), 0xfee00000);
    }
}

static void each_processor_is_enabled_and_the_first_one_starts(void **unused)
{
    (void)unused;
    build(MP_TABLE_MAX_CPUS);
    for (unsigned i = 0; i < MP_TABLE_MAX_CPUS; i++) {
        const uint8_t *processor = table() + 44 + 20 * i;

        assert_int_equal(processor[0], 0);
        assert_int_equal(processor[1], i);
        assert_int_equal(processor[2], 0x14);
        assert_int_equal(processor[3], i == 0 ? 3 : 1);
    }
}

static void an_isa_bus_an_io_apic_and_their_interrupts_follow(void **unused)
{
    static const uint8_t bus_and_ioapic[] = {
        1, 0, 'I',  'S', 'A',  ' ',  ' ',  ' ',  /* bus 0 */
        2, 0, 0x11, 1,   0x00, 0x00, 0xc0, 0xfe, /* I/O APIC 0 */
    };
    const uint8_t *interrupt;

    (void)unused;
    build(3);
    assert_memory_equal(table() + 44 + 3 * 20, bus_and_ioapic, sizeof bus_and_ioapic);
    interrupt = table() + 44 + 3 * 20 + sizeof bus_and_ioapic;
    for (uint8_t irq = 0; irq < 16; irq++) {
        const uint8_t flags = irq == 9 ? 13 : 0; /* SCI: active high, level */
        const uint8_t expected[] = {3, 0, flags, 0, 0, irq, 0, irq == 0 ? 2 : irq};

        if (irq == 2)
            continue;
        assert_memory_equal(interrupt, expected, sizeof expected);
        interrupt += 8;
    }
}

static void last_are_extint_at_lint0_of_the_first_cpu_and_nmi_at_lint1_of_all(void **unused)
{
    static const uint8_t expected[] = {
        4, 3, 0, 0, 0, 0, 0,    0, /* ExtINT, LINT0 */
        4, 1, 0, 0, 0, 0, 0xff, 1, /* NMI, LINT1 */
    };

    (void)unused;
    build(2);
    assert_memory_equal(table() + le(table() + 4, 2) - sizeof expected, expected, sizeof expected);
}

static void assert_untouched(uint32_t from)
{
    for (uint32_t i = from; i < AREA_SIZE; i++)
        assert_int_equal(area[i], UNTOUCHED);
}

static void an_area_one_byte_too_small_is_an_error_and_is_not_written(void **unused)
{
    const uint32_t needed = REST_BYTES + 4 * 20;

    (void)unused;
    memset(area, UNTOUCHED, sizeof area);
    for (uint32_t size = 0; size < needed; size++)
        assert_int_equal(mp_table_build(4, area, AREA_GPA, size), -ENOSPC);
    assert_untouched(0);
    assert_int_equal(mp_table_build(4, area, AREA_GPA, needed), 0);
    assert_untouched(needed);
}

static void a_cpu_count_or_an_area_out_of_range_is_refused(void **unused)
{
    (void)unused;
    assert_int_equal(mp_table_build(0, area, AREA_GPA, AREA_SIZE), -EINVAL);
    assert_int_equal(mp_table_build(256, area, AREA_GPA, AREA_SIZE), -EINVAL);
    assert_int_equal(mp_table_build(1, area, AREA_GPA + 8, AREA_SIZE), -EINVAL);
    assert_int_equal(mp_table_build(1, area, 0xfffff000, AREA_SIZE), -EINVAL);
    assert_int_equal(mp_table_build(1, area, UINT64_C(1) << 32, AREA_SIZE), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_floating_pointer_leads_to_the_table),
        cmocka_unit_test(the_header_counts_bytes_and_entries_and_adds_up_to_zero),
        cmocka_unit_test(each_processor_is_enabled_and_the_first_one_starts),
        cmocka_unit_test(an_isa_bus_an_io_apic_and_their_interrupts_follow),
        cmocka_unit_test(last_are_extint_at_lint0_of_the_first_cpu_and_nmi_at_lint1_of_all),
        cmocka_unit_test(an_area_one_byte_too_small_is_an_error_and_is_not_written),
        cmocka_unit_test(a_cpu_count_or_an_area_out_of_range_is_refused),
    };

    return cmocka_run_group_tests_name("mp_table", tests, NULL, NULL);
}
