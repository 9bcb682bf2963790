/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the timers of an HPET interrupt: by which line, held or pulsed, or by message. hpet.h says
 * when; this is for hpet.c.
 */
#ifndef DEVICES_PC_HPET_IRQ_H
#define DEVICES_PC_HPET_IRQ_H

#include <stdbool.h>

#include "devices/irq_line.h"
#include "devices/pc/hpet_state.h"

/* ENABLE: the counter runs and interrupts are possible. */
bool hpet_is_enabled(const struct hpet *hpet);

/* Both bits: with ENABLE clear the PIT and the RTC have their lines (LEG_RT_CNF). */
bool hpet_legacy_active(const struct hpet *hpet);

/* Sets each line as the timers in level mode hold it. */
void hpet_drive_lines(struct hpet *hpet);

/* Whether a match of timer n would interrupt the guest. */
bool hpet_reaches_guest(const struct hpet *hpet, unsigned n);

/* Whether timer n, in edge mode, interrupts by this line. */
bool hpet_sends_edges_by(const struct hpet *hpet, unsigned n, const struct irq_line *line);

/* One interrupt of timer n, which is in edge mode and reaches the guest; of messages nobody tells
 * what became of them. */
enum irq_arrival hpet_interrupt_by_edge(struct hpet *hpet, unsigned n);

#endif
