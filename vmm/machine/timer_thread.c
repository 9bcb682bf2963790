/* SPDX-License-Identifier: BSD-2-Clause */
/* See timer_thread.h. */
#include "vmm/machine/timer_thread.h"

#include <string.h>
#include <sys/prctl.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_time.h"

#define TIMER_SLACK_NS 1

/* With the lock, which is released while it waits. What was done since it woke has taken time. */
static void wait_until(struct machine *machine, uint64_t deadline_ns)
{
    uint64_t now_ns = machine_now(machine);
    struct timespec until = host_monotonic_after(deadline_ns > now_ns ? deadline_ns - now_ns : 0);

    machine->timer_rest.wake_ns = deadline_ns;
    machine_publish(machine);
    pthread_cond_clockwait(&machine->timer_changed, &machine->lock, CLOCK_MONOTONIC, &until);
}

static void *timer_thread(void *argument)
{
    struct machine *machine = argument;
    struct timerq *timers = &machine->board.timers;

    pthread_setname_np(pthread_self(), "timer");
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
    machine_lock(machine);
    while (!machine_is_ending(machine)) {
        uint64_t now_ns = machine_now(machine), deadline_ns;

        if (machine->pause.active) {
            wait_until(machine, TIME_NEVER_NS);
            continue;
        }
        if (timerq_next_deadline_ns(timers) <= now_ns) {
            timerq_run(timers, now_ns);
            timer_rest_begin(&machine->timer_rest, now_ns);
        }
        if (now_ns >= machine->time.next_update_ns)
            machine_time_update(machine, now_ns);
        deadline_ns = timerq_earlier(timerq_next_deadline_ns(timers), machine->time.next_update_ns);
        wait_until(machine, timer_rest_wake_ns(&machine->timer_rest, deadline_ns));
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
