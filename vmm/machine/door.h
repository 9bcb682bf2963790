/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one door between a guest and the devices: each access of a vCPU comes through here, and
 * whoever traces, replays or invents accesses uses it too.
 *
 * An access takes the machine's lock, samples time once, goes to the port, the memory or the MSR of
 * the board, and releases the lock. There are two exceptions, as a sample and a lock cost as much
 * as all the rest. A read of the HPET's counter or of the PM timer is answered without the lock
 * where that can be: see live_clock.h. And what has nothing to do with time needs no sample: what
 * nobody answers, port 80h, and LSR of a serial port while nothing comes in (is_timeless in
 * devices/device.h). Such an access does not run the timers that are due; the timer thread does.
 * Any thread may call, without the lock.
 */
#ifndef VMM_MACHINE_DOOR_H
#define VMM_MACHINE_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/access.h"

struct machine;

/*
 * One access; a read gets its value, all ones where no device answers. Returns false only for an
 * MSR: the guest gets #GP.
 */
bool door_pass(struct machine *machine, struct access *access);

/*
 * The part of door_pass that needs no lock: a read of the HPET's counter or of the PM timer gets
 * its value. False if the access is another one, or is to be made with the lock.
 */
bool door_pass_without_lock(struct machine *machine, struct access *access);

/*
 * `count` accesses to one port, one after the other at one time, as of a `rep ins` or `rep outs`:
 * each is `access` with the next value of `data`, of access->size_bytes: 1, 2 or 4.
 */
void door_pass_string(struct machine *machine, struct access *access, void *data, uint32_t count);

#endif
