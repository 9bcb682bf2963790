/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest_end.h. */
#include "vmm/machine/guest_end.h"

#include <stddef.h>

#include "vmm/machine/exit_status.h"
#include "vmm/machine/machine.h"

static bool has_panicked(const struct machine *machine)
{
    return pvpanic_events(&machine->board.pvpanic) != 0;
}

static void end_by_panic(struct machine *machine)
{
    const char *reason = panic_watch_reason(&machine->panic);

    if (reason != NULL)
        machine_end(machine, EXIT_STATUS_GUEST_CRASH, "guest kernel panicked: %s", reason);
    else
        machine_end(machine, EXIT_STATUS_GUEST_CRASH,
                    "guest kernel panicked: it said so by pvpanic; console=ttyS0 shows why");
}

void guest_end_power_off(struct machine *machine)
{
    if (has_panicked(machine))
        end_by_panic(machine);
    else
        machine_end(machine, EXIT_STATUS_OK, "%s", "");
}

void guest_end_reset(struct machine *machine)
{
    if (has_panicked(machine) || panic_watch_reason(&machine->panic) != NULL)
        end_by_panic(machine);
    else if (!machine->com1_used)
        machine_end(machine, EXIT_STATUS_OK,
                    "the guest reset the machine without a byte to COM1; if it panicked, "
                    "console=ttyS0 shows it");
    else
        machine_end(machine, EXIT_STATUS_OK, "%s", "");
}

void guest_end_triple_fault(struct machine *machine, unsigned vcpu)
{
    if (panic_watch_is_restarting(&machine->panic) || has_panicked(machine) ||
        panic_watch_reason(&machine->panic) != NULL)
        guest_end_reset(machine);
    else
        machine_end(machine, EXIT_STATUS_GUEST_CRASH, "guest triple-faulted on vCPU %u", vcpu);
}
