/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interrupt line: a level that a device drives. A pulse is set, then clear.
 *
 * An interrupt controller holds one edge of a line. A rise while the guest has not taken the one
 * before is merged with it, and the guest gets one interrupt for both. Where the controller tells,
 * the device is told; and where it tells of the guest's EOI, that comes later, by a function of the
 * device's own.
 *
 * The line remembers its level only to keep an unchanged level from costing a system call; the
 * truth is in the device's state, and after a snapshot is loaded the device drives its lines again.
 */
#ifndef DEVICES_IRQ_LINE_H
#define DEVICES_IRQ_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* What has become of a change of level. */
enum irq_arrival {
    /* A rise, merged with an edge that the guest has not taken. */
    IRQ_MERGED,
    /* All else: it is on its way, or nobody tells. */
    IRQ_ARRIVED,
    /* A rise at inputs that are masked: nobody gets it, as the guest wants. */
    IRQ_MASKED,
};

struct irq_line {
    /* Where a change of level goes; NULL for a line that is not connected. */
    enum irq_arrival (*drive)(void *ctx, unsigned gsi, bool level);
    void *ctx;
    /* Global system interrupt number, as the ACPI MADT counts them. */
    unsigned gsi;
    bool level;
};

/* What drive says; IRQ_ARRIVED if the level is as it was. */
static inline enum irq_arrival irq_line_set(struct irq_line *line, bool level)
{
    if (line->level == level)
        return IRQ_ARRIVED;
    line->level = level;
    return line->drive == NULL ? IRQ_ARRIVED : line->drive(line->ctx, line->gsi, level);
}

#endif
