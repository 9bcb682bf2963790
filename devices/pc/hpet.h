/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HPET: a 64-bit counter at 100 MHz and comparators that interrupt when it reaches them.
 *
 * Source: IA-PC HPET specification 1.0a, chapter 2. Registers of 64 bits, at their offsets:
 *   000h CAP_ID       read only: revision, number of timers, vendor, period in femtoseconds
 *   010h CONFIG       0 ENABLE: the counter runs, interrupts are possible; 1 LEG_RT
 *   020h INT_STATUS   bit n: timer n, level mode only; write 1 clears
 *   0f0h COUNTER      written only while halted
 *   100h + 20h * n    timer n: CONFIG; +8 COMPARATOR; +10h FSB_ROUTE: 31..0 data, 63..32 address
 * All are read and written whole or in 32-bit halves; accesses of other sizes or not aligned to
 * their size are not decoded. The registers of timers 24 to 31 lie past the 1 KiB that the
 * specification gives a block; they are there.
 *
 * What happens:
 * - A timer matches when the counter, counting, arrives at its comparator. A comparator that is
 *   written at or behind the counter waits until the counter has wrapped (2^64, or 2^32 ticks in
 *   32-bit mode), so software that sets a near deadline reads the counter again afterwards.
 * - In periodic mode the comparator then grows by the value last written to it (the period).
 * VAL_SET lets the next write set the comparator as well; without it a write sets only the period.
 * - A match sets INT_STATUS in level mode, and the line is high while that bit, the timer's INT_ENB
 *   and ENABLE are set; in edge mode, with INT_ENB and ENABLE, it pulses the line.
 * - With ENABLE and LEG_RT, timer 0 drives IRQ 0 and timer 1 IRQ 8, in place of PIT and RTC, and
 *   their routes are ignored. Other routes are GSI 20 to 23; a write of another number leaves the
 *   route as it was, and out of reset a timer is routed nowhere.
 * - With FSB_EN a timer writes the data of its FSB_ROUTE to the address there instead of pulsing a
 *   line, in legacy replacement as well: that "does not preclude delivery of IRQ0/IRQ8 using
 *   direct FSB interrupt messages" (Intel 6 series data sheet, 5.17.2). For messages a timer "must
 *   be configured to edge-triggered mode" (the same): in level mode a match sets INT_STATUS and
 *   that is all. An address outside FEExxxxxh has no local APIC; nothing is written there.
 * - Of the matches in edge mode that a late host has missed, a timer delivers one, as an interrupt
 *   controller would, which holds one; state.ticks says what becomes of the others (tick_policy.h),
 *   and of those that a line says were merged with one that the guest had not taken. No register
 *   tells that the guest has taken an edge; hpet_line_noticed does.
 * - In level mode a match is lost that comes while INT_STATUS is set. The write that clears it is
 *   the acknowledgement; an owed tick sets it again, in a burst at once, in a slew half of a period
 *   later, unless a match comes first.
 * A timer owes nothing any more when the guest writes its CONFIG or COMPARATOR, or the CONFIG of
 * the block. No register depends on how late the host is.
 *
 * Every timer is 64 bits wide and can be periodic.
 */
#ifndef DEVICES_PC_HPET_H
#define DEVICES_PC_HPET_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/irq_line.h"
#include "devices/pc/hpet_counter.h"
#include "devices/pc/hpet_state.h"
#include "devices/tick_policy.h"

#define HPET_LENGTH_BYTES 0x500

#define HPET_REVISION     0x01u
#define HPET_CAP_COUNT_64 (1u << 13)
#define HPET_CAP_LEG_RT   (1u << 15)
/* The low half of CAP_ID, which is the event timer block id of the ACPI table. */
#define HPET_CAP_ID_LOW(timer_count)                                                               \
    (0x80860000u | HPET_CAP_LEG_RT | HPET_CAP_COUNT_64 | ((timer_count)-1u) << 8 | HPET_REVISION)

#define HPET_REG_CAP_ID     0x000
#define HPET_REG_CONFIG     0x010
#define HPET_REG_INT_STATUS 0x020
/* Registers of timer n. */
#define HPET_REG_TIMER_CONFIG(n)     (0x100u + 0x20u * (n))
#define HPET_REG_TIMER_COMPARATOR(n) (0x108u + 0x20u * (n))
#define HPET_REG_TIMER_FSB(n)        (0x110u + 0x20u * (n))

/*
 * An HPET in its reset state: halted at 0. wiring->timer_count is 3 to 32. Loading a state does not
 * call wiring->legacy: whether PIT and RTC have their lines is in their own states.
 */
void hpet_init(struct hpet *hpet, const struct hpet_wiring *wiring, uint64_t now_ns);

/* What becomes of missed matches; out of init, they are dropped. For an HPET that has not run. */
void hpet_set_lost_ticks(struct hpet *hpet, enum lost_ticks kind);

/*
 * The guest has made so many EOIs of one of the lines of the wiring. Without such notices, and for
 * messages, guest time paces what is owed in edge mode.
 */
void hpet_line_noticed(struct hpet *hpet, uint64_t now_ns, const struct irq_line *line,
                       uint64_t eois);

/* Of the matches missed until now_ns none is owed any more: they are dropped. */
void hpet_forget_ticks(struct hpet *hpet, uint64_t now_ns);

/* The main counter, which is this function of guest time until the next write or reset. */
struct hpet_counter hpet_counter(const struct hpet *hpet);

/* Matches of all timers that were not delivered. */
struct tick_counts hpet_lost_ticks(const struct hpet *hpet);

#endif
