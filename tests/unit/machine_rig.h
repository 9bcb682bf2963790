/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole machine for unit tests, made by machine_create from a little ELF kernel, on the KVM of
 * fake_kvm.h and the clocks of fake_clock.h. Its vCPUs have run nothing, and guest time is about 0.
 */
#ifndef TESTS_UNIT_MACHINE_RIG_H
#define TESTS_UNIT_MACHINE_RIG_H

#include <stdbool.h>

#include "timelab/fault.h"
#include "vmm/host/host_options.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_event.h"

#define MACHINE_RIG_CPUS 2

struct machine_rig {
    struct machine machine;
    /* A test sets them between machine_rig_begin and machine_rig_create. */
    struct machine_config config;
    struct host_options host;
    int kernel_fd;
    char kernel_path[32];
};

/*
 * cmocka's fixtures, of a test whose initial state is its rig: before it machine_rig_begin, or
 * machine_rig_make; after it machine_rig_destroy, or machine_rig_end where there is no machine.
 */
int machine_rig_setup(void **rig);
int machine_rig_setup_made(void **rig);
int machine_rig_teardown(void **rig);
int machine_rig_teardown_failed(void **rig);

/* The KVM and the clocks are reset, stderr is kept (said.h), and the options are the defaults. */
void machine_rig_begin(struct machine_rig *rig);

/* What machine_create returns. */
int machine_rig_create(struct machine_rig *rig);

/* Both, and asserts that there is a machine. The record of KVM's calls is empty. */
void machine_rig_make(struct machine_rig *rig);

/* Starts its threads, of which the timer thread then waits. What was said is taken. */
void machine_rig_start(struct machine_rig *rig);

/* Guest time now, by the lock. */
uint64_t machine_rig_guest_ns(struct machine_rig *rig);

/* machine_fault_apply of a fault in words, which is one; line is why not, else empty. */
bool machine_rig_apply_fault(struct machine_rig *rig, const char *words,
                             char line[FAULT_ERROR_BYTES]);

/* The same of its end. */
bool machine_rig_end_fault(struct machine_rig *rig, const char *words,
                           char line[FAULT_ERROR_BYTES]);

/* The oldest event, which is there; and that there is none. */
struct machine_event_record machine_rig_event(struct machine_rig *rig,
                                              struct machine_events *events);
void machine_rig_assert_no_event(struct machine_rig *rig, struct machine_events *events);

/* machine_destroy, and the end of machine_rig_begin. */
void machine_rig_destroy(struct machine_rig *rig);

/* The end of machine_rig_begin, where there is no machine. */
void machine_rig_end(struct machine_rig *rig);

#endif
