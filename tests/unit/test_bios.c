/* SPDX-License-Identifier: BSD-2-Clause */
/* What a BIOS leaves. That its functions work is the payload bios's to prove. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "boot/bios.h"
#include "boot/e820.h"
#include "boot/layout.h"
#include "tests/unit/boot_rig.h"

#define VECTORS      256
#define SIZES_AT     (2 * VECTORS)
#define SEGMENT_F000 0xf0000
#define CODE_AT      (SIZES_AT + 8)

static struct boot_rig rig;

static void build(uint64_t memory_bytes)
{
    boot_rig_init(&rig, memory_bytes);
    assert_int_equal(bios_build(&rig.mem), 0);
}

static uint16_t word_at(uint64_t gpa)
{
    uint16_t word;

    memcpy(&word, boot_rig_at(&rig, gpa, sizeof word), sizeof word);
    return word;
}

static void every_vector_leads_to_code_in_segment_f000(void **unused)
{
    (void)unused;
    build(BOOT_RIG_MIB(64));
    for (unsigned i = 0; i < VECTORS; i++) {
        uint64_t gpa = SEGMENT_F000 + word_at(4 * i);

        assert_int_equal(word_at(4 * i + 2), SEGMENT_F000 >> 4);
        assert_in_range(gpa, LAYOUT_BIOS_GPA + CODE_AT, LAYOUT_BIOS_GPA + LAYOUT_BIOS_BYTES - 1);
        assert_int_not_equal(word_at(gpa), 0);
    }
    boot_rig_free(&rig);
}

static void the_data_area_says_what_there_is(void **unused)
{
    static const struct {
        uint16_t gpa;
        uint16_t value;
    } words[] = {
        {0x400, 0x3f8}, {0x402, 0x2f8}, {0x404, 0},    {0x408, 0},    {0x40e, 0x9fc0},
        {0x410, 0x402}, {0x413, 639},   {0x41a, 0x1e}, {0x41c, 0x1e}, {0x44a, 80},
        {0x46c, 0},     {0x480, 0x1e},  {0x482, 0x3e},
    };

    (void)unused;
    build(BOOT_RIG_MIB(64));
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_int_equal(word_at(words[i].gpa), words[i].value);
    assert_int_equal(word_at(0x9fc00), 1);
    boot_rig_free(&rig);
}

/* Sizes in KiB, KiB and blocks of 64 KiB, as E801h and 88h give them. */
static void assert_sizes(uint64_t memory_bytes, uint16_t over_1_mib, uint16_t to_16_mib,
                         uint16_t over_16_mib)
{
    const uint64_t sizes_gpa = LAYOUT_BIOS_GPA + SIZES_AT;

    build(memory_bytes);
    assert_int_equal(word_at(sizes_gpa), over_1_mib);
    assert_int_equal(word_at(sizes_gpa + 2), to_16_mib);
    assert_int_equal(word_at(sizes_gpa + 4), over_16_mib);
    boot_rig_free(&rig);
}

static void sizes_are_those_of_the_memory_below_the_hole(void **unused)
{
    (void)unused;
    assert_sizes(BOOT_RIG_MIB(1), 0, 0, 0);
    assert_sizes(BOOT_RIG_MIB(2), 1024, 1024, 0);
    assert_sizes(BOOT_RIG_MIB(16), 15 * 1024, 15 * 1024, 0);
    assert_sizes(BOOT_RIG_MIB(64), 63 * 1024, 15 * 1024, 48 * 16);
    assert_sizes(BOOT_RIG_MIB(512), 63 * 1024, 15 * 1024, 496 * 16);
}

/* Memory that is not touched takes none of the host's. */
static void with_memory_above_4_gib_the_sizes_end_at_the_hole(void **unused)
{
    (void)unused;
    assert_sizes(BOOT_RIG_MIB(5 * 1024), 63 * 1024, 15 * 1024, (3 * 1024 - 16) * 16);
}

static void the_map_is_that_of_the_boot_protocols(void **unused)
{
    struct boot_e820_entry entries[E820_MAX_ENTRIES];
    const uint8_t *area;
    unsigned count;

    (void)unused;
    build(BOOT_RIG_MIB(64));
    count = e820_build(&rig.mem, entries);
    area = boot_rig_at(&rig, LAYOUT_BIOS_GPA, LAYOUT_BIOS_BYTES);
    assert_int_equal(word_at(LAYOUT_BIOS_GPA + SIZES_AT + 6), count);
    assert_non_null(memmem(area, LAYOUT_BIOS_BYTES, entries, count * sizeof entries[0]));
    boot_rig_free(&rig);
}

static void without_memory_up_to_1_mib_there_is_no_room(void **unused)
{
    (void)unused;
    boot_rig_init(&rig, BOOT_RIG_MIB(1) - 4096);
    assert_int_equal(bios_build(&rig.mem), -ENOSPC);
    boot_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_leads_to_code_in_segment_f000),
        cmocka_unit_test(the_data_area_says_what_there_is),
        cmocka_unit_test(sizes_are_those_of_the_memory_below_the_hole),
        cmocka_unit_test(with_memory_above_4_gib_the_sizes_end_at_the_hole),
        cmocka_unit_test(the_map_is_that_of_the_boot_protocols),
        cmocka_unit_test(without_memory_up_to_1_mib_there_is_no_room),
    };

    return cmocka_run_group_tests_name("bios", tests, NULL, NULL);
}
