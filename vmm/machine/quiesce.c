/* SPDX-License-Identifier: BSD-2-Clause */
/* See quiesce.h. */
#include "vmm/machine/quiesce.h"

#include "vmm/machine/machine.h"
#include "vmm/machine/machine_disk.h"

void quiesce_init(struct machine *machine)
{
    pthread_cond_init(&machine->quiesce.changed, NULL);
}

static void count_held(struct machine *machine)
{
    machine->quiesce.held_vcpus++;
    pthread_cond_broadcast(&machine->quiesce.changed);
}

/*
 * The reason comes before the kicks: quiesce_wait looks for it after it has taken one back, and
 * then waits for the lock.
 */
bool quiesce_keep_out(struct machine *machine)
{
    unsigned before = atomic_fetch_or(&machine->stop_reasons, MACHINE_STOP_PAUSE);

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        vcpu_kick(&machine->vcpus[i]);
    return (before & MACHINE_STOP_PAUSE) != 0;
}

void quiesce_let_in(struct machine *machine, bool was_kept_out)
{
    if (!was_kept_out)
        quiesce_let_go(machine);
}

bool quiesce_hold(struct machine *machine)
{
    quiesce_keep_out(machine);
    while (machine->quiesce.held_vcpus < machine->config->cpu_count)
        pthread_cond_wait(&machine->quiesce.changed, &machine->lock);
    machine_disk_drain(machine);
    return !machine_is_ending(machine);
}

void quiesce_let_go(struct machine *machine)
{
    atomic_fetch_and(&machine->stop_reasons, ~(unsigned)MACHINE_STOP_PAUSE);
    pthread_cond_broadcast(&machine->quiesce.changed);
}

/* A stalled vCPU has nothing to leave. */
bool quiesce_all_have_left(const struct machine *machine)
{
    unsigned stalled = 0;

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        stalled += machine->vcpus[i].stalls != 0;
    return machine->quiesce.held_vcpus <= stalled;
}

/* Whether the vCPU is to stay out of the guest. At the end of the machine it is to end. */
static bool is_kept_out(struct vcpu *vcpu)
{
    unsigned reasons = atomic_load(&vcpu->machine->stop_reasons);

    return (reasons & MACHINE_STOP_END) == 0 && (reasons != 0 || atomic_load(&vcpu->stalls) != 0);
}

/*
 * The kick is taken back first. One that comes later is seen by the next KVM_RUN, and of one that
 * came before, the reason is seen here.
 */
bool quiesce_wait(struct vcpu *vcpu)
{
    struct machine *machine = vcpu->machine;

    vcpu_clear_kick(vcpu);
    if (is_kept_out(vcpu)) {
        pthread_mutex_lock(&machine->lock);
        count_held(machine);
        while (is_kept_out(vcpu))
            pthread_cond_wait(&machine->quiesce.changed, &machine->lock);
        machine->quiesce.held_vcpus--;
        pthread_mutex_unlock(&machine->lock);
    }
    return !machine_is_ending(machine);
}

void quiesce_leave(struct vcpu *vcpu)
{
    struct machine *machine = vcpu->machine;

    pthread_mutex_lock(&machine->lock);
    count_held(machine);
    pthread_mutex_unlock(&machine->lock);
}

void quiesce_release(struct machine *machine)
{
    pthread_mutex_lock(&machine->lock);
    pthread_cond_broadcast(&machine->quiesce.changed);
    pthread_mutex_unlock(&machine->lock);
}
