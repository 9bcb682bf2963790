/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_share.h. */
#include "vmm/machine/machine_share.h"

#include "vmm/machine/machine.h"
#include "vmm/machine/quiesce.h"
#include "vmm/machine/vcpu_stall.h"

/* Its place among the timers of faults. */
#define TIMER 2
/* The stalls that are steal time. */
#define STOLEN ((unsigned)(VCPU_STALL_FAULT | VCPU_STALL_SHARE))

void machine_share_stall(struct machine *machine, unsigned vcpu, enum vcpu_stall why,
                         bool is_stalled)
{
    struct vcpu *held = &machine->vcpus[vcpu];
    uint64_t now_ns = machine_now(machine);

    if (is_stalled) {
        vcpu_begin_stall(held, why);
        steal_msr_begin_stall(&machine->board.steal, now_ns, vcpu);
        return;
    }
    if ((held->stalls & STOLEN) == (unsigned)why)
        steal_msr_end_stall(&machine->board.steal, now_ns, vcpu);
    vcpu_end_stall(held, why);
}

static void stall_all(struct machine *machine, bool is_stalled)
{
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        machine_share_stall(machine, i, VCPU_STALL_SHARE, is_stalled);
}

/* Whatever has been missed: all are held or not as they are to be now. */
static void follow(struct machine *machine, uint64_t now_ns)
{
    struct machine_share *share = &machine->share;
    uint64_t into_ns = (now_ns - share->since_ns) % MACHINE_SHARE_PERIOD_NS;
    bool is_stalled = into_ns < share->stolen_ns;

    stall_all(machine, is_stalled);
    timerq_arm(&machine->board.timers, &share->timer,
               now_ns - into_ns + (is_stalled ? share->stolen_ns : MACHINE_SHARE_PERIOD_NS));
}

static void on_time(void *ctx, uint64_t deadline_ns)
{
    struct machine *machine = ctx;

    (void)deadline_ns;
    follow(machine, machine->board.timers.run_now_ns);
}

void machine_share_attach(struct machine *machine)
{
    machine->share = (struct machine_share){0};
    timer_init(&machine->share.timer, timer_rank(BOARD_RANK_FAULTS, TIMER), on_time, machine);
}

void machine_share_set(struct machine *machine, unsigned percent)
{
    struct machine_share *share = &machine->share;

    share->since_ns = machine_now(machine);
    share->stolen_ns = MACHINE_SHARE_PERIOD_NS / 100 * percent;
    if (percent != 0) {
        follow(machine, share->since_ns);
        return;
    }
    timerq_cancel(&machine->board.timers, &share->timer);
    stall_all(machine, false);
}
