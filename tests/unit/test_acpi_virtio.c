/* SPDX-License-Identifier: BSD-2-Clause */
/* The table that describes virtio devices. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "boot/acpi_map.h"
#include "boot/acpi_tables.h"

#define AREA_GPA 0xe0000

static uint8_t area[0x10000];

static void build(uint8_t slots)
{
    const struct acpi_config config = {.cpu_count = 1, .virtio_slots = slots};
    uint64_t rsdp_gpa;

    memset(area, 0, sizeof area);
    assert_int_equal(acpi_build(&config, area, AREA_GPA, sizeof area, &rsdp_gpa), 0);
}

static bool has(const void *bytes, size_t size_bytes)
{
    return memmem(area, sizeof area, bytes, size_bytes) != NULL;
}

static void each_device_has_its_registers_and_an_interrupt_by_level_that_is_shared(void **unused)
{
    /* Memory32Fixed, read and write; Interrupt: consumer, level, active high, shared. */
    uint8_t memory[] = {0x86, 9, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0};
    uint8_t interrupt[] = {0x89, 6, 0, 9, 1, 0, 0, 0, 0};

    (void)unused;
    build(1);
    assert_true(has("LNRO0005", 9));
    for (uint8_t i = 0; i < ACPI_MAP_VIRTIO_SLOTS; i++) {
        const uint32_t gpa = ACPI_MAP_VIRTIO_GPA + i * (uint32_t)ACPI_MAP_VIRTIO_STRIDE;

        memcpy(memory + 4, &gpa, sizeof gpa);
        interrupt[5] = ACPI_MAP_VIRTIO_GSI + i % ACPI_MAP_VIRTIO_GSIS;
        assert_true(has(memory, sizeof memory));
        assert_true(has(interrupt, sizeof interrupt));
    }
}

static void the_table_says_which_there_are(void **unused)
{
    (void)unused;
    build(0x13);
    assert_true(has("VIOS\x0a\x13", 6));
    build(1);
    assert_true(has("VIOS\x0a\x01", 6));
}

static void without_any_there_is_no_table(void **unused)
{
    (void)unused;
    build(0);
    assert_false(has("VIOS", 4));
    assert_false(has("LNRO0005", 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_device_has_its_registers_and_an_interrupt_by_level_that_is_shared),
        cmocka_unit_test(the_table_says_which_there_are),
        cmocka_unit_test(without_any_there_is_no_table),
    };

    return cmocka_run_group_tests_name("acpi_virtio", tests, NULL, NULL);
}
