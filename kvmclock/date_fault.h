/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A date that the guest is told, and that is wrong on purpose: behind a lens (lens.h), and later or
 * earlier by a step. What it is off by is a function of guest time G:
 *
 *     offset(G) = L(G) - G + step
 *
 * So a date that is right goes on being followed: also when somebody sets the host's clock.
 *
 * Pure.
 */
#ifndef KVMCLOCK_DATE_FAULT_H
#define KVMCLOCK_DATE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/lens.h"

/* All zeros: the date is right. */
struct date_fault {
    struct lens lens;
    /* The rate once it does not stand any more. */
    int64_t later_ppb;
    bool stands;
    int64_t step_ns;
};

bool date_fault_is_wrong(const struct date_fault *fault);

/* From guest_ns on, not before the lens's piece: another rate, which ends a stand; or it stands, or
 * goes on at the rate that it had. */
void date_fault_set_rate(struct date_fault *fault, uint64_t guest_ns, int64_t ppb);
void date_fault_stick(struct date_fault *fault, uint64_t guest_ns, bool stands);

/* It is later by so much, or earlier. */
void date_fault_step(struct date_fault *fault, int64_t by_ns);

/* Whether date_ns, right at guest_ns, would be one of the years 1970 to 2261 after such a step. */
bool date_fault_may_step(const struct date_fault *fault, uint64_t guest_ns, uint64_t date_ns,
                         int64_t by_ns);

/*
 * What is told at guest_ns instead of date_ns, in nanoseconds since the epoch: kept to those years.
 * Before the lens's piece it is as at its beginning.
 */
uint64_t date_fault_ns(const struct date_fault *fault, uint64_t guest_ns, uint64_t date_ns);

#endif
