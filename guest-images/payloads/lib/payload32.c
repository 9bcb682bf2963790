/* SPDX-License-Identifier: BSD-2-Clause */
/* See payload32.h. */
#include "guest-images/payloads/lib/payload32.h"

#include "guest-images/payloads/lib/check.h"

#define CR0_PE            1u
#define CR0_PG            (1u << 31)
#define EFLAGS_VM_IF      0x20200
#define RAM               1
#define MIB               0x100000
#define LOW_HOLE          0x80000
#define LAPIC_VERSION_GPA 0xfee00030
/* Two addresses that are one where A20 is off. */
#define A20_LOW_GPA  0x50000
#define A20_HIGH_GPA 0x150000

/* Something far above that a read through each segment must give: else it faults, for good. */
static void check_segments(void)
{
    uint32_t expected = *(volatile uint32_t *)LAPIC_VERSION_GPA;
    uint32_t by_cs, by_es, by_ss;

    __asm__ volatile("movl %%cs:(%1), %0" : "=r"(by_cs) : "r"(LAPIC_VERSION_GPA));
    __asm__ volatile("movl %%es:(%1), %0" : "=r"(by_es) : "r"(LAPIC_VERSION_GPA));
    __asm__ volatile("movl %%ss:(%1), %0" : "=r"(by_ss) : "r"(LAPIC_VERSION_GPA));
    check("DS reaches the local APIC", expected != UINT32_MAX && expected != 0);
    check_equal("CS reaches as far as DS", by_cs, expected);
    check_equal("ES, too", by_es, expected);
    check_equal("and SS", by_ss, expected);
}

void check_protected_mode(void)
{
    volatile uint32_t *low = (volatile uint32_t *)A20_LOW_GPA;
    volatile uint32_t *high = (volatile uint32_t *)A20_HIGH_GPA;
    uint32_t cr0, eflags;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("pushfl; popl %0" : "=r"(eflags));
    check_equal("protected mode is on, paging is off", cr0 & (CR0_PE | CR0_PG), CR0_PE);
    check_equal("interrupts are off", eflags & EFLAGS_VM_IF, 0);
    check_segments();
    *low = 0x11111111;
    *high = 0x22222222;
    check_equal("A20 is on", *low, 0x11111111);
}

void check_memory_map(const struct memory_range *ranges, unsigned count, uint32_t memory_mib)
{
    uint64_t ram = 0;
    bool ascends = true;

    for (unsigned i = 0; i < count; i++) {
        ram += ranges[i].type == RAM ? ranges[i].size : 0;
        ascends = ascends && (i == 0 || ranges[i].addr >= ranges[i - 1].addr + ranges[i - 1].size);
    }
    check("the memory map ascends without overlaps", ascends);
    check_range("it holds all RAM but the hole below 1 MiB", ram,
                (uint64_t)memory_mib * MIB - LOW_HOLE, (uint64_t)memory_mib * MIB);
}
