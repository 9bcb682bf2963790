/* SPDX-License-Identifier: BSD-2-Clause */
/* See pic.h. Source: Intel 8259A data sheet. */
#include "guest-images/payloads/lib/pic.h"

#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"

#define MASTER        0x20
#define SLAVE         0xa0
#define ICW1_EDGE     0x11
#define ICW4_8086     0x01
#define CASCADE_INPUT 2
#define EOI           0x20
#define LINES         8

static uint16_t chip_of(unsigned irq)
{
    return irq < LINES ? MASTER : SLAVE;
}

static void init_chip(uint16_t chip, uint8_t vector, uint8_t cascade)
{
    out8(chip, ICW1_EDGE);
    out8(chip + 1, vector);
    out8(chip + 1, cascade);
    out8(chip + 1, ICW4_8086);
    out8(chip + 1, 0xff);
}

void pic_init(void)
{
    init_chip(MASTER, PIC_FIRST_VECTOR, 1 << CASCADE_INPUT);
    init_chip(SLAVE, PIC_FIRST_VECTOR + LINES, CASCADE_INPUT);
    out8(MASTER + 1, (uint8_t) ~(1 << CASCADE_INPUT));
}

void pic_enable(unsigned irq, void (*handler)(void))
{
    uint16_t mask = chip_of(irq) + 1;

    vector_set(PIC_FIRST_VECTOR + irq, handler);
    out8(mask, in8(mask) & (uint8_t) ~(1u << irq % LINES));
}

void pic_disable(unsigned irq)
{
    uint16_t mask = chip_of(irq) + 1;

    out8(mask, in8(mask) | (uint8_t)(1u << irq % LINES));
}

void pic_acknowledge(unsigned irq)
{
    if (irq >= LINES)
        out8(SLAVE, EOI);
    out8(MASTER, EOI);
}
