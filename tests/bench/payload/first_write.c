/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest whose first instructions write a byte to COM1; then it waits for ever, to be measured. */
#include <stdint.h>

#define COM1_THR 0x3f8

void payload_main(void);

void payload_main(void)
{
    __asm__ volatile("outb %0, %1" : : "a"((uint8_t)'!'), "Nd"((uint16_t)COM1_THR));
}
