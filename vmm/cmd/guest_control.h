/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --control: the control socket of a run, with the commands of control_commands.h and the events
 * of machine_event.h under QEMU's names. docs/control.md has the tables.
 *
 * All of it is the main thread's.
 */
#ifndef VMM_CMD_GUEST_CONTROL_H
#define VMM_CMD_GUEST_CONTROL_H

#include "vmm/cmd/control_commands.h"
#include "vmm/host/control.h"
#include "vmm/machine/machine_event.h"

struct machine;
struct run_control;

struct guest_control {
    /* Without --control, or if it could not be opened; then nothing of the rest counts. */
    bool is_off;
    struct machine *machine;
    struct control_target target;
    struct qmp_server server;
    struct control socket;
    struct machine_events events;
    struct event_source events_source;
};

/*
 * With --control: opens the socket, and from here on the machine's events are kept. After
 * machine_create and before machine_start; run is attached later. 0, or a negative errno after an
 * error line; then the rest is harmless.
 */
int guest_control_open(struct guest_control *self, struct machine *machine,
                       struct run_control *run);

/* Clients are served from here on. 0, or -ENOSPC if the loop is full. */
int guest_control_attach(struct guest_control *self, struct event_loop *loop);

/* Once the machine is stopped: the last events, and why it has ended. */
void guest_control_tell_end(struct guest_control *self);

/* After machine_destroy: leave. */
void guest_control_close(struct guest_control *self);

#endif
