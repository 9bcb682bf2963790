/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices' timers are run by the timer thread, and by a vCPU's access that comes after a
 * deadline and before that thread.
 */
#ifndef VMM_MACHINE_MACHINE_TIMERS_H
#define VMM_MACHINE_MACHINE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

struct machine;

/*
 * In any thread, under the lock: runs the timers that are due at now_ns. Before that the board is
 * told of the EOIs until now, as they decide what becomes of a tick; after it the main loop waits
 * for those EOIs that are needed at once (eoi.h). False: none was due.
 */
bool machine_run_timers(struct machine *machine, uint64_t now_ns);

#endif
