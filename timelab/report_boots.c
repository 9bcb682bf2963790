/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_boots.h. */
#include "timelab/report_boots.h"

/* From 0. What is before the first one counts as it. */
static unsigned boot_of(const struct report_boots *boots, const struct trace_record *record)
{
    unsigned boot = 0;

    while (boot + 1 < boots->count && record->tsc >= boots->tscs[boot + 1])
        boot++;
    return boot;
}

void report_boots_look(struct report_boots *boots, const struct trace_event *event)
{
    const struct trace_record *record = &event->record;
    unsigned boot;

    if (trace_record_is_boot(record) && boots->count < REPORT_BOOTS_MAX)
        boots->tscs[boots->count++] = record->tsc;
    boot = boot_of(boots, record);
    if (record->g_ns > boots->ends_ns[boot])
        boots->ends_ns[boot] = record->g_ns;
}

uint64_t report_boots_start_ns(const struct report_boots *boots, const struct trace_record *record)
{
    unsigned boot = boot_of(boots, record);
    uint64_t start_ns = 0;

    for (unsigned i = 0; i < boot; i++)
        start_ns += boots->ends_ns[i];
    return start_ns;
}
