/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest_end.h. */
#include "vmm/machine/guest_end.h"

#include <stddef.h>

#include "vmm/machine/exit_status.h"
#include "vmm/machine/machine.h"

void guest_end_power_off(struct machine *machine)
{
    machine_end(machine, EXIT_STATUS_OK, "%s", "");
}

void guest_end_reset(struct machine *machine)
{
    const char *reason = panic_watch_reason(&machine->panic);

    if (reason != NULL)
        machine_end(machine, EXIT_STATUS_GUEST_CRASH, "guest kernel panicked: %s", reason);
    else
        machine_end(machine, EXIT_STATUS_OK, "%s", "");
}

void guest_end_triple_fault(struct machine *machine, unsigned vcpu)
{
    if (panic_watch_is_restarting(&machine->panic) || panic_watch_reason(&machine->panic) != NULL)
        guest_end_reset(machine);
    else
        machine_end(machine, EXIT_STATUS_GUEST_CRASH, "guest triple-faulted on vCPU %u", vcpu);
}
