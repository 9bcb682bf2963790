/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of system management mode, for any number of CPUs. */
#include "tests/unit/unit.h"

#include <string.h>

#include "boot/smram.h"

#define CPUS_MAX 255
#define PAGE     4096

static uint8_t memory[512 * 1024];

/* What CPU n finds at its SMBASE + offset, in a memory for so many CPUs. */
static uint8_t *at(unsigned cpu, unsigned cpus, uint32_t offset, uint32_t size_bytes)
{
    uint64_t gpa = smram_base(cpu) + offset;

    assert_true(gpa >= SMRAM_GPA);
    assert_true(gpa + size_bytes <= SMRAM_GPA + smram_size_bytes(cpus));
    return memory + gpa - SMRAM_GPA;
}

static void the_first_cpu_has_the_base_of_a_reset(void **unused)
{
    (void)unused;
    assert_int_equal(smram_base(0), 0x30000);
    assert_int_equal(smram_size_bytes(1), 0x8000);
}

static void it_is_whole_pages_below_1_mib(void **unused)
{
    (void)unused;
    for (unsigned cpus = 1; cpus <= CPUS_MAX; cpus++) {
        assert_int_equal(smram_size_bytes(cpus) % PAGE, 0);
        assert_true(smram_size_bytes(cpus) <= sizeof memory);
        assert_true(SMRAM_GPA + smram_size_bytes(cpus) <= 1024 * 1024);
    }
}

/* All save their state, and then each still finds RSM at its entry, and its state. */
static void no_cpu_writes_over_what_another_finds(void **unused)
{
    static const uint8_t rsm[] = {0x0f, 0xaa};

    (void)unused;
    memset(memory, 0, sizeof memory);
    smram_fill(memory, CPUS_MAX);
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
        memset(at(cpu, CPUS_MAX, 0xfe00, 0x200), (int)cpu, 0x200);
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        const uint8_t *saved = at(cpu, CPUS_MAX, 0xfe00, 0x200);

        assert_memory_equal(at(cpu, CPUS_MAX, 0x8000, sizeof rsm), rsm, sizeof rsm);
        for (unsigned i = 0; i < 0x200; i++)
            assert_int_equal(saved[i], cpu);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_cpu_has_the_base_of_a_reset),
        cmocka_unit_test(it_is_whole_pages_below_1_mib),
        cmocka_unit_test(no_cpu_writes_over_what_another_finds),
    };

    return cmocka_run_group_tests_name("smram", tests, NULL, NULL);
}
