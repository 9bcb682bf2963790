/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults between the devices and the interrupt controllers, as timelab/delivery.h chooses them.
 *
 * While there is one, every line of the board and the HPET's messages go through here. A device,
 * and with it its policy for lost ticks, is told of an interrupt that is lost or late what it would
 * be told of one at a masked input: that one is neither owed nor waited for, so no policy makes up
 * for the fault. An interrupt is a rise of a line. One that is late is a pulse: of a line that is
 * high by then, low and high again. The end of a level is passed on at once. Late interrupts and
 * storms have one timer in the board's queue, so they come by guest time, and stand still in a
 * pause.
 *
 * Without a fault none of this is there: the lines are driven by the board's own hook.
 *
 * Under the machine's lock.
 */
#ifndef VMM_MACHINE_MACHINE_DELIVERY_H
#define VMM_MACHINE_MACHINE_DELIVERY_H

#include <stdbool.h>

struct machine;

/* Once a new board is there: no faults. */
void machine_delivery_attach(struct machine *machine);

/* After a change of the rules or storms in machine->delivery. */
void machine_delivery_follow(struct machine *machine);

#endif
