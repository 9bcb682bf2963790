/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which faults are still to come, and when, in guest time. They come in the order of their times,
 * and those of one time in the order in which they were added.
 */
#ifndef TIMELAB_FAULT_SCHEDULE_H
#define TIMELAB_FAULT_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "timelab/fault.h"

#define FAULT_SCHEDULE_MAX 64

struct scheduled_fault {
    uint64_t at_ns;
    struct fault fault;
};

/* All zeros: none. */
struct fault_schedule {
    struct scheduled_fault entries[FAULT_SCHEDULE_MAX];
    unsigned count;
    /* Those that were taken. */
    unsigned taken;
};

/* Reads "TIME FAULT", as "5s jump by=1h". False as fault_from_words; *entry is unchanged then. */
bool scheduled_fault_from_words(const char *words, struct scheduled_fault *entry,
                                struct text *error);

/* Appends it as words that are read back as the same. */
void scheduled_fault_add_words(const struct scheduled_fault *entry, struct text *text);

/* Before the first one is taken. False: it is full. */
bool fault_schedule_add(struct fault_schedule *schedule, const struct scheduled_fault *entry);

/* When the next one is due; TIME_NEVER_NS: there is none. */
uint64_t fault_schedule_next_ns(const struct fault_schedule *schedule);

/* Takes the next one if it is due at now_ns or before. */
bool fault_schedule_take(struct fault_schedule *schedule, uint64_t now_ns,
                         struct scheduled_fault *entry);

#endif
