/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the timers of an HPET interrupt: on which line, held or pulsed, or by message. hpet.h says
 * when they do. For hpet.c; under the machine's lock. `n` is below wiring.timer_count.
 */
#ifndef DEVICES_PC_HPET_IRQ_H
#define DEVICES_PC_HPET_IRQ_H

#include <stdbool.h>

#include "devices/irq_line.h"
#include "devices/pc/hpet_state.h"

/* Whether ENABLE is set: the counter runs, and interrupts are possible. */
bool hpet_is_enabled(const struct hpet *hpet);

/*
 * Whether legacy replacement is active: ENABLE and LEG_RT are set. With ENABLE clear PIT and RTC
 * have their lines (specification 2.3.5, LEG_RT_CNF).
 */
bool hpet_legacy_active(const struct hpet *hpet);

/* Sets every line of the wiring: high if a timer in level mode holds it, else low. */
void hpet_drive_lines(struct hpet *hpet);

/* Whether a match of timer n would interrupt: it is enabled, and has a line or sends messages. */
bool hpet_reaches_guest(const struct hpet *hpet, unsigned n);

/* Whether timer n is enabled, in edge mode, and has this line. */
bool hpet_sends_edges_by(const struct hpet *hpet, unsigned n, const struct irq_line *line);

/*
 * Sends one interrupt of timer n, which is in edge mode and for which hpet_reaches_guest is true.
 * Returns what became of the edge; of a message nobody tells, so that it is IRQ_ARRIVED.
 */
enum irq_arrival hpet_interrupt_by_edge(struct hpet *hpet, unsigned n);

#endif
