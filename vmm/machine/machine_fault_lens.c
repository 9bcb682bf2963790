/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of one of the chips' clocks: see machine_fault_doers.h. */
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_fault_jitter.h"
#include "vmm/machine/machine_timers.h"

static enum board_device clock_of(const struct fault *fault)
{
    switch (fault->kind) {
    case FAULT_PIT_RATE:
    case FAULT_PIT_STICK:
    case FAULT_PIT_STEP:
    case FAULT_PIT_JITTER:
        return BOARD_PIT;
    case FAULT_RTC_RATE:
    case FAULT_RTC_STICK:
    case FAULT_RTC_STEP:
    case FAULT_RTC_JITTER:
        return BOARD_RTC;
    case FAULT_HPET_RATE:
    case FAULT_HPET_STICK:
    case FAULT_HPET_STEP:
    case FAULT_HPET_JITTER:
        return BOARD_HPET;
    default:
        return BOARD_PM;
    }
}

/* Until the machine is unlocked nobody reads a counter without the lock. */
static uint64_t begin_change(struct machine *machine)
{
    uint64_t now_ns = machine_now_to_change(machine);

    machine_run_timers(machine, now_ns);
    return now_ns;
}

static bool set_rate(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    board_set_clock_rate(&machine->board, begin_change(machine), clock_of(fault), fault->values[0]);
    return true;
}

static bool stick(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)why;
    board_stick_clock(&machine->board, begin_change(machine), clock_of(fault), !fault->is_end);
    return true;
}

static bool step(struct machine *machine, const struct fault *fault, struct text *why)
{
    if (board_step_clock(&machine->board, begin_change(machine), clock_of(fault), fault->values[0]))
        return true;
    text_add(why, "%s: this clock has no such time", fault_rows[fault->kind].name);
    return false;
}

static bool set_jitter(struct machine *machine, const struct fault *fault, struct text *why)
{
    const struct jitter jitter = machine_fault_jitter(fault);

    (void)why;
    board_set_clock_jitter(&machine->board, begin_change(machine), clock_of(fault), &jitter);
    return true;
}

static bool rtc_is_free(const struct machine *machine, const struct fault *fault, struct text *why)
{
    if (machine->config->rtc_follows_host)
        text_add(why, "%s: --rtc clock=host keeps the RTC at the host's date",
                 fault_rows[fault->kind].name);
    return !machine->config->rtc_follows_host;
}

static bool lose_rtc_power(struct machine *machine, const struct fault *fault, struct text *why)
{
    (void)fault;
    (void)why;
    board_lose_rtc_power(&machine->board, begin_change(machine));
    return true;
}

static bool rtc_may_jitter(const struct machine *machine, const struct fault *fault,
                           struct text *why)
{
    return rtc_is_free(machine, fault, why) && machine_fault_may_jitter(machine, fault, why);
}

static const struct fault_doer rows[] = {
    {FAULT_PIT_RATE, NULL, set_rate},
    {FAULT_PIT_STICK, NULL, stick},
    {FAULT_PIT_STEP, NULL, step},
    {FAULT_PIT_JITTER, machine_fault_may_jitter, set_jitter},
    {FAULT_RTC_RATE, rtc_is_free, set_rate},
    {FAULT_RTC_STICK, rtc_is_free, stick},
    {FAULT_RTC_STEP, rtc_is_free, step},
    {FAULT_RTC_BATTERY, rtc_is_free, lose_rtc_power},
    {FAULT_RTC_JITTER, rtc_may_jitter, set_jitter},
    {FAULT_HPET_RATE, NULL, set_rate},
    {FAULT_HPET_STICK, NULL, stick},
    {FAULT_HPET_STEP, NULL, step},
    {FAULT_HPET_JITTER, machine_fault_may_jitter, set_jitter},
    {FAULT_PM_RATE, NULL, set_rate},
    {FAULT_PM_STICK, NULL, stick},
    {FAULT_PM_STEP, NULL, step},
    {FAULT_PM_JITTER, machine_fault_may_jitter, set_jitter},
};

const struct fault_doers machine_fault_lens = FAULT_DOERS(rows);
