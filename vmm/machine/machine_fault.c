/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_fault.h. */
#include "vmm/machine/machine_fault.h"

#include <assert.h>
#include <stddef.h>

#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/quiesce.h"

static const struct fault_doers *const subjects[] = {
    &machine_fault_world,    &machine_fault_delivery, &machine_fault_lens,
    &machine_fault_kvmclock, &machine_fault_dates,
};

static const struct fault_doer *doer_of(const struct fault *fault)
{
    const struct fault_doer *doer = NULL;

    for (unsigned i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        for (unsigned j = 0; j < subjects[i]->count; j++)
            if (subjects[i]->rows[j].kind == fault->kind)
                doer = &subjects[i]->rows[j];
    assert(doer != NULL);
    return doer;
}

static bool has_vcpus(const struct machine *machine, const struct fault *fault, struct text *why)
{
    const struct fault_row *row = &fault_rows[fault->kind];

    for (unsigned i = 0; row->arguments[i].name != NULL; i++)
        if (row->arguments[i].unit == FAULT_VCPU &&
            fault->values[i] >= (int64_t)machine->config->cpu_count) {
            text_add(why, "%s: this machine has no vCPU %lld", row->name,
                     (long long)fault->values[i]);
            return false;
        }
    return true;
}

static bool has_needs(const struct machine *machine, const struct fault *fault, struct text *why)
{
    const struct fault_row *row = &fault_rows[fault->kind];

    if ((row->needs & FAULT_NEEDS_TSC_OFFSETS) != 0 && !machine_tsc_offsets_work(machine))
        text_add(why,
                 "%s needs TSC offsets that take effect, and this KVM ignores them; minivmm "
                 "doctor says more",
                 row->name);
    else if ((row->needs & FAULT_NEEDS_HPET) != 0 && machine->config->hpet_timers == 0)
        text_add(why, "%s: this machine has no HPET", row->name);
    else if ((row->needs & FAULT_NEEDS_KVMCLOCK) != 0 && machine->config->kvmclock != KVMCLOCK_USER)
        text_add(why, "%s: kvm-clock is not minivmm's own here; --kvmclock user makes it so",
                 row->name);
    else if ((row->needs & FAULT_NEEDS_PM_TIMER) != 0 && machine->config->pmtimer_bits == 0)
        text_add(why, "%s: this machine has no PM timer", row->name);
    else if ((row->needs & FAULT_NEEDS_VMCLOCK) != 0 && machine->config->vmclock == VMCLOCK_OFF)
        text_add(why, "%s: this machine has no vmclock", row->name);
    else if ((row->needs & FAULT_NEEDS_PTP) != 0 && !hypercall_is_answered(machine))
        text_add(why, "%s: minivmm does not answer ptp_kvm here: %s", row->name,
                 machine->config->ptp_kvm == PTP_KVM_OFF
                     ? "the run has --ptp-kvm off"
                     : "KVM does so itself, or is hidden; minivmm doctor says more");
    return why->length_bytes == 0;
}

bool machine_fault_is_possible(const struct machine *machine, const struct fault *fault,
                               struct text *why)
{
    const struct fault_doer *doer = doer_of(fault);

    return has_vcpus(machine, fault, why) && has_needs(machine, fault, why) &&
           (doer->is_possible == NULL || doer->is_possible(machine, fault, why));
}

static void let_go(struct machine *machine)
{
    quiesce_let_go(machine);
    pthread_cond_signal(&machine->timer_changed);
}

/* Under the lock. */
static bool apply_held(struct machine *machine, const struct fault *fault, struct text *why)
{
    uint64_t now_ns = machine_now(machine);

    if (!fault->is_end && !machine_fault_is_possible(machine, fault, why))
        return false;
    if (!doer_of(fault)->apply(machine, fault, why))
        return false;
    machine_event_post_fault(machine, fault, now_ns);
    if (machine->trace != NULL)
        machine_trace_fault(machine, now_ns, fault);
    return true;
}

bool machine_fault_apply(struct machine *machine, const struct fault *fault, struct text *why)
{
    bool done = false;

    machine_lock(machine);
    if (machine->pause.active) {
        text_add(why, "%s: the guest is paused; resume it first", fault_rows[fault->kind].name);
    } else if (quiesce_hold(machine)) {
        machine_sleep_enter(machine);
        done = apply_held(machine, fault, why);
        /* freeze goes on holding them. */
        if (!machine->pause.active)
            let_go(machine);
    }
    machine_unlock(machine);
    return done;
}
