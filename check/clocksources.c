/* SPDX-License-Identifier: BSD-2-Clause */
/* See clocksources.h. Ratings and flags are those of Linux 6.1 and 6.12, file by file. */
#include "check/clocksources.h"

#include <stddef.h>
#include <string.h>

/* CPUID 0x40000001 EAX: KVM_FEATURE_CLOCKSOURCE and KVM_FEATURE_CLOCKSOURCE2. */
#define KVM_FEATURES_CLOCK (1u << 0 | 1u << 3)
/* What kvmclock_init takes for kvm-clock where the TSC is invariant, one below the TSC's. */
#define RATING_KVMCLOCK_WITH_INVARIANT_TSC 299

#define IN_VDSO        "in the vDSO, without a system call"
#define BY_SYSTEM_CALL "by a system call, which makes an exit"
#define OF_TICKS       "by a system call"

static const struct clocksource_fact facts[] = {
    {"kvm-clock", 400, "in the vDSO if its pages say TSC_STABLE, or else by a system call",
     "400 (arch/x86/kernel/kvmclock.c), but 299 if the TSC is constant and nonstop"},
    {"tsc", 300, IN_VDSO, "300 (arch/x86/kernel/tsc.c), but 0 once it is marked unstable"},
    {"tsc-early", 299, IN_VDSO,
     "299 (arch/x86/kernel/tsc.c): the TSC until its rate is refined by another clock"},
    {"hpet", 250, BY_SYSTEM_CALL, "250 (arch/x86/kernel/hpet.c)"},
    {"acpi_pm", 200, BY_SYSTEM_CALL, "200 (drivers/clocksource/acpi_pm.c)"},
    {"pit", 110, BY_SYSTEM_CALL, "110 (drivers/clocksource/i8253.c), with one CPU and no HPET"},
    {"refined-jiffies", 2, OF_TICKS, "2 (kernel/time/jiffies.c): ticks"},
    {"jiffies", 1, OF_TICKS, "1 (kernel/time/jiffies.c): ticks"},
};

const struct clocksource_fact *clocksource_fact_find(const char *name)
{
    for (unsigned i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (strcmp(facts[i].name, name) == 0)
            return &facts[i];
    return NULL;
}

bool report_has_invariant_tsc(const struct report *report)
{
    return name_list_has(&report->cpu_flags, "constant_tsc") &&
           name_list_has(&report->cpu_flags, "nonstop_tsc");
}

bool report_has_kvmclock(const struct report *report)
{
    return strcmp(report->hypervisor, "KVMKVMKVM") == 0 &&
           (report->kvm_features & KVM_FEATURES_CLOCK) != 0;
}

unsigned clocksource_rating(const struct report *report, const char *name)
{
    const struct clocksource_fact *fact = clocksource_fact_find(name);

    if (fact == NULL)
        return 0;
    if (strcmp(name, "kvm-clock") == 0 && report_has_invariant_tsc(report))
        return RATING_KVMCLOCK_WITH_INVARIANT_TSC;
    return fact->rating;
}

static const char *find_in_part(const struct log_part *part, const char *text)
{
    for (unsigned i = 0; i < part->count; i++)
        if (strstr(part->lines[i].text, text) != NULL)
            return part->lines[i].text;
    return NULL;
}

const char *report_find_log(const struct report *report, const char *text)
{
    const char *line = find_in_part(&report->log_clock, text);

    if (line == NULL)
        line = find_in_part(&report->log_acpi, text);
    return line != NULL ? line : find_in_part(&report->log_warnings, text);
}

const char *report_find_unstable(const struct report *report)
{
    for (unsigned i = 0; i < report->log_clock.count; i++)
        if (log_line_says_unstable(&report->log_clock.lines[i]))
            return report->log_clock.lines[i].text;
    return NULL;
}

unsigned report_log_left_out(const struct report *report)
{
    return report->log_clock.left_out + report->log_acpi.left_out + report->log_warnings.left_out;
}

const struct source_result *report_chosen_source(const struct report *report)
{
    for (unsigned i = 0; i < report->source_count; i++)
        if (report->sources[i].is_initial && report->sources[i].measured)
            return &report->sources[i];
    return NULL;
}
