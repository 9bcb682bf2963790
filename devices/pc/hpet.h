/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HPET: a 64-bit counter at 100 MHz, and timers that interrupt when it reaches their comparators.
 *
 * Source: IA-PC HPET specification 1.0a, chapter 2. Registers of 64 bits, at their offsets:
 *   000h CAP_ID       read only: revision, number of timers, vendor, period in femtoseconds
 *   010h CONFIG       0 ENABLE: the counter runs, interrupts are possible; 1 LEG_RT
 *   020h INT_STATUS   bit n: timer n, level mode only; write 1 clears
 *   0f0h COUNTER      written only while halted
 *   100h + 20h * n    timer n: CONFIG; +8 COMPARATOR; +10h FSB_ROUTE: 31..0 data, 63..32 address
 * An access reads or writes a whole register or a 32-bit half. Accesses of other sizes, or not
 * aligned to their size, are not decoded. The registers of timers 24 to 31 lie past the 1 KiB that
 * the specification gives a block; they are there. Every timer is 64 bits wide and can be periodic.
 *
 * Match. A timer matches when the counter, counting, arrives at its comparator. A comparator that
 * is written at or behind the counter waits until the counter has wrapped: 2^64 ticks, or 2^32 in
 * 32-bit mode. Software that sets a near deadline therefore reads the counter again afterwards.
 *
 * Periodic mode. After a match the comparator grows by the period: the value last written to its
 * register. With VAL_SET the next write sets comparator and period, without it the period alone;
 * hpet_timer.h says what that means for halves.
 *
 * Level mode. A match sets INT_STATUS. The line is high while that bit, INT_ENB of the timer and
 * ENABLE are set.
 *
 * Edge mode. A match pulses the line if INT_ENB and ENABLE are set.
 *
 * Routes. A timer can be routed to GSI 20 to 23. A write of another number leaves its route as it
 * was. Out of reset it is routed nowhere. With ENABLE and LEG_RT (legacy replacement) timer 0
 * drives IRQ 0 and timer 1 IRQ 8, in place of PIT and RTC, and their routes are ignored.
 *
 * Messages. With FSB_EN a timer in edge mode writes the data of its FSB_ROUTE to the address there,
 * instead of pulsing a line. That holds in legacy replacement too, which "does not preclude
 * delivery of IRQ0/IRQ8 using direct FSB interrupt messages" (Intel 6 series data sheet, 5.17.2). A
 * timer with messages "must be configured to edge-triggered mode" (the same): in level mode a match
 * sets INT_STATUS and nothing else. No local APIC is at an address outside FEExxxxxh, so nothing is
 * written there.
 *
 * Lost ticks in edge mode. Of the matches that a late host has missed, a timer delivers one,
 * because an interrupt controller would hold one. The others are lost ticks, and so is an edge of
 * which the line says that it was merged. state.ticks says what becomes of them (tick_policy.h). No
 * register tells that the guest has taken an edge; hpet_line_noticed does.
 *
 * Lost ticks in level mode. A match that finds INT_STATUS set is a lost tick. The write that clears
 * INT_STATUS is the acknowledgement. An owed tick sets it again: in a burst at once, in a slew half
 * of a period later, or with the next match if that is earlier.
 *
 * Owed ticks of a timer are dropped when the guest writes its CONFIG or COMPARATOR, or CONFIG of
 * the block. No register depends on how late the host is.
 *
 * Times are guest time. Every call is under the machine's lock, on any thread. Only the copy that
 * hpet_counter returns can be read without it.
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
 * An HPET in its reset state: halted at 0. wiring->timer_count is 3 to 32. Copies the wiring. A
 * load of a state does not call wiring->legacy: whether PIT and RTC have their lines is in their
 * own states.
 */
void hpet_init(struct hpet *hpet, const struct hpet_wiring *wiring, uint64_t now_ns);

/*
 * Chooses the policy for lost ticks. Without this call they are dropped. Before the HPET first
 * runs.
 */
void hpet_set_lost_ticks(struct hpet *hpet, enum lost_ticks kind);

/*
 * KVM has told of `eois` EOIs, 1 or more, of a line of the wiring. Without such notices, and for
 * messages, guest time paces what is owed in edge mode.
 */
void hpet_line_noticed(struct hpet *hpet, uint64_t now_ns, const struct irq_line *line,
                       uint64_t eois);

/* Whether such a notice is to be passed on at once, and not only before the next tick. */
bool hpet_line_waits_for_notice(const struct hpet *hpet, const struct irq_line *line);

/*
 * The counter is so many ticks further, or back, than it was at now_ns, whether it runs or not, and
 * no time has passed. A counter that runs and goes forward passes the comparators on the way, as if
 * it had counted there, but no timer more than once; one that goes back leaves them where they are.
 */
void hpet_step(struct hpet *hpet, uint64_t now_ns, int64_t ticks);

/* Drops the ticks that all timers owe at now_ns. */
void hpet_forget_ticks(struct hpet *hpet, uint64_t now_ns);

/*
 * The main counter as a function of guest time. It holds until the next write or reset, which the
 * caller has to notice.
 */
struct hpet_counter hpet_counter(const struct hpet *hpet);

/* The lost ticks of all timers: dropped, and still owed. */
struct tick_counts hpet_lost_ticks(const struct hpet *hpet);

#endif
