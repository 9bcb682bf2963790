/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine of machine_rig.h, saved and restored on a new KVM, as in another process. Its vCPUs run
 * in no thread.
 */
#ifndef TESTS_UNIT_RESTORE_RIG_H
#define TESTS_UNIT_RESTORE_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot/record.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/machine_restore.h"

struct restore_rig {
    struct machine_rig rig;
    /* Of the save. */
    uint8_t *records;
    size_t size_bytes;
    int memory_fd;
    /* Of the restore. */
    struct machine_image image;
    struct restore_request request;
};

/* cmocka's fixtures, of a test whose initial state is its rig: restore_rig_make, and _destroy. */
int restore_rig_setup(void **rig);
int restore_rig_teardown(void **rig);

/* Guest time of the machine. */
uint64_t restore_rig_guest_ns(struct restore_rig *self);

/* A machine of machine_rig_make, of which nothing is saved yet. */
void restore_rig_make(struct restore_rig *self);

/* The machine stands at the cut from now on. */
void restore_rig_stop(struct restore_rig *self);

/* Saves the machine, which stands. It is for the test to destroy it. */
void restore_rig_save(struct restore_rig *self);

/* The same, of a machine that may still run; then it is gone, and its KVM, as in another process.
 */
void restore_rig_save_and_destroy(struct restore_rig *self);

/* What machine_restore returns, or -EINVAL if the records are refused before; one line is said. */
int restore_rig_restore(struct restore_rig *self);

/* The same with this policy, after the host's clocks have gone on. */
int restore_rig_restore_after(struct restore_rig *self, uint64_t ns, enum restore_time time);

/* As if it had been saved on another boot of the host, or on another host. */
void restore_rig_be_another_boot(struct restore_rig *self);

/* Where a record is, for a test to change; there is one of that size. It is not aligned. */
uint8_t *restore_rig_record(struct restore_rig *self, enum record_type type, uint32_t instance,
                            size_t size_bytes);

/* Frees what was saved. */
void restore_rig_end(struct restore_rig *self);

/* The machine and what was saved. */
void restore_rig_destroy(struct restore_rig *self);

#endif
