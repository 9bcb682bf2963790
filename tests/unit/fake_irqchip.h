/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt controllers for unit tests: those that fake_kvm.h makes. They keep the levels of lines,
 * and record in fake_kvm_calls what they are told.
 */
#ifndef TESTS_UNIT_FAKE_IRQCHIP_H
#define TESTS_UNIT_FAKE_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/kvm/irqchip.h"

#define FAKE_IRQCHIP_GSIS 24

struct fake_irqchip {
    bool levels[FAKE_IRQCHIP_GSIS];
    /* What becomes of a rise. */
    enum irq_arrival arrival;
    /* Where the EOIs of a line are counted; -1: nowhere. */
    int eoi_fds[FAKE_IRQCHIP_GSIS];
    /* What is saved and loaded. */
    struct irqchip_state state;
};

extern struct fake_irqchip fake_irqchip;

/* All lines low, and nobody listens. A part of fake_kvm_reset. */
void fake_irqchip_reset(void);

/* The guest makes so many EOIs of a line that is listened to. */
void fake_irqchip_eoi(unsigned gsi, uint64_t eois);

#endif
