/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --snapshot-at, and --save of a check: saves the machine when its time has come, once. It begins
 * in the main thread before the machine starts, and the save is made there.
 *
 * A pattern is an extended regular expression of POSIX. It is tried on the line that the guest is
 * writing to COM1 at each byte, so it need not wait for the line's end, which a prompt does not
 * have. Of a line longer than SNAPSHOT_LINE_BYTES the beginning counts.
 */
#ifndef VMM_CMD_SNAPSHOT_TRIGGER_H
#define VMM_CMD_SNAPSHOT_TRIGGER_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/host/event_loop.h"

struct machine;
struct run_control;

#define SNAPSHOT_LINE_BYTES 512

struct snapshot_trigger {
    struct machine *machine;
    struct run_control *run;
    bool is_taken;
    /* Its time has come. */
    bool is_due;

    /* At a time: in guest time. The deadline is also for a machine that cannot be saved yet. */
    struct event_deadline deadline;
    uint64_t due_ns;

    /* At a line, or at a probe's enquiry: what the guest's side sees is under the machine's lock;
     * matched_fd tells of it, and is -1 for a time. */
    bool has_pattern;
    regex_t pattern;
    char line[SNAPSHOT_LINE_BYTES];
    unsigned line_length;
    bool has_matched;
    int matched_fd;
    struct event_source matched;
};

/* Before machine_start. 0, or a negative errno after an error line. */
int snapshot_trigger_open(struct snapshot_trigger *trigger, struct machine *machine);

/* Nothing if the options do not ask for one. 0, or -ENOSPC if the loop is full. */
int snapshot_trigger_attach(struct snapshot_trigger *trigger, struct event_loop *loop,
                            struct run_control *run);

/*
 * The machine boots again, and has no threads yet. What the boot before has brought about is
 * forgotten, unless the snapshot is taken.
 */
void snapshot_trigger_begin_boot(struct snapshot_trigger *trigger);

/* Once the machine has ended; harmless if it was not opened and is all zeros. */
void snapshot_trigger_close(struct snapshot_trigger *trigger);

#endif
