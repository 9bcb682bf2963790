/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One guest of a scenario while it runs, in this process: its lines are kept with their guest time,
 * faults come by the timeline and by lines, and the scenario's end ends it.
 *
 * Guest and main thread meet in it: `lines` and `lines_ns` are under the machine's lock, all else
 * is the main thread's.
 */
#ifndef VMM_CMD_EXPERIMENT_SESSION_H
#define VMM_CMD_EXPERIMENT_SESSION_H

#include "timelab/scenario_judge.h"
#include "vmm/host/event_loop.h"
#include "vmm/machine/machine_event.h"

struct fault_timeline;
struct machine;

struct experiment_session {
    const struct scenario *scenario;
    unsigned guest;
    struct guest_lines lines;
    /* By the scenario's entries: when the line came that one waits for, 0 if it has not. */
    uint64_t lines_ns[SCENARIO_ENTRIES_MAX];
    struct guest_record record;

    struct machine *machine;
    struct fault_timeline *timeline;
    /* Entries that were begun, in that order, and how many of these have told of their end. */
    unsigned begun[SCENARIO_ENTRIES_MAX];
    unsigned begun_count;
    unsigned done_count;
    struct machine_events events;
    struct event_source events_source;
    /* An eventfd: a line may have changed when the next fault is due. */
    int line_fd;
    struct event_source line_source;
};

void experiment_session_init(struct experiment_session *session, const struct scenario *scenario,
                             unsigned guest);

/*
 * Before the machine starts: sees whether this host can do what the scenario asks for, and takes
 * the timeline over. 0, or a negative errno after an error line.
 */
int experiment_session_attach(struct experiment_session *session, struct machine *machine,
                              struct fault_timeline *timeline, struct event_loop *loop);

/* The guest has ended, and the machine is still there: what is last known of it is taken. */
void experiment_session_detach(struct experiment_session *session);

#endif
