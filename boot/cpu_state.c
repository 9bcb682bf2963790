/* SPDX-License-Identifier: BSD-2-Clause */
/* See cpu_state.h. Sources: Intel SDM volume 3A; Linux Documentation/arch/x86/boot.rst. */
#include "boot/cpu_state.h"

#include <errno.h>
#include <string.h>

#include "boot/layout.h"

#define CR0_PE   (1u << 0)
#define CR0_ET   (1u << 4)
#define CR0_PG   (1u << 31)
#define CR4_PAE  (1u << 5)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)

#define PAGE_BYTES       UINT64_C(0x1000)
#define LARGE_PAGE_BYTES UINT64_C(0x200000)
#define PTE_PRESENT_RW   3
#define PTE_LARGE        (1u << 7)
#define PTES_PER_PAGE    512
#define MAPPED_GIB       4

#define SELECTOR_CODE 0x10
#define SELECTOR_DATA 0x18
#define SELECTOR_TSS  0x20
/* The TSS takes two entries. In 64-bit mode the second one is the upper half of its base. */
#define GDT_ENTRIES   6
#define TYPE_CODE     0xb
#define TYPE_DATA     0x3
#define TYPE_TSS_BUSY 0xb

#define RFLAGS_ALWAYS_1 2

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type)
{
    return (struct kvm_segment){
        .selector = selector,
        .limit = 0xffffffff,
        .type = type,
        .present = 1,
        .s = 1,
        .db = 1,
        .g = 1,
    };
}

/* The entry of the GDT for a segment, so that the table says the same as the CPU state. */
static uint64_t descriptor(const struct kvm_segment *segment)
{
    uint64_t access = (uint64_t)(segment->type | segment->s << 4 | segment->present << 7);
    uint64_t flags = (uint64_t)(segment->l << 1 | segment->db << 2 | segment->g << 3);
    uint64_t limit = segment->g ? segment->limit >> 12 : segment->limit;

    return (limit & 0xffff) | access << 40 | (limit >> 16 & 0xf) << 48 | flags << 52;
}

static void fill_segments(enum boot_mode mode, struct kvm_sregs *sregs)
{
    struct kvm_segment code = flat_segment(SELECTOR_CODE, TYPE_CODE);
    struct kvm_segment data = flat_segment(SELECTOR_DATA, TYPE_DATA);

    if (mode == BOOT_MODE_LONG) {
        code.l = 1;
        code.db = 0;
    }
    sregs->cs = code;
    sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
    sregs->tr = (struct kvm_segment){
        .selector = SELECTOR_TSS,
        .limit = 0x67,
        .type = TYPE_TSS_BUSY,
        .present = 1,
    };
    sregs->gdt = (struct kvm_dtable){.base = LAYOUT_GDT_GPA, .limit = GDT_ENTRIES * 8 - 1};
    sregs->idt = (struct kvm_dtable){0};
}

static int write_gdt(const struct guest_mem *mem, const struct kvm_sregs *sregs)
{
    uint64_t *gdt = guest_mem_at(mem, LAYOUT_GDT_GPA, GDT_ENTRIES * sizeof *gdt);

    if (gdt == NULL)
        return -ENOSPC;
    memset(gdt, 0, GDT_ENTRIES * sizeof *gdt);
    gdt[SELECTOR_CODE / 8] = descriptor(&sregs->cs);
    gdt[SELECTOR_DATA / 8] = descriptor(&sregs->ds);
    gdt[SELECTOR_TSS / 8] = descriptor(&sregs->tr);
    return 0;
}

/* PML4, PDPT and one directory of 2 MiB pages for each GiB, one after the other. */
static int write_page_tables(const struct guest_mem *mem)
{
    uint64_t *tables = guest_mem_at(mem, LAYOUT_PAGE_TABLES_GPA, LAYOUT_PAGE_TABLES_BYTES);
    uint64_t *pdpt, *directories;

    if (tables == NULL)
        return -ENOSPC;
    memset(tables, 0, LAYOUT_PAGE_TABLES_BYTES);
    pdpt = tables + PTES_PER_PAGE;
    directories = pdpt + PTES_PER_PAGE;
    tables[0] = (LAYOUT_PAGE_TABLES_GPA + PAGE_BYTES) | PTE_PRESENT_RW;
    for (unsigned i = 0; i < MAPPED_GIB; i++)
        pdpt[i] = (LAYOUT_PAGE_TABLES_GPA + (2 + i) * PAGE_BYTES) | PTE_PRESENT_RW;
    for (unsigned i = 0; i < MAPPED_GIB * PTES_PER_PAGE; i++)
        directories[i] = i * LARGE_PAGE_BYTES | PTE_LARGE | PTE_PRESENT_RW;
    return 0;
}

static int enter_long_mode(const struct guest_mem *mem, struct kvm_sregs *sregs)
{
    sregs->cr3 = LAYOUT_PAGE_TABLES_GPA;
    sregs->cr4 = CR4_PAE;
    sregs->cr0 |= CR0_PG;
    sregs->efer = EFER_LME | EFER_LMA;
    return write_page_tables(mem);
}

int cpu_state_fill(const struct boot_entry *entry, const struct guest_mem *mem,
                   struct kvm_regs *regs, struct kvm_sregs *sregs)
{
    int result;

    *regs = (struct kvm_regs){
        .rip = entry->rip,
        .rsp = LAYOUT_STACK_GPA,
        .rax = entry->rax,
        .rbx = entry->rbx,
        .rsi = entry->rsi,
        .rflags = RFLAGS_ALWAYS_1,
    };
    fill_segments(entry->mode, sregs);
    sregs->cr0 = CR0_PE | CR0_ET;
    sregs->cr3 = sregs->cr4 = sregs->efer = 0;
    result = write_gdt(mem, sregs);
    if (result == 0 && entry->mode == BOOT_MODE_LONG)
        result = enter_long_mode(mem, sregs);
    return result;
}
