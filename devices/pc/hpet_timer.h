/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One timer of the HPET: its comparator and its configuration. All values are ticks of the 64-bit
 * main counter; a timer in 32-bit mode compares their low halves.
 *
 * Source: IA-PC HPET specification 1.0a, 2.3.8 to 2.3.10.
 */
#ifndef DEVICES_PC_HPET_TIMER_H
#define DEVICES_PC_HPET_TIMER_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define HPET_FIRST_ROUTE 20
#define HPET_ROUTE_COUNT 4

/* Values of val_set_half. */
#define HPET_HALF_LOW  1u
#define HPET_HALF_HIGH 2u

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
    /*
     * The counter value of the next match after hpet_state.done_ticks; below 2^32 in 32-bit mode.
     */
    uint64_t comparator;
    /* The value last written to the comparator register. */
    uint64_t period;
    uint64_t fsb_route;
    /* The writable bits of CONFIG, and VAL_SET until the write that it is for. */
    uint32_t config;
    /* Of a comparator of 64 bits one half was written after VAL_SET: the other half, or 0. */
    uint32_t val_set_half;
};
static_assert(sizeof(struct hpet_timer_state) == 32, "part of a snapshot");

/* What a register of 64 bits holds after a write that reaches only the bits of mask. */
static inline uint64_t hpet_merge(uint64_t old, uint64_t written, uint64_t mask)
{
    return (old & ~mask) | (written & mask);
}

/* Resets the timer: routed nowhere, comparator all ones, everything else 0. */
void hpet_timer_reset(struct hpet_timer_state *timer);

/* Whether a timer can be in this state; any bytes will do. */
bool hpet_timer_is_valid(const struct hpet_timer_state *timer);

/* Whether the timer is as hpet_timer_reset leaves it. */
bool hpet_timer_is_reset(const struct hpet_timer_state *timer);

/*
 * Ticks from a counter value to the timer's next match, less 1. A match at the counter value itself
 * is past. So the distance is 1 to 2^64 ticks, and the result fits.
 */
uint64_t hpet_timer_distance_less_1(const struct hpet_timer_state *timer, uint64_t counter);

/*
 * The main counter counts `elapsed` ticks on from a counter value. Returns how many matches there
 * are on the way, and moves the comparator of a periodic timer past them.
 */
uint64_t hpet_timer_advance(struct hpet_timer_state *timer, uint64_t counter, uint64_t elapsed);

/* The GSI that the timer is routed to; 0 for none. */
unsigned hpet_timer_route(const struct hpet_timer_state *timer);

/* Whether the timer interrupts by messages: FSB_EN is set, in edge mode. */
bool hpet_timer_sends_messages(const struct hpet_timer_state *timer);

/* What the CONFIG register reads as. */
uint64_t hpet_timer_read_config(const struct hpet_timer_state *timer);

/*
 * Writes of the guest: the low half of CONFIG, whose high half is read only; those bits of
 * COMPARATOR that mask has.
 *
 * In periodic mode the write after VAL_SET sets the comparator as well, others the period alone.
 * The specification does not say what VAL_SET is for if a comparator of 64 bits is written in
 * halves, and programs do both of these:
 * - VAL_SET, one half, VAL_SET, the other half, as Intel's data sheets have it;
 * - VAL_SET, one half, the other half.
 * Both work: after one half VAL_SET is for the other half as well, if that is written next, and not
 * after CONFIG was written without VAL_SET.
 */
void hpet_timer_write_config(struct hpet_timer_state *timer, uint32_t written);
void hpet_timer_write_comparator(struct hpet_timer_state *timer, uint64_t written, uint64_t mask);

#endif
