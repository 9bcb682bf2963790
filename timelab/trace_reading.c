/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_reading.h. */
#include "timelab/trace_reading.h"

#include "base/time_math.h"

/* Low bits of the address: the HPET's registers. */
#define HPET_OFFSET_MASK    0x3ff
#define HPET_CONFIG         0x010
#define HPET_COUNTER        0x0f0
#define HPET_TIMERS         0x100
#define PM_TIMER_SIZE_BYTES 4

struct trace_readings trace_readings_start(const struct trace_head *head)
{
    return (struct trace_readings){
        .wall_zero_ns = head->wall_zero_ns,
        .hpet_hz = head->hpet_hz,
        .pm_timer_bits = head->pm_timer_bits != 0 ? head->pm_timer_bits : 24,
    };
}

/* A clock that shows nanoseconds, of which so many are right at G = 0. */
static void compare(const struct trace_record *record, uint64_t zero_ns,
                    struct trace_reading *reading)
{
    reading->shown_ns = record->value;
    reading->error_ns = (int64_t)(record->value - zero_ns - record->g_ns);
}

static bool take_sample(struct trace_readings *readings, const struct trace_record *record,
                        struct trace_reading *reading)
{
    unsigned clock = trace_record_clock(record);

    if (clock < TRACE_CLOCK_REALTIME || clock >= TRACE_CLOCKS)
        return false;
    if (!readings->has_zero[clock]) {
        bool is_date = clock == TRACE_CLOCK_REALTIME;

        readings->has_zero[clock] = true;
        readings->zero_ns[clock] = is_date ? readings->wall_zero_ns : record->value - record->g_ns;
        readings->zero_bound_ns[clock] = is_date ? 0 : record->where / 2 + 1;
    }
    reading->clock = clock;
    reading->bound_ns = record->where / 2 + 1 + readings->zero_bound_ns[clock];
    compare(record, readings->zero_ns[clock], reading);
    return true;
}

/* Of a counter of that many bits: how many ticks it is ahead, at the nearest. */
static int64_t ticks_ahead(uint64_t shown, uint64_t expected, unsigned bits)
{
    uint64_t ahead = shown - expected;

    if (bits >= 64)
        return (int64_t)ahead;
    ahead &= (UINT64_C(1) << bits) - 1;
    return ahead >> (bits - 1) != 0 ? (int64_t)(ahead - (UINT64_C(1) << bits)) : (int64_t)ahead;
}

static int64_t signed_ns(int64_t ticks, struct rate rate)
{
    uint64_t ns = ns_from_ticks(ticks < 0 ? -(uint64_t)ticks : (uint64_t)ticks, rate);

    if (ns > INT64_MAX)
        ns = INT64_MAX;
    return ticks < 0 ? -(int64_t)ns : (int64_t)ns;
}

/* A counter: what it showed, from what it should have shown. */
static void compare_ticks(int64_t ahead, uint64_t g_ns, struct rate rate,
                          struct trace_reading *reading)
{
    reading->error_ns = signed_ns(ahead, rate);
    reading->shown_ns = g_ns + (uint64_t)reading->error_ns;
    reading->bound_ns = ns_from_ticks(1, rate);
}

static bool take_pm(const struct trace_readings *readings, const struct trace_record *record,
                    struct trace_reading *reading)
{
    if (record->kind != TRACE_CLOCK_READ || trace_record_size_bytes(record) != PM_TIMER_SIZE_BYTES)
        return false;
    compare_ticks(ticks_ahead(record->value, ticks_from_ns(record->g_ns, RATE_PMTIMER),
                              readings->pm_timer_bits),
                  record->g_ns, RATE_PMTIMER, reading);
    return true;
}

/* A write that moves, starts or stops the counter: its zero is another one from then on. */
static void take_hpet_write(struct trace_readings *readings, unsigned offset, uint64_t value)
{
    if (offset == HPET_CONFIG)
        readings->hpet_is_halted = (value & 1) == 0;
    if ((offset >= HPET_CONFIG && offset < HPET_CONFIG + 8) ||
        (offset >= HPET_COUNTER && offset < HPET_TIMERS))
        readings->has_zero[TRACE_CLOCK_HPET] = false;
}

static bool take_hpet(struct trace_readings *readings, const struct trace_record *record,
                      struct trace_reading *reading)
{
    const struct rate rate = {readings->hpet_hz, 1};
    unsigned offset = record->where & HPET_OFFSET_MASK;
    unsigned size_bytes = trace_record_size_bytes(record);
    uint64_t ticks;

    if (record->kind == TRACE_CLOCK_WRITE)
        take_hpet_write(readings, offset, record->value);
    if (record->kind != TRACE_CLOCK_READ || offset != HPET_COUNTER || readings->hpet_hz == 0 ||
        readings->hpet_is_halted || (size_bytes != 4 && size_bytes != 8))
        return false;
    if (!readings->has_zero[TRACE_CLOCK_HPET]) {
        readings->has_zero[TRACE_CLOCK_HPET] = true;
        readings->hpet_count = record->value;
        readings->hpet_g_ns = record->g_ns;
    }
    ticks = ticks_from_ns(record->g_ns, rate) - ticks_from_ns(readings->hpet_g_ns, rate);
    compare_ticks(ticks_ahead(record->value, readings->hpet_count + ticks, size_bytes * 8),
                  record->g_ns, rate, reading);
    return true;
}

static bool take_access(struct trace_readings *readings, const struct trace_record *record,
                        struct trace_reading *reading)
{
    reading->clock = trace_record_clock(record);
    switch (reading->clock) {
    case TRACE_CLOCK_PM:
        return take_pm(readings, record, reading);
    case TRACE_CLOCK_HPET:
        return take_hpet(readings, record, reading);
    default:
        return false;
    }
}

/* Guest time and the guest's clocks begin anew, at another date. */
static void take_boot(struct trace_readings *readings, const struct trace_record *record)
{
    *readings = (struct trace_readings){.wall_zero_ns = record->value,
                                        .hpet_hz = readings->hpet_hz,
                                        .pm_timer_bits = readings->pm_timer_bits};
}

bool trace_readings_take(struct trace_readings *readings, const struct trace_record *record,
                         struct trace_reading *reading)
{
    *reading = (struct trace_reading){
        .vcpu = record->vcpu, .tsc = record->tsc, .g_ns = record->g_ns, .bound_ns = 1};
    switch (record->kind) {
    case TRACE_WALL:
        if (trace_record_is_boot(record))
            take_boot(readings, record);
        return false;
    case TRACE_SAMPLE:
        return take_sample(readings, record, reading);
    case TRACE_CLOCK_READ:
    case TRACE_CLOCK_WRITE:
        return take_access(readings, record, reading);
    case TRACE_KVMCLOCK:
        reading->clock = TRACE_CLOCK_KVMCLOCK;
        compare(record, 0, reading);
        return true;
    case TRACE_VMCLOCK:
        reading->clock = TRACE_CLOCK_VMCLOCK;
        compare(record, readings->wall_zero_ns, reading);
        return true;
    default:
        return false;
    }
}
