/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults that are going on and are over by themselves: when each ends, in guest time. A fault that
 * is done to the same once more takes the place of the earlier one, whose end comes no more.
 */
#ifndef TIMELAB_FAULT_ENDS_H
#define TIMELAB_FAULT_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#include "timelab/fault_schedule.h"

#define FAULT_ENDS_MAX 64

/* All zeros: none. */
struct fault_ends {
    struct scheduled_fault entries[FAULT_ENDS_MAX];
    unsigned count;
};

/* Whether fault_ends_begin has room for the end of this one. */
bool fault_ends_have_room(const struct fault_ends *ends, const struct fault *fault);

/* The fault, for which there is room, was done at guest time now_ns, or is to be seen as done. */
void fault_ends_begin(struct fault_ends *ends, const struct fault *fault, uint64_t now_ns);

/* When the next one is due; TIME_NEVER_NS: there is none. */
uint64_t fault_ends_next_ns(const struct fault_ends *ends);

/* Takes the next one, with is_end set, if it is due at now_ns or before. */
bool fault_ends_take(struct fault_ends *ends, uint64_t now_ns, struct scheduled_fault *entry);

#endif
