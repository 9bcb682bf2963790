/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory: regions around the hole, checked access, and the memory map made from them. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/guest_mem.h"
#include "boot/e820.h"
#include "boot/layout.h"
#include "boot/source.h"

#define GIB  (UINT64_C(1) << 30)
#define PAGE UINT64_C(4096)

static void memory_up_to_3_gib_is_one_region(void **unused)
{
    struct guest_mem mem;

    (void)unused;
    guest_mem_layout(&mem, 3 * GIB);
    assert_int_equal(mem.region_count, 1);
    assert_int_equal(mem.regions[0].base_gpa, 0);
    assert_int_equal(mem.regions[0].size_bytes, 3 * GIB);
    assert_int_equal(guest_mem_low_end_gpa(&mem), 3 * GIB);
}

static void memory_past_3_gib_continues_at_4_gib(void **unused)
{
    static const uint64_t sizes[] = {3 * GIB + PAGE, 4 * GIB, 64 * GIB, 1024 * GIB};

    (void)unused;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct guest_mem mem;

        guest_mem_layout(&mem, sizes[i]);
        assert_int_equal(mem.region_count, 2);
        assert_int_equal(mem.regions[0].size_bytes, 3 * GIB);
        assert_int_equal(mem.regions[1].base_gpa, 4 * GIB);
        assert_int_equal(mem.regions[1].size_bytes, sizes[i] - 3 * GIB);
        assert_int_equal(guest_mem_low_end_gpa(&mem), 3 * GIB);
    }
}

/* Two regions of four pages each; nothing is dereferenced. */
static struct guest_mem two_small_regions(uint8_t *low, uint8_t *high)
{
    return (struct guest_mem){
        .regions = {{0, 4 * PAGE, low}, {4 * GIB, 4 * PAGE, high}},
        .region_count = 2,
    };
}

static void a_range_inside_a_region_has_a_pointer(void **unused)
{
    static uint8_t low[4 * 4096], high[4 * 4096];
    const struct guest_mem mem = two_small_regions(low, high);

    (void)unused;
    assert_ptr_equal(guest_mem_at(&mem, 0, 4 * PAGE), low);
    assert_ptr_equal(guest_mem_at(&mem, 4 * PAGE - 1, 1), low + 4 * PAGE - 1);
    assert_ptr_equal(guest_mem_at(&mem, 4 * GIB + 5, 8), high + 5);
    assert_ptr_equal(guest_mem_at(&mem, 4 * GIB, 4 * PAGE), high);
}

static void a_range_that_leaves_its_region_has_none_and_sizes_cannot_overflow(void **unused)
{
    static uint8_t low[4 * 4096], high[4 * 4096];
    const struct guest_mem mem = two_small_regions(low, high);

    (void)unused;
    assert_null(guest_mem_at(&mem, 0, 4 * PAGE + 1));
    assert_null(guest_mem_at(&mem, 4 * PAGE - 1, 2));
    assert_null(guest_mem_at(&mem, 4 * PAGE, 1));
    assert_null(guest_mem_at(&mem, 4 * GIB - 1, 1));
    assert_null(guest_mem_at(&mem, 4 * GIB - 1, 2));
    assert_null(guest_mem_at(&mem, 4 * GIB + 4 * PAGE, 1));
    assert_null(guest_mem_at(&mem, UINT64_MAX, 1));
    assert_null(guest_mem_at(&mem, UINT64_MAX, 2));
    assert_null(guest_mem_at(&mem, PAGE, UINT64_MAX));
    assert_null(guest_mem_at(&mem, PAGE, UINT64_MAX - PAGE + 1));
    assert_null(guest_mem_at(&mem, 4 * GIB + PAGE, UINT64_MAX - 4 * GIB));
}

static void assert_entry(const struct boot_e820_entry *entry, uint64_t addr, uint64_t end,
                         uint32_t type)
{
    assert_int_equal(entry->addr, addr);
    assert_int_equal(entry->addr + entry->size, end);
    assert_int_equal(entry->type, type);
}

static void
memory_map_has_low_memory_reserved_areas_and_memory_on_both_sides_of_the_hole(void **unused)
{
    static const struct {
        uint64_t size_bytes;
        unsigned count;
        uint64_t low_end;
        uint64_t high_end;
    } cases[] = {
        {2 << 20, 4, 2 << 20, 0},
        {3 * GIB, 4, 3 * GIB, 0},
        {3 * GIB + PAGE, 5, 3 * GIB, 4 * GIB + PAGE},
        {4 * GIB, 5, 3 * GIB, 5 * GIB},
        {64 * GIB, 5, 3 * GIB, 65 * GIB},
    };

    (void)unused;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct boot_e820_entry entries[E820_MAX_ENTRIES];
        struct guest_mem mem;

        guest_mem_layout(&mem, cases[i].size_bytes);
        assert_int_equal(e820_build(&mem, entries), cases[i].count);
        assert_entry(&entries[0], 0, 0x9fc00, E820_RAM);
        assert_entry(&entries[1], 0x9fc00, 0xa0000, E820_RESERVED);
        assert_entry(&entries[2], 0xe0000, 0x100000, E820_RESERVED);
        assert_entry(&entries[3], 0x100000, cases[i].low_end, E820_RAM);
        if (cases[i].count == 5)
            assert_entry(&entries[4], 4 * GIB, cases[i].high_end, E820_RAM);
    }
}

static void fixed_areas_do_not_overlap(void **unused)
{
    static const struct {
        uint64_t start, end;
    } areas[] = {
        {0, LAYOUT_BDA_GPA},
        {LAYOUT_BDA_GPA, LAYOUT_BDA_GPA + 256},
        {LAYOUT_GDT_GPA, LAYOUT_GDT_GPA + 6 * 8},
        {LAYOUT_STACK_GPA - PAGE / 2, LAYOUT_STACK_GPA},
        {LAYOUT_BOOT_TABLES_GPA, LAYOUT_BOOT_TABLES_GPA + LAYOUT_BOOT_TABLES_BYTES},
        {LAYOUT_COMMAND_LINE_GPA, LAYOUT_COMMAND_LINE_GPA + LAYOUT_COMMAND_LINE_BYTES},
        {LAYOUT_BOOT_INFO_GPA, LAYOUT_BOOT_INFO_GPA + LAYOUT_BOOT_INFO_BYTES},
        {LAYOUT_LOW_IMAGE_GPA, LAYOUT_LOW_END_GPA},
        {LAYOUT_EBDA_END_GPA, LAYOUT_PAGE_TABLES_GPA},
        {LAYOUT_PAGE_TABLES_GPA, LAYOUT_PAGE_TABLES_GPA + LAYOUT_PAGE_TABLES_BYTES},
        {LAYOUT_ACPI_GPA, LAYOUT_ACPI_GPA + LAYOUT_ACPI_BYTES},
        {LAYOUT_MP_TABLE_GPA, LAYOUT_MP_TABLE_GPA + LAYOUT_MP_TABLE_BYTES},
        {LAYOUT_BIOS_GPA, LAYOUT_BIOS_GPA + LAYOUT_BIOS_BYTES},
        {LAYOUT_RESET_VECTOR_GPA, LAYOUT_KERNEL_MIN_GPA},
    };

    (void)unused;
    for (unsigned i = 1; i < sizeof areas / sizeof areas[0]; i++)
        assert_true(areas[i - 1].end <= areas[i].start);
}

static void a_source_gives_the_same_bytes_from_a_file_as_from_memory(void **unused)
{
    static const uint8_t bytes[] = "0123456789";
    const struct boot_source memory = {"m", -1, bytes, 10};
    const struct boot_source file = {"f", memfd_create("f", 0), NULL, 10};
    uint8_t from_memory[4], from_file[4];

    (void)unused;
    assert_int_equal(write(file.fd, bytes, 10), 10);
    assert_int_equal(boot_source_read(&memory, 6, from_memory, 4), 0);
    assert_int_equal(boot_source_read(&file, 6, from_file, 4), 0);
    assert_memory_equal(from_memory, "6789", 4);
    assert_memory_equal(from_file, "6789", 4);
    close(file.fd);
}

static void reading_past_the_end_of_a_source_is_an_error_and_does_not_overflow(void **unused)
{
    static const uint8_t bytes[10] = {0};
    const struct boot_source source = {"m", -1, bytes, sizeof bytes};
    uint8_t to[16];

    (void)unused;
    assert_int_equal(boot_source_read(&source, 6, to, 5), -ENODATA);
    assert_int_equal(boot_source_read(&source, 11, to, 0), -ENODATA);
    assert_int_equal(boot_source_read(&source, UINT64_MAX, to, 2), -ENODATA);
    assert_int_equal(boot_source_read(&source, 2, to, UINT64_MAX), -ENODATA);
    assert_int_equal(boot_source_read(&source, 10, to, 0), 0);
}

static void a_file_that_is_shorter_than_it_said_or_cannot_be_read_is_an_error(void **unused)
{
    const struct boot_source shorter = {"f", memfd_create("f", 0), NULL, 100};
    const struct boot_source closed = {"f", 9999, NULL, 100};
    uint8_t to[100];

    (void)unused;
    assert_int_equal(write(shorter.fd, "abc", 3), 3);
    assert_int_equal(boot_source_read(&shorter, 0, to, 100), -ENODATA);
    assert_int_equal(boot_source_read(&closed, 0, to, 100), -EBADF);
    close(shorter.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_up_to_3_gib_is_one_region),
        cmocka_unit_test(memory_past_3_gib_continues_at_4_gib),
        cmocka_unit_test(a_range_inside_a_region_has_a_pointer),
        cmocka_unit_test(a_range_that_leaves_its_region_has_none_and_sizes_cannot_overflow),
        cmocka_unit_test(
            memory_map_has_low_memory_reserved_areas_and_memory_on_both_sides_of_the_hole),
        cmocka_unit_test(fixed_areas_do_not_overlap),
        cmocka_unit_test(a_source_gives_the_same_bytes_from_a_file_as_from_memory),
        cmocka_unit_test(reading_past_the_end_of_a_source_is_an_error_and_does_not_overflow),
        cmocka_unit_test(a_file_that_is_shorter_than_it_said_or_cannot_be_read_is_an_error),
    };

    return cmocka_run_group_tests_name("guest_mem", tests, NULL, NULL);
}
