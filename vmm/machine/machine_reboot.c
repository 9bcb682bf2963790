/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_reboot.h. */
#include "vmm/machine/machine_reboot.h"

#include <stddef.h>
#include <sys/eventfd.h>

#include "vmm/host/log.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/machine_vm.h"

bool machine_reboot_is_due(const struct machine *machine)
{
    return machine->stopped && machine->boot_files != NULL &&
           machine->end_status == EXIT_STATUS_OK &&
           (machine->end_cause == MACHINE_ENDED_BY_GUEST_RESET ||
            machine->end_cause == MACHINE_ENDED_BY_SYSTEM_RESET);
}

void machine_reboot_begin(struct machine *machine)
{
    eventfd_t told;

    eventfd_read(machine->end_fd, &told);
    atomic_store(&machine->stop_reasons, 0);
}

/* One that a console has no room for now is lost with the chip. */
static void lose_output(struct console *console, struct serial *serial)
{
    console_lose_output(console, serial->state.tx.count);
    serial->state.tx = (struct serial_fifo){0};
}

/* Of one boot. What is overwritten by machine_create_boot is not named here. */
static void forget_boot(struct machine *machine)
{
    lose_output(&machine->console, &machine->board.com1);
    lose_output(&machine->report, &machine->board.com2);
    machine_vm_release(machine);
    machine->kvm_hidden = false;
    machine->time = (struct machine_time){0};
    machine->panic = (struct panic_watch){0};
    machine->com1_used = machine->ended_by_port = false;
    machine->tsc = (struct machine_tsc){0};
    machine->quiesce.held_vcpus = 0;
    machine->cut = (struct machine_cut){0};
    machine->pause = (struct machine_pause){0};
    machine->sleep.has_begun = machine->sleep.wake_is_asked = false;
    machine->live = (struct live_clock){0};
    machine->timer_rest = (struct timer_rest){0};
}

static void say_reboot(struct machine *machine)
{
    const char *why = machine->end_text;

    machine->reboots++;
    log_note("boot %u: %s", machine->reboots + 1,
             *why != '\0' ? why : "the guest has reset the machine");
    if (machine->pause.active)
        machine_event_post(machine, MACHINE_RESUMED, false, 0);
}

int machine_reboot(struct machine *machine, const struct clock_bracket *start)
{
    struct serial_fifo com1_unread = serial_unread(&machine->board.com1);
    struct serial_fifo com2_unread = serial_unread(&machine->board.com2);
    int result;

    say_reboot(machine);
    machine_rtc_go_on(machine);
    forget_boot(machine);
    machine_time_prepare(machine, start);
    result = machine_create_boot(machine, machine->boot_files);
    if (result < 0) {
        machine_vm_release(machine);
        machine_end(machine, EXIT_STATUS_HOST_ERROR, "%s", "");
        return result;
    }
    serial_give_unread(&machine->board.com1, &com1_unread);
    serial_give_unread(&machine->board.com2, &com2_unread);
    eoi_begin_again(machine);
    if (machine->trace != NULL)
        machine_trace_boot(machine);
    machine->stopped = false;
    return 0;
}
