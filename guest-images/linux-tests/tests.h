/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests, each one boot or a part of one: init.c says which words on the kernel command line run
 * which.
 */
#ifndef GUEST_IMAGES_LINUX_TESTS_TESTS_H
#define GUEST_IMAGES_LINUX_TESTS_TESTS_H

#include <stdbool.h>

/*
 * /dev/rtc0 through Linux's RTC class: dates set and read; alarm, update and periodic interrupts.
 * Leaves the RTC at another date.
 */
void test_rtc_class(void);

/*
 * /hwclock, util-linux's, on /dev/rtc0: -r, -w, -s and --systohc. Leaves the RTC at the date that
 * the system clock had.
 */
void test_hwclock(void);

/*
 * Linux counts the ticks of a periodic interrupt (clocksource jiffies) and is stopped for a while
 * from outside: it asks for that with the line "# stop me". Just behind that its clock has missed
 * the time; with caught_up it gets most of it back, without it never does.
 */
void test_lost_ticks(bool caught_up);

/*
 * Steal time: what /proc/stat shows of a guest that has been busy, and of one that has been idle,
 * for four seconds each, is what was asked for, to a hundredth of the time.
 */
void test_steal(unsigned percent);

#endif
