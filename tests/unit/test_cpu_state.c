/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU state at entry: what the boot protocols want, as registers, GDT and page tables. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "boot/cpu_state.h"
#include "boot/layout.h"

#define MEMORY_BYTES 0x100000

struct rig {
    struct guest_mem mem;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
};

static uint8_t memory[MEMORY_BYTES];

/* The registers hold rubbish before, as far as the state is to set them. */
static void rig_fill(struct rig *rig, enum boot_mode mode)
{
    const struct boot_entry entry = {mode, 0x100200, 0x2badb002, 0x7000, 0x8000};

    memset(memory, 0xcc, sizeof memory);
    guest_mem_layout(&rig->mem, MEMORY_BYTES);
    rig->mem.regions[0].host = memory;
    memset(&rig->regs, 0xcc, sizeof rig->regs);
    memset(&rig->sregs, 0xcc, sizeof rig->sregs);
    rig->sregs.apic_base = 0xfee00900;
    assert_int_equal(cpu_state_fill(&entry, &rig->mem, &rig->regs, &rig->sregs), 0);
}

static uint64_t word(uint64_t gpa)
{
    uint64_t value;

    memcpy(&value, memory + gpa, sizeof value);
    return value;
}

/* The address that the page tables in memory give, walked as a CPU does; 2 MiB pages only. */
static uint64_t translate(uint64_t cr3, uint64_t address)
{
    const uint64_t frame = UINT64_C(0x000ffffffffff000);
    uint64_t pml4e = word(cr3 + (address >> 39 & 511) * 8);
    uint64_t pdpte = word((pml4e & frame) + (address >> 30 & 511) * 8);
    uint64_t pde = word((pdpte & frame) + (address >> 21 & 511) * 8);

    assert_int_equal(pml4e & 0x83, 3);
    assert_int_equal(pdpte & 0x83, 3);
    assert_int_equal(pde & 0x83, 0x83);
    return (pde & frame) + (address & 0x1fffff);
}

static void general_registers_are_the_entrys_with_interrupts_off(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_fill(&rig, BOOT_MODE_LONG);
    assert_int_equal(rig.regs.rip, 0x100200);
    assert_int_equal(rig.regs.rax, 0x2badb002);
    assert_int_equal(rig.regs.rbx, 0x7000);
    assert_int_equal(rig.regs.rsi, 0x8000);
    assert_int_equal(rig.regs.rsp, LAYOUT_STACK_GPA);
    assert_int_equal(rig.regs.rflags, 2);
    assert_int_equal(rig.regs.rdi, 0);
    assert_int_equal(rig.regs.rbp, 0);
}

static void long_mode_has_paging_pae_and_64_bit_code(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_fill(&rig, BOOT_MODE_LONG);
    assert_int_equal(rig.sregs.cr0, 0x80000011);
    assert_int_equal(rig.sregs.cr4, 0x20);
    assert_int_equal(rig.sregs.efer, 0x500);
    assert_int_equal(rig.sregs.cs.l, 1);
    assert_int_equal(rig.sregs.cs.db, 0);
}

static void protected_mode_has_no_paging_and_32_bit_code(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_fill(&rig, BOOT_MODE_PROTECTED);
    assert_int_equal(rig.sregs.cr0, 0x11);
    assert_int_equal(rig.sregs.cr3, 0);
    assert_int_equal(rig.sregs.cr4, 0);
    assert_int_equal(rig.sregs.efer, 0);
    assert_int_equal(rig.sregs.cs.l, 0);
    assert_int_equal(rig.sregs.cs.db, 1);
}

static void assert_flat(const struct kvm_segment *segment, uint16_t selector, uint8_t type)
{
    assert_int_equal(segment->selector, selector);
    assert_int_equal(segment->base, 0);
    assert_int_equal(segment->limit, 0xffffffff);
    assert_int_equal(segment->type, type);
    assert_int_equal(segment->g, 1);
    assert_int_equal(segment->present, 1);
    assert_int_equal(segment->s, 1);
    assert_int_equal(segment->dpl, 0);
    assert_int_equal(segment->unusable, 0);
}

static void segments_are_flat_with_linuxs_selectors_and_there_is_no_idt(void **unused)
{
    static const enum boot_mode modes[] = {BOOT_MODE_LONG, BOOT_MODE_PROTECTED};

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        struct rig rig;

        rig_fill(&rig, modes[i]);
        assert_flat(&rig.sregs.cs, 0x10, 0xb);
        assert_flat(&rig.sregs.ds, 0x18, 0x3);
        assert_flat(&rig.sregs.es, 0x18, 0x3);
        assert_flat(&rig.sregs.fs, 0x18, 0x3);
        assert_flat(&rig.sregs.gs, 0x18, 0x3);
        assert_flat(&rig.sregs.ss, 0x18, 0x3);
        assert_int_equal(rig.sregs.tr.base, 0);
        assert_int_equal(rig.sregs.tr.limit, 0x67);
        assert_int_equal(rig.sregs.tr.type, 0xb);
        assert_int_equal(rig.sregs.tr.s, 0);
        assert_int_equal(rig.sregs.idt.limit, 0);
        assert_int_equal(rig.sregs.apic_base, 0xfee00900);
    }
}

static void gdt_in_memory_says_the_same_as_the_segments(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_fill(&rig, BOOT_MODE_LONG);
    assert_int_equal(rig.sregs.gdt.base, LAYOUT_GDT_GPA);
    assert_int_equal(rig.sregs.gdt.limit, 6 * 8 - 1);
    assert_int_equal(word(LAYOUT_GDT_GPA), 0);
    assert_int_equal(word(LAYOUT_GDT_GPA + 0x10), 0x00af9b000000ffff);
    assert_int_equal(word(LAYOUT_GDT_GPA + 0x18), 0x00cf93000000ffff);
    assert_int_equal(word(LAYOUT_GDT_GPA + 0x20), 0x00008b0000000067);
    assert_int_equal(word(LAYOUT_GDT_GPA + 0x28), 0);
    rig_fill(&rig, BOOT_MODE_PROTECTED);
    assert_int_equal(word(LAYOUT_GDT_GPA + 0x10), 0x00cf9b000000ffff);
}

static void the_first_4_gib_and_no_more_are_mapped_onto_themselves(void **unused)
{
    static const uint64_t addresses[] = {0,          0x7000,     0x1fffff,   0x200000,  0x3fffffff,
                                         0x40000000, 0xbfffffff, 0xfee00030, 0xffffffff};
    struct rig rig;

    (void)unused;
    rig_fill(&rig, BOOT_MODE_LONG);
    for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        assert_int_equal(translate(rig.sregs.cr3, addresses[i]), addresses[i]);
    for (unsigned i = 1; i < 512; i++)
        assert_int_equal(word(rig.sregs.cr3 + 8 * i), 0);
    for (unsigned i = 4; i < 512; i++)
        assert_int_equal(word(rig.sregs.cr3 + 4096 + 8 * i), 0);
}

static void nothing_is_written_outside_of_gdt_and_page_tables(void **unused)
{
    struct rig rig;
    unsigned gdt_end;

    (void)unused;
    rig_fill(&rig, BOOT_MODE_LONG);
    gdt_end = LAYOUT_GDT_GPA + rig.sregs.gdt.limit + 1;
    for (unsigned i = 0; i < MEMORY_BYTES; i++) {
        bool in_gdt = i >= LAYOUT_GDT_GPA && i < gdt_end;
        bool in_tables =
            i >= LAYOUT_PAGE_TABLES_GPA && i < LAYOUT_PAGE_TABLES_GPA + LAYOUT_PAGE_TABLES_BYTES;

        if (!in_gdt && !in_tables)
            assert_int_equal(memory[i], 0xcc);
    }
}

static void memory_that_is_too_small_for_the_tables_is_an_error(void **unused)
{
    const struct boot_entry entry = {.mode = BOOT_MODE_LONG};
    struct rig rig;

    (void)unused;
    rig_fill(&rig, BOOT_MODE_LONG);
    rig.mem.regions[0].size_bytes = LAYOUT_PAGE_TABLES_GPA + LAYOUT_PAGE_TABLES_BYTES - 1;
    assert_int_equal(cpu_state_fill(&entry, &rig.mem, &rig.regs, &rig.sregs), -ENOSPC);
    rig.mem.regions[0].size_bytes = LAYOUT_GDT_GPA;
    assert_int_equal(cpu_state_fill(&entry, &rig.mem, &rig.regs, &rig.sregs), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(general_registers_are_the_entrys_with_interrupts_off),
        cmocka_unit_test(long_mode_has_paging_pae_and_64_bit_code),
        cmocka_unit_test(protected_mode_has_no_paging_and_32_bit_code),
        cmocka_unit_test(segments_are_flat_with_linuxs_selectors_and_there_is_no_idt),
        cmocka_unit_test(gdt_in_memory_says_the_same_as_the_segments),
        cmocka_unit_test(the_first_4_gib_and_no_more_are_mapped_onto_themselves),
        cmocka_unit_test(nothing_is_written_outside_of_gdt_and_page_tables),
        cmocka_unit_test(memory_that_is_too_small_for_the_tables_is_an_error),
    };

    return cmocka_run_group_tests_name("cpu_state", tests, NULL, NULL);
}
