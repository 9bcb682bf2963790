/* SPDX-License-Identifier: BSD-2-Clause */
/* The two 8259A interrupt controllers of a PC: ISA interrupt n becomes vector 20h + n. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_PIC_H
#define GUEST_IMAGES_PAYLOADS_LIB_PIC_H

#define PIC_FIRST_VECTOR 0x20

/* Sets both up, with every interrupt masked. */
void pic_init(void);

/* Calls handler at each interrupt of this number; the handler acknowledges by pic_acknowledge. */
void pic_enable(unsigned irq, void (*handler)(void));

void pic_disable(unsigned irq);

void pic_acknowledge(unsigned irq);

#endif
