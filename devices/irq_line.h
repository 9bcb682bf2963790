/*
 * An interrupt line: a level that a device drives. A pulse is set, then clear.
 *
 * An interrupt controller holds one edge of a line. A rise while the guest has not taken the one
 * before is merged with it, and the guest gets one interrupt for both. Where the controller tells,
 * the device is told.
 *
 * The line remembers its level only to keep an unchanged level from costing a system call; the
 * truth is in the device's state, and after a snapshot is loaded the device drives its lines again.
 */
#ifndef DEVICES_IRQ_LINE_H
#define DEVICES_IRQ_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct irq_line {
    /*
     * Where a change of level goes; NULL for a line that is not connected. False for a rise that is
     * known to have been merged with an edge that the guest has not taken; true for all else, an
     * input that is masked included.
     */
    bool (*drive)(void *ctx, unsigned gsi, bool level);
    void *ctx;
    /* Global system interrupt number, as the ACPI MADT counts them. */
    unsigned gsi;
    bool level;
};

/* What drive says; true if the level is as it was. */
static inline bool irq_line_set(struct irq_line *line, bool level)
{
    if (line->level == level)
        return true;
    line->level = level;
    return line->drive == NULL || line->drive(line->ctx, line->gsi, level);
}

#endif
