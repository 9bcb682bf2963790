/* SPDX-License-Identifier: BSD-2-Clause */
/* See main_loop.h. */
#include "vmm/cmd/main_loop.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "vmm/cmd/fault_timeline.h"
#include "vmm/cmd/guest_control.h"
#include "vmm/cmd/kernel_options.h"
#include "vmm/cmd/run_control.h"
#include "vmm/cmd/snapshot_trigger.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/log_writer.h"
#include "vmm/host/signals.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/guest_end.h"
#include "vmm/machine/halt_watch.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_disk.h"
#include "vmm/machine/machine_hooks.h"
#include "vmm/machine/machine_reboot.h"

/* So long may a terminal stay empty before its user is told what to do. */
#define SILENCE_NS (5 * NS_PER_SEC)

struct main_loop {
    struct machine *machine;
    int signal_fd;
    bool power_button_pressed;
    struct event_loop *loop;
    struct run_control *run;
    struct guest_control *control;
    struct event_source end;
    struct event_source signals;
    struct event_deadline limit;
    /* Of the guest, to obey the power button. */
    struct event_deadline grace;
    /* Of a guest that has printed nothing. */
    struct event_deadline silence;
    struct halt_watch halt_watch;
    struct event_deadline halt_look;
    /* Of those that read the output, after the guest's end. */
    struct event_deadline readers;
    struct snapshot_trigger *snapshot;
    struct fault_timeline *faults;
};

int main_loop_open_signals(void)
{
    /* Not the kick of a vCPU, which a caller may have left blocked. */
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGCONT, SIGUSR1, SIGUSR2};

    return signals_open(taken, sizeof taken / sizeof taken[0], SFD_NONBLOCK);
}

static double grace_sec(const struct main_loop *self)
{
    return (double)self->machine->host->grace_ns / NS_PER_SEC;
}

static void on_terminate(struct main_loop *self)
{
    uint64_t grace_ns = self->machine->host->grace_ns;

    if (grace_ns == 0) {
        run_control_end(self->run, MACHINE_ENDED_BY_HOST_SIGNAL, EXIT_STATUS_INTERRUPTED,
                        "ended by SIGTERM");
        return;
    }
    if (self->power_button_pressed) {
        run_control_end(self->run, MACHINE_ENDED_BY_HOST_SIGNAL, EXIT_STATUS_INTERRUPTED,
                        "ended by a second SIGTERM");
        return;
    }
    self->power_button_pressed = true;
    log_note("SIGTERM: pressed the guest's power button%s; the run ends in %g s, or at once at a "
             "second SIGTERM",
             self->machine->pause.active ? ", which it sees when SIGUSR2 resumes it" : "",
             grace_sec(self));
    run_control_press_power_button(self->run);
    event_deadline_set(&self->grace, host_monotonic_ns() + grace_ns);
}

static void on_usr1(struct main_loop *self)
{
    static const struct pause_names names = {"SIGUSR1", "SIGUSR2"};

    if (!run_control_pause(self->run, &names) && self->machine->pause.active)
        log_note("SIGUSR1: the guest is paused already");
}

static void on_usr2(struct main_loop *self)
{
    if (!run_control_resume(self->run))
        log_note("SIGUSR2: the guest is %s",
                 self->machine->pause.is_moving ? "being migrated" : "not paused");
}

/* The end that one has brought about may still be that of a boot alone. */
static bool is_over(const struct machine *machine)
{
    return machine_is_ending(machine) && (machine->stopped || machine->boot_files == NULL);
}

/* Of a guest that has ended: the user will not wait for the readers of its output any more. */
static void take_late_signal(struct main_loop *self, int number)
{
    if (number == SIGCONT)
        console_resume(&self->machine->console);
    else if (number != SIGUSR1 && number != SIGUSR2) {
        self->machine->readers_dismissed = true;
        event_loop_stop(self->loop);
    }
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
        on_usr1(self);
        break;
    case SIGUSR2:
        on_usr2(self);
        break;
    default:
        run_control_end(self->run, MACHINE_ENDED_BY_HOST_SIGNAL, EXIT_STATUS_INTERRUPTED,
                        "interrupted by SIG%s", sigabbrev_np(number));
    }
}

static void on_signal(void *ctx, short revents)
{
    struct main_loop *self = ctx;
    struct signalfd_siginfo info;

    (void)revents;
    if (read(self->signal_fd, &info, sizeof info) != sizeof info)
        return;
    if (is_over(self->machine))
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

static void on_limit(void *ctx)
{
    struct main_loop *self = ctx;

    run_control_end(self->run, MACHINE_ENDED_BY_HOST_SIGNAL, EXIT_STATUS_TIMEOUT,
                    "timed out after %g s", (double)self->machine->host->timeout_ns / NS_PER_SEC);
}

/* What the loop is to do next, while a callback of it takes long. */
static bool end_is_due(void *ctx)
{
    const struct main_loop *self = ctx;
    uint64_t now_ns = host_monotonic_ns();

    return signals_end_is_pending() || self->limit.at_ns <= now_ns || self->grace.at_ns <= now_ns;
}

static void on_grace_over(void *ctx)
{
    struct main_loop *self = ctx;

    run_control_end(self->run, MACHINE_ENDED_BY_HOST_SIGNAL, EXIT_STATUS_INTERRUPTED,
                    "the guest did not power off within %g s of SIGTERM", grace_sec(self));
}

static void tell_serial(struct main_loop *self, unsigned events,
                        void (*ready)(struct machine *, uint64_t))
{
    struct machine *machine = self->machine;

    if ((events & CONSOLE_END) != 0)
        run_control_end(self->run, MACHINE_ENDED_BY_HOST_UI, EXIT_STATUS_INTERRUPTED,
                        "ended from the console");
    /* One that could not boot again has no chips. */
    if ((events & (CONSOLE_INPUT | CONSOLE_ROOM)) != 0 && machine->vcpus != NULL) {
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

static void write_collected(void *ctx)
{
    struct machine *machine = ctx;

    console_write_collected(&machine->console);
    console_write_collected(&machine->report);
}

/* Whether a user looks at the console, and has said nothing of what Linux is to print there. */
static bool may_wonder_at_silence(const struct host_options *host)
{
    return host->console == CONSOLE_STDIO && isatty(STDERR_FILENO) && host->append == NULL &&
           (host->cmdline == NULL || strcmp(host->cmdline, KERNEL_OPTIONS_CMDLINE) == 0);
}

static void on_silence(void *ctx)
{
    struct main_loop *self = ctx;
    bool has_printed;

    machine_lock(self->machine);
    has_printed = self->machine->com1_used;
    machine_unlock(self->machine);
    if (!has_printed && !machine_is_ending(self->machine))
        log_note("nothing on the console for %d s; with -a loglevel=7 Linux prints what it does",
                 (int)(SILENCE_NS / NS_PER_SEC));
}

static void on_guest_halted(struct main_loop *self)
{
    struct machine *machine = self->machine;

    if (!machine->host->exit_on_halt) {
        log_note("every vCPU has halted with interrupts off: nothing but an NMI wakes them; "
                 "--exit-on-halt ends such a run");
        return;
    }
    machine_lock(machine);
    guest_end_halt(machine);
    machine_unlock(machine);
}

static void on_halt_look(void *ctx)
{
    struct main_loop *self = ctx;
    uint64_t next_ns;

    if (machine_is_ending(self->machine))
        return;
    if (halt_watch_look(&self->halt_watch, self->machine, &next_ns))
        on_guest_halted(self);
    event_deadline_set(&self->halt_look, host_monotonic_ns() + next_ns);
}

static void on_readers_late(void *ctx)
{
    struct main_loop *self = ctx;

    event_loop_stop(self->loop);
}

/* The order is that in which they are served: the end, EOIs, signals, the RTC, bytes, messages,
 * clients. */
static int attach(struct main_loop *self)
{
    struct machine *machine = self->machine;
    struct event_loop *loop = self->loop;
    int result = event_source_add(loop, &self->end, machine->end_fd, POLLIN, on_end, self);

    if (result == 0)
        result = eoi_attach(&machine->eoi, loop, machine);
    if (result == 0)
        result = machine_disk_attach(machine, loop);
    if (result == 0)
        result = event_source_add(loop, &self->signals, self->signal_fd, POLLIN, on_signal, self);
    if (result == 0)
        result = run_control_attach(self->run, machine, loop);
    if (result == 0)
        result = console_attach(&machine->console, loop, on_console, self);
    if (result == 0)
        result = console_attach(&machine->report, loop, on_report, self);
    if (result == 0)
        result = log_writer_attach(loop, write_collected, machine);
    if (result == 0)
        result = event_deadline_add(loop, &self->limit, on_limit, self);
    if (result == 0)
        result = event_deadline_add(loop, &self->grace, on_grace_over, self);
    if (result == 0)
        result = event_deadline_add(loop, &self->readers, on_readers_late, self);
    if (result == 0)
        result = event_deadline_add(loop, &self->halt_look, on_halt_look, self);
    if (result == 0)
        result = event_deadline_add(loop, &self->silence, on_silence, self);
    if (result == 0)
        result = guest_control_attach(self->control, loop);
    if (result == 0)
        result = snapshot_trigger_attach(self->snapshot, loop, self->run);
    return result == 0 ? fault_timeline_attach(self->faults, loop, self->run) : result;
}

/* Of the guest's output, and of messages where those go to the same file. */
static bool readers_are_behind(const struct machine *machine)
{
    return console_reader_is_behind(&machine->console) ||
           console_reader_is_behind(&machine->report) ||
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
    event_source_remove(&self->run->rtc_timer);
    event_loop_restart(self->loop);
    write_collected(machine);
    start_readers_limit(self);
    while (result == 0 && !self->loop->stopped && readers_are_behind(machine)) {
        uint32_t taken_before = output_taken(machine);

        result = event_loop_turn(self->loop, TIME_NEVER_NS);
        if (output_taken(machine) != taken_before)
            start_readers_limit(self);
    }
}

/*
 * The end is served first, and nothing after it. A guest that resets at once would so keep all
 * others out, boot after boot: signals, limits of time, clients and what it has sent.
 */
static void serve_all_but_the_end(struct main_loop *self)
{
    event_source_wait_for(&self->end, 0);
    event_loop_turn(self->loop, 0);
    event_source_wait_for(&self->end, POLLIN);
}

/* The machine runs: until its end. */
static int run_boot(struct main_loop *self)
{
    struct machine *machine = self->machine;
    int result;

    if (may_wonder_at_silence(machine->host))
        event_deadline_set(&self->silence, host_monotonic_ns() + SILENCE_NS);
    self->halt_watch = (struct halt_watch){0};
    event_deadline_set(&self->halt_look, host_monotonic_ns() + HALT_WATCH_MIN_NS);
    /* Of a machine that is restored, guest time may have to go on by a further step. */
    run_control_follow_pause(self->run);
    machine->end_watch = (struct machine_end_watch){end_is_due, self};
    if (machine->reboots > 0)
        serve_all_but_the_end(self);
    result = event_loop_run(self->loop);
    machine->end_watch = (struct machine_end_watch){0};
    return result;
}

/*
 * After a reset, with --reboot again: the machine runs once more. A guest that resets where SIGTERM
 * has asked for a power-off has ended, and who has ended the run meanwhile has ended it all the
 * same.
 */
static bool boots_again(struct main_loop *self)
{
    struct machine *machine = self->machine;
    struct clock_bracket start = host_clock_bracket(CLOCK_MONOTONIC_RAW);

    if (!machine_reboot_is_due(machine) || self->power_button_pressed)
        return false;
    migration_source_reset(&self->run->migration);
    write_collected(machine);
    machine_reboot_begin(machine);
    if (run_control_take_late_end(self->run) || machine_reboot(machine, &start) < 0)
        return false;
    event_loop_restart(self->loop);
    snapshot_trigger_begin_boot(self->snapshot);
    machine->fault_ends = (struct fault_ends){0};
    if (machine_start(machine) == 0)
        return true;
    machine_end(machine, EXIT_STATUS_HOST_ERROR, "%s", "");
    machine_stop(machine);
    return false;
}

void main_loop_run(struct run_control *run, struct guest_control *control,
                   struct snapshot_trigger *snapshot, struct fault_timeline *faults,
                   struct machine *machine, struct event_loop *loop, int signal_fd)
{
    struct main_loop self = {machine,         signal_fd,          .loop = loop,
                             .run = run,      .control = control, .snapshot = snapshot,
                             .faults = faults};
    uint64_t timeout_ns = machine->host->timeout_ns;
    int result = attach(&self);

    if (timeout_ns > 0)
        event_deadline_set(&self.limit, host_monotonic_ns() + timeout_ns);
    do {
        if (result == 0)
            result = run_boot(&self);
        if (result < 0)
            machine_end(machine, EXIT_STATUS_HOST_ERROR, "poll: %s", strerror(-result));
        machine_stop(machine);
    } while (result == 0 && boots_again(&self));
    migration_source_end(&run->migration);
    guest_control_tell_end(control);
    if (result == 0 && !machine->readers_dismissed)
        wait_for_readers(&self);
    log_writer_detach();
}
