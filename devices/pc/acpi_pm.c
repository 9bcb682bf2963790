/* SPDX-License-Identifier: BSD-2-Clause */
/* See acpi_pm.h. This is the smallest chip and the pattern for the others. */
#include "devices/pc/acpi_pm.h"

#include <stddef.h>

#include "devices/state_check.h"

/* GBL_EN keeps what is written, because ACPICA reads it back. */
#define EN_WRITABLE_BITS   (ACPI_PM_TMR_BIT | ACPI_PM_PWRBTN_BIT | ACPI_PM_RTC_BIT | EN_GBL_BIT)
#define EN_GBL_BIT         (1u << 5)
#define WAKE_BITS          (ACPI_PM_PWRBTN_BIT | ACPI_PM_RTC_BIT)
#define STS_LATCHED_BITS   (WAKE_BITS | ACPI_PM_WAK_BIT)
#define CNT_WRITABLE_BITS  (7u << 10)
#define CNT_SLP_TYP(value) (((value) >> 10) & 7)

static struct acpi_pm *acpi_pm_of(struct device *dev)
{
    return (struct acpi_pm *)dev;
}

static uint64_t ticks_at(const struct acpi_pm *pm, uint64_t now_ns)
{
    return ticks_from_ns(now_ns - pm->state.timer_zero_ns, RATE_PMTIMER);
}

/* Ticks from one change of the counter's top bit to the next. */
static uint64_t ticks_per_flip(const struct acpi_pm *pm)
{
    return UINT64_C(1) << (pm->wiring.timer_bits - 1);
}

/* Changes of the top bit up to now_ns. */
static uint64_t flips_at(const struct acpi_pm *pm, uint64_t now_ns)
{
    return ticks_at(pm, now_ns) / ticks_per_flip(pm);
}

static uint16_t sts_at(const struct acpi_pm *pm, uint64_t now_ns)
{
    uint16_t tmr_sts = flips_at(pm, now_ns) > pm->state.flips_cleared ? ACPI_PM_TMR_BIT : 0;

    return pm->state.sts | tmr_sts;
}

bool acpi_pm_wants_wake(const struct acpi_pm *pm)
{
    return pm->state.asleep && (pm->state.sts & pm->state.en & WAKE_BITS) != 0;
}

static void tell_wake(const struct acpi_pm *pm)
{
    if (acpi_pm_wants_wake(pm))
        guest_request_send(&pm->wiring.requests, GUEST_WAKE, 0);
}

/* Drives the SCI, and arms the timer for the next change of the top bit if that would raise it. */
static void acpi_pm_update(struct acpi_pm *pm, uint64_t now_ns)
{
    uint16_t sts = sts_at(pm, now_ns);
    uint64_t flip_ticks = (flips_at(pm, now_ns) + 1) * ticks_per_flip(pm);

    irq_line_set(pm->wiring.sci, (sts & pm->state.en) != 0);
    if ((pm->state.en & ~sts & ACPI_PM_TMR_BIT) != 0)
        timerq_arm(pm->wiring.timers, &pm->flip_timer,
                   pm->state.timer_zero_ns + ns_from_ticks(flip_ticks, RATE_PMTIMER));
    else
        timerq_cancel(pm->wiring.timers, &pm->flip_timer);
}

static void acpi_pm_flip(void *ctx, uint64_t deadline_ns)
{
    acpi_pm_update(ctx, deadline_ns);
}

uint32_t acpi_pm_timer(const struct acpi_pm *pm, uint64_t now_ns)
{
    return (uint32_t)(ticks_at(pm, now_ns) % (2 * ticks_per_flip(pm)));
}

bool acpi_pm_reads_timer(uint32_t reg, unsigned size_bytes)
{
    return reg >= ACPI_PM_REG_TMR && reg < ACPI_PM_LENGTH_BYTES &&
           size_bytes <= ACPI_PM_LENGTH_BYTES - reg;
}

static uint8_t acpi_pm_read_byte(const struct acpi_pm *pm, uint64_t now_ns, uint32_t reg)
{
    unsigned shift = 8 * (reg & 1);

    switch (reg & ~1u) {
    case ACPI_PM_REG_STS:
        return (uint8_t)(sts_at(pm, now_ns) >> shift);
    case ACPI_PM_REG_EN:
        return (uint8_t)(pm->state.en >> shift);
    case ACPI_PM_REG_CNT:
        return (uint8_t)(pm->state.cnt >> shift);
    case ACPI_PM_REG_TMR:
    case ACPI_PM_REG_TMR + 2:
        return (uint8_t)(acpi_pm_timer(pm, now_ns) >> 8 * (reg - ACPI_PM_REG_TMR));
    default:
        return 0xff;
    }
}

static void write_sts(struct acpi_pm *pm, uint64_t now_ns, uint16_t ones)
{
    if ((ones & ACPI_PM_TMR_BIT) != 0)
        pm->state.flips_cleared = flips_at(pm, now_ns);
    pm->state.sts &= (uint16_t)~ones;
}

static void enter_sleep(struct acpi_pm *pm)
{
    unsigned type = CNT_SLP_TYP(pm->state.cnt);

    if (type == ACPI_PM_SLP_TYP_S5)
        guest_request_send(&pm->wiring.requests, GUEST_POWER_OFF, 0);
    if (type == ACPI_PM_SLP_TYP_S3 && pm->wiring.has_s3) {
        pm->state.asleep = 1;
        guest_request_send(&pm->wiring.requests, GUEST_SUSPEND, 0);
    }
}

static void write_cnt(struct acpi_pm *pm, uint16_t written, uint16_t mask)
{
    uint16_t writable = mask & CNT_WRITABLE_BITS;

    pm->state.cnt = (pm->state.cnt & (uint16_t)~writable) | (written & writable);
    if ((written & ACPI_PM_SLP_EN_BIT) != 0)
        enter_sleep(pm);
}

static void acpi_pm_write_byte(struct acpi_pm *pm, uint64_t now_ns, uint32_t reg, uint8_t value)
{
    unsigned shift = 8 * (reg & 1);
    uint16_t written = (uint16_t)(value << shift);
    uint16_t mask = (uint16_t)(0xff << shift);

    switch (reg & ~1u) {
    case ACPI_PM_REG_STS:
        write_sts(pm, now_ns, written);
        break;
    case ACPI_PM_REG_EN:
        pm->state.en = (pm->state.en & (uint16_t)~mask) | (written & EN_WRITABLE_BITS);
        break;
    case ACPI_PM_REG_CNT:
        write_cnt(pm, written, mask);
        break;
    }
}

static uint64_t acpi_pm_read(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size_bytes; i++)
        value |= (uint64_t)acpi_pm_read_byte(acpi_pm_of(dev), now_ns, reg + i) << 8 * i;
    return value;
}

static void acpi_pm_write(struct device *dev, uint64_t now_ns, uint32_t reg, unsigned size_bytes,
                          uint64_t value)
{
    struct acpi_pm *pm = acpi_pm_of(dev);

    for (unsigned i = 0; i < size_bytes; i++)
        acpi_pm_write_byte(pm, now_ns, reg + i, (uint8_t)(value >> 8 * i));
    acpi_pm_update(pm, now_ns);
}

static void acpi_pm_reset(struct device *dev, uint64_t now_ns)
{
    struct acpi_pm *pm = acpi_pm_of(dev);

    pm->state = (struct acpi_pm_state){.timer_zero_ns = now_ns, .cnt = ACPI_PM_SCI_EN_BIT};
    acpi_pm_update(pm, now_ns);
}

static bool acpi_pm_state_is_valid(const struct device *dev, uint64_t now_ns, const void *saved)
{
    const struct acpi_pm_state *state = saved;
    struct acpi_pm loaded = {.state = *state, .wiring = ((const struct acpi_pm *)dev)->wiring};

    return state->timer_zero_ns <= now_ns && state->flips_cleared <= flips_at(&loaded, now_ns) &&
           has_only(state->sts, STS_LATCHED_BITS) && has_only(state->en, EN_WRITABLE_BITS) &&
           (state->cnt & ~CNT_WRITABLE_BITS) == ACPI_PM_SCI_EN_BIT &&
           state->asleep <= (loaded.wiring.has_s3 ? 1 : 0);
}

static void acpi_pm_rearm(struct device *dev, uint64_t now_ns)
{
    acpi_pm_update(acpi_pm_of(dev), now_ns);
}

static const struct device_ops acpi_pm_ops = {
    .name = "acpi-pm",
    .read = acpi_pm_read,
    .write = acpi_pm_write,
    .reset = acpi_pm_reset,
    .state_version = 1,
    .state_offset = offsetof(struct acpi_pm, state),
    .state_size_bytes = sizeof(struct acpi_pm_state),
    .state_is_valid = acpi_pm_state_is_valid,
    .rearm = acpi_pm_rearm,
};

void acpi_pm_init(struct acpi_pm *pm, const struct acpi_pm_wiring *wiring, uint64_t now_ns)
{
    assert(wiring->timer_bits == 24 || wiring->timer_bits == 32);
    *pm = (struct acpi_pm){.dev = {&acpi_pm_ops}, .wiring = *wiring};
    timer_init(&pm->flip_timer, timer_rank(wiring->rank, 0), acpi_pm_flip, pm);
    acpi_pm_reset(&pm->dev, now_ns);
}

void acpi_pm_press_power_button(struct acpi_pm *pm, uint64_t now_ns)
{
    pm->state.sts |= ACPI_PM_PWRBTN_BIT;
    acpi_pm_update(pm, now_ns);
    tell_wake(pm);
}

/* No other status bit changes, so the time does not matter. */
void acpi_pm_rtc_alarm(struct acpi_pm *pm)
{
    pm->state.sts |= ACPI_PM_RTC_BIT;
    if ((pm->state.en & ACPI_PM_RTC_BIT) != 0)
        irq_line_set(pm->wiring.sci, true);
    tell_wake(pm);
}

void acpi_pm_wake(struct acpi_pm *pm, uint64_t now_ns)
{
    pm->state.asleep = 0;
    pm->state.sts |= ACPI_PM_WAK_BIT;
    acpi_pm_update(pm, now_ns);
}

uint64_t acpi_pm_forward_ns(const struct acpi_pm *pm, int64_t by_ns)
{
    uint64_t period_ns = ns_from_ticks(2 * ticks_per_flip(pm), RATE_PMTIMER);
    uint64_t back_ns = by_ns < 0 ? 0 - (uint64_t)by_ns : 0;
    uint64_t periods = back_ns / period_ns + 1;

    if (by_ns >= 0)
        return (uint64_t)by_ns;
    return ns_from_ticks(periods * 2 * ticks_per_flip(pm), RATE_PMTIMER) - back_ns;
}

void acpi_pm_stepped(struct acpi_pm *pm, uint64_t was_ns, uint64_t now_ns)
{
    uint64_t flips = flips_at(pm, now_ns);
    bool is_set =
        (sts_at(pm, was_ns) & ACPI_PM_TMR_BIT) != 0 || (flips - flips_at(pm, was_ns)) % 2 != 0;

    pm->state.flips_cleared = flips - (is_set ? 1 : 0);
    acpi_pm_update(pm, now_ns);
}
