/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lens: what one clock takes for guest time instead of guest time itself, so that this clock is
 * wrong while all others are right.
 *
 *     L(G) = shown_ns + floor((G - guest_ns) * (1 + ppb / 1e9))         the product 128 bits wide
 *
 * from guest_ns on. A change of the rate begins a new piece where the one before has come to, so L
 * never steps. At -1e9 ppb it stands still. The inverse is the other way round, to the next
 * nanosecond up: the first guest time at which the clock has come there, which is when a deadline
 * of that clock is due.
 *
 * Worked example: from 20 s on 2000 ppm fast, ppb = 2000000. At 30 s the clock takes it for
 * 20 + 10 * 1.002 = 30.02 s. What it has armed for 30 s comes at 20 + ceil(10e9 / 1.002) ns, which
 * is 29.980039921 s.
 *
 * All zeros is the identity.
 */
#ifndef KVMCLOCK_LENS_H
#define KVMCLOCK_LENS_H

#include <stdint.h>

#define LENS_STANDS_PPB (-1000000000)
#define LENS_MAX_PPB    1000000000

/* Two hundred years: no clock is stepped beyond. */
#define LENS_LATEST_NS (UINT64_C(73000) * 86400 * 1000000000)

struct lens {
    uint64_t guest_ns;
    uint64_t shown_ns;
    /* From LENS_STANDS_PPB to LENS_MAX_PPB. */
    int64_t ppb;
};

/* L at guest_ns, which is not before the piece; UINT64_MAX if it does not fit. */
uint64_t lens_at(const struct lens *lens, uint64_t guest_ns);

/*
 * The first guest time of the piece at which L is shown_ns or more; TIME_NEVER_NS if that never
 * comes.
 */
uint64_t lens_guest_ns(const struct lens *lens, uint64_t shown_ns);

/* The same L up to guest_ns, and another rate from there on. */
struct lens lens_with_rate(const struct lens *lens, uint64_t guest_ns, int64_t ppb);

#endif
