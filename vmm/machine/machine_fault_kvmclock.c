/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of kvm-clock's pages: see machine_fault_doers.h. */
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_fault_jitter.h"

/* Places of the words of kvmclock.flags. */
static const uint8_t flags_by_word[] = {PVCLOCK_TSC_STABLE, PVCLOCK_GUEST_STOPPED};

/* The vCPUs that a fault is of: from the first on, so many. */
struct vcpus {
    unsigned first;
    unsigned end;
};

static struct vcpus vcpus_of(const struct machine *machine, int64_t vcpu)
{
    if (vcpu == FAULT_ALL_VCPUS)
        return (struct vcpus){0, machine->config->cpu_count};
    return (struct vcpus){(unsigned)vcpu, (unsigned)vcpu + 1};
}

static struct kvmclock *clock_of(struct machine *machine)
{
    return &machine->board.kvmclock.clock;
}

/* Until the machine is unlocked nobody reads time without the lock: the timebase begins anew. */
static uint64_t begin(struct machine *machine)
{
    machine_now_to_change(machine);
    return kvmclock_begin_faults(clock_of(machine));
}

static void end(struct machine *machine)
{
    kvmclock_end_faults(clock_of(machine));
    machine_fault_jitter_follow(machine);
}

static bool set_rate(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vcpus vcpus = vcpus_of(machine, fault->values[1]);
    uint64_t guest_ns = begin(machine);

    (void)why;
    for (unsigned i = vcpus.first; i < vcpus.end; i++)
        page_fault_set_rate(&clock_of(machine)->faults[i], guest_ns, fault->values[0]);
    end(machine);
    return true;
}

static bool stick(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vcpus vcpus = vcpus_of(machine, fault->values[1]);
    uint64_t guest_ns = begin(machine);

    (void)why;
    for (unsigned i = vcpus.first; i < vcpus.end; i++)
        page_fault_stick(&clock_of(machine)->faults[i], guest_ns, !fault->is_end);
    end(machine);
    return true;
}

/* All of them, or none. */
static bool can_step(struct machine *machine, struct vcpus vcpus, uint64_t guest_ns, int64_t by_ns)
{
    for (unsigned i = vcpus.first; i < vcpus.end; i++) {
        struct page_fault stepped = clock_of(machine)->faults[i];

        if (!page_fault_step(&stepped, guest_ns, by_ns))
            return false;
    }
    return true;
}

static bool step(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vcpus vcpus = vcpus_of(machine, fault->values[1]);
    uint64_t guest_ns = begin(machine);

    if (!can_step(machine, vcpus, guest_ns, fault->values[0])) {
        text_add(why, "kvmclock.step: kvm-clock is from 0 to 73000d");
        return false;
    }
    for (unsigned i = vcpus.first; i < vcpus.end; i++)
        page_fault_step(&clock_of(machine)->faults[i], guest_ns, fault->values[0]);
    end(machine);
    return true;
}

/* By its row's arguments the vCPU is behind those of all jitters. */
#define JITTER_VCPU 5

static bool set_jitter(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vcpus vcpus = vcpus_of(machine, fault->values[JITTER_VCPU]);
    const struct jitter jitter = machine_fault_jitter(fault);
    uint64_t guest_ns = begin(machine);

    (void)why;
    for (unsigned i = vcpus.first; i < vcpus.end; i++)
        page_fault_set_jitter(&clock_of(machine)->faults[i], guest_ns, &jitter);
    end(machine);
    return true;
}

static bool go_back(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vcpus vcpus = vcpus_of(machine, fault->values[1]);
    uint64_t guest_ns = begin(machine);

    if (!can_step(machine, vcpus, guest_ns, -fault->values[0])) {
        text_add(why, "kvmclock.back: kvm-clock has not run for so long");
        return false;
    }
    for (unsigned i = vcpus.first; i < vcpus.end; i++)
        clock_of(machine)->faults[i].back_ns = (uint64_t)fault->values[0];
    end(machine);
    return true;
}

/* TSC_STABLE is ours and is in every publication; GUEST_STOPPED is the guest's to clear. */
static void change_flag(struct kvmclock *clock, unsigned vcpu, uint8_t flag, bool set)
{
    struct page_fault *fault = &clock->faults[vcpu];

    kvmclock_change_flags(clock, vcpu, set ? flag : 0, set ? 0 : flag);
    if (flag != PVCLOCK_TSC_STABLE)
        return;
    fault->flags_set = set ? flag : 0;
    fault->flags_cleared = set ? 0 : flag;
}

static bool set_flags(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vcpus vcpus = vcpus_of(machine, fault->values[2]);
    bool set = fault->values[0] >= 0;
    uint8_t flag = flags_by_word[set ? fault->values[0] : fault->values[1]];

    (void)why;
    begin(machine);
    for (unsigned i = vcpus.first; i < vcpus.end; i++)
        change_flag(clock_of(machine), i, flag, set);
    end(machine);
    return true;
}

static bool keep_odd(struct machine *machine, const struct fault *fault, struct text *why)
{
    struct vcpus vcpus = vcpus_of(machine, fault->values[1]);

    (void)why;
    begin(machine);
    for (unsigned i = vcpus.first; i < vcpus.end; i++)
        clock_of(machine)->faults[i].stays_odd = !fault->is_end;
    end(machine);
    return true;
}

static const struct fault_doer rows[] = {
    {FAULT_KVMCLOCK_RATE, NULL, set_rate},
    {FAULT_KVMCLOCK_STICK, NULL, stick},
    {FAULT_KVMCLOCK_STEP, NULL, step},
    {FAULT_KVMCLOCK_JITTER, machine_fault_may_jitter, set_jitter},
    {FAULT_KVMCLOCK_BACK, NULL, go_back},
    {FAULT_KVMCLOCK_FLAGS, NULL, set_flags},
    {FAULT_KVMCLOCK_ODD, NULL, keep_odd},
};

const struct fault_doers machine_fault_kvmclock = FAULT_DOERS(rows);
