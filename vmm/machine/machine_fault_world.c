/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of all clocks together: see machine_fault_doers.h. */
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_fault_doers.h"

/* A hundred years: far from where nanoseconds, or cycles of a TSC of 5 GHz, fill 64 bits. */
#define LATEST_NS (UINT64_C(36500) * 86400 * NS_PER_SEC)

static bool may_jump(const struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)fault;
    if (machine->config->rtc_follows_host)
        text_add(why, "jump: --rtc clock=host keeps the RTC at the host's date");
    return !machine->config->rtc_follows_host;
}

static bool jump(struct machine *machine, const struct fault *fault, struct text *why)
{
    uint64_t by_ns = (uint64_t)fault->values[0];

    if (by_ns > LATEST_NS || machine_now(machine) > LATEST_NS - by_ns) {
        text_add(why, "jump: guest time ends at 36500d");
        return false;
    }
    machine_cut_take(machine);
    if (!machine_cut_jump(machine, by_ns))
        text_add(why, "jump: this KVM has moved guest time, and not every TSC");
    board_end_stop(&machine->board, machine_now(machine));
    return why->length_bytes == 0;
}

static const struct fault_doer rows[] = {
    {FAULT_JUMP, may_jump, jump},
};

const struct fault_doers machine_fault_world = FAULT_DOERS(rows);
