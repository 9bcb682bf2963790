/* SPDX-License-Identifier: BSD-2-Clause */
/* See why_not.h. The words of kernel messages are those of Linux 6.1 and 6.12. */
#include "check/why_not.h"

#include <string.h>

#include "base/measured.h"
#include "check/clocksources.h"

#define HALF_SECOND_NS  UINT64_C(500000000)
#define QUARTER_HOUR_NS (UINT64_C(900) * 1000000000)
/* By how much Linux's 3579545 Hz make the timer's 39375000 / 11 Hz look fast, rounded up. */
#define PM_TIMER_FAST_PPB 128

static bool is_told(const struct report *report, const char *words)
{
    return strstr(report->command_line, words) != NULL;
}

static enum cause_id why_no_kvmclock(const struct report *report)
{
    if (!report_has_kvmclock(report))
        return CAUSE_KVMCLOCK_HIDDEN;
    return is_told(report, "no-kvmclock") ? CAUSE_KVMCLOCK_DISABLED : CAUSE_KVMCLOCK_NOT_BUILT;
}

static enum cause_id why_no_tsc(const struct report *report)
{
    if (is_told(report, "tsc=unstable"))
        return CAUSE_TSC_TOLD_UNSTABLE;
    if (report_find_log(report, "unsynchronized") != NULL)
        return CAUSE_TSC_UNSYNCHRONIZED;
    if (report_find_log(report, "could not calculate TSC khz") != NULL)
        return CAUSE_TSC_NOT_CALIBRATED;
    if (report_find_log(report, "unstable") != NULL)
        return CAUSE_TSC_UNSTABLE;
    if (name_list_has(&report->clocksources, "tsc-early"))
        return CAUSE_TSC_EARLY;
    return CAUSE_TSC_ABSENT;
}

enum cause_id why_not_available(const struct report *report, const char *name)
{
    if (strcmp(name, "kvm-clock") == 0)
        return why_no_kvmclock(report);
    if (strcmp(name, "tsc") == 0)
        return why_no_tsc(report);
    if (strcmp(name, "hpet") == 0)
        return CAUSE_HPET_ABSENT;
    if (strcmp(name, "acpi_pm") == 0)
        return CAUSE_PM_TIMER_ABSENT;
    return CAUSE_SOURCE_UNKNOWN;
}

enum cause_id why_not_chosen(const struct report *report, const char *name)
{
    const char *chosen = report->clocksource;

    if (!name_list_has(&report->clocksources, name))
        return why_not_available(report, name);
    if (is_told(report, "clocksource=") || is_told(report, "notsc"))
        return CAUSE_COMMAND_LINE_CHOOSES;
    if (strcmp(name, "kvm-clock") == 0 && strcmp(chosen, "tsc") == 0)
        return CAUSE_TSC_OVER_KVMCLOCK;
    if (strcmp(name, "tsc") == 0 && strcmp(chosen, "kvm-clock") == 0)
        return CAUSE_KVMCLOCK_OVER_TSC;
    if (clocksource_rating(report, chosen) > clocksource_rating(report, name))
        return CAUSE_RATING;
    return CAUSE_FELL_BACK;
}

enum cause_id why_not_event(const char *wanted)
{
    return strcmp(wanted, "lapic-deadline") == 0 ? CAUSE_EVENT_DEADLINE : CAUSE_EVENT_OTHER;
}

enum cause_id why_not_check(const char *name)
{
    if (strcmp(name, "ACPI") == 0)
        return CAUSE_CHECK_ACPI;
    if (strcmp(name, "interrupts") == 0)
        return CAUSE_CHECK_INTERRUPTS;
    if (strcmp(name, "stability") == 0)
        return CAUSE_TSC_UNSTABLE;
    return CAUSE_CHECK_CLOCK;
}

enum cause_id why_not_rate(const struct report *report, uint64_t limit_ppb)
{
    const struct drift *drift = &report->raw_drift;

    if (!measured_is_beyond(drift->best.value, drift->best.uncertainty, limit_ppb))
        return CAUSE_RATE_UNSURE;
    if (measured_is_beyond(drift->machine.value, drift->machine.uncertainty, limit_ppb))
        return CAUSE_RATE_MACHINE;
    if (measured_is_beyond(drift->tsc.value, drift->tsc.uncertainty, limit_ppb))
        return CAUSE_RATE_TSC;
    if (strcmp(report->clocksource, "acpi_pm") == 0 && drift->best.value > 0 &&
        measured_magnitude(drift->best.value) <= PM_TIMER_FAST_PPB + drift->best.uncertainty)
        return CAUSE_RATE_PM_TIMER;
    return CAUSE_RATE_CALIBRATION;
}

/* Whether the difference is that of a time zone, with the half second that the RTC may add. */
static bool is_near_quarter_hours(uint64_t difference_ns)
{
    uint64_t rest_ns = difference_ns % QUARTER_HOUR_NS;

    return difference_ns >= QUARTER_HOUR_NS / 2 &&
           (rest_ns <= 2 * HALF_SECOND_NS || rest_ns >= QUARTER_HOUR_NS - 2 * HALF_SECOND_NS);
}

enum cause_id why_not_realtime(const struct offset *offset, uint64_t limit_ns)
{
    uint64_t difference_ns = measured_magnitude(offset->value_ns);

    if (!measured_is_beyond(offset->value_ns, offset->uncertainty_ns, limit_ns))
        return CAUSE_REALTIME_UNSURE;
    if (is_near_quarter_hours(difference_ns))
        return CAUSE_REALTIME_TIME_ZONE;
    if (difference_ns <= HALF_SECOND_NS + offset->uncertainty_ns)
        return CAUSE_REALTIME_HALF_SECOND;
    return CAUSE_REALTIME_OTHER;
}
