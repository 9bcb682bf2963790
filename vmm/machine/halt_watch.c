/* SPDX-License-Identifier: BSD-2-Clause */
/* See halt_watch.h. */
#include "vmm/machine/halt_watch.h"

#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/quiesce.h"

#define RFLAGS_IF (1u << 9)

static uint64_t count_exits(const struct machine *machine)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        count += __atomic_load_n(&machine->vcpus[i].exit_count, __ATOMIC_RELAXED);
    return count;
}

/* One that waits for the IPI that starts it, or was stopped by one, is woken by another alone. */
static bool has_stopped(const struct vcpu *vcpu)
{
    struct kvm_regs regs;
    uint32_t state = KVM_MP_STATE_RUNNABLE;

    if (kvm_vcpu_get_mp_state(vcpu->fd, &state) < 0)
        return false;
    if (state == KVM_MP_STATE_UNINITIALIZED || state == KVM_MP_STATE_INIT_RECEIVED)
        return true;
    return state == KVM_MP_STATE_HALTED && kvm_vcpu_get_regs(vcpu->fd, &regs) == 0 &&
           (regs.rflags & RFLAGS_IF) == 0;
}

static bool all_have_stopped(struct machine *machine)
{
    bool stopped = true, was_kept_out;

    machine_lock(machine);
    was_kept_out = quiesce_keep_out(machine);
    for (unsigned i = 0; stopped && i < machine->config->cpu_count; i++)
        stopped = has_stopped(&machine->vcpus[i]);
    quiesce_let_in(machine, was_kept_out);
    machine_unlock(machine);
    return stopped;
}

bool halt_watch_look(struct halt_watch *watch, struct machine *machine, uint64_t *next_ns)
{
    uint64_t exit_count = count_exits(machine);
    bool rests = exit_count == watch->exit_count && watch->interval_ns != 0;
    bool stopped = false;

    if (!rests) {
        watch->exit_count = exit_count;
        watch->interval_ns = HALT_WATCH_MIN_NS;
        watch->told = false;
    } else if (!watch->told && !machine->pause.active && !machine_sleep_is_asleep(machine)) {
        stopped = watch->told = all_have_stopped(machine);
        if (watch->interval_ns < HALT_WATCH_MAX_NS)
            watch->interval_ns *= 2;
    }
    *next_ns = watch->interval_ns;
    return stopped;
}
