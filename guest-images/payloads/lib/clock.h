/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time for payloads, and how they compare clocks without depending on the host's load.
 *
 * Two clocks cannot be read at one instant. So a clock is read between two reads of another one,
 * the axis, and what is checked is a certainty: the ticks between two such samples are at least
 * those of the shortest time that the axis allows, and at most those of the longest. A slow host
 * makes the samples wider and the checks weaker, never wrong.
 *
 * The usual axis is guest time, the machine's own, which the reference device (port 5c0h) tells.
 */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_CLOCK_H
#define GUEST_IMAGES_PAYLOADS_LIB_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define REFERENCE_PORT   0x5c0
#define REFERENCE_MAGIC  0x524d564d
#define REFERENCE_DWORDS 14

#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_SEC UINT64_C(1000000000)

struct reference_record {
    uint32_t magic;
    uint32_t size_bytes;
    uint64_t host_tsc;
    uint64_t host_tsc_width;
    uint64_t host_monotonic_raw_ns;
    uint64_t host_monotonic_ns;
    uint64_t host_realtime_ns;
    uint64_t guest_ns;
};

/* One record, in one exit. Whoever reads single dwords leaves the device at the first one. */
void reference_read(struct reference_record *record);

/* Guest time. */
uint64_t guest_ns(void);

/* Lets counter 2 of the PIT run through all of its 16 bits, and reads it as one that counts up. */
void pit_counter_start(void);
uint64_t pit_counter_read(void);
#define PIT_COUNTER_WRAP (UINT64_C(1) << 16)

/* The PM timer: 24 bits. */
uint64_t pm_timer_read(void);
#define PM_TIMER_WRAP (UINT64_C(1) << 24)

struct sample {
    uint64_t before;
    uint64_t value;
    uint64_t after;
};

/* One sample of a clock, with axis read before and after: the narrowest of several. */
struct sample sample_take(uint64_t (*read)(void), uint64_t (*axis)(void));

/* Ticks of a clock for each unit of the axis, and the number of ticks after which it wraps. */
struct tick_rate {
    uint64_t ticks;
    uint64_t axis_units;
    uint64_t wrap;
};
#define PIT_PER_NS      ((struct tick_rate){105, 88000, PIT_COUNTER_WRAP})
#define PM_TIMER_PER_NS ((struct tick_rate){315, 88000, PM_TIMER_WRAP})

/* Nanoseconds that ticks of a clock take by guest time, rounded down. */
uint64_t ticks_to_ns(struct tick_rate rate, uint64_t ticks);

/* Checks that between two samples the clock has made the ticks that the axis says, to one. */
void check_elapsed(const char *name, struct sample first, struct sample last,
                   struct tick_rate rate);

/* The shortest distance between neighbours of count rising times. */
uint64_t shortest_gap_ns(const volatile uint64_t *times_ns, unsigned count);

/* Checks that something happened at a time: known to be between two reads of guest time. */
void check_when(const char *name, uint64_t earliest_ns, uint64_t latest_ns, uint64_t due_from_ns,
                uint64_t due_to_ns);

/* Spins until guest time is there. */
void wait_until_ns(uint64_t deadline_ns);

/* Spins until *counter is at least count, with interrupts on; false after limit_ns. */
bool wait_for_count(const volatile uint32_t *counter, uint32_t count, uint64_t limit_ns);

#endif
