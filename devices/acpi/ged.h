/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generic Event Device: by its interrupt the guest looks at the pages that ACPI devices share with
 * it (boot/acpi_map.h).
 *
 * Source: ACPI specification 6.3, section 5.6.9. The device is all in boot/ged.asl: when the
 * interrupt comes, the guest runs the method _EVT, which notifies each of these devices. Nothing
 * says which of them has changed, so each driver compares what it has with its page. The interrupt
 * is an edge, so there is no state to save: a page is written first, and its edge comes after.
 */
#ifndef DEVICES_ACPI_GED_H
#define DEVICES_ACPI_GED_H

#include "devices/irq_line.h"

/*
 * One interrupt, after a page has been written. Notices that the guest has not taken yet merge into
 * one. Under the machine's lock, on any thread.
 */
void ged_notify(struct irq_line *line);

#endif
