/* SPDX-License-Identifier: BSD-2-Clause */
/* See main_loop.h. */
#include "vmm/cmd/main_loop.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "vmm/host/event_loop.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/log_writer.h"
#include "vmm/host/signals.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_hooks.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_rtc.h"

struct main_loop {
    struct machine *machine;
    int signal_fd;
    bool power_button_pressed;
    /* By the user or a limit of time: nobody is waited for. */
    bool ended_from_outside;
    struct event_loop *loop;
    struct event_source end;
    struct event_source signals;
    struct event_source rtc_timer;
    struct event_deadline limit;
    /* Of the guest, to obey the power button. */
    struct event_deadline grace;
    /* Of guest time, after a long pause. */
    struct event_deadline step;
    /* Of those that read the output, after the guest's end. */
    struct event_deadline readers;
};

int main_loop_open_signals(void)
{
    /* Not the kick of a vCPU, which a caller may have left blocked. */
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGCONT, SIGUSR1, SIGUSR2};

    return signals_open(taken, sizeof taken / sizeof taken[0], SFD_NONBLOCK);
}

static void press_power_button(struct machine *machine)
{
    uint64_t now_ns = machine_lock(machine);

    acpi_pm_press_power_button(&machine->board.pm, now_ns);
    machine_unlock(machine);
}

/* For the user, or a limit of time. Once the guest has ended it ends the wait for readers. */
static void end_run(struct main_loop *self, int status, const char *format, ...)
{
    char text[MACHINE_END_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    self->ended_from_outside = true;
    machine_end(self->machine, status, "%s", text);
    event_loop_stop(self->loop);
}

static double grace_sec(const struct main_loop *self)
{
    return (double)self->machine->host->grace_ns / NS_PER_SEC;
}

static void on_terminate(struct main_loop *self)
{
    uint64_t grace_ns = self->machine->host->grace_ns;

    if (grace_ns == 0) {
        end_run(self, EXIT_STATUS_INTERRUPTED, "ended by SIGTERM");
        return;
    }
    if (self->power_button_pressed) {
        end_run(self, EXIT_STATUS_INTERRUPTED, "ended by a second SIGTERM");
        return;
    }
    self->power_button_pressed = true;
    log_note("SIGTERM: pressed the guest's power button%s; the run ends in %g s, or at once at a "
             "second SIGTERM",
             self->machine->pause.active ? ", which it sees when SIGUSR2 resumes it" : "",
             grace_sec(self));
    press_power_button(self->machine);
    event_deadline_set(&self->grace, host_monotonic_ns() + grace_ns);
}

/*
 * After each change of the pause. Until guest time has gone on the RTC is not moved, and its timer
 * stays readable. Guest time may have to go on by a further step.
 */
static void follow_pause(struct main_loop *self)
{
    struct machine *machine = self->machine;
    bool waits = machine->pause.active || machine_pause_is_behind(machine);

    event_source_wait_for(&self->rtc_timer, waits ? 0 : POLLIN);
    event_deadline_set(&self->step, machine_pause_due_monotonic_ns(machine));
}

static void on_step(void *ctx)
{
    struct main_loop *self = ctx;

    machine_pause_step(self->machine);
    follow_pause(self);
}

/* Of a guest that has ended: the user will not wait for the readers of its output any more. */
static void take_late_signal(struct main_loop *self, int number)
{
    if (number == SIGCONT)
        console_resume(&self->machine->console);
    else if (number != SIGUSR1 && number != SIGUSR2)
        event_loop_stop(self->loop);
}

static void take_signal(struct main_loop *self, int number)
{
    switch (number) {
    case SIGTERM:
        on_terminate(self);
        break;
    case SIGCONT:
        console_resume(&self->machine->console);
        break;
    case SIGUSR1:
        machine_pause(self->machine);
        follow_pause(self);
        break;
    case SIGUSR2:
        machine_resume(self->machine);
        follow_pause(self);
        break;
    default:
        end_run(self, EXIT_STATUS_INTERRUPTED, "interrupted by SIG%s", sigabbrev_np(number));
    }
}

static void on_signal(void *ctx, short revents)
{
    struct main_loop *self = ctx;
    struct signalfd_siginfo info;

    (void)revents;
    if (read(self->signal_fd, &info, sizeof info) != sizeof info)
        return;
    if (machine_is_ending(self->machine))
        take_late_signal(self, (int)info.ssi_signo);
    else
        take_signal(self, (int)info.ssi_signo);
}

static void on_end(void *ctx, short revents)
{
    struct main_loop *self = ctx;

    (void)revents;
    event_loop_stop(self->loop);
}

static void on_rtc_timer(void *ctx, short revents)
{
    struct main_loop *self = ctx;

    (void)revents;
    machine_rtc_take_timer(self->machine);
}

static void on_limit(void *ctx)
{
    struct main_loop *self = ctx;

    end_run(self, EXIT_STATUS_TIMEOUT, "timed out after %g s",
            (double)self->machine->host->timeout_ns / NS_PER_SEC);
}

static void on_grace_over(void *ctx)
{
    struct main_loop *self = ctx;

    end_run(self, EXIT_STATUS_INTERRUPTED, "the guest did not power off within %g s of SIGTERM",
            grace_sec(self));
}

static void tell_serial(struct main_loop *self, unsigned events,
                        void (*ready)(struct machine *, uint64_t))
{
    struct machine *machine = self->machine;

    if ((events & CONSOLE_END) != 0)
        end_run(self, EXIT_STATUS_INTERRUPTED, "ended from the console");
    if ((events & (CONSOLE_INPUT | CONSOLE_ROOM)) != 0) {
        uint64_t now_ns = machine_lock(machine);

        ready(machine, now_ns);
        machine_unlock(machine);
    }
}

static void on_console(void *ctx, unsigned events)
{
    tell_serial(ctx, events, machine_console_ready);
}

static void on_report(void *ctx, unsigned events)
{
    tell_serial(ctx, events, machine_report_ready);
}

static void on_readers_late(void *ctx)
{
    struct main_loop *self = ctx;

    event_loop_stop(self->loop);
}

/* The order is that in which they are served: the end, EOIs, signals, the RTC, bytes, messages. */
static int attach(struct main_loop *self)
{
    struct machine *machine = self->machine;
    struct event_loop *loop = self->loop;
    int result = event_source_add(loop, &self->end, machine->end_fd, POLLIN, on_end, self);

    if (result == 0)
        result = eoi_attach(&machine->eoi, loop, machine);
    if (result == 0)
        result = event_source_add(loop, &self->signals, self->signal_fd, POLLIN, on_signal, self);
    if (result == 0 && machine->rtc.timer_fd >= 0)
        result = event_source_add(loop, &self->rtc_timer, machine->rtc.timer_fd, POLLIN,
                                  on_rtc_timer, self);
    if (result == 0)
        result = console_attach(&machine->console, loop, on_console, self);
    if (result == 0)
        result = console_attach(&machine->report, loop, on_report, self);
    if (result == 0)
        result = log_writer_attach(loop);
    if (result == 0)
        result = event_deadline_add(loop, &self->limit, on_limit, self);
    if (result == 0)
        result = event_deadline_add(loop, &self->grace, on_grace_over, self);
    if (result == 0)
        result = event_deadline_add(loop, &self->readers, on_readers_late, self);
    return result == 0 ? event_deadline_add(loop, &self->step, on_step, self) : result;
}

/* Of the guest's output, and of messages where those go to the same file. */
static bool readers_are_behind(const struct machine *machine)
{
    return console_output_pending(&machine->console) || console_output_pending(&machine->report) ||
           (machine->console.shares_stderr && log_writer_has_messages());
}

static uint32_t output_taken(const struct machine *machine)
{
    return console_output_taken(&machine->console) + console_output_taken(&machine->report);
}

static void start_readers_limit(struct main_loop *self)
{
    event_deadline_set(&self->readers, host_monotonic_ns() + self->machine->host->output_wait_ns);
}

/*
 * The guest has ended by itself. Whoever reads its output may pause, as a person does with less, so
 * the limit starts afresh with each byte that is taken. What ends a run ends this as well.
 */
static void wait_for_readers(struct main_loop *self)
{
    struct machine *machine = self->machine;
    int result = 0;

    event_source_remove(&self->end);
    event_source_remove(&self->rtc_timer);
    event_loop_restart(self->loop);
    start_readers_limit(self);
    while (result == 0 && !self->loop->stopped && readers_are_behind(machine)) {
        uint32_t taken_before = output_taken(machine);

        result = event_loop_turn(self->loop, TIME_NEVER_NS);
        if (output_taken(machine) != taken_before)
            start_readers_limit(self);
    }
}

void main_loop_run(struct machine *machine, struct event_loop *loop, int signal_fd)
{
    struct main_loop self = {.machine = machine, .loop = loop, .signal_fd = signal_fd};
    uint64_t timeout_ns = machine->host->timeout_ns;
    int result = attach(&self);

    if (timeout_ns > 0)
        event_deadline_set(&self.limit, host_monotonic_ns() + timeout_ns);
    if (result == 0)
        result = event_loop_run(loop);
    if (result < 0)
        machine_end(machine, EXIT_STATUS_HOST_ERROR, "poll: %s", strerror(-result));
    machine_stop(machine);
    if (result == 0 && !self.ended_from_outside)
        wait_for_readers(&self);
    log_writer_detach();
}
