/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The faults of timelab/fault.h, done to the machine. All of it is for the main thread, without the
 * lock.
 *
 * jump: every vCPU is held, a time cut is taken, and guest time goes on from it, later by what was
 * asked for and by as much as the host has gone on meanwhile. TSC, kvm-clock, devices and the
 * timers of the local APICs are as if that time had passed. Of a chip's periodic interrupt one tick
 * comes, as after a pause with --on-resume advance (board_end_stop); of a local APIC's none
 * (time_cut.h). It is one step, however long, and no page of kvm-clock says GUEST_STOPPED: nothing
 * has stopped.
 */
#ifndef VMM_MACHINE_MACHINE_FAULT_H
#define VMM_MACHINE_MACHINE_FAULT_H

#include <stdbool.h>

#include "base/text.h"
#include "timelab/fault.h"

struct machine;

/*
 * Whether this machine and this host have what the fault needs. False: why, an empty text with
 * FAULT_ERROR_BYTES, says what is missing. Valid once machine_tsc_offsets_work is.
 */
bool machine_fault_is_possible(const struct machine *machine, const struct fault *fault,
                               struct text *why);

/*
 * Does it, and posts its event. False: it is not possible, or not now, and why says so; it says
 * nothing if the machine is ending.
 */
bool machine_fault_apply(struct machine *machine, const struct fault *fault, struct text *why);

#endif
