/* SPDX-License-Identifier: BSD-2-Clause */
/* The table that describes vmclock. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

#include "boot/acpi_map.h"
#include "boot/acpi_tables.h"

#define AREA_GPA 0xe0000

static uint8_t area[0x10000];

static void build(bool vmclock)
{
    const struct acpi_config config = {.cpu_count = 1,
                                       .pmtimer_bits = 24,
                                       .hpet = true,
                                       .hpet_cap_id_low = 0x8086a201,
                                       .hpet_min_tick = 100,
                                       .ged = true,
                                       .vmclock = vmclock};
    uint64_t rsdp_gpa;

    memset(area, 0, sizeof area);
    assert_int_equal(acpi_build(&config, area, AREA_GPA, sizeof area, &rsdp_gpa), 0);
}

static bool has(const void *bytes, size_t size_bytes)
{
    return memmem(area, sizeof area, bytes, size_bytes) != NULL;
}

/* A QWordMemory has minimum, maximum, translation offset and length of the page in a row. */
static void the_device_has_its_ids_and_its_page(void **unused)
{
    static const uint64_t page[] = {ACPI_MAP_VMCLOCK_GPA, ACPI_MAP_VMCLOCK_LAST_GPA, 0, 4096};

    (void)unused;
    build(true);
    assert_true(has("AMZNC10C", 9));
    assert_true(has("\x08_CID\x0dVMCLOCK", 14));
    assert_true(has("\x08_DDN\x0dVMCLOCK", 14));
    assert_true(has(page, sizeof page));
}

static void without_vmclock_there_is_no_such_device(void **unused)
{
    (void)unused;
    build(false);
    assert_false(has("AMZNC10C", 9));
    assert_true(has("ACPI0013", 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_device_has_its_ids_and_its_page),
        cmocka_unit_test(without_vmclock_there_is_no_such_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
