/* SPDX-License-Identifier: BSD-2-Clause */
/* See run_control.h. */
#include "vmm/cmd/run_control.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/skip_idle.h"

/*
 * After each change of the pause. Until guest time has gone on the RTC is not moved, and its timer
 * stays readable. Guest time may have to go on by a further step.
 */
void run_control_follow_pause(struct run_control *self)
{
    struct machine *machine = self->machine;
    bool waits = machine->pause.active || machine_pause_is_behind(machine);

    event_source_wait_for(&self->rtc_timer, waits ? 0 : POLLIN);
    event_deadline_set(&self->step, machine_pause_due_monotonic_ns(machine));
    if (machine->sleep.fd >= 0)
        machine_sleep_step(machine);
    for (unsigned i = 0; i < self->listener_count; i++)
        self->listeners[i].time_changed(self->listeners[i].ctx);
}

static void on_step(void *ctx)
{
    struct run_control *self = ctx;

    machine_pause_step(self->machine);
    run_control_follow_pause(self);
}

static void on_visited(void *ctx, short revents)
{
    struct run_control *self = ctx;
    eventfd_t ignored;

    (void)revents;
    eventfd_read(self->machine->skip.visited_fd, &ignored);
    run_control_follow_pause(self);
}

static void on_rtc_timer(void *ctx, short revents)
{
    struct run_control *self = ctx;

    (void)revents;
    machine_rtc_take_timer(self->machine);
}

static void on_sleep(void *ctx, short revents)
{
    struct run_control *self = ctx;

    (void)revents;
    machine_sleep_step(self->machine);
}

static void on_pause_changed(void *ctx)
{
    run_control_follow_pause(ctx);
}

int run_control_attach(struct run_control *self, struct machine *machine, struct event_loop *loop)
{
    int result = 0;

    *self = (struct run_control){.machine = machine, .loop = loop};
    if (machine->rtc.timer_fd >= 0)
        result = event_source_add(loop, &self->rtc_timer, machine->rtc.timer_fd, POLLIN,
                                  on_rtc_timer, self);
    if (result == 0 && machine->sleep.fd >= 0)
        result = event_source_add(loop, &self->sleep, machine->sleep.fd, POLLIN, on_sleep, self);
    if (result == 0 && skip_idle_is_possible(machine))
        result = event_source_add(loop, &self->visited, machine->skip.visited_fd, POLLIN,
                                  on_visited, self);
    if (result == 0)
        result = event_deadline_add(loop, &self->step, on_step, self);
    return result == 0
               ? migration_source_attach(&self->migration, machine, loop, on_pause_changed, self)
               : result;
}

void run_control_listen(struct run_control *self, void (*time_changed)(void *ctx), void *ctx)
{
    assert(self->listener_count < RUN_LISTENERS_MAX);
    self->listeners[self->listener_count++] = (struct run_listener){time_changed, ctx};
}

void run_control_close(struct run_control *self)
{
    migration_source_close(&self->migration);
}

bool run_control_pause(struct run_control *self, const struct pause_names *names)
{
    bool paused = machine_pause(self->machine, names);

    run_control_follow_pause(self);
    return paused;
}

bool run_control_resume(struct run_control *self)
{
    bool resumed = machine_resume(self->machine);

    run_control_follow_pause(self);
    return resumed;
}

/* The end of a fault begins nothing, and fault_ends has it no more. */
static void begin_fault(struct run_control *self, const struct fault *fault)
{
    uint64_t now_ns = machine_lock(self->machine);

    machine_unlock(self->machine);
    fault_ends_begin(&self->machine->fault_ends, fault, now_ns);
}

bool run_control_fault(struct run_control *self, const struct fault *fault, struct text *why)
{
    bool done;

    if (!fault_ends_have_room(&self->machine->fault_ends, fault)) {
        text_add(why, "%s: %d faults are going on, and more cannot", fault_rows[fault->kind].name,
                 FAULT_ENDS_MAX);
        return false;
    }
    done = machine_fault_apply(self->machine, fault, why);
    if (done && !fault->is_end)
        begin_fault(self, fault);
    run_control_follow_pause(self);
    return done;
}

void run_control_press_power_button(struct run_control *self)
{
    struct machine *machine = self->machine;
    uint64_t now_ns = machine_lock(machine);

    acpi_pm_press_power_button(&machine->board.pm,
                               board_clock_ns(&machine->board, BOARD_PM, now_ns));
    board_clock_follow(&machine->board, BOARD_PM);
    machine_event_post(machine, MACHINE_POWER_BUTTON, false, 0);
    machine_unlock(machine);
}

bool run_control_wake(struct run_control *self)
{
    return machine_sleep_wake(self->machine);
}

void run_control_end(struct run_control *self, enum machine_end_cause cause, int status,
                     const char *format, ...)
{
    char text[MACHINE_END_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    self->machine->readers_dismissed = true;
    if (!machine_end_because(self->machine, cause, status, "%s", text)) {
        self->late_end = (struct run_late_end){.is_asked = true, .cause = cause, .status = status};
        memcpy(self->late_end.text, text, sizeof text);
    }
    event_loop_stop(self->loop);
}

bool run_control_take_late_end(struct run_control *self)
{
    const struct run_late_end *late = &self->late_end;

    if (late->is_asked)
        machine_end_because(self->machine, late->cause, late->status, "%s", late->text);
    return late->is_asked;
}
