/*
 * An interrupt line: a level that a device drives. A pulse is set, then clear.
 *
 * The line remembers its level only to keep an unchanged level from costing a system call; the
 * truth is in the device's state, and after a snapshot is loaded the device drives its lines again.
 */
#ifndef DEVICES_IRQ_LINE_H
#define DEVICES_IRQ_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct irq_line {
    /* Where a change of level goes; NULL for a line that is not connected. */
    void (*drive)(void *ctx, unsigned gsi, bool level);
    void *ctx;
    /* Global system interrupt number, as the ACPI MADT counts them. */
    unsigned gsi;
    bool level;
};

static inline void irq_line_set(struct irq_line *line, bool level)
{
    if (line->level == level)
        return;
    line->level = level;
    if (line->drive != NULL)
        line->drive(line->ctx, line->gsi, level);
}

#endif
