/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault_timeline.h. */
#include "vmm/cmd/fault_timeline.h"

#include <errno.h>

#include "vmm/cmd/run_control.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/skip_idle.h"

#define ENTRY_TEXT_BYTES (FAULT_TEXT_BYTES + 32)

static uint64_t guest_now_ns(struct machine *machine)
{
    uint64_t now_ns = machine_lock(machine);

    machine_unlock(machine);
    return now_ns;
}

/* In static memory. */
static const char *describe(const struct scheduled_fault *entry)
{
    static char bytes[ENTRY_TEXT_BYTES];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    scheduled_fault_add_words(entry, &text);
    return bytes;
}

static bool is_past(const struct scheduled_fault *entry, uint64_t now_ns, struct text *why)
{
    if (entry->at_ns >= now_ns)
        return false;
    text_add(why, "guest time is past it, at ");
    text_add_duration(why, (int64_t)now_ns, false);
    return true;
}

static int check(const struct machine *machine, const struct scheduled_fault *entry,
                 uint64_t now_ns)
{
    char line[FAULT_ERROR_BYTES];
    struct text why;

    text_init(&why, line, sizeof line);
    if (!is_past(entry, now_ns, &why) && machine_fault_is_possible(machine, &entry->fault, &why))
        return 0;
    log_error("--at '%s': %s", describe(entry), line);
    return -EINVAL;
}

static unsigned needs_of(const struct fault_schedule *schedule)
{
    unsigned needs = 0;

    for (unsigned i = 0; i < schedule->count; i++)
        needs |= fault_rows[schedule->entries[i].fault.kind].needs;
    return needs;
}

int fault_timeline_open(struct fault_timeline *timeline, struct machine *machine,
                        const struct fault_schedule *schedule, bool has_past)
{
    uint64_t now_ns = has_past ? guest_now_ns(machine) : 0;
    int result = 0;

    *timeline = (struct fault_timeline){.machine = machine, .schedule = *schedule};
    if ((needs_of(schedule) & FAULT_NEEDS_TSC_OFFSETS) != 0)
        result = machine_tsc_find_out_apart(machine);
    for (unsigned i = 0; result == 0 && i < schedule->count; i++)
        result = check(machine, &schedule->entries[i], now_ns);
    return result;
}

static void apply(struct fault_timeline *timeline, const struct scheduled_fault *entry)
{
    char line[FAULT_ERROR_BYTES];
    struct text why;

    text_init(&why, line, sizeof line);
    if (!run_control_fault(timeline->run, &entry->fault, &why))
        machine_end(timeline->machine, EXIT_STATUS_HOST_ERROR, "%s'%s': %s",
                    entry->fault.is_end ? "the end of " : timeline->source.name, describe(entry),
                    line);
}

static uint64_t next_ns(const struct fault_timeline *timeline)
{
    uint64_t begin_ns = timeline->source.next_ns(timeline->source.ctx);
    uint64_t end_ns = fault_ends_next_ns(&timeline->machine->fault_ends);

    return begin_ns < end_ns ? begin_ns : end_ns;
}

/* What ends when another begins, ends first. */
static bool take(struct fault_timeline *timeline, uint64_t now_ns, struct scheduled_fault *entry)
{
    struct fault_ends *ends = &timeline->machine->fault_ends;

    if (fault_ends_next_ns(ends) <= timeline->source.next_ns(timeline->source.ctx))
        return fault_ends_take(ends, now_ns, entry);
    return timeline->source.take(timeline->source.ctx, now_ns, entry);
}

/* When to look next. */
void fault_timeline_follow(struct fault_timeline *timeline)
{
    struct machine *machine = timeline->machine;
    uint64_t due_ns = next_ns(timeline);
    uint64_t now_ns = machine_lock(machine);

    skip_idle_stop_at(machine, SKIP_FOR_FAULT, due_ns);
    machine_unlock(machine);
    if (machine->pause.active)
        due_ns = TIME_NEVER_NS;
    if (due_ns != TIME_NEVER_NS)
        due_ns = host_monotonic_ns() +
                 machine_time_least_host_ns(machine, due_ns > now_ns ? due_ns - now_ns : 0);
    event_deadline_set(&timeline->deadline, due_ns);
}

/* After each change of guest time, or of a pause. */
static void on_time_changed(void *ctx)
{
    fault_timeline_follow(ctx);
}

/* Guest time has seldom gone on as fast as it may: then it is waited for once more. */
static void on_time(void *ctx)
{
    struct fault_timeline *timeline = ctx;
    struct machine *machine = timeline->machine;
    struct scheduled_fault entry;

    if (machine->pause.active || machine_is_ending(machine))
        return;
    if (take(timeline, guest_now_ns(machine), &entry))
        apply(timeline, &entry);
    else
        fault_timeline_follow(timeline);
}

static uint64_t schedule_next_ns(void *ctx)
{
    return fault_schedule_next_ns(ctx);
}

static bool schedule_take(void *ctx, uint64_t now_ns, struct scheduled_fault *entry)
{
    return fault_schedule_take(ctx, now_ns, entry);
}

int fault_timeline_attach(struct fault_timeline *timeline, struct event_loop *loop,
                          struct run_control *run)
{
    timeline->run = run;
    if (timeline->source.next_ns == NULL)
        timeline->source =
            (struct fault_source){"--at ", schedule_next_ns, schedule_take, &timeline->schedule};
    run_control_listen(run, on_time_changed, timeline);
    return event_deadline_add(loop, &timeline->deadline, on_time, timeline);
}
