/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_pause.h. */
#include "vmm/machine/machine_pause.h"

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/quiesce.h"

/* Nanoseconds from one of the pause's two ends until now. */
static uint64_t ns_since(const struct machine *machine, uint64_t tsc)
{
    return pvclock_scale_ns(machine->timebase.scale, host_tsc() - tsc);
}

static void save_lapic_timer(struct vcpu *vcpu)
{
    const struct machine *machine = vcpu->machine;
    struct kvm_lapic_state state;

    vcpu->timer_left = 0;
    vcpu->timer_deadline_tsc = 0;
    if (kvm_vcpu_get_lapic(vcpu->fd, &state) < 0)
        return;
    vcpu->timer_left = lapic_timer_left(&state, ns_since(machine, machine->pause.host_tsc));
    if (lapic_timer_is_deadline(&state))
        kvm_vcpu_get_msr(vcpu->fd, MSR_TSC_DEADLINE, &vcpu->timer_deadline_tsc);
}

/* Registers are read again: an interrupt may have come from a device during the pause. */
static void restore_lapic_timer(struct vcpu *vcpu, uint64_t resume_tsc)
{
    struct kvm_lapic_state state;

    if (vcpu->timer_deadline_tsc != 0)
        kvm_vcpu_set_msr(vcpu->fd, MSR_TSC_DEADLINE, vcpu->timer_deadline_tsc);
    if (vcpu->timer_left == 0 || kvm_vcpu_get_lapic(vcpu->fd, &state) < 0)
        return;
    lapic_timer_put(&state, vcpu->timer_left, ns_since(vcpu->machine, resume_tsc));
    kvm_vcpu_set_lapic(vcpu->fd, &state);
}

/* Whether the vCPU's TSC goes on now from where it was when the pause began. */
static bool hold_back_tsc(struct vcpu *vcpu, uint64_t host_cycles)
{
    struct guest_tsc tsc, wanted;

    if (machine_tsc_get(vcpu, &tsc) < 0)
        return false;
    wanted = guest_tsc_delayed(&tsc, vcpu->machine->pause.host_tsc, host_cycles);
    return kvm_vcpu_set_tsc_offset(vcpu->fd, wanted.offset) == 0 &&
           machine_tsc_get(vcpu, &tsc) == 0 && guest_tsc_equal(&tsc, &wanted);
}

/*
 * Whether this did it for all; a KVM does for all or for none. One that ignores offsets is told
 * none: what it reads back would be taken for the guest's TSC.
 */
static bool hold_back_tscs(struct machine *machine, uint64_t resume_tsc, bool offsets_work)
{
    uint64_t host_cycles = resume_tsc - machine->pause.host_tsc;
    bool effective = offsets_work;

    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        if (offsets_work)
            effective = hold_back_tsc(&machine->vcpus[i], host_cycles) && effective;
        restore_lapic_timer(&machine->vcpus[i], resume_tsc);
    }
    if (effective)
        kvmclock_delay_tscs(&machine->clock, machine->pause.host_tsc, host_cycles);
    return effective;
}

/* Guest time goes on from guest_ns at resume_tsc; the guest is told that it was stopped. */
static void publish(struct machine *machine, uint64_t resume_tsc, uint64_t guest_ns)
{
    kvmclock_resume(&machine->clock, resume_tsc, guest_ns);
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if (machine->config->kvmclock == KVMCLOCK_KERNEL)
            kvm_vcpu_guest_stopped(machine->vcpus[i].fd);
}

/*
 * Guest time goes on from where it was; false if the TSC did not stand still. The measurement, of
 * some milliseconds if it is the first, is part of the pause.
 */
static bool thaw(struct machine *machine)
{
    bool offsets_work = machine_tsc_offsets_work(machine);
    uint64_t pause_tsc = machine->pause.host_tsc;
    uint64_t resume_tsc = host_tsc();
    bool effective;

    if (machine->config->kvmclock == KVMCLOCK_KERNEL)
        kvm_set_clock(&machine->kvm, machine->pause.kvm_clock_ns);
    effective = hold_back_tscs(machine, resume_tsc, offsets_work);
    publish(machine, resume_tsc, machine_now(machine));
    machine->pause.frozen = false;
    machine_time_moved(machine);
    if (machine->config->rtc_follows_host)
        machine->clock.wiring.wall_zero_ns +=
            pvclock_scale_ns(machine->timebase.scale, resume_tsc - pause_tsc);
    return effective;
}

/* Guest time has gone on. */
static void catch_up(struct machine *machine)
{
    uint64_t resume_tsc = host_tsc();

    publish(machine, resume_tsc, timebase_ns(&machine->timebase, resume_tsc));
    board_end_stop(&machine->board, machine_now(machine));
}

/* Not so that the guest could see the host's time go on. */
static bool pauses_freeze(const struct machine *machine)
{
    return machine->config->on_resume != ON_RESUME_ADVANCE && !hypercall_reaches_host(machine);
}

/* What guest time does in a pause. */
static const char *course_of_time(const struct machine *machine)
{
    if (pauses_freeze(machine))
        return "stands still";
    return machine->config->on_resume == ON_RESUME_ADVANCE
               ? "goes on"
               : "goes on, as this KVM cannot intercept hypercalls, by which a guest sees the "
                 "host's; --on-resume freeze hides KVM from it";
}

static void begin(struct machine *machine)
{
    struct machine_pause *pause = &machine->pause;

    pause->active = true;
    pause->host_tsc = host_tsc();
    pause->host_monotonic_ns = host_monotonic_ns();
    if (!pauses_freeze(machine))
        return;
    pause->frozen = true;
    if (machine->config->kvmclock == KVMCLOCK_KERNEL)
        kvm_get_clock(&machine->kvm, &pause->kvm_clock_ns);
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        save_lapic_timer(&machine->vcpus[i]);
}

void machine_pause(struct machine *machine)
{
    bool begun;

    machine_lock(machine);
    if (machine->pause.active) {
        machine_unlock(machine);
        log_note("SIGUSR1: the guest is paused already");
        return;
    }
    begun = quiesce_hold(machine);
    if (begun)
        begin(machine);
    machine_unlock(machine);
    if (begun)
        log_note("paused by SIGUSR1, SIGUSR2 resumes; guest time %s%s", course_of_time(machine),
                 machine->host->timeout_ns > 0 ? ", the time of --timeout goes on" : "");
}

void machine_resume(struct machine *machine)
{
    bool freeze = pauses_freeze(machine);
    bool effective = true;
    uint64_t length_ns;

    machine_lock_to_change(machine);
    if (!machine->pause.active) {
        machine_unlock(machine);
        log_note("SIGUSR2: the guest is not paused");
        return;
    }
    if (freeze)
        effective = thaw(machine);
    else
        catch_up(machine);
    length_ns = host_monotonic_ns() - machine->pause.host_monotonic_ns;
    machine->pause.active = false;
    quiesce_let_go(machine);
    pthread_cond_signal(&machine->timer_changed);
    machine_unlock(machine);
    log_note("resumed after %.3f s, in which guest time %s%s", (double)length_ns / NS_PER_SEC,
             freeze ? "stood still" : "went on",
             effective ? "" : "; the TSC went on, as this KVM ignores TSC offsets");
}
