/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user can do to a guest that runs: pause, resume, press the power button, move, end it.
 * Signals (main_loop.h) and commands of the control socket (control_commands.h) do it alike.
 *
 * All of it is the main thread's, without the machine's lock.
 */
#ifndef VMM_CMD_RUN_CONTROL_H
#define VMM_CMD_RUN_CONTROL_H

#include "vmm/host/event_loop.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/migration_source.h"

/* What run_control_end was called with when the guest had ended already. */
struct run_late_end {
    bool is_asked;
    enum machine_end_cause cause;
    int status;
    char text[MACHINE_END_TEXT_SIZE];
};

#define RUN_LISTENERS_MAX 2

/* Who is told after each change of a pause, and after guest time has been moved. */
struct run_listener {
    void (*time_changed)(void *ctx);
    void *ctx;
};

struct run_control {
    struct machine *machine;
    struct event_loop *loop;
    /* The RTC's host clock; not looked at in a pause. */
    struct event_source rtc_timer;
    /* The guest goes to sleep, or is to wake. */
    struct event_source sleep;
    /* Of guest time, after a long pause. */
    struct event_deadline step;
    /* --skip-idle has brought guest time to what a listener waits for. */
    struct event_source visited;
    struct run_late_end late_end;
    struct migration_source migration;
    struct run_listener listeners[RUN_LISTENERS_MAX];
    unsigned listener_count;
};

/* 0, or -ENOSPC if the loop is full. */
int run_control_attach(struct run_control *self, struct machine *machine, struct event_loop *loop);

/* Once it is attached: one more who is told. There are RUN_LISTENERS_MAX at most. */
void run_control_listen(struct run_control *self, void (*time_changed)(void *ctx), void *ctx);

/* Once the loop runs no more, and before machine_destroy; harmless if it is all zeros. */
void run_control_close(struct run_control *self);

/* As machine_pause and machine_resume. */
bool run_control_pause(struct run_control *self, const struct pause_names *names);
bool run_control_resume(struct run_control *self);

/* After another has paused the machine or let it go, and at the start of one that is restored. */
void run_control_follow_pause(struct run_control *self);

/* As machine_fault_apply. When a fault with `for` is over is in machine->fault_ends then. */
bool run_control_fault(struct run_control *self, const struct fault *fault, struct text *why);

void run_control_press_power_button(struct run_control *self);

/* As machine_sleep_wake. */
bool run_control_wake(struct run_control *self);

/*
 * For the user, or a limit of time: ends the machine, as machine_end_because, and stops the loop.
 * Once the guest has ended it ends the wait for the readers of its output.
 */
void run_control_end(struct run_control *self, enum machine_end_cause cause, int status,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Where the guest's end was that of a boot (machine_reboot_begin): if run_control_end came after
 * it, ends the machine by that, and is true.
 */
bool run_control_take_late_end(struct run_control *self);

#endif
