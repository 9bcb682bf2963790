/* SPDX-License-Identifier: BSD-2-Clause */
/* See clock.h. */
#include "guest-images/payloads/lib/clock.h"

#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"

#define PIT_COUNTER_2  0x42
#define PIT_CONTROL    0x43
#define PIT_MODE_2     0xb4 /* of counter 2, low byte and high byte */
#define PIT_LATCH      0x80 /* counter 2 */
#define PORT_61        0x61
#define PORT_61_GATE_2 1
#define PM_TIMER_PORT  0x608
#define SAMPLE_TRIES   8

/* In one page, or the string instruction would exit twice. */
static union {
    _Alignas(64) uint32_t dwords[REFERENCE_DWORDS];
    struct reference_record record;
} answer;

void reference_read(struct reference_record *record)
{
    in32_string(REFERENCE_PORT, answer.dwords, REFERENCE_DWORDS);
    *record = answer.record;
}

uint64_t guest_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.guest_ns;
}

void pit_counter_start(void)
{
    out8(PORT_61, PORT_61_GATE_2);
    out8(PIT_CONTROL, PIT_MODE_2);
    out8(PIT_COUNTER_2, 0);
    out8(PIT_COUNTER_2, 0);
}

uint64_t pit_counter_read(void)
{
    uint8_t low;

    out8(PIT_CONTROL, PIT_LATCH);
    low = in8(PIT_COUNTER_2);
    return (uint16_t) - (low | in8(PIT_COUNTER_2) << 8);
}

uint64_t pm_timer_read(void)
{
    return in32(PM_TIMER_PORT);
}

struct sample sample_take(uint64_t (*read)(void), uint64_t (*axis)(void))
{
    struct sample best = {.after = UINT64_MAX};

    for (unsigned i = 0; i < SAMPLE_TRIES; i++) {
        struct sample sample;

        sample.before = axis();
        sample.value = read();
        sample.after = axis();
        if (sample.after - sample.before < best.after - best.before)
            best = sample;
    }
    return best;
}

uint64_t ticks_to_ns(struct tick_rate rate, uint64_t ticks)
{
    return ticks * rate.axis_units / rate.ticks;
}

void check_elapsed(const char *name, struct sample first, struct sample last, struct tick_rate rate)
{
    uint64_t shortest = last.before - first.after;
    uint64_t longest = last.after - first.before;
    uint64_t lowest = shortest * rate.ticks / rate.axis_units;
    uint64_t highest = (longest * rate.ticks + rate.axis_units - 1) / rate.axis_units;
    uint64_t got = last.value - first.value;

    /* The clock may have wrapped any number of times: the number that fits best is meant. */
    if (rate.wrap != 0)
        got = lowest + (got + rate.wrap - lowest % rate.wrap) % rate.wrap;
    check_range(name, got, lowest, highest);
}

uint64_t shortest_gap_ns(const volatile uint64_t *times_ns, unsigned count)
{
    uint64_t shortest_ns = UINT64_MAX;

    for (unsigned i = 1; i < count; i++)
        if (times_ns[i] - times_ns[i - 1] < shortest_ns)
            shortest_ns = times_ns[i] - times_ns[i - 1];
    return shortest_ns;
}

void check_when(const char *name, uint64_t earliest_ns, uint64_t latest_ns, uint64_t due_from_ns,
                uint64_t due_to_ns)
{
    if (latest_ns < due_from_ns)
        check_range(name, latest_ns, due_from_ns, due_to_ns);
    else if (earliest_ns > due_to_ns)
        check_range(name, earliest_ns, due_from_ns, due_to_ns);
    else
        check(name, true);
}

void wait_until_ns(uint64_t deadline_ns)
{
    while (guest_ns() < deadline_ns)
        cpu_pause();
}

bool wait_for_count(const volatile uint32_t *counter, uint32_t count, uint64_t limit_ns)
{
    uint64_t end_ns = guest_ns() + limit_ns;
    bool reached;

    interrupts_on();
    while (*counter < count && guest_ns() < end_ns)
        cpu_pause();
    reached = *counter >= count;
    interrupts_off();
    return reached;
}
