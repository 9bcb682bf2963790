/* SPDX-License-Identifier: BSD-2-Clause */
/* See steal_msr.h. */
#include "devices/msr/steal_msr.h"

#include <stddef.h>
#include <string.h>

#include "devices/state_check.h"

static struct steal_msr *steal_of(struct device *dev)
{
    return (struct steal_msr *)dev;
}

/* The page that a value names, NULL if none; false if no guest can have written the value. */
static bool find_page(const struct steal_msr *steal, uint64_t value, void **page)
{
    *page = NULL;
    if (!steal_time_may_be(value))
        return false;
    if (!steal_time_is_enabled(value))
        return true;
    *page =
        steal->wiring.memory_at(steal->wiring.ctx, steal_time_gpa(value), STEAL_TIME_PAGE_BYTES);
    return *page != NULL;
}

static bool is_idle(const struct steal_msr *steal, unsigned vcpu)
{
    const struct steal_msr_wiring *wiring = &steal->wiring;

    return wiring->is_halted != NULL && wiring->is_halted(wiring->ctx, vcpu);
}

static void charge(struct steal_msr *steal, unsigned vcpu, uint64_t now_ns)
{
    struct steal_time *figure = &steal->state.figures[vcpu];
    void *page;

    if (steal->stalls[vcpu].active)
        return;
    if (is_idle(steal, vcpu))
        *figure = (struct steal_time){.shown_ns = figure->shown_ns, .since_ns = now_ns};
    else if (steal_time_charge(figure, now_ns, steal->wiring.percent) &&
             find_page(steal, steal->state.msrs[vcpu], &page) && page != NULL)
        steal_time_write(page, figure->shown_ns);
}

static void arm(struct steal_msr *steal, uint64_t next_ns)
{
    steal->state.next_ns = next_ns;
    timerq_arm(steal->wiring.timers, &steal->timer, next_ns);
}

/* Late, it is the end of the latest step, and all of those that are past are one. */
static void step_ends(void *ctx, uint64_t deadline_ns)
{
    struct steal_msr *steal = ctx;
    uint64_t late_ns = steal->wiring.timers->run_now_ns - deadline_ns;

    deadline_ns += late_ns - late_ns % steal->step_ns;
    for (unsigned i = 0; i < steal->wiring.vcpu_count; i++)
        if (steal_time_is_enabled(steal->state.msrs[i]))
            charge(steal, i, deadline_ns);
    arm(steal, deadline_ns + steal->step_ns);
}

void steal_msr_begin_stall(struct steal_msr *steal, uint64_t now_ns, unsigned vcpu)
{
    if (steal->stalls[vcpu].active)
        return;
    if (steal_time_is_enabled(steal->state.msrs[vcpu]))
        charge(steal, vcpu, now_ns);
    steal->stalls[vcpu] = (struct steal_stall){true, now_ns};
}

void steal_msr_end_stall(struct steal_msr *steal, uint64_t now_ns, unsigned vcpu)
{
    struct steal_time *figure = &steal->state.figures[vcpu];
    uint64_t stolen_ns = now_ns - steal->stalls[vcpu].since_ns;
    bool was_stalled = steal->stalls[vcpu].active;
    void *page;

    steal->stalls[vcpu].active = false;
    if (!was_stalled || !find_page(steal, steal->state.msrs[vcpu], &page) || page == NULL)
        return;
    figure->shown_ns += stolen_ns;
    figure->since_ns = now_ns;
    steal_time_write(page, figure->shown_ns);
}

void steal_msr_set_percent(struct steal_msr *steal, uint64_t now_ns, unsigned percent)
{
    for (unsigned i = 0; i < steal->wiring.vcpu_count; i++)
        if (steal_time_is_enabled(steal->state.msrs[i]))
            charge(steal, i, now_ns);
    steal->wiring.percent = percent;
    steal->step_ns = steal_time_step_ns(percent);
    if (steal->state.next_ns != TIME_NEVER_NS)
        arm(steal, now_ns + steal->step_ns);
}

static bool steal_msr_read(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                           uint64_t *value)
{
    (void)now_ns;
    (void)msr;
    *value = steal_of(dev)->state.msrs[vcpu];
    return true;
}

static bool steal_msr_write(struct device *dev, uint64_t now_ns, unsigned vcpu, uint32_t msr,
                            uint64_t value)
{
    struct steal_msr *steal = steal_of(dev);
    void *page;

    if (!find_page(steal, value, &page)) {
        steal->wiring.refused(steal->wiring.ctx, vcpu, msr, value);
        return false;
    }
    steal->state.msrs[vcpu] = value;
    steal->state.figures[vcpu] = (struct steal_time){0};
    if (page != NULL) {
        steal->state.figures[vcpu] =
            (struct steal_time){.shown_ns = steal_time_read(page), .since_ns = now_ns};
        steal_time_write(page, steal->state.figures[vcpu].shown_ns);
    }
    if (steal->state.next_ns == TIME_NEVER_NS)
        arm(steal, now_ns + steal->step_ns);
    return true;
}

static void steal_msr_reset(struct device *dev, uint64_t now_ns)
{
    struct steal_msr *steal = steal_of(dev);

    (void)now_ns;
    steal->state = (struct steal_msr_state){0};
    memset(steal->stalls, 0, sizeof steal->stalls);
    arm(steal, TIME_NEVER_NS);
}

/* A vCPU has been charged up to the last step, or up to when it enabled its page in this one. */
static bool figure_is_valid(const struct steal_msr *steal, const struct steal_msr_state *state,
                            unsigned vcpu, uint64_t now_ns)
{
    const struct steal_time *figure = &state->figures[vcpu];

    if (!steal_time_is_enabled(state->msrs[vcpu]))
        return is_zero(figure, sizeof *figure);
    return figure->since_ns <= now_ns && state->next_ns - figure->since_ns <= steal->step_ns &&
           figure->owed_ns <= STEAL_TIME_MAX_OWED_NS;
}

static bool steal_msr_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct steal_msr *steal = (const struct steal_msr *)dev;
    const struct steal_msr_state *state = saved;
    bool ticks = state->next_ns != TIME_NEVER_NS;
    void *page;

    if (ticks && (state->next_ns <= now_ns || state->next_ns - now_ns > steal->step_ns))
        return false;
    for (unsigned i = 0; i < KVMCLOCK_MAX_VCPUS; i++) {
        bool may_be_set = ticks && i < steal->wiring.vcpu_count;

        if (state->msrs[i] != 0 && (!may_be_set || !find_page(steal, state->msrs[i], &page)))
            return false;
        if (!figure_is_valid(steal, state, i, now_ns))
            return false;
    }
    return true;
}

static void steal_msr_rearm(struct device *dev, uint64_t now_ns)
{
    struct steal_msr *steal = steal_of(dev);

    (void)now_ns;
    arm(steal, steal->state.next_ns);
}

static const struct device_ops steal_msr_ops = {
    .name = "steal_msr",
    .read_msr = steal_msr_read,
    .write_msr = steal_msr_write,
    .reset = steal_msr_reset,
    .state_version = 2,
    .state_offset = offsetof(struct steal_msr, state),
    .state_size_bytes = sizeof(struct steal_msr_state),
    .state_is_valid = steal_msr_state_is_valid,
    .rearm = steal_msr_rearm,
};

void steal_msr_init(struct steal_msr *steal, const struct steal_msr_wiring *wiring, uint64_t now_ns)
{
    assert(wiring->vcpu_count <= KVMCLOCK_MAX_VCPUS);
    *steal = (struct steal_msr){
        .dev = {&steal_msr_ops}, .wiring = *wiring, .step_ns = steal_time_step_ns(wiring->percent)};
    timer_init(&steal->timer, timer_rank(wiring->rank, 0), step_ends, steal);
    steal_msr_reset(&steal->dev, now_ns);
}
