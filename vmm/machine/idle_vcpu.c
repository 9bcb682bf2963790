/* SPDX-License-Identifier: BSD-2-Clause */
/* See idle_vcpu.h. */
#include "vmm/machine/idle_vcpu.h"

#include "base/time_math.h"
#include "vmm/kvm/lapic_timer.h"

static bool waits_to_be_started(const struct idle_view *view)
{
    return view->mp_state == KVM_MP_STATE_UNINITIALIZED ||
           view->mp_state == KVM_MP_STATE_INIT_RECEIVED;
}

/* Rule a. */
static bool has_interrupt(const struct idle_view *view)
{
    const struct kvm_vcpu_events *events = &view->events;

    return lapic_has_request(&view->lapic) || events->interrupt.injected ||
           events->exception.injected || events->exception.pending || events->nmi.injected ||
           events->nmi.pending || events->smi.pending;
}

/* Rounded up: a nanosecond too early would be before the deadline. */
static bool judge_deadline(const struct idle_view *view, uint64_t *wakes_ns)
{
    uint64_t left_tsc = view->time.tsc_deadline - view->time.tsc;

    *wakes_ns = TIME_NEVER_NS;
    if (view->time.tsc_deadline == 0)
        return true;
    if ((int64_t)left_tsc <= 0)
        return false;
    *wakes_ns = view->guest_ns + pvclock_scale_ns(view->time.scale, left_tsc) + 1;
    return true;
}

/* Whether an interrupt of the timer may be on its way as this view is taken. Rule b. */
static bool may_have_run_out(struct idle_memory *memory, const struct idle_view *view,
                             uint64_t quiet_until_ns)
{
    bool known = memory->is_set && memory->halt_count == view->halt_count &&
                 view->guest_ns < memory->quiet_until_ns;

    *memory = (struct idle_memory){true, view->halt_count, quiet_until_ns};
    return !known;
}

static bool judge_count(struct idle_memory *memory, const struct idle_view *view,
                        uint64_t *wakes_ns)
{
    const struct time_cut_count *count = &view->time.count;
    uint64_t end_ns = view->guest_ns + ((uint64_t)count->left << count->unit_shift);
    bool runs = count->left != 0;

    *wakes_ns = runs ? end_ns : TIME_NEVER_NS;
    if (lapic_timer_initial(&view->lapic) == 0 || (runs && count->period == 0))
        return true;
    return !may_have_run_out(memory, view, *wakes_ns);
}

bool idle_vcpu_judge(struct idle_memory *memory, const struct idle_view *view, uint64_t *wakes_ns)
{
    *wakes_ns = TIME_NEVER_NS;
    if (waits_to_be_started(view))
        return true;
    if (view->mp_state != KVM_MP_STATE_HALTED || has_interrupt(view))
        return false;
    if (!lapic_timer_interrupts(&view->lapic))
        return true;
    return lapic_timer_is_deadline(&view->lapic) ? judge_deadline(view, wakes_ns)
                                                 : judge_count(memory, view, wakes_ns);
}
