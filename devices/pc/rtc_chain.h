/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The divider chain of the RTC, as arithmetic on its age: when updates and periodic edges come.
 *
 * Source: MC146818A data sheet, "Update cycle" and "Periodic interrupt selection". UIP rises when
 * the age is a whole second and falls RTC_UIP_NS later, when the update is done; a periodic edge
 * comes half of its period before UIP rises and in every period.
 */
#ifndef DEVICES_PC_RTC_CHAIN_H
#define DEVICES_PC_RTC_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/rtc_state.h"

#define RTC_UIP_NS (RTC_BEFORE_UPDATE_NS + RTC_UPDATE_NS)

/* DV lets it run. */
bool rtc_chain_runs(const struct rtc_state *state);

/* The chain runs and SET is clear: each update moves the time on. */
bool rtc_chain_updates_run(const struct rtc_state *state);

/* Age of a chain that runs, and the guest time of an age. */
uint64_t rtc_chain_age_ns(const struct rtc_state *state, uint64_t now_ns);
uint64_t rtc_chain_deadline_ns(const struct rtc_state *state, uint64_t age_ns);

/* Times that UIP has risen, and that it has fallen, when nothing stops it. */
uint64_t rtc_chain_updates_begun(uint64_t age_ns);
uint64_t rtc_chain_updates_ended(uint64_t age_ns);

/* The age at which the count of updates that have ended becomes count. */
uint64_t rtc_chain_update_end_age_ns(uint64_t count);

/* Ticks of the crystal in a period of the selected rate; 0 for none. */
uint64_t rtc_chain_period_ticks(const struct rtc_state *state);

/* Periodic edges up to an age, and the age at which their count becomes count. */
uint64_t rtc_chain_periods(const struct rtc_state *state, uint64_t age_ns);
uint64_t rtc_chain_period_age_ns(const struct rtc_state *state, uint64_t count);

/* Whether a chain can be like this at now_ns, set back or not. */
bool rtc_chain_is_valid(const struct rtc_state *state, uint64_t now_ns);

#endif
