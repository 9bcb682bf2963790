/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value of `--lost-ticks`: words with commas between them, the last of each device counts.
 *
 *   pit=drop|burst|slew   and likewise rtc= and hpet=; see devices/tick_policy.h
 *
 * The default is a burst for each. Whoever takes the time by counting ticks keeps it only if none
 * is lost, and whoever does not is served as well by a late one. KVM's own PIT does the same, and
 * so does QEMU with it; the HPET in legacy replacement is what the PIT was; and guests that count
 * the ticks of the RTC are the reason for libvirt's tickpolicy='catchup' (QEMU alone drops them).
 * Drop is for a guest that makes up for lost ticks by itself, and would count them twice, as some
 * Linux of before 2007 does. Slew is for a guest in whose way a burst is: the RTC's next owed tick
 * comes with the read of register C that takes the one before, so that a guest which is slower than
 * the rate has nothing but interrupts.
 *
 * In a circle with options.h: its table calls what parses this, which fills in struct options.
 */
#ifndef VMM_CMD_LOST_TICKS_OPTIONS_H
#define VMM_CMD_LOST_TICKS_OPTIONS_H

#include <stdbool.h>

#include "vmm/cmd/options.h"

#define LOST_TICKS_OPTIONS_ACCEPTED                                                                \
    "pit=, rtc= and hpet=, each with drop, burst or slew, and commas between them"

/* Takes the words over; false if one is not accepted. */
bool lost_ticks_options_apply(struct options *options, const char *value);

/* The word that stands for it. */
const char *lost_ticks_options_word(enum lost_ticks kind);

#endif
