/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine of machine_rig.h that runs and is moved. The target is the test: it has the other end
 * of the connection.
 */
#ifndef TESTS_UNIT_MIGRATION_RIG_H
#define TESTS_UNIT_MIGRATION_RIG_H

#include "tests/unit/machine_rig.h"
#include "vmm/cmd/run_control.h"

/* More turns of the loop than anything in a test takes. */
#define MIGRATION_RIG_TURNS 100000

struct migration_rig {
    struct machine_rig rig;
    struct machine_events events;
    struct run_control run;
    struct event_loop loop;
    /* Opened by the test. */
    struct migration_channel peer;
};

/* The guest runs; what was said of it is forgotten. */
void migration_rig_make(struct migration_rig *self);
void migration_rig_destroy(struct migration_rig *self);

void migration_rig_turn(struct migration_rig *self);

/* Until a message has come, which is in peer.in. */
void migration_rig_receive(struct migration_rig *self);

#endif
