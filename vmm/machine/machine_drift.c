/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_drift.h. */
#include "vmm/machine/machine_drift.h"

#include "vmm/machine/machine.h"
#include "vmm/machine/machine_tsc_write.h"
#include "vmm/machine/quiesce.h"
#include "vmm/machine/vcpu_stall.h"

/* Its place among the timers of faults. */
#define TIMER   1
#define BILLION 1000000000

static uint64_t next_ns(const struct tsc_drift *drift)
{
    return drift->every_ns == 0 ? TIME_NEVER_NS
                                : drift->since_ns + (drift->steps + 1) * drift->every_ns;
}

/* By how much the vCPU's TSC is to be ahead after so many steps. */
static int64_t cycles_after(const struct machine *machine, const struct vcpu *vcpu, uint64_t steps)
{
    struct pvclock_scale scale = tsc_ratio_scale(vcpu->tsc.ratio, machine->timebase.scale);
    uint64_t passed = pvclock_scale_cycles(scale, steps * vcpu->drift.every_ns);

    return (int64_t)((__int128)passed * vcpu->drift.ppb / BILLION);
}

/* Asking KVM for its TSC waits until the vCPU is out. One that cannot go on drifts no more. */
static void step(struct machine *machine, struct vcpu *vcpu, uint64_t now_ns)
{
    struct tsc_drift *drift = &vcpu->drift;
    int64_t cycles;

    drift->steps = (now_ns - drift->since_ns) / drift->every_ns;
    cycles = cycles_after(machine, vcpu, drift->steps);
    vcpu_begin_stall(vcpu, VCPU_STALL_TSC);
    if (machine_tsc_shift(machine, vcpu->index, cycles - drift->done_cycles, true))
        drift->done_cycles = cycles;
    else
        *drift = (struct tsc_drift){0};
    vcpu_end_stall(vcpu, VCPU_STALL_TSC);
}

static void arm(struct machine *machine, uint64_t least_ns)
{
    uint64_t first_ns = TIME_NEVER_NS;

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        first_ns = timerq_earlier(first_ns, next_ns(&machine->vcpus[i].drift));
    if (first_ns < least_ns)
        first_ns = least_ns;
    timerq_arm(&machine->board.timers, &machine->drift_timer, first_ns);
}

/*
 * Steps that a late host has missed are one. So are those that would come before the lock has been
 * free for as long as these steps have kept it.
 */
static void on_time(void *ctx, uint64_t deadline_ns)
{
    struct machine *machine = ctx;
    uint64_t now_ns = machine->board.timers.run_now_ns;
    uint64_t begin_ns = machine_now(machine), end_ns;

    (void)deadline_ns;
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if (next_ns(&machine->vcpus[i].drift) <= now_ns)
            step(machine, &machine->vcpus[i], now_ns);
    end_ns = machine_now(machine);
    arm(machine, end_ns + (end_ns - begin_ns));
}

void machine_drift_attach(struct machine *machine)
{
    timer_init(&machine->drift_timer, timer_rank(BOARD_RANK_FAULTS, TIMER), on_time, machine);
}

void machine_drift_set(struct machine *machine, unsigned vcpu, int64_t ppb, uint64_t every_ns)
{
    machine->vcpus[vcpu].drift = (struct tsc_drift){
        .ppb = ppb,
        .every_ns = ppb != 0 ? every_ns : 0,
        .since_ns = machine_now(machine),
    };
    arm(machine, 0);
}
