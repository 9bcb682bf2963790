/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_record.h. */
#include "timelab/trace_record.h"

#include <string.h>

#define LENGTH_OF(names) (sizeof(names) / sizeof(names)[0])

static const char *const kind_names[] = {
    [TRACE_EXIT] = "exit",
    [TRACE_CLOCK_READ] = "clock_read",
    [TRACE_CLOCK_WRITE] = "clock_write",
    [TRACE_KVMCLOCK] = "kvmclock",
    [TRACE_WALL] = "wall",
    [TRACE_VMCLOCK] = "vmclock",
    [TRACE_IRQ] = "irq",
    [TRACE_EOI] = "eoi",
    [TRACE_STEP] = "step",
    [TRACE_TIMEBASE] = "timebase",
    [TRACE_HOST_CLOCK] = "host_clock",
    [TRACE_STEERING] = "steering",
    [TRACE_SAMPLE] = "sample",
    [TRACE_GAP] = "gap",
    [TRACE_FAULT] = "fault",
    [TRACE_CONSOLE] = "console",
    [TRACE_MESSAGE] = "message",
    [TRACE_CLOCKSOURCE] = "clocksource",
    [TRACE_MARK] = "mark",
};

static const char *const clock_names[TRACE_CLOCKS] = {
    [TRACE_CLOCK_PIT] = "pit",
    [TRACE_CLOCK_RTC] = "rtc",
    [TRACE_CLOCK_HPET] = "hpet",
    [TRACE_CLOCK_PM] = "pm",
    [TRACE_CLOCK_TSC] = "tsc",
    [TRACE_CLOCK_KVMCLOCK] = "kvmclock",
    [TRACE_CLOCK_STEAL] = "steal",
    [TRACE_CLOCK_VMCLOCK] = "vmclock",
    [TRACE_CLOCK_PTP] = "ptp",
    [TRACE_CLOCK_REALTIME] = "realtime",
    [TRACE_CLOCK_MONOTONIC] = "monotonic",
    [TRACE_CLOCK_BOOTTIME] = "boottime",
    [TRACE_CLOCK_MONOTONIC_RAW] = "monotonic_raw",
};

/* By KVM_EXIT_ of linux/kvm.h. */
static const char *const exit_names[] = {
    [2] = "io",    [5] = "hlt",    [6] = "mmio",   [7] = "irq_window", [8] = "shutdown",
    [10] = "intr", [17] = "error", [29] = "rdmsr", [30] = "wrmsr",     [34] = "xen",
};

static const char *name_in(const char *const *names, size_t count, unsigned number)
{
    return number < count ? names[number] : NULL;
}

const char *trace_kind_name(unsigned kind)
{
    return name_in(kind_names, LENGTH_OF(kind_names), kind);
}

const char *trace_clock_name(unsigned clock)
{
    return name_in(clock_names, LENGTH_OF(clock_names), clock);
}

const char *trace_exit_name(unsigned reason)
{
    return name_in(exit_names, LENGTH_OF(exit_names), reason);
}

unsigned trace_record_put_text(const struct trace_record *record, const char *text,
                               struct trace_record *slots)
{
    size_t length = strlen(text);
    unsigned text_slots;

    if (length > TRACE_TEXT_MAX_BYTES)
        length = TRACE_TEXT_MAX_BYTES;
    slots[0] = *record;
    slots[0].arg = (uint16_t)length;
    text_slots = trace_record_text_slots(&slots[0]);
    memset(&slots[1], 0, text_slots * sizeof *slots);
    memcpy(&slots[1], text, length);
    return 1 + text_slots;
}
