/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_timers.h. */
#include "vmm/machine/machine_timers.h"

#include "vmm/machine/eoi.h"
#include "vmm/machine/machine.h"

bool machine_run_timers(struct machine *machine, uint64_t now_ns)
{
    struct timerq *timers = &machine->board.timers;

    if (timerq_next_deadline_ns(timers) > now_ns)
        return false;
    eoi_take_all(&machine->eoi, now_ns);
    timerq_run(timers, now_ns);
    eoi_ticks_sent(&machine->eoi, &machine->board);
    return true;
}
