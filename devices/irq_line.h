/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interrupt line: a level that a device drives. A pulse is set, then clear.
 *
 * An interrupt controller holds one pending edge of a line. If the line rises again before the
 * guest has taken that edge, the two are merged, and the guest gets one interrupt for both. Where
 * the controller says so, irq_line_set returns it. Where it tells of the guest's EOI, that comes
 * later: the owner of the line calls a function of the device (pit_irq0_noticed,
 * hpet_line_noticed).
 *
 * The line remembers its level only so that an unchanged level costs no system call. The truth is
 * in the device's state: after a snapshot is loaded the device drives its lines again.
 *
 * All fields are protected by the machine's lock.
 */
#ifndef DEVICES_IRQ_LINE_H
#define DEVICES_IRQ_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* What has become of a change of level. */
enum irq_arrival {
    /* A rise that was merged with an edge which the guest has not taken. */
    IRQ_MERGED,
    /* Everything else: the interrupt is on its way, or nobody tells what became of it. */
    IRQ_ARRIVED,
    /* A rise at a masked input: no interrupt, as the guest wants it. */
    IRQ_MASKED,
};

struct irq_line {
    /* Called at each change of level, with ctx; NULL for a line that is not connected. */
    enum irq_arrival (*drive)(void *ctx, unsigned gsi, bool level);
    void *ctx;
    /* Global system interrupt number, as the ACPI MADT counts them. */
    unsigned gsi;
    bool level;
};

/* Sets the level. Returns what drive says, or IRQ_ARRIVED if the level is as it was. */
static inline enum irq_arrival irq_line_set(struct irq_line *line, bool level)
{
    if (line->level == level)
        return IRQ_ARRIVED;
    line->level = level;
    return line->drive == NULL ? IRQ_ARRIVED : line->drive(line->ctx, line->gsi, level);
}

#endif
