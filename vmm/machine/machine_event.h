/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens to the machine that somebody outside may want to know of: a list that whoever
 * listens empties. Where nobody does, machine->events is NULL and nothing is kept.
 *
 * A guest brings some of it about, as often as it likes. So the list has a bound; what comes while
 * it is full is dropped and counted. For what the guest brings about it is full earlier: that takes
 * no room from the rest.
 */
#ifndef VMM_MACHINE_MACHINE_EVENT_H
#define VMM_MACHINE_MACHINE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "timelab/fault.h"

#define MACHINE_EVENTS_MAX      64
#define MACHINE_EVENTS_BY_GUEST 32

struct machine;

enum machine_event {
    MACHINE_STOPPED,
    MACHINE_RESUMED,
    /* The guest sleeps (S3), and has woken. */
    MACHINE_SLEEPS,
    MACHINE_WAKES,
    MACHINE_POWER_BUTTON,
    MACHINE_RESET,
    MACHINE_RTC_CHANGED,
    /* Value: of enum guest_request, GUEST_PANICKED or GUEST_CRASH_LOADED. */
    MACHINE_GUEST_PANICKED,
    /* Value: enum migration_status. */
    MACHINE_MIGRATION,
    /* Value: the guest time at which it was done. The record has the fault. */
    MACHINE_FAULT,
};

struct machine_event_record {
    enum machine_event event;
    /* The guest brought it about, not the host. */
    bool by_guest;
    int64_t value;
    struct fault fault;
    /* CLOCK_REALTIME. */
    uint64_t realtime_ns;
};

/* Under the machine's lock. */
struct machine_events {
    struct machine_event_record records[MACHINE_EVENTS_MAX];
    unsigned first;
    unsigned count;
    uint64_t dropped;
    /* An eventfd, readable once there is something. */
    int fd;
};

/* 0 or -errno after an error line. */
int machine_events_open(struct machine_events *events);
void machine_events_close(struct machine_events *events);

/* Under the lock, or while the machine has no threads. */
void machine_event_post(struct machine *machine, enum machine_event event, bool by_guest,
                        int64_t value);

/* The same of a fault, done at that guest time. */
void machine_event_post_fault(struct machine *machine, const struct fault *fault,
                              uint64_t guest_ns);

/* Under the lock: takes the oldest one; false if there is none, and then fd is not readable. */
bool machine_event_take(struct machine_events *events, struct machine_event_record *record);

#endif
