/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The three interrupts of an RTC: update-ended, alarm and periodic.
 *
 * Source: MC146818A data sheet, "Interrupts" and "Update cycle". Each has a flag in register C,
 * which update cycles and periodic edges set, and an enable bit at the same place in register B.
 * IRQ 8 is high while a flag and its enable bit are set.
 *
 * All functions work on a state alone. Those that take no now_ns, and rtc_irq_next_ns, expect a
 * settled state: one that rtc_irq_settle has brought up to the present guest time.
 */
#ifndef DEVICES_PC_RTC_IRQ_H
#define DEVICES_PC_RTC_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/rtc_state.h"

/* The enable bits in B; the flags in C are the same bits. */
#define RTC_IRQ_BITS (RTC_B_PIE | RTC_B_AIE | RTC_B_UIE)

/*
 * Brings the registers up to guest time now_ns. The update cycles that have ended since the last
 * call move the time on and set UF, and AF if the alarm came. The periodic edges since then set PF.
 * An edge that finds PF set is a lost tick, and an owed tick whose time has come sets PF.
 */
void rtc_irq_settle(struct rtc_state *state, uint64_t now_ns);

/*
 * Does the update cycles after state->updates_done up to number `ended`, which is not smaller. With
 * SET they are counted, and change nothing else.
 */
void rtc_irq_end_updates(struct rtc_state *state, uint64_t ended);

/* Whether the guest wants periodic interrupts on IRQ 8, so that a period without one is lost. */
bool rtc_irq_counts_ticks(const struct rtc_state *state);

/* The guest has read C with PF set: an owed tick may follow. */
void rtc_irq_acknowledged(struct rtc_state *state, uint64_t now_ns);

/* Whether a flag and its enable bit are set. */
bool rtc_irq_is_high(const struct rtc_state *state);

/* The part of the alarm in it: AF and AIE are set. */
bool rtc_irq_alarm_is_high(const struct rtc_state *state);

/* Guest time at which the part of the alarm rises, or TIME_NEVER_NS: it is high, or none is set. */
uint64_t rtc_irq_alarm_ns(const struct rtc_state *state);

/*
 * Guest time at which the next enabled flag that is clear will be set, or TIME_NEVER_NS. For a
 * state whose IRQ is low.
 */
uint64_t rtc_irq_next_ns(const struct rtc_state *state);

#endif
