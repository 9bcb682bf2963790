/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The faults of --at: each is done once, as soon as guest time has come to it. So are the ends of
 * faults that are over by themselves (run_control.h). In a pause, in which guest time stands still,
 * none comes.
 *
 * Times are those of guest time itself, which is 0 at the start of each boot. A restored guest goes
 * on from what it had; what is past for it is refused before it starts. With --reboot again a fault
 * comes in the first boot that reaches it. A jump over the time of others brings them at once.
 *
 * The schedule is the run's, as --timeout is: no snapshot and no migration takes it along.
 *
 * All of it is the main thread's, without the machine's lock.
 */
#ifndef VMM_CMD_FAULT_TIMELINE_H
#define VMM_CMD_FAULT_TIMELINE_H

#include "timelab/fault_schedule.h"
#include "vmm/host/event_loop.h"

struct machine;
struct run_control;

/* Where a run's faults come from. The main thread asks, without the machine's lock. */
struct fault_source {
    /* Before the fault's words in a line. */
    const char *name;
    /* The guest time at which there is something to take; TIME_NEVER_NS: nothing that is known. */
    uint64_t (*next_ns)(void *ctx);
    /* Takes what is due at now_ns. False: nothing is, or it has ended the run. */
    bool (*take)(void *ctx, uint64_t now_ns, struct scheduled_fault *entry);
    void *ctx;
};

struct fault_timeline {
    struct machine *machine;
    struct run_control *run;
    struct fault_schedule schedule;
    /* The schedule, unless it is another before fault_timeline_attach. */
    struct fault_source source;
    struct event_deadline deadline;
};

/*
 * Before machine_start: finds out whether this host can do all of them. A machine that has a past
 * is restored; any other begins now. 0, or a negative errno after an error line.
 */
int fault_timeline_open(struct fault_timeline *timeline, struct machine *machine,
                        const struct fault_schedule *schedule, bool has_past);

/* 0, or -ENOSPC if the loop is full. */
int fault_timeline_attach(struct fault_timeline *timeline, struct event_loop *loop,
                          struct run_control *run);

/* Once it is attached: the time at which there is something to take has changed. */
void fault_timeline_follow(struct fault_timeline *timeline);

#endif
