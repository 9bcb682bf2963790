/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_trace.h: what a probe in the guest has read of its clocks (base/sample_stream.h). */
#include "kvmclock/tsc_order.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_trace.h"

/* A guest that stood still while it sent a sample has an older one; then that is lost. */
#define OLDEST_NS (60 * NS_PER_SEC)

/*
 * A line takes a while to come: meanwhile the TSC may have been set. By the TSC as it is now the
 * sample was then taken before that.
 */
static uint64_t host_tsc_of(const struct trace_tsc *tsc, uint64_t guest_tsc)
{
    uint64_t host_tsc = guest_tsc_host_at(&tsc->now, guest_tsc);

    return tsc_is_before(host_tsc, tsc->since_host_tsc) ? guest_tsc_host_at(&tsc->before, guest_tsc)
                                                        : host_tsc;
}

/* By the timebase that held then, if it is not too long ago. */
static uint64_t guest_ns_at(const struct machine_trace *trace, uint64_t host_tsc)
{
    unsigned kept =
        trace->past_count < TRACE_PAST_TIMEBASES ? trace->past_count : TRACE_PAST_TIMEBASES;
    const struct timebase *timebase = &trace->timebase;

    for (unsigned i = 1; i <= kept && tsc_is_before(host_tsc, timebase->host_tsc); i++)
        timebase = &trace->past[(trace->past_count - i) % TRACE_PAST_TIMEBASES];
    return timebase_ns(timebase, host_tsc);
}

static void put_sample(struct machine *machine, const struct sample_set *set, unsigned clock)
{
    const struct machine_trace *trace = machine->trace;
    const struct trace_tsc *tsc = &trace->tscs[set->cpu];
    uint64_t before = host_tsc_of(tsc, set->tsc[clock]);
    uint64_t cycles = host_tsc_of(tsc, set->tsc[clock + 1]) - before;
    uint64_t ns = pvclock_scale_ns(trace->timebase.scale, cycles);
    const struct trace_record record = {
        .tsc = before,
        .g_ns = guest_ns_at(trace, before + cycles / 2),
        .value = set->clock_ns[clock],
        .where = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX,
        .kind = TRACE_SAMPLE,
        .vcpu = (uint8_t)set->cpu,
        .arg = (uint16_t)(TRACE_CLOCK_REALTIME + clock),
    };

    trace_ring_put(trace->ring, &record);
}

/* A guest can say anything. What it read, it read one after the other, not long ago. */
static bool can_be(const struct machine *machine, const struct sample_set *set)
{
    const struct machine_trace *trace = machine->trace;
    uint64_t now = host_tsc();
    uint64_t latest = now - pvclock_scale_cycles(trace->timebase.scale, OLDEST_NS);

    if (set->cpu >= machine->config->cpu_count)
        return false;
    for (unsigned i = 0; i <= SAMPLE_CLOCKS; i++) {
        uint64_t at = host_tsc_of(&trace->tscs[set->cpu], set->tsc[i]);

        if (tsc_is_before(at, latest) || tsc_is_before(now, at))
            return false;
        latest = at;
    }
    return true;
}

static void put_set(struct machine *machine)
{
    const struct sample_set *set = &machine->trace->samples.last;

    if (!can_be(machine, set))
        return;
    for (unsigned i = 0; i < SAMPLE_CLOCKS; i++)
        put_sample(machine, set, i);
}

bool machine_trace_report_byte(struct machine *machine, uint8_t byte)
{
    struct sample_stream *samples = &machine->trace->samples;

    switch (sample_stream_take(samples, byte)) {
    case SAMPLE_OTHER:
        return false;
    case SAMPLE_SET:
        put_set(machine);
        break;
    case SAMPLE_CLOCKSOURCE:
        machine_trace_text(machine, TRACE_CLOCKSOURCE, samples->line + SAMPLE_TEXT_AT);
        break;
    case SAMPLE_MESSAGE:
        machine_trace_text(machine, TRACE_MESSAGE, samples->line + SAMPLE_TEXT_AT);
        break;
    case SAMPLE_TAKEN:
        break;
    }
    return true;
}
