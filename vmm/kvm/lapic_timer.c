/* SPDX-License-Identifier: BSD-2-Clause */
/* See lapic_timer.h. */
#include "vmm/kvm/lapic_timer.h"

#include "vmm/kvm/lapic_regs.h"

#define REG_IRR   0x200
#define REG_LVTT  0x320
#define REG_TMICT 0x380
#define REG_TMCCT 0x390
#define REG_TDCR  0x3e0

/* IRR has 256 bits. */
#define IRR_REGS   8
#define REG_STRIDE 0x10

#define LVTT_MASKED   (1u << 16)
#define LVTT_MODE     (3u << 17)
#define LVTT_PERIODIC (1u << 17)
#define LVTT_DEADLINE (2u << 17)

static uint32_t mode(const struct kvm_lapic_state *state)
{
    return lapic_reg_get(state, REG_LVTT) & LVTT_MODE;
}

/* Bits 3, 1 and 0 are one number: 0 divides by 2, 6 by 128, and 7 by 1. */
static unsigned divider_log2(const struct kvm_lapic_state *state)
{
    uint32_t tdcr = lapic_reg_get(state, REG_TDCR);

    return (((tdcr & 3) | (tdcr & 8) >> 1) + 1) & 7;
}

bool lapic_timer_interrupts(const struct kvm_lapic_state *state)
{
    return (lapic_reg_get(state, REG_LVTT) & LVTT_MASKED) == 0;
}

bool lapic_has_request(const struct kvm_lapic_state *state)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < IRR_REGS; i++)
        bits |= lapic_reg_get(state, REG_IRR + i * REG_STRIDE);
    return bits != 0;
}

bool lapic_timer_is_deadline(const struct kvm_lapic_state *state)
{
    return mode(state) == LVTT_DEADLINE;
}

uint32_t lapic_timer_left(const struct kvm_lapic_state *state, uint64_t late_ticks)
{
    bool periodic = mode(state) == LVTT_PERIODIC;
    uint32_t initial = lapic_reg_get(state, REG_TMICT);
    uint32_t current = lapic_reg_get(state, REG_TMCCT);
    uint64_t left = current + (late_ticks >> divider_log2(state));

    if (lapic_timer_is_deadline(state) || initial == 0 || (current == 0 && !periodic))
        return 0;
    if (left <= initial)
        return left > 0 ? (uint32_t)left : 1;
    /* Periodic: it has run out since, and begun again. */
    left = periodic ? (left - 1) % initial + 1 : initial;
    return (uint32_t)left;
}

struct time_cut_count lapic_timer_count(const struct kvm_lapic_state *state, uint64_t late_ticks)
{
    return (struct time_cut_count){
        .left = lapic_timer_left(state, late_ticks),
        .period = mode(state) == LVTT_PERIODIC ? lapic_reg_get(state, REG_TMICT) : 0,
        .unit_shift = divider_log2(state),
    };
}

void lapic_timer_put(struct kvm_lapic_state *state, uint32_t left, uint64_t late_ticks)
{
    uint64_t gone = late_ticks >> divider_log2(state);
    uint32_t count = gone < left ? left - (uint32_t)gone : 1;

    lapic_reg_put(state, REG_TMCCT, count);
}

void lapic_timer_stop(struct kvm_lapic_state *state)
{
    lapic_reg_put(state, REG_TMICT, 0);
    lapic_reg_put(state, REG_TMCCT, 0);
}

void lapic_timer_start(struct kvm_lapic_state *state, uint32_t initial, uint32_t left,
                       uint64_t late_ticks)
{
    lapic_reg_put(state, REG_TMICT, initial);
    if (left > 0)
        lapic_timer_put(state, left, late_ticks);
}

uint32_t lapic_timer_initial(const struct kvm_lapic_state *state)
{
    return lapic_reg_get(state, REG_TMICT);
}
