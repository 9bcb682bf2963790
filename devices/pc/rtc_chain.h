/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The divider chain of the RTC, as arithmetic on its age: when updates and periodic edges come.
 *
 * Source: MC146818A data sheet, "Update cycle" and "Periodic interrupt selection". UIP rises when
 * the age is a whole second, and falls RTC_UIP_NS later, when the update has ended. Periodic edges
 * come once in every period, one of them half of a period before UIP rises.
 *
 * Updates and periodic edges are numbered from 1 in the order of the age at which they come.
 */
#ifndef DEVICES_PC_RTC_CHAIN_H
#define DEVICES_PC_RTC_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/rtc_state.h"

#define RTC_UIP_NS (RTC_BEFORE_UPDATE_NS + RTC_UPDATE_NS)

/* Whether the chain runs, by the DV bits of register A. */
bool rtc_chain_runs(const struct rtc_state *state);

/* Whether updates move the time on: the chain runs and SET is clear. */
bool rtc_chain_updates_run(const struct rtc_state *state);

/*
 * The age at guest time now_ns, and the guest time at which an age is reached. For a chain that
 * runs from chain_base_ns on.
 */
uint64_t rtc_chain_age_ns(const struct rtc_state *state, uint64_t now_ns);
uint64_t rtc_chain_deadline_ns(const struct rtc_state *state, uint64_t age_ns);

/* How many updates have begun (UIP has risen), and have ended (it has fallen), up to an age. */
uint64_t rtc_chain_updates_begun(uint64_t age_ns);
uint64_t rtc_chain_updates_ended(uint64_t age_ns);

/* The age at which update number `count` ends. */
uint64_t rtc_chain_update_end_age_ns(uint64_t count);

/* Ticks of the crystal in a period of the rate that register A selects; 0: no periodic edges. */
uint64_t rtc_chain_period_ticks(const struct rtc_state *state);

/*
 * How many periodic edges have come up to an age, and the age at which edge number `count` comes.
 * For the second, a rate is selected.
 */
uint64_t rtc_chain_periods(const struct rtc_state *state, uint64_t age_ns);
uint64_t rtc_chain_period_age_ns(const struct rtc_state *state, uint64_t count);

/* Whether the chain of a loaded state can be like this at now_ns, also after a step back. */
bool rtc_chain_is_valid(const struct rtc_state *state, uint64_t now_ns);

#endif
