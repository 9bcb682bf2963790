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

static bool is_same_halt(const struct idle_memory *memory, const struct idle_view *view)
{
    return memory->is_set && memory->halt_count == view->halt_count;
}

/* Rule b. Guest time does not jump while the vCPU is not known to be idle. */
static bool has_settled(struct idle_memory *memory, const struct idle_view *view)
{
    if (!is_same_halt(memory, view))
        *memory = (struct idle_memory){true, view->halt_count, .since_ns = view->guest_ns};
    return dilation_host_ns(view->dilation, view->guest_ns - memory->since_ns) >= IDLE_SETTLE_NS;
}

static bool has_not_run_out_since(struct idle_memory *memory, const struct idle_view *view,
                                  uint64_t end_ns)
{
    bool known = is_same_halt(memory, view) && view->guest_ns < memory->quiet_until_ns;

    *memory = (struct idle_memory){true, view->halt_count, .quiet_until_ns = end_ns};
    return known;
}

static bool judge_count(struct idle_memory *memory, const struct idle_view *view,
                        uint64_t *wakes_ns)
{
    const struct time_cut_count *count = &view->time.count;
    uint64_t end_ns = view->guest_ns + time_cut_count_ns(count);

    *wakes_ns = count->left != 0 ? end_ns : TIME_NEVER_NS;
    if (lapic_timer_initial(&view->lapic) == 0)
        return true;
    if (count->left == 0)
        return has_settled(memory, view);
    return count->period == 0 || has_not_run_out_since(memory, view, end_ns);
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
