/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See model.h. The first row that applies is the choice; docs/check.md has the same table. The
 * ratings and the rules are those of arch/x86/kernel/{kvmclock,tsc,hpet}.c,
 * drivers/clocksource/acpi_pm.c and kernel/time/jiffies.c in Linux 6.1 and 6.12.
 */
#include "check/model.h"

#include <stddef.h>

#include "check/clocksources.h"

/* The kernel has found the TSC's rate and has not marked it unstable for any reason. */
static bool has_usable_tsc(const struct report *report)
{
    return report_find_log(report, "Marking TSC unstable") == NULL &&
           report_find_log(report, "Marking clocksource 'tsc' as unstable") == NULL &&
           report_find_log(report, "tsc: Unable to calibrate") == NULL;
}

static bool is_invariant_tsc(const struct check_machine *machine, const struct report *report)
{
    return machine->invtsc && has_usable_tsc(report);
}

static bool is_kvmclock(const struct check_machine *machine, const struct report *report)
{
    (void)report;
    return machine->kvmclock;
}

static bool is_refined_tsc(const struct check_machine *machine, const struct report *report)
{
    (void)machine;
    return has_usable_tsc(report) && !name_list_has(&report->clocksources, "tsc-early");
}

/*
 * Without kvm-clock, which tells the rate, the kernel first refines the TSC. It may never succeed.
 */
static bool is_early_tsc(const struct check_machine *machine, const struct report *report)
{
    return !machine->kvmclock && has_usable_tsc(report) && !is_refined_tsc(machine, report);
}

static bool is_hpet(const struct check_machine *machine, const struct report *report)
{
    (void)report;
    return machine->hpet;
}

static bool is_pm_timer(const struct check_machine *machine, const struct report *report)
{
    (void)report;
    return machine->pmtimer;
}

static bool is_anything(const struct check_machine *machine, const struct report *report)
{
    (void)machine;
    (void)report;
    return true;
}

struct row {
    struct model_choice choice;
    bool (*applies)(const struct check_machine *machine, const struct report *report);
};

static const struct row rows[] = {
    {{"tsc-early", "299: kvm-clock is off, and HPET or PM timer have not refined the TSC's rate"},
     is_early_tsc},
    {{"tsc", "300: the TSC is invariant, which lowers kvm-clock to 299"}, is_invariant_tsc},
    {{"kvm-clock", "400: the TSC is not invariant, or unstable"}, is_kvmclock},
    {{"tsc", "300: kvm-clock is off, and the kernel has found the TSC's rate"}, is_refined_tsc},
    {{"hpet", "250: kvm-clock is off, and the TSC is not usable"}, is_hpet},
    {{"acpi_pm", "200: there is no HPET either"}, is_pm_timer},
    {{"refined-jiffies", "2: there is no clock but the tick"}, is_anything},
};

const struct model_choice *model_choose(const struct check_machine *machine,
                                        const struct report *report)
{
    unsigned i = 0;

    while (!rows[i].applies(machine, report))
        i++;
    return &rows[i].choice;
}
