/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One timer of the HPET: its comparator and its configuration, in ticks of the main counter.
 *
 * Source: IA-PC HPET specification 1.0a, 2.3.8 to 2.3.10. Counter values are those of the 64-bit
 * main counter; a timer in 32-bit mode compares their low halves.
 */
#ifndef DEVICES_PC_HPET_TIMER_H
#define DEVICES_PC_HPET_TIMER_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define HPET_FIRST_ROUTE 20
#define HPET_ROUTE_COUNT 4

/* Bits of a timer's CONFIG register. */
#define HPET_TIMER_LEVEL        (1u << 1)
#define HPET_TIMER_INT_ENB      (1u << 2)
#define HPET_TIMER_PERIODIC     (1u << 3)
#define HPET_TIMER_PERIODIC_CAP (1u << 4)
#define HPET_TIMER_SIZE_CAP     (1u << 5)
#define HPET_TIMER_VAL_SET      (1u << 6)
#define HPET_TIMER_32MODE       (1u << 8)
#define HPET_TIMER_ROUTE_SHIFT  9
#define HPET_TIMER_ROUTE_MASK   (0x1fu << HPET_TIMER_ROUTE_SHIFT)
#define HPET_TIMER_FSB_EN       (1u << 14)
#define HPET_TIMER_FSB_CAP      (1u << 15)

struct hpet_timer_state {
    /* Next match, as of hpet_state.done_ticks; its high half is 0 in 32-bit mode. */
    uint64_t comparator;
    /* The value last written to the comparator register. */
    uint64_t period;
    uint64_t fsb_route;
    /* The writable bits of the timer's CONFIG, VAL_SET while it waits for its write. */
    uint32_t config;
    uint32_t pad;
};
static_assert(sizeof(struct hpet_timer_state) == 32, "part of a snapshot");

/* What a register of 64 bits holds after a write that reaches only the bits of mask. */
static inline uint64_t hpet_merge(uint64_t old, uint64_t written, uint64_t mask)
{
    return (old & ~mask) | (written & mask);
}

/* A timer out of reset: routed nowhere, its comparator all ones. */
void hpet_timer_reset(struct hpet_timer_state *timer);

/* Whether a timer can be like this. */
bool hpet_timer_is_valid(const struct hpet_timer_state *timer);

/* Whether it is as out of reset. */
bool hpet_timer_is_reset(const struct hpet_timer_state *timer);

/*
 * Ticks from a counter value to the timer's next match, less one: a match that the counter stands
 * on is past, so that the distance is 1 to 2^64 ticks.
 */
uint64_t hpet_timer_distance_less_1(const struct hpet_timer_state *timer, uint64_t counter);

/* Moves the comparator past the matches in elapsed ticks from a counter value; returns how many. */
uint64_t hpet_timer_advance(struct hpet_timer_state *timer, uint64_t counter, uint64_t elapsed);

/* The number of the I/O APIC pin that the timer is routed to; 0 for none. */
unsigned hpet_timer_route(const struct hpet_timer_state *timer);

/* Whether it interrupts by messages. */
bool hpet_timer_sends_messages(const struct hpet_timer_state *timer);

/* What the CONFIG register reads as. */
uint64_t hpet_timer_read_config(const struct hpet_timer_state *timer);

/* Writes: the low half of CONFIG; those bits of COMPARATOR that mask has. */
void hpet_timer_write_config(struct hpet_timer_state *timer, uint32_t written);
void hpet_timer_write_comparator(struct hpet_timer_state *timer, uint64_t written, uint64_t mask);

#endif
