/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vectors_load and vector_set of payload64.h for a 32-bit guest with one interrupt. Exceptions have
 * no handler: one ends the guest by a triple fault.
 */
#include "guest-images/payloads/lib/payload64.h"

#define INTERRUPT_GATE 0x8e
#define CODE_SELECTOR  0x08

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t zero;
    uint8_t type;
    uint16_t offset_high;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint32_t base;
};

extern const uint8_t interrupt_entry[];
/* What interrupt_entry calls. */
void (*interrupt_handler)(void);
void segments_load(void);

static struct gate gates[VECTOR_COUNT];

void vectors_load(void)
{
    struct table_pointer pointer = {sizeof gates - 1, (uintptr_t)gates};

    segments_load();
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

void vector_set(unsigned vector, void (*handler)(void))
{
    uintptr_t entry = (uintptr_t)interrupt_entry;

    interrupt_handler = handler;
    gates[vector].offset_low = (uint16_t)entry;
    gates[vector].selector = CODE_SELECTOR;
    gates[vector].type = INTERRUPT_GATE;
    gates[vector].offset_high = (uint16_t)(entry >> 16);
}
