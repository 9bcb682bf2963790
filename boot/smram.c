/* SPDX-License-Identifier: BSD-2-Clause */
/* See smram.h. */
#include "boot/smram.h"

#include <assert.h>
#include <string.h>

#define RESET_BASE  0x30000
#define ENTRY       0x8000
#define SAVED       0xfe00
#define SAVED_BYTES 0x200
#define PAGE_BYTES  UINT64_C(4096)

/* From the SMBASE of one CPU to the next: no entry is where another CPU saves its state. */
#define SPACING 0x400
static_assert((SAVED - ENTRY) % SPACING >= 2 && (SAVED - ENTRY) % SPACING + SAVED_BYTES <= SPACING,
              "an entry is 2 bytes, at a multiple of the spacing");
static_assert(RESET_BASE + ENTRY == SMRAM_GPA, "the first entry is the beginning");

uint32_t smram_base(unsigned cpu)
{
    return RESET_BASE + cpu * SPACING;
}

uint64_t smram_size_bytes(unsigned cpu_count)
{
    uint64_t end_gpa = smram_base(cpu_count - 1) + SAVED + SAVED_BYTES;

    return (end_gpa - SMRAM_GPA + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

void smram_fill(uint8_t *memory, unsigned cpu_count)
{
    static const uint8_t rsm[] = {0x0f, 0xaa};

    for (unsigned cpu = 0; cpu < cpu_count; cpu++)
        memcpy(memory + smram_base(cpu) + ENTRY - SMRAM_GPA, rsm, sizeof rsm);
}
