/* SPDX-License-Identifier: BSD-2-Clause */
/* What a real-mode payload is: C for 16 bits, in the lowest 64 KiB, with two interrupt handlers. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_PAYLOAD16_H
#define GUEST_IMAGES_PAYLOADS_LIB_PAYLOAD16_H

#include <stdint.h>

/* All by the payload. It ends by check_done. */
void payload_main(void);
void on_interrupt_a(void);
void on_interrupt_b(void);

/* What the vector table is to point to, to have them called. */
extern const char interrupt_entry_a[], interrupt_entry_b[];

/* A byte by segment and offset: addresses above 64 KiB are reached in no other way. */
static inline uint8_t read_far(uint16_t segment, uint16_t offset)
{
    uint8_t value;

    __asm__ volatile("movw %1, %%es\n\t"
                     "movb %%es:(%2), %0\n\t"
                     "movw %3, %%es"
                     : "=&q"(value)
                     : "r"(segment), "r"((uint32_t)offset), "r"((uint16_t)0));
    return value;
}

#endif
