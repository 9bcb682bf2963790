/* SPDX-License-Identifier: BSD-2-Clause */
/* See timer_thread.h. */
#include "vmm/machine/timer_thread.h"

#include <string.h>
#include <sys/prctl.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/sandbox.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_timers.h"
#include "vmm/machine/skip_idle.h"

#define TIMER_SLACK_NS 1

/* From now_ns until then; 0 if then is past. */
static uint64_t left_ns(uint64_t then_ns, uint64_t now_ns)
{
    return then_ns > now_ns ? then_ns - now_ns : 0;
}

/* With the lock, which is released while it waits. delta_ns is of guest time. */
static void wait_for(struct machine *machine, uint64_t now_ns, uint64_t delta_ns)
{
    struct timespec until =
        host_monotonic_after(dilation_wait_ns(machine->config->time_rate, delta_ns));

    machine->timer_rest.wake_ns =
        delta_ns < TIME_NEVER_NS - now_ns ? now_ns + delta_ns : TIME_NEVER_NS;
    machine_publish(machine);
    pthread_cond_clockwait(&machine->timer_changed, &machine->lock, CLOCK_MONOTONIC, &until);
}

/* A deadline is in guest time, the update and a look for idle vCPUs in the host's. What was done
 * before has taken time. */
static void wait_for_next(struct machine *machine)
{
    uint64_t now_ns = machine_now(machine);
    uint64_t wake_ns =
        timer_rest_wake_ns(&machine->timer_rest, timerq_next_deadline_ns(&machine->board.timers));

    uint64_t host_due_ns =
        timerq_earlier(machine_time_due_monotonic_ns(machine), skip_idle_due_monotonic_ns(machine));

    wait_for(machine, now_ns,
             timerq_earlier(left_ns(wake_ns, now_ns),
                            dilation_guest_ns(machine->config->time_rate,
                                              left_ns(host_due_ns, host_monotonic_ns()))));
}

static void fire(struct machine *machine)
{
    uint64_t now_ns = machine_now(machine);

    if (machine_run_timers(machine, now_ns))
        timer_rest_begin(&machine->timer_rest, now_ns,
                         dilation_guest_ns(machine->config->time_rate, TIMER_REST_NS));
}

static void update_time(struct machine *machine)
{
    uint64_t monotonic_ns = host_monotonic_ns();

    if (monotonic_ns >= machine_time_due_monotonic_ns(machine))
        machine_time_update(machine, monotonic_ns);
}

static void enter_sandbox(struct machine *machine)
{
    int result = sandbox_enter(SANDBOX_TIMER);

    if (result < 0)
        machine_end(machine, EXIT_STATUS_HOST_ERROR, "timer thread: seccomp: %s",
                    strerror(-result));
}

static void *timer_thread(void *argument)
{
    struct machine *machine = argument;

    pthread_setname_np(pthread_self(), "timer");
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
    enter_sandbox(machine);
    machine_lock(machine);
    while (!machine_is_ending(machine)) {
        if (machine->pause.active) {
            wait_for(machine, machine_now(machine), TIME_NEVER_NS);
            continue;
        }
        fire(machine);
        update_time(machine);
        if (!skip_idle_look(machine))
            wait_for_next(machine);
    }
    machine_unlock(machine);
    return NULL;
}

int timer_thread_start(struct machine *machine)
{
    int error = pthread_create(&machine->timer_thread, NULL, timer_thread, machine);

    if (error != 0) {
        log_error("cannot start the timer thread: %s", strerror(error));
        return -error;
    }
    machine->timer_thread_started = true;
    return 0;
}

void timer_thread_join(struct machine *machine)
{
    if (machine->timer_thread_started)
        pthread_join(machine->timer_thread, NULL);
    machine->timer_thread_started = false;
}
