/* SPDX-License-Identifier: BSD-2-Clause */
/* See smp.h; the way up is in smp_trampoline.S. */
#include "guest-images/payloads/lib/smp.h"

#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

/* Low memory that no loader uses, at a page for the SIPI. */
#define TRAMPOLINE_GPA 0x20000

extern const uint8_t smp_trampoline[], smp_trampoline_end[];
/* Page tables of the CPU that starts the others. */
extern uint32_t smp_trampoline_cr3;

void smp_enter(uint32_t index);

uint32_t smp_put_trampoline(void)
{
    uint64_t cr3;

    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    smp_trampoline_cr3 = (uint32_t)cr3;
    memcpy((void *)TRAMPOLINE_GPA, smp_trampoline, (size_t)(smp_trampoline_end - smp_trampoline));
    return TRAMPOLINE_GPA;
}

void smp_start(void)
{
    smp_put_trampoline();
    apic_start_others(TRAMPOLINE_GPA >> 12);
}

void smp_start_each(uint32_t cpus)
{
    smp_put_trampoline();
    for (uint32_t id = 1; id < cpus; id++)
        apic_start(id, TRAMPOLINE_GPA >> 12);
}

void smp_enter(uint32_t index)
{
    if (index >= SMP_MAX_CPUS)
        return;
    vectors_load();
    apic_enable();
    smp_main(index);
}
