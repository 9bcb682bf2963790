/* SPDX-License-Identifier: BSD-2-Clause */
/* See probe_orders.h. */
#include "vmm/cmd/probe_orders.h"

#include <string.h>

#include "vmm/host/console_state.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_hooks.h"
#include "vmm/machine/machine_pause.h"

/* How often is looked whether the steps of an advance are over. */
#define LOOK_NS UINT64_C(20000000)

static void on_look(void *ctx)
{
    struct probe_orders *self = ctx;
    struct machine *machine = self->machine;
    const char *words = machine->host->probe_orders;

    if (machine_pause_is_behind(machine)) {
        event_deadline_set(&self->look, host_monotonic_ns() + LOOK_NS);
        return;
    }
    console_input_restore(&machine->report, (const uint8_t *)words, (uint32_t)strlen(words),
                          CONSOLE_NO_BREAK);
    machine_report_ready(machine, machine_lock(machine));
    machine_unlock(machine);
}

int probe_orders_attach(struct probe_orders *self, struct machine *machine, struct event_loop *loop)
{
    int result;

    if (machine->host->probe_orders[0] == '\0')
        return 0;
    *self = (struct probe_orders){.machine = machine};
    result = event_deadline_add(loop, &self->look, on_look, self);
    if (result == 0)
        event_deadline_set(&self->look, 0);
    return result;
}
