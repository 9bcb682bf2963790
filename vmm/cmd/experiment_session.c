/* SPDX-License-Identifier: BSD-2-Clause */
/* See experiment_session.h. */
#include "vmm/cmd/experiment_session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time_math.h"
#include "vmm/cmd/fault_timeline.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_tsc.h"

void experiment_session_init(struct experiment_session *session, const struct scenario *scenario,
                             unsigned guest)
{
    session->scenario = scenario;
    session->guest = guest;
    session->line_fd = -1;
    session->record.lines = &session->lines;
}

/* Of the entries, those of this guest that have no end yet. */
static bool is_waiting(const struct experiment_session *session, unsigned number)
{
    const struct entry_record *record = &session->record.entries[number];

    if (session->scenario->entries[number].guest != session->guest || record->is_skipped)
        return false;
    for (unsigned i = 0; i < session->begun_count; i++)
        if (session->begun[i] == number)
            return false;
    return true;
}

/* Under the lock. TIME_NEVER_NS: it is not known yet. */
static uint64_t resolve(const struct experiment_session *session, const struct scenario_time *time)
{
    const struct entry_record *entry = &session->record.entries[time->entry];

    switch (time->origin) {
    case ORIGIN_START:
        return time->after_ns;
    case ORIGIN_BOOT:
        return session->lines.has_boot ? session->lines.boot_ns + time->after_ns : TIME_NEVER_NS;
    case ORIGIN_FAULT:
        return entry->is_done ? entry->at_ns + time->after_ns : TIME_NEVER_NS;
    }
    return TIME_NEVER_NS;
}

/* Under the lock: when the entry is due; TIME_NEVER_NS: that is not known yet. */
static uint64_t due_ns(const struct experiment_session *session, unsigned number)
{
    const struct scenario_entry *entry = &session->scenario->entries[number];

    if (!entry->after.is_open)
        return resolve(session, &entry->time);
    return session->lines_ns[number] != 0 ? session->lines_ns[number] + entry->time.after_ns
                                          : TIME_NEVER_NS;
}

static uint64_t end_ns(const struct experiment_session *session)
{
    return session->scenario->has_end ? resolve(session, &session->scenario->end) : TIME_NEVER_NS;
}

/* Under the lock: of those that wait, the one that is due first; entry_count: none is. */
static unsigned find_next(const struct experiment_session *session, uint64_t *at_ns)
{
    unsigned next = session->scenario->entry_count;

    *at_ns = TIME_NEVER_NS;
    for (unsigned i = 0; i < session->scenario->entry_count; i++)
        if (is_waiting(session, i) && due_ns(session, i) < *at_ns) {
            next = i;
            *at_ns = due_ns(session, i);
        }
    return next;
}

/* As fault_source has it. */
static uint64_t next_ns(void *ctx)
{
    struct experiment_session *session = ctx;
    uint64_t at_ns;

    machine_lock(session->machine);
    find_next(session, &at_ns);
    if (end_ns(session) < at_ns)
        at_ns = end_ns(session);
    machine_unlock(session->machine);
    return at_ns;
}

static void end_run(const struct experiment_session *session, uint64_t now_ns)
{
    char bytes[64];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add_duration(&text, (int64_t)now_ns, false);
    machine_end_because(session->machine, MACHINE_ENDED_BY_QUIT, EXIT_STATUS_OK,
                        "the scenario's end, at %s", bytes);
}

/* As fault_source has it: of two at one time the fault comes before the end. */
static bool take(void *ctx, uint64_t now_ns, struct scheduled_fault *fault)
{
    struct experiment_session *session = ctx;
    uint64_t at_ns, over_ns;
    unsigned number;

    machine_lock(session->machine);
    number = find_next(session, &at_ns);
    over_ns = end_ns(session);
    machine_unlock(session->machine);
    if (at_ns <= now_ns && at_ns <= over_ns) {
        session->begun[session->begun_count++] = number;
        *fault = (struct scheduled_fault){at_ns, session->scenario->entries[number].fault};
        return true;
    }
    if (over_ns <= now_ns)
        end_run(session, now_ns);
    return false;
}

static bool take_event(struct experiment_session *session, struct machine_event_record *record)
{
    bool taken;

    machine_lock(session->machine);
    taken = machine_event_take(&session->events, record);
    machine_unlock(session->machine);
    return taken;
}

/* Faults tell of their end in the order in which they were begun. */
static void take_events(struct experiment_session *session)
{
    struct machine_event_record record;

    while (take_event(session, &record))
        if (record.event == MACHINE_FAULT && !record.fault.is_end &&
            session->done_count < session->begun_count) {
            struct entry_record *entry =
                &session->record.entries[session->begun[session->done_count++]];

            entry->is_done = true;
            entry->at_ns = (uint64_t)record.value;
            fault_timeline_follow(session->timeline);
        }
}

static void on_events(void *ctx, short revents)
{
    (void)revents;
    take_events(ctx);
}

static void on_line(void *ctx, short revents)
{
    struct experiment_session *session = ctx;
    eventfd_t times;

    (void)revents;
    if (eventfd_read(session->line_fd, &times) == 0)
        fault_timeline_follow(session->timeline);
}

/* Under the lock, in a vCPU's thread: whether an entry has waited for this line. */
static bool begins_entry(struct experiment_session *session)
{
    const struct scenario *scenario = session->scenario;
    uint64_t at_ns;
    const char *line = guest_lines_last(&session->lines, &at_ns);
    bool begins = false;

    for (unsigned i = 0; i < scenario->entry_count; i++)
        if (scenario->entries[i].guest == session->guest && scenario->entries[i].after.is_open &&
            session->lines_ns[i] == 0 && pattern_matches(&scenario->entries[i].after, line)) {
            session->lines_ns[i] = at_ns > 0 ? at_ns : 1;
            begins = true;
        }
    return begins;
}

/* Under the lock, in a vCPU's thread: the next byte on COM1. */
static void on_console_byte(void *ctx, uint8_t byte)
{
    struct experiment_session *session = ctx;
    uint64_t boot_ns = session->lines.has_boot ? session->lines.boot_ns : TIME_NEVER_NS;
    bool has_boot_changed;

    if (!guest_lines_byte(&session->lines, machine_now(session->machine), byte))
        return;
    has_boot_changed = session->lines.has_boot && session->lines.boot_ns != boot_ns;
    if (begins_entry(session) || has_boot_changed)
        eventfd_write(session->line_fd, 1);
}

/* False after an error line. With best-effort the entry is left out. */
static bool can_be_done(struct experiment_session *session, unsigned number)
{
    const struct scenario_entry *entry = &session->scenario->entries[number];
    struct entry_record *record = &session->record.entries[number];
    struct text why;

    text_init(&why, record->why, sizeof record->why);
    if (machine_fault_is_possible(session->machine, &entry->fault, &why))
        return true;
    record->is_skipped = session->scenario->best_effort;
    if (!record->is_skipped)
        log_error("'%s': %s", entry->stated.text, record->why);
    return record->is_skipped;
}

static int check_entries(struct experiment_session *session)
{
    const struct scenario *scenario = session->scenario;
    unsigned needs = 0;
    int result = 0;

    for (unsigned i = 0; i < scenario->entry_count; i++)
        if (scenario->entries[i].guest == session->guest)
            needs |= fault_rows[scenario->entries[i].fault.kind].needs;
    if ((needs & FAULT_NEEDS_TSC_OFFSETS) != 0)
        result = machine_tsc_find_out_apart(session->machine);
    for (unsigned i = 0; result == 0 && i < scenario->entry_count; i++)
        if (scenario->entries[i].guest == session->guest && !can_be_done(session, i))
            result = -EINVAL;
    return result;
}

static int open_line_fd(struct experiment_session *session)
{
    session->line_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (session->line_fd >= 0)
        return 0;
    log_error("eventfd: %s", strerror(errno));
    return -errno;
}

int experiment_session_attach(struct experiment_session *session, struct machine *machine,
                              struct fault_timeline *timeline, struct event_loop *loop)
{
    int result;

    session->machine = machine;
    session->timeline = timeline;
    result = check_entries(session);
    if (result == 0)
        result = open_line_fd(session);
    if (result == 0)
        result = machine_events_open(&session->events);
    if (result < 0)
        return result;
    machine->events = &session->events;
    machine->console_tap = (struct console_tap){on_console_byte, session};
    timeline->source = (struct fault_source){"", next_ns, take, session};
    result = event_source_add(loop, &session->events_source, session->events.fd, POLLIN, on_events,
                              session);
    return result == 0 ? event_source_add(loop, &session->line_source, session->line_fd, POLLIN,
                                          on_line, session)
                       : result;
}

void experiment_session_detach(struct experiment_session *session)
{
    if (session->machine == NULL || session->machine->events != &session->events)
        return;
    take_events(session);
    session->record.end_ns = machine_lock(session->machine);
    machine_unlock(session->machine);
    guest_lines_end(&session->lines);
    session->machine->events = NULL;
    event_source_remove(&session->events_source);
    event_source_remove(&session->line_source);
    machine_events_close(&session->events);
    close(session->line_fd);
}
