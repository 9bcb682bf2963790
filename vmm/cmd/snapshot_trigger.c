/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_trigger.h. */
#include "vmm/cmd/snapshot_trigger.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/probe_orders.h"
#include "vmm/cmd/run_control.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_snapshot.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/skip_idle.h"

#define REGEX_TEXT_BYTES 128
/* After a migration that was under way. */
#define RETRY_NS UINT64_C(100000000)

/*
 * While a migration has the guest stand still it is not ours to save. That may fail, and then it
 * goes on here.
 */
static void take(struct snapshot_trigger *trigger)
{
    const struct snapshot_at *at = &trigger->machine->host->snapshot_at;
    int result;

    trigger->is_due = true;
    if (trigger->machine->pause.is_moving) {
        event_deadline_set(&trigger->deadline, host_monotonic_ns() + RETRY_NS);
        return;
    }
    result = machine_snapshot(trigger->machine, at->path, at->then);
    trigger->is_taken = result == 0;
    /* What ends the run, or the migration, is about to be seen to, and decides how. */
    if (result < 0 && result != -ECANCELED)
        machine_end(trigger->machine, EXIT_STATUS_HOST_ERROR, "%s", "");
    run_control_follow_pause(trigger->run);
}

/* Guest time has seldom gone on as fast as it may: then it is waited for once more. */
static void on_time(void *ctx)
{
    struct snapshot_trigger *trigger = ctx;
    uint64_t now_ns = machine_lock(trigger->machine);
    bool is_due = trigger->is_due || now_ns >= trigger->due_ns;

    skip_idle_stop_at(trigger->machine, SKIP_FOR_SNAPSHOT,
                      is_due ? TIME_NEVER_NS : trigger->due_ns);
    machine_unlock(trigger->machine);
    if (is_due)
        take(trigger);
    else if (!trigger->machine->pause.active)
        event_deadline_set(&trigger->deadline,
                           host_monotonic_ns() + machine_time_least_host_ns(
                                                     trigger->machine, trigger->due_ns - now_ns));
}

/* After a pause; and a jump may have brought guest time to it at once. */
static void on_time_changed(void *ctx)
{
    struct snapshot_trigger *trigger = ctx;

    if (!trigger->is_due && !trigger->is_taken)
        event_deadline_set(&trigger->deadline, 0);
}

static void on_matched(void *ctx, short revents)
{
    struct snapshot_trigger *trigger = ctx;
    eventfd_t times;

    (void)revents;
    if (eventfd_read(trigger->matched_fd, &times) == 0)
        take(trigger);
}

static bool line_matches(struct snapshot_trigger *trigger)
{
    trigger->line[trigger->line_length] = '\0';
    return regexec(&trigger->pattern, trigger->line, 0, NULL, 0) == 0;
}

/* Under the lock, in a vCPU's thread: the next byte on COM1. */
static void on_console_byte(void *ctx, uint8_t byte)
{
    struct snapshot_trigger *trigger = ctx;

    if (trigger->has_matched)
        return;
    if (byte == '\n' || byte == '\r')
        trigger->line_length = 0;
    else if (byte != '\0' && trigger->line_length < SNAPSHOT_LINE_BYTES - 1)
        trigger->line[trigger->line_length++] = (char)byte;
    trigger->has_matched = trigger->line_length > 0 && line_matches(trigger);
    if (trigger->has_matched)
        eventfd_write(trigger->matched_fd, 1);
}

/* Under the lock, in a vCPU's thread: the next byte on COM2. */
static void on_report_byte(void *ctx, uint8_t byte)
{
    struct snapshot_trigger *trigger = ctx;

    if (trigger->has_matched || byte != PROBE_ENQUIRY)
        return;
    trigger->has_matched = true;
    eventfd_write(trigger->matched_fd, 1);
}

static int open_pattern(struct snapshot_trigger *trigger, const char *pattern)
{
    int error = regcomp(&trigger->pattern, pattern, REG_EXTENDED | REG_NOSUB);
    char text[REGEX_TEXT_BYTES];

    if (error != 0) {
        regerror(error, &trigger->pattern, text, sizeof text);
        log_error("--snapshot-at boot:%s: %s", pattern, text);
        return -EINVAL;
    }
    trigger->has_pattern = true;
    return 0;
}

static int open_matched(struct snapshot_trigger *trigger)
{
    trigger->matched_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (trigger->matched_fd >= 0)
        return 0;
    log_error("eventfd: %s", strerror(errno));
    return -errno;
}

int snapshot_trigger_open(struct snapshot_trigger *trigger, struct machine *machine)
{
    const struct snapshot_at *at = &machine->host->snapshot_at;
    int result = 0;

    *trigger = (struct snapshot_trigger){.machine = machine, .matched_fd = -1};
    if (at->path[0] == '\0')
        return 0;
    if (at->pattern[0] != '\0')
        result = open_pattern(trigger, at->pattern);
    if (result == 0 && (trigger->has_pattern || at->at_enquiry))
        result = open_matched(trigger);
    if (result == 0 && trigger->has_pattern)
        machine->console_tap = (struct console_tap){on_console_byte, trigger};
    if (result == 0 && at->at_enquiry)
        machine->report_tap = (struct console_tap){on_report_byte, trigger};
    return result;
}

int snapshot_trigger_attach(struct snapshot_trigger *trigger, struct event_loop *loop,
                            struct run_control *run)
{
    struct machine *machine = trigger->machine;
    int result;

    trigger->run = run;
    if (machine->host->snapshot_at.path[0] == '\0')
        return 0;
    result = event_deadline_add(loop, &trigger->deadline, on_time, trigger);
    if (result == 0 && trigger->matched_fd >= 0)
        return event_source_add(loop, &trigger->matched, trigger->matched_fd, POLLIN, on_matched,
                                trigger);
    trigger->due_ns = machine_lock(machine) + machine->host->snapshot_at.guest_ns;
    machine_unlock(machine);
    if (result == 0) {
        run_control_listen(run, on_time_changed, trigger);
        event_deadline_set(&trigger->deadline, 0);
    }
    return result;
}

void snapshot_trigger_begin_boot(struct snapshot_trigger *trigger)
{
    eventfd_t times;

    trigger->line_length = 0;
    trigger->has_matched = trigger->is_taken;
    trigger->is_due = false;
    event_deadline_set(&trigger->deadline, TIME_NEVER_NS);
    if (trigger->matched_fd >= 0)
        eventfd_read(trigger->matched_fd, &times);
    else if (!trigger->is_taken)
        event_deadline_set(&trigger->deadline, 0);
}

void snapshot_trigger_close(struct snapshot_trigger *trigger)
{
    if (trigger->has_pattern)
        regfree(&trigger->pattern);
    if (trigger->machine != NULL && trigger->matched_fd >= 0)
        close(trigger->matched_fd);
}
