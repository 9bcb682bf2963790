/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The date that an RTC shows, as nanoseconds, and how it is moved so that the RTC follows another
 * clock.
 *
 * The registers hold whole seconds. The fraction of a second is in the age of the divider chain, so
 * to move the date by a fraction is to change the age. rtc.h (rtc_set_wall) says what the guest
 * sees of it. Both functions work on a state that rtc_irq_settle has brought up to now_ns.
 */
#ifndef DEVICES_PC_RTC_WALL_H
#define DEVICES_PC_RTC_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/pc/rtc_state.h"

/* 2200-01-01, in seconds since 1970: the end of the dates that an RTC is asked for. */
#define RTC_WALL_END_SEC INT64_C(7258118400)

/*
 * Stores the shown time, in ns since 1970 (UTC). False, and nothing is stored: the RTC stands, is
 * being set, or shows no date of the years 1970 to 2199.
 */
bool rtc_wall_shown_ns(const struct rtc_state *state, uint64_t now_ns, int64_t *wall_ns);

/*
 * Moves the shown time by delta_ns, forward or back. For a state of which rtc_wall_shown_ns is
 * true; the new time is one of the years 1970 to 2199 too.
 */
void rtc_wall_shift(struct rtc_state *state, uint64_t now_ns, int64_t delta_ns);

#endif
