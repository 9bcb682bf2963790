/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest_end.h. */
#include "vmm/machine/guest_end.h"

#include <stddef.h>

#include "vmm/machine/exit_status.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_event.h"

/* Before a reset. Where the guest has pvpanic that alone decides, or else what its kernel prints.
 */
static bool has_panicked(const struct machine *machine)
{
    const struct pvpanic *pvpanic = &machine->board.pvpanic;

    return pvpanic_events(pvpanic) != 0 ||
           (!pvpanic_has_driver(pvpanic) && panic_watch_has_panicked(&machine->panic));
}

/* Nothing tells of a reboot in order, nor of a panic but text that may be a program's. */
static bool is_in_doubt(const struct machine *machine)
{
    return panic_watch_is_in_doubt(&machine->panic) &&
           !panic_watch_is_restarting(&machine->panic) &&
           !pvpanic_has_driver(&machine->board.pvpanic);
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
    if (pvpanic_events(&machine->board.pvpanic) != 0)
        end_by_panic(machine);
    else
        machine_end(machine, EXIT_STATUS_OK, "%s", "");
}

/* Of several resets, of as many vCPUs, the first counts. */
static void tell_reset(struct machine *machine, bool by_guest, enum machine_end_cause cause)
{
    if (!machine_is_ending(machine))
        machine_event_post(machine, MACHINE_RESET, by_guest, cause);
}

void guest_end_reset(struct machine *machine)
{
    tell_reset(machine, true, MACHINE_ENDED_BY_GUEST_RESET);
    if (has_panicked(machine))
        end_by_panic(machine);
    else if (is_in_doubt(machine))
        machine_end_because(
            machine, MACHINE_ENDED_BY_GUEST_RESET, EXIT_STATUS_OK,
            "the guest reset the machine after a text like a panic's (%s), without a "
            "kernel's time stamp; if it was one, printk.time=1 or pvpanic tells",
            panic_watch_reason(&machine->panic));
    else if (!machine->com1_used)
        machine_end_because(machine, MACHINE_ENDED_BY_GUEST_RESET, EXIT_STATUS_OK,
                            "the guest reset the machine without a byte to COM1; if it panicked, "
                            "console=ttyS0 shows it");
    else
        machine_end_because(machine, MACHINE_ENDED_BY_GUEST_RESET, EXIT_STATUS_OK, "%s", "");
}

void guest_end_system_reset(struct machine *machine)
{
    tell_reset(machine, false, MACHINE_ENDED_BY_SYSTEM_RESET);
    if (has_panicked(machine))
        end_by_panic(machine);
    else
        machine_end_because(machine, MACHINE_ENDED_BY_SYSTEM_RESET, EXIT_STATUS_OK,
                            "reset by system_reset of the control socket");
}

void guest_end_triple_fault(struct machine *machine, unsigned vcpu)
{
    if (panic_watch_is_restarting(&machine->panic) || has_panicked(machine))
        guest_end_reset(machine);
    else
        machine_end(machine, EXIT_STATUS_GUEST_CRASH, "guest triple-faulted on vCPU %u", vcpu);
}

void guest_end_halt(struct machine *machine)
{
    if (has_panicked(machine) || panic_watch_reason(&machine->panic) != NULL)
        end_by_panic(machine);
    else
        machine_end(machine, EXIT_STATUS_OK, "every vCPU has halted with interrupts off");
}
