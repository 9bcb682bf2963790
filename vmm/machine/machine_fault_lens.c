/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of one clock: see machine_fault_doers.h. */
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_timers.h"

/* Until the machine is unlocked nobody reads the HPET without the lock. */
static uint64_t begin_hpet_change(struct machine *machine)
{
    uint64_t now_ns = machine_now_to_change(machine);

    machine_run_timers(machine, now_ns);
    return now_ns;
}

static bool set_hpet_rate(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    board_set_hpet_rate(&machine->board, begin_hpet_change(machine), fault->values[0]);
    return true;
}

static bool stick_hpet(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    board_stick_hpet(&machine->board, begin_hpet_change(machine), !fault->is_end);
    return true;
}

static bool step_hpet(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    board_step_hpet(&machine->board, begin_hpet_change(machine), fault->values[0]);
    return true;
}

static const struct fault_doer rows[] = {
    {FAULT_HPET_RATE, NULL, set_hpet_rate},
    {FAULT_HPET_STICK, NULL, stick_hpet},
    {FAULT_HPET_STEP, NULL, step_hpet},
};

const struct fault_doers machine_fault_lens = FAULT_DOERS(rows);
