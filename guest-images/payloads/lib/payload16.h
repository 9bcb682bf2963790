/* SPDX-License-Identifier: BSD-2-Clause */
/* What a real-mode payload is: C for 16 bits, in the lowest 64 KiB, with two interrupt handlers. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_PAYLOAD16_H
#define GUEST_IMAGES_PAYLOADS_LIB_PAYLOAD16_H

/* All by the payload. It ends by check_done. */
void payload_main(void);
void on_interrupt_a(void);
void on_interrupt_b(void);

/* What the vector table is to point to, to have them called. */
extern const char interrupt_entry_a[], interrupt_entry_b[];

#endif
