/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_trace.h: what has changed under the lock. */
#include <string.h>

#include "kvmclock/steering.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/machine_tsc.h"

static void put(struct machine *machine, const struct trace_record *record)
{
    trace_ring_put(machine->trace->ring, record);
}

/* Not of padding. */
static bool is_same(const struct timebase *a, const struct timebase *b)
{
    return a->host_tsc == b->host_tsc && a->guest_ns == b->guest_ns &&
           a->scale.mul == b->scale.mul && a->scale.shift == b->scale.shift;
}

/* For the vCPUs' threads. */
static void publish(struct machine_trace *trace, const struct timebase *timebase)
{
    uint64_t words[TRACE_TIMEBASE_WORDS] = {0};

    memcpy(words, timebase, sizeof *timebase);
    atomic_fetch_add(&trace->sequence, 1);
    for (unsigned i = 0; i < TRACE_TIMEBASE_WORDS; i++)
        atomic_store_explicit(&trace->words[i], words[i], memory_order_release);
    atomic_fetch_add(&trace->sequence, 1);
}

/* A change of rate is no step: then the two agree to the nanosecond. */
static void put_step(struct machine *machine, const struct timebase *old)
{
    const struct timebase *new = &machine->timebase;
    struct trace_record record = {
        .tsc = new->host_tsc,
        .g_ns = new->guest_ns,
        .value = new->guest_ns - timebase_ns(old, new->host_tsc),
        .kind = TRACE_STEP,
        .vcpu = TRACE_NO_VCPU,
        .arg = (uint16_t)machine->trace->step,
    };

    machine->trace->step = TRACE_STEP_ANY;
    if (record.value == 0)
        return;
    put(machine, &record);
    machine_trace_tscs(machine);
}

static void follow_timebase(struct machine *machine)
{
    struct machine_trace *trace = machine->trace;
    const struct timebase *timebase = &machine->timebase;
    const struct trace_record record = {
        .tsc = timebase->host_tsc,
        .g_ns = timebase->guest_ns,
        .where = timebase->scale.mul,
        .kind = TRACE_TIMEBASE,
        .vcpu = TRACE_NO_VCPU,
        .arg = (uint8_t)timebase->scale.shift,
    };

    if (trace->past_count > 0)
        put_step(machine, &trace->timebase);
    put(machine, &record);
    trace->timebase = *timebase;
    trace->past[trace->past_count++ % TRACE_PAST_TIMEBASES] = *timebase;
    publish(trace, timebase);
}

static void put_page(struct machine *machine, unsigned index)
{
    const struct kvmclock_vcpu *vcpu = &machine->board.kvmclock.clock.vcpus[index];
    struct trace_record record = {
        .value = vcpu->shown.system_time_ns,
        .where = vcpu->shown.scale.mul,
        .kind = TRACE_KVMCLOCK,
        .vcpu = (uint8_t)index,
    };

    if (vcpu->page == NULL)
        return;
    record.tsc = guest_tsc_host_at(&vcpu->tsc, vcpu->shown.tsc_timestamp);
    record.g_ns = timebase_ns(&machine->timebase, record.tsc);
    record.arg = (uint16_t)((uint8_t)vcpu->shown.scale.shift | vcpu->page->flags << 8);
    put(machine, &record);
}

static void follow_pages(struct machine *machine)
{
    uint64_t publications = machine->board.kvmclock.clock.publications;

    if (publications == machine->trace->kvmclock_publications)
        return;
    machine->trace->kvmclock_publications = publications;
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        put_page(machine, i);
}

/* In UTC, if the page can tell. */
static uint64_t vmclock_utc_ns(const struct vmclock_page *page)
{
    uint64_t ns = vmclock_time_ns(vmclock_page_time(page, page->counter_value));

    if (page->time_type == VMCLOCK_TIME_TAI && (page->flags & VMCLOCK_FLAG_TAI_OFFSET_VALID) != 0)
        ns -= (uint64_t)((int64_t)page->tai_offset_sec * (int64_t)NS_PER_SEC);
    return ns;
}

static void follow_vmclock(struct machine *machine)
{
    const struct vmclock_page *page = &machine->board.vmclock.state.page;
    struct trace_record record = {
        .where = (uint32_t)page->disruption_marker,
        .kind = TRACE_VMCLOCK,
        .vcpu = TRACE_NO_VCPU,
        .arg = (uint16_t)(page->clock_status | page->leap_indicator << 8),
    };

    if (machine->board.devices[BOARD_VMCLOCK] == NULL ||
        page->seq_count == machine->trace->vmclock_sequence)
        return;
    machine->trace->vmclock_sequence = page->seq_count;
    if (page->counter_id != VMCLOCK_COUNTER_X86_TSC)
        return;
    record.value = vmclock_utc_ns(page);
    record.tsc = guest_tsc_host_at(&machine->trace->tscs[0].now, page->counter_value);
    record.g_ns = timebase_ns(&machine->timebase, record.tsc);
    put(machine, &record);
}

void machine_trace_follow(struct machine *machine)
{
    if (!is_same(&machine->trace->timebase, &machine->timebase))
        follow_timebase(machine);
    follow_pages(machine);
    follow_vmclock(machine);
}

void machine_trace_tscs(struct machine *machine)
{
    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        struct trace_tsc *of = &machine->trace->tscs[i];
        struct guest_tsc tsc;

        if (machine_tsc_recall(&machine->vcpus[i], &tsc) < 0 || guest_tsc_equal(&of->now, &tsc))
            continue;
        of->before = of->now.ratio.mul != 0 ? of->now : tsc;
        of->now = tsc;
        of->since_host_tsc = host_tsc();
    }
}

void machine_trace_steering(struct machine *machine, const struct clock_bracket *date)
{
    const struct machine_time *time = &machine->time;
    const struct clock_bracket *raw = &time->raw.latest;
    uint64_t bound_ppt = calibration_bound_ppt(&time->raw);
    struct trace_record record = {
        .tsc = clock_bracket_middle(raw),
        .value = raw->clock_ns,
        .where =
            (uint32_t)pvclock_scale_ns(machine->timebase.scale, raw->tsc_after - raw->tsc_before),
        .kind = TRACE_HOST_CLOCK,
        .vcpu = TRACE_NO_VCPU,
    };

    record.g_ns = timebase_ns(&machine->timebase, record.tsc);
    put(machine, &record);
    record.kind = TRACE_STEERING;
    record.value = 0;
    if (time->steering.aligned)
        record.value = (uint64_t)steering_error_ns(&time->steering, &machine->timebase, date);
    record.where = bound_ppt < UINT32_MAX ? (uint32_t)bound_ppt : UINT32_MAX;
    put(machine, &record);
}
