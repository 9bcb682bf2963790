/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_fault_jitter.h. */
#include "vmm/machine/machine_fault_jitter.h"

#include "base/duration.h"
#include "vmm/machine/machine.h"

/* Its place among the timers of faults. */
#define TIMER 3

/* The order of the arguments. */
enum { BY, EVERY, KIND, SEED };

bool machine_fault_may_jitter(const struct machine *machine, const struct fault *fault,
                              struct text *why)
{
    (void)machine;
    if (fault->values[BY] <= fault->values[EVERY] / 2)
        return true;
    text_add(why, "%s: by is at most half of every, which is ", fault_rows[fault->kind].name);
    duration_add(why, fault->values[EVERY]);
    text_add(why, " here, as the clock would go back");
    return false;
}

struct jitter machine_fault_jitter(const struct fault *fault)
{
    return (struct jitter){
        .by_ns = fault->is_end ? 0 : (uint64_t)fault->values[BY],
        .every_ns = (uint64_t)fault->values[EVERY],
        .seed = (uint64_t)fault->values[SEED],
        .walks = fault->values[KIND] == FAULT_JITTER_WALK,
    };
}

static struct kvmclock *clock_of(struct machine *machine)
{
    return &machine->board.kvmclock.clock;
}

void machine_fault_jitter_follow(struct machine *machine)
{
    uint64_t now_ns = machine_now(machine), first_ns = TIME_NEVER_NS;

    for (unsigned i = 0; i < clock_of(machine)->vcpu_count; i++)
        first_ns =
            timerq_earlier(first_ns, page_fault_next_ns(&clock_of(machine)->faults[i], now_ns));
    timerq_arm(&machine->board.timers, &machine->jitter_timer, first_ns);
}

/*
 * Turns that a late host has missed are one. The vCPUs run. Where time stands, in a cut, it is
 * published at the end of that.
 */
static void on_time(void *ctx, uint64_t deadline_ns)
{
    struct machine *machine = ctx;

    (void)deadline_ns;
    if (!machine->cut.active) {
        machine_now_to_change(machine);
        kvmclock_set_scale(clock_of(machine), machine->timebase.scale);
    }
    machine_fault_jitter_follow(machine);
}

void machine_fault_jitter_attach(struct machine *machine)
{
    timer_init(&machine->jitter_timer, timer_rank(BOARD_RANK_FAULTS, TIMER), on_time, machine);
}
