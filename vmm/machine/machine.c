/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine.h. */
#include "vmm/machine/machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "vmm/host/host_clock.h"

/* A TSC that is behind on another CPU must not take guest time back: it stands still instead. */
uint64_t machine_now(struct machine *machine)
{
    uint64_t tsc = machine->cut.active ? machine->cut.taken.host_tsc : host_tsc();

    return live_clock_raise(&machine->live, timebase_ns(&machine->timebase, tsc));
}

uint64_t machine_lock(struct machine *machine)
{
    pthread_mutex_lock(&machine->lock);
    return machine_now(machine);
}

uint64_t machine_lock_timeless(struct machine *machine)
{
    pthread_mutex_lock(&machine->lock);
    return atomic_load(&machine->live.now_ns);
}

uint64_t machine_now_to_change(struct machine *machine)
{
    live_clock_begin(&machine->live);
    return machine_now(machine);
}

void machine_publish(struct machine *machine)
{
    struct live_inputs inputs;

    if (machine->before_unlock != NULL)
        machine->before_unlock(machine);
    /* With a lens there is no end of the change: every reading is made with the lock. */
    if (!live_clock_is_changing(&machine->live) || board_counters_are_lensed(&machine->board))
        return;
    inputs = (struct live_inputs){machine->timebase, hpet_counter(&machine->board.hpet)};
    live_clock_end(&machine->live, &inputs);
}

void machine_unlock(struct machine *machine)
{
    machine_publish(machine);
    if (timer_rest_is_too_long(&machine->timer_rest,
                               timerq_next_deadline_ns(&machine->board.timers)))
        pthread_cond_signal(&machine->timer_changed);
    pthread_mutex_unlock(&machine->lock);
}

bool machine_is_ending(const struct machine *machine)
{
    return (atomic_load(&machine->stop_reasons) & MACHINE_STOP_END) != 0;
}

static enum machine_end_cause cause_of(int status)
{
    if (status == EXIT_STATUS_OK || status % 2 != 0)
        return MACHINE_ENDED_BY_GUEST_SHUTDOWN;
    if (status == EXIT_STATUS_GUEST_CRASH)
        return MACHINE_ENDED_BY_GUEST_PANIC;
    if (status == EXIT_STATUS_TIMEOUT || status == EXIT_STATUS_INTERRUPTED)
        return MACHINE_ENDED_BY_HOST_SIGNAL;
    return MACHINE_ENDED_BY_HOST_ERROR;
}

static bool end(struct machine *machine, enum machine_end_cause cause, int status,
                const char *format, va_list arguments)
{
    if ((atomic_fetch_or(&machine->stop_reasons, MACHINE_STOP_END) & MACHINE_STOP_END) != 0)
        return false;
    machine->end_status = status;
    machine->end_cause = cause;
    vsnprintf(machine->end_text, sizeof machine->end_text, format, arguments);
    eventfd_write(machine->end_fd, 1);
    return true;
}

void machine_end(struct machine *machine, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end(machine, cause_of(status), status, format, arguments);
    va_end(arguments);
}

bool machine_end_because(struct machine *machine, enum machine_end_cause cause, int status,
                         const char *format, ...)
{
    va_list arguments;
    bool first;

    va_start(arguments, format);
    first = end(machine, cause, status, format, arguments);
    va_end(arguments);
    return first;
}

void *machine_memory_to_write(struct machine *machine, uint64_t gpa, uint64_t size_bytes)
{
    void *host = guest_mem_at(&machine->memory, gpa, size_bytes);

    if (host != NULL)
        page_set_add(&machine->own_pages, &machine->memory, gpa, size_bytes);
    return host;
}
