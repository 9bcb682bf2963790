/* SPDX-License-Identifier: BSD-2-Clause */
/* See migration_rig.h. */
#include "tests/unit/migration_rig.h"

#include "tests/unit/fake_clock.h"
#include "tests/unit/said.h"
#include "tests/unit/unit.h"
#include "vmm/machine/machine_create.h"

void migration_rig_make(struct migration_rig *self)
{
    struct machine *machine = &self->rig.machine;

    machine_rig_begin(&self->rig);
    assert_int_equal(machine_rig_create(&self->rig), 0);
    assert_int_equal(machine_events_open(&self->events), 0);
    machine->events = &self->events;
    event_loop_init(&self->loop);
    assert_int_equal(run_control_attach(&self->run, machine, &self->loop), 0);
    self->peer = (struct migration_channel){.fd = -1};
    assert_int_equal(machine_start(machine), 0);
    fake_clock_await_wait(1);
    said();
}

void migration_rig_destroy(struct migration_rig *self)
{
    migration_channel_close(&self->peer);
    run_control_close(&self->run);
    machine_rig_destroy(&self->rig);
    machine_events_close(&self->events);
}

void migration_rig_turn(struct migration_rig *self)
{
    assert_int_equal(event_loop_turn(&self->loop, 0), 0);
}

void migration_rig_receive(struct migration_rig *self)
{
    int result = 0;

    for (unsigned i = 0; result == 0 && i < MIGRATION_RIG_TURNS; i++) {
        migration_rig_turn(self);
        result = migration_channel_receive(&self->peer);
    }
    if (result != 1)
        fail_msg("no message: %s", self->peer.error);
}
