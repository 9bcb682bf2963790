/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --lost-ticks. Its value is words with commas between them; the last for each device counts.
 *
 *   pit=drop|burst|slew   and likewise rtc= and hpet=; see devices/tick_policy.h
 *
 * The default is a burst for each device. A guest that counts ticks keeps the time only if none is
 * lost, and any other guest takes a late tick as well. KVM's own PIT does the same, and so does
 * QEMU with it. The HPET in legacy replacement does the PIT's work. Guests that count the ticks of
 * the RTC are the reason for libvirt's tickpolicy='catchup' (QEMU alone drops them).
 * Drop is for a guest that makes up for lost ticks by itself, as some Linux of before 2007 does: it
 * would count late ticks twice.
 * Slew is for a guest that a burst would keep busy. In a burst, the RTC's next owed tick comes as
 * soon as register C is read, so a guest slower than that rate does nothing but take interrupts.
 */
#ifndef VMM_CMD_LOST_TICKS_OPTIONS_H
#define VMM_CMD_LOST_TICKS_OPTIONS_H

#include "vmm/cmd/option_rows.h"

extern const struct option_table lost_ticks_option_table;

#endif
