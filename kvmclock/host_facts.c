/* SPDX-License-Identifier: BSD-2-Clause */
/* See host_facts.h. */
#include "kvmclock/host_facts.h"

#include <string.h>

/* The PIT's tick, the coarsest of a counter. */
#define OTHER_RESOLUTION_NS 839

typedef unsigned __int128 u128;

enum tsc_trust host_facts_tsc_trust(const struct host_facts *facts, bool vouched)
{
    if (strcmp(facts->clocksource, "tsc") != 0)
        return TSC_NOT_CLOCKSOURCE;
    return facts->invariant_tsc || vouched ? TSC_TRUSTED : TSC_NOT_INVARIANT;
}

uint64_t host_facts_cpuid_tsc_hz(uint32_t denominator, uint32_t numerator, uint32_t crystal_hz)
{
    return denominator != 0 ? (uint64_t)crystal_hz * numerator / denominator : 0;
}

bool host_facts_rate_is_plausible(uint64_t said_hz, uint64_t measured_millihz)
{
    u128 said_millihz = (u128)said_hz * 1000;
    u128 difference = said_millihz > measured_millihz ? said_millihz - measured_millihz
                                                      : measured_millihz - said_millihz;

    return said_hz == 0 || difference <= measured_millihz / 2000;
}

/* The HPET's period is at most 100 ns, as is Hyper-V's; the PM timer has 3.579545 MHz. */
uint64_t host_facts_resolution_ns(const struct host_facts *facts)
{
    static const struct {
        const char *name;
        uint64_t resolution_ns;
    } rows[] = {
        {"tsc", 1},
        {"tsc-early", 1},
        {"kvm-clock", 1},
        {"xen", 1},
        {"hpet", 100},
        {"hyperv_clocksource_tsc_page", 100},
        {"hyperv_clocksource_msr", 100},
        {"acpi_pm", 280},
        {"jiffies", 10000000},
        {"refined-jiffies", 10000000},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(facts->clocksource, rows[i].name) == 0)
            return rows[i].resolution_ns;
    return OTHER_RESOLUTION_NS;
}
