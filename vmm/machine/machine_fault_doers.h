/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How each fault is done: a table in each machine_fault_SUBJECT.c, in which every fault of
 * timelab/fault.h is once. machine_fault.c finds it there.
 */
#ifndef VMM_MACHINE_MACHINE_FAULT_DOERS_H
#define VMM_MACHINE_MACHINE_FAULT_DOERS_H

#include <stdbool.h>

#include "base/text.h"
#include "timelab/fault.h"

struct machine;

struct fault_doer {
    enum fault_kind kind;
    /*
     * What this machine has to have besides the needs of the fault's row; NULL: nothing. False: why
     * says what is missing. Before the start, or under the lock; never asked of an end.
     */
    bool (*is_possible)(const struct machine *machine, const struct fault *fault, struct text *why);
    /*
     * Under the lock, with every vCPU held. With is_end it undoes what the fault has done. False:
     * why says so.
     */
    bool (*apply)(struct machine *machine, const struct fault *fault, struct text *why);
};

struct fault_doers {
    const struct fault_doer *rows;
    unsigned count;
};

#define FAULT_DOERS(rows)                                                                          \
    {                                                                                              \
        rows, sizeof(rows) / sizeof((rows)[0])                                                     \
    }

/* Of all clocks together. */
extern const struct fault_doers machine_fault_world;
/* Of interrupts. */
extern const struct fault_doers machine_fault_delivery;
/* What such an obstacle ends with. */
#define FAULT_IN_NO_SNAPSHOT ", which no snapshot and no migration takes along"
/* Why a machine can be neither saved nor moved because of these; NULL: it can. */
const char *machine_fault_world_obstacle(const struct machine *machine);
const char *machine_fault_delivery_obstacle(const struct machine *machine);
/* Of the dates that the guest is told. */
extern const struct fault_doers machine_fault_dates;
const char *machine_fault_dates_obstacle(const struct machine *machine);
/* Once a new board is there: every date is right. */
void machine_fault_dates_attach(struct machine *machine);
/* Of the clock of one chip, and of kvm-clock. */
extern const struct fault_doers machine_fault_lens;
extern const struct fault_doers machine_fault_kvmclock;

#endif
