/* SPDX-License-Identifier: BSD-2-Clause */
/* What a 32-bit payload is: one function, entered in protected mode without paging. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_PAYLOAD32_H
#define GUEST_IMAGES_PAYLOADS_LIB_PAYLOAD32_H

#include <stdbool.h>
#include <stdint.h>

/* With EAX and EBX as they were at the entry. It ends by check_done. */
void payload_main(uint32_t eax, uint32_t ebx);

/* The CPU as both protocols ask for it: protected mode, flat segments, A20, interrupts off. */
void check_protected_mode(void);

/* A memory map in which the protocols differ but for what it says. */
struct memory_range {
    uint64_t addr;
    uint64_t size;
    uint32_t type;
};

/* Ascending ranges without overlaps, with RAM of about memory_mib MiB. */
void check_memory_map(const struct memory_range *ranges, unsigned count, uint32_t memory_mib);

#endif
