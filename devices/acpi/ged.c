/* SPDX-License-Identifier: BSD-2-Clause */
/* See ged.h. */
#include "devices/acpi/ged.h"

void ged_notify(struct irq_line *line)
{
    irq_line_set(line, true);
    irq_line_set(line, false);
}
