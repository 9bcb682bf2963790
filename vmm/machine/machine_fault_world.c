/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of all clocks together: see machine_fault_doers.h. */
#include <stdlib.h>

#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_drift.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_share.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc_write.h"
#include "vmm/machine/machine_vmclock.h"
#include "vmm/machine/skip_idle.h"

static bool may_jump(const struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)fault;
    if (machine->config->rtc_follows_host)
        text_add(why, "jump: --rtc clock=host keeps the RTC at the host's date");
    return !machine->config->rtc_follows_host;
}

static bool jump(struct machine *machine, const struct fault *fault, struct text *why)
{
    uint64_t by_ns = (uint64_t)fault->values[0];

    if (by_ns > MACHINE_CUT_LATEST_NS || machine_now(machine) > MACHINE_CUT_LATEST_NS - by_ns) {
        text_add(why, "jump: guest time ends at 36500d");
        return false;
    }
    machine_cut_take(machine);
    if (!machine_cut_jump(machine, by_ns))
        text_add(why, "jump: this KVM has moved guest time, and not every TSC");
    board_end_stop(&machine->board, machine_now(machine));
    return why->length_bytes == 0;
}

static enum pause_policy policy_of(const struct fault *fault)
{
    static const enum pause_policy policies[] = {
        [FAULT_POLICY_FREEZE] = PAUSE_FREEZE,
        [FAULT_POLICY_ADVANCE] = PAUSE_ADVANCE,
        [FAULT_POLICY_MARKER] = PAUSE_MARKER,
    };

    return fault->values[1] == FAULT_POLICY_NONE ? PAUSE_AS_CONFIGURED : policies[fault->values[1]];
}

static bool may_freeze(const struct machine *machine, const struct fault *fault, struct text *why)
{
    enum pause_policy policy = policy_of(fault);

    if ((policy == PAUSE_FREEZE || policy == PAUSE_MARKER) && hypercall_reaches_host(machine))
        text_add(why, "freeze: this KVM cannot intercept hypercalls, by which a guest sees the "
                      "host's time; --on-resume freeze hides KVM from it");
    return why->length_bytes == 0;
}

static bool freeze(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    machine_pause_for(machine, (uint64_t)fault->values[0], policy_of(fault));
    return true;
}

static bool may_change_rate(const struct machine *machine, const struct fault *fault,
                            struct text *why)
{
    (void)fault;
    if (machine_time_follows_date(machine))
        text_add(why, "rate: --kvmclock-follow realtime keeps guest time at the host's date");
    else if (machine->config->kvmclock == KVMCLOCK_KERNEL)
        text_add(why, "rate: with --kvmclock kernel KVM keeps its own clock");
    else if (machine->config->rtc_follows_host)
        text_add(why, "rate: --rtc clock=host keeps the RTC at the host's date");
    return why->length_bytes == 0;
}

static bool change_rate(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    machine_time_set_rate(machine, fault->is_end ? 0 : fault->values[0]);
    return true;
}

static bool drift_tsc(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    machine_drift_set(machine, (unsigned)fault->values[0], fault->is_end ? 0 : fault->values[1],
                      (uint64_t)fault->values[2]);
    machine_vmclock_disrupt(machine);
    return true;
}

static bool may_steal(const struct machine *machine, const struct fault *fault, struct text *why)
{
    if (fault->values[2] == FAULT_HONEST_NO && machine->config->steal != STEAL_PERCENT)
        text_add(why, "steal: the guest has no page for it; give --steal 0%%, or honest=yes");
    return why->length_bytes == 0;
}

static bool steal(struct machine *machine, const struct fault *fault, struct text *why)
{
    unsigned told = machine->config->steal_percent, held = 0;

    (void)why;
    if (!fault->is_end && fault->values[2] == FAULT_HONEST_YES)
        held = (unsigned)fault->values[0];
    else if (!fault->is_end)
        told = (unsigned)fault->values[0];
    machine_share_set(machine, held);
    steal_msr_set_percent(&machine->board.steal, machine_now(machine), told);
    return true;
}

static bool may_skip_idle(const struct machine *machine, const struct fault *fault,
                          struct text *why)
{
    bool is_possible = skip_idle_is_possible(machine);

    (void)fault;
    if (!is_possible)
        text_add(why,
                 "skip-idle: this run cannot skip idle time; with --skip-idle off it can, once "
                 "the fault says so");
    return is_possible;
}

static bool skip_idle(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    skip_idle_switch(machine, fault->values[0] == FAULT_ON);
    return true;
}

static bool is_meant(const struct fault *fault, unsigned vcpu)
{
    return fault->values[0] == FAULT_ALL_VCPUS || fault->values[0] == (int64_t)vcpu;
}

static bool stall(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if (is_meant(fault, i))
            machine_share_stall(machine, i, VCPU_STALL_FAULT, !fault->is_end);
    return true;
}

static bool may_offset_tsc(const struct machine *machine, const struct fault *fault,
                           struct text *why)
{
    bool is_stale = fault->values[2] == FAULT_PAGE_STALE;

    if (is_stale && machine->config->kvmclock == KVMCLOCK_KERNEL)
        text_add(why, "tsc.offset: with --kvmclock kernel KVM writes the pages, and all follow");
    return why->length_bytes == 0;
}

/* Of the vCPU's TSC, in guest time. */
static int64_t tsc_cycles(const struct machine *machine, unsigned vcpu, int64_t ns)
{
    struct pvclock_scale scale =
        tsc_ratio_scale(machine->vcpus[vcpu].tsc.ratio, machine->timebase.scale);
    int64_t cycles = (int64_t)pvclock_scale_cycles(scale, (uint64_t)llabs(ns));

    return ns < 0 ? -cycles : cycles;
}

static bool offset_tsc(struct machine *machine, const struct fault *fault, struct text *why)
{
    unsigned vcpu = (unsigned)fault->values[0];
    int64_t cycles = tsc_cycles(machine, vcpu, fault->values[1]);

    if (!machine_tsc_shift(machine, vcpu, cycles, fault->values[2] == FAULT_PAGE_FOLLOW)) {
        text_add(why, "tsc.offset: the TSC of vCPU %u would be below 0, or too great", vcpu);
        return false;
    }
    machine_vmclock_disrupt(machine);
    return true;
}

static const struct fault_doer rows[] = {
    {FAULT_JUMP, may_jump, jump},
    {FAULT_FREEZE, may_freeze, freeze},
    {FAULT_RATE, may_change_rate, change_rate},
    {FAULT_TSC_OFFSET, may_offset_tsc, offset_tsc},
    {FAULT_TSC_RATE, NULL, drift_tsc},
    {FAULT_STEAL, may_steal, steal},
    {FAULT_SKIP_IDLE, may_skip_idle, skip_idle},
    {FAULT_VCPU_STALL, NULL, stall},
};

const struct fault_doers machine_fault_world = FAULT_DOERS(rows);

const char *machine_fault_world_obstacle(const struct machine *machine)
{
    if (machine_time_rate_ppb(machine) != 0)
        return "guest time has a rate of its own (rate)" FAULT_IN_NO_SNAPSHOT;
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if ((machine->vcpus[i].stalls & VCPU_STALL_FAULT) != 0)
            return "a vCPU is stalled (vcpu.stall)" FAULT_IN_NO_SNAPSHOT;
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if (machine->board.kvmclock.clock.vcpus[i].stale_cycles != 0)
            return "the kvm-clock page of a vCPU is stale (tsc.offset "
                   "page=stale)" FAULT_IN_NO_SNAPSHOT;
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if (machine->vcpus[i].drift.every_ns != 0)
            return "the TSC of a vCPU drifts (tsc.rate)" FAULT_IN_NO_SNAPSHOT;
    if (machine->share.stolen_ns != 0 ||
        machine->board.steal.wiring.percent != machine->config->steal_percent)
        return "steal time has a share of its own (steal)" FAULT_IN_NO_SNAPSHOT;
    return NULL;
}
