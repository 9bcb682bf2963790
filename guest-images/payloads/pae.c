/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PAE paging, turned on, off and on again with the same tables, and loaded anew by CR3 and CR4 and
 * with NX, as a Linux for 32 bits does while it starts. Sources: Intel SDM volume 3A, section 4.4.1
 * (a MOV to CR0, CR3 or CR4 loads the four PDPTEs; a reserved bit in one, such as bit 5, faults);
 * AMD APM volume 2, section 5.2.3 (the same bits must be 0). There is no IDT, so a fault ends in a
 * triple fault.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload32.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define CPUID_PAE       (1u << 6)
#define CPUID_PGE       (1u << 13)
#define CPUID_NX        (1u << 20)
#define CR0_PG          (1u << 31)
#define CR4_PAE         (1u << 5)
#define CR4_PGE         (1u << 7)
#define MSR_EFER        0xc0000080
#define EFER_NXE        (1u << 11)
#define PRESENT         1u
#define RW_ACCESSED     0x22u
#define LARGE           0x80u
#define NO_EXECUTE      (UINT64_C(1) << 63)
#define LARGE_BYTES     0x200000u
#define PTES            512
/* Where a Linux for 32 bits has its memory, too. */
#define ALIAS 0xc0000000u

const uint32_t multiboot_header[3]
    __attribute__((section(".entry.header"), aligned(4))) = {MULTIBOOT_MAGIC, 0, -MULTIBOOT_MAGIC};

static uint64_t directory[PTES] __attribute__((aligned(4096)));
static uint64_t alias_directory[PTES] __attribute__((aligned(4096)));
static volatile uint64_t pdptes[4] __attribute__((aligned(32)));
static volatile uint32_t word;

static uint32_t cr0_read(void)
{
    uint32_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static void cr0_write(uint32_t value)
{
    __asm__ volatile("mov %0, %%cr0; jmp 1f; 1:" : : "r"(value) : "memory");
}

static uint32_t cr4_read(void)
{
    uint32_t value;

    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static void cr4_write(uint32_t value)
{
    __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static void cr3_write(const volatile void *tables)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(tables) : "memory");
}

/* The first GiB where it is, and once more at ALIAS. */
static void make_tables(void)
{
    for (uint32_t i = 0; i < PTES; i++)
        directory[i] = alias_directory[i] =
            (uint64_t)i * LARGE_BYTES | LARGE | RW_ACCESSED | PRESENT;
    pdptes[0] = (uint32_t)directory | PRESENT;
    pdptes[ALIAS >> 30] = (uint32_t)alias_directory | PRESENT;
}

/* What is written at the alias is in memory, and nothing is written to the PDPTEs. */
static void check_walks(const char *when, uint32_t value)
{
    print("# ");
    print(when);
    print("\n");
    *(volatile uint32_t *)((uint32_t)&word + ALIAS) = value;
    check_equal("a write at 3 GiB is in memory", word, value);
    check_equal("the first PDPTE is as it was", pdptes[0], (uint32_t)directory | PRESENT);
    check_equal("and the last one", pdptes[ALIAS >> 30], (uint32_t)alias_directory | PRESENT);
}

static void turn_on_twice(void)
{
    cr4_write(cr4_read() | CR4_PAE);
    cr3_write(pdptes);
    cr0_write(cr0_read() | CR0_PG);
    check_walks("paging is on", 1);
    cr0_write(cr0_read() & ~CR0_PG);
    check_equal("paging is off", cr0_read() & CR0_PG, 0);
    cr0_write(cr0_read() | CR0_PG);
    check_walks("paging is on again", 2);
}

/* Each of these loads the PDPTEs again. */
static void load_again(void)
{
    cr3_write(pdptes);
    check_walks("CR3 is written", 3);
    if ((cpuid_read(1).edx & CPUID_PGE) != 0) {
        cr4_write(cr4_read() | CR4_PGE);
        check_walks("CR4 is written", 4);
    }
}

/* Bit 63 of an entry is no reserved bit any more. */
static void forbid_execution(void)
{
    if ((cpuid_read(0x80000001).edx & CPUID_NX) == 0) {
        check_skip("the alias without execution", "CPUID has no NX");
        return;
    }
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NXE);
    for (uint32_t i = 0; i < PTES; i++)
        alias_directory[i] |= NO_EXECUTE;
    cr3_write(pdptes);
    check_walks("the alias is not for execution", 5);
}

void payload_main(uint32_t eax, uint32_t ebx)
{
    (void)eax;
    (void)ebx;
    check("CPUID has PAE", (cpuid_read(1).edx & CPUID_PAE) != 0);
    make_tables();
    turn_on_twice();
    load_again();
    forbid_execution();
    check_done();
}
